package dev.fairlead.spec;

import dev.fairlead.oci.Device;
import dev.fairlead.oci.DeviceRule;
import dev.fairlead.oci.Hook;
import dev.fairlead.oci.Hooks;
import dev.fairlead.oci.Linux;
import dev.fairlead.oci.Mount;
import dev.fairlead.oci.Process;
import dev.fairlead.oci.Resources;
import dev.fairlead.oci.Spec;
import dev.fairlead.oci.User;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Changes a configuration that is made already; what is said later replaces what was said before of the same thing. */
public final class SpecEditor {
    private final Spec spec;
    private final Process process;
    private final User user;
    private final Linux linux;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final Map<String, Device> devices = new LinkedHashMap<>();
    private final List<DeviceRule> rules;
    private final List<Mount> mounts;
    private final List<Long> groups;
    private final Map<String, List<Hook>> hooks = new HashMap<>();

    /** {@code spec}: one of {@link ContainerSpecs}. */
    public SpecEditor(Spec spec) {
        this.spec = spec;
        this.process = Objects.requireNonNull(spec.process(), "process");
        this.user = Objects.requireNonNull(process.user(), "user");
        this.linux = Objects.requireNonNull(spec.linux(), "linux");
        process.env().forEach(this::setEnvironment);
        linux.devices().forEach(device -> devices.put(device.path(), device));
        this.rules = new ArrayList<>(resources().devices());
        this.mounts = new ArrayList<>(spec.mounts());
        this.groups = new ArrayList<>(user.additionalGids());
    }

    private Resources resources() {
        return Objects.requireNonNull(linux.resources(), "resources");
    }

    /** Sets a variable; {@code entry}: {@code NAME=value}. */
    public void setEnvironment(String entry) {
        int equals = entry.indexOf('=');
        environment.put(entry.substring(0, equals), entry);
    }

    /** Lets the process be in one more group. */
    public void addGroup(long gid) {
        if (!groups.contains(gid)) {
            groups.add(gid);
        }
    }

    /**
     * Makes a device node.
     *
     * @param path inside
     * @param uid null: the process' own, as {@code gid}
     * @param access of r, w and m, what the device cgroup allows; empty: nothing
     */
    public void setDevice(String path, NodeDevice device, @Nullable Long uid, @Nullable Long gid, String access) {
        boolean fifo = device.type().equals("p");
        devices.put(
                path,
                new Device(
                        path,
                        device.type(),
                        fifo ? null : device.major(),
                        fifo ? null : device.minor(),
                        device.mode(),
                        uid == null ? Long.valueOf(user.uid()) : uid,
                        gid == null ? Long.valueOf(user.gid()) : gid,
                        Map.of()));
        if (!fifo && !access.isEmpty()) {
            rules.add(DeviceRules.rule(
                    true, device.type().equals("b") ? "b" : "c", device.major(), device.minor(), access));
        }
    }

    /**
     * Mounts something, in OCI's words. A bind mount of a container with a user namespace is mapped: what is root's on the node is root's
     * inside.
     */
    public void setMount(String destination, @Nullable String type, String source, List<String> options) {
        Path place = Path.of(destination).normalize();
        mounts.removeIf(mount -> Path.of(mount.destination()).normalize().equals(place));
        List<String> words = new ArrayList<>(options);
        boolean bind = options.contains("bind") || options.contains("rbind") || "bind".equals(type);
        if (bind && !linux.uidMappings().isEmpty() && !options.contains("idmap") && !options.contains("ridmap")) {
            words.add("idmap");
        }
        mounts.add(new Mount(destination, type, source, words, List.of(), List.of(), Map.of()));
    }

    /**
     * Adds a hook.
     * @param point when it runs, as OCI spells it
     * @param timeout in seconds; null: none
     */
    public void addHook(String point, String path, List<String> args, List<String> env, @Nullable Integer timeout) {
        hooks.computeIfAbsent(point, _ -> new ArrayList<>()).add(new Hook(path, args, env, timeout, Map.of()));
    }

    /** The outcome. Mounts lie parents before children. */
    public Spec edited() {
        mounts.sort(Comparator.comparingInt(
                mount -> Path.of(mount.destination()).normalize().getNameCount()));
        return new Spec(
                spec.ociVersion(),
                spec.root(),
                mounts,
                editedProcess(),
                spec.hostname(),
                spec.domainname(),
                editedHooks(),
                editedLinux(),
                spec.annotations(),
                spec.unknown());
    }

    private Process editedProcess() {
        return new Process(
                process.terminal(),
                process.consoleSize(),
                new User(user.uid(), user.gid(), user.umask(), groups, user.username(), user.unknown()),
                process.args(),
                process.commandLine(),
                List.copyOf(environment.values()),
                process.cwd(),
                process.capabilities(),
                process.rlimits(),
                process.noNewPrivileges(),
                process.apparmorProfile(),
                process.oomScoreAdj(),
                process.scheduler(),
                process.selinuxLabel(),
                process.ioPriority(),
                process.execCPUAffinity(),
                process.unknown());
    }

    private @Nullable Hooks editedHooks() {
        if (hooks.isEmpty()) {
            return spec.hooks();
        }
        Hooks known = spec.hooks() != null
                ? spec.hooks()
                : new Hooks(List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), Map.of());
        return new Hooks(
                with("prestart", known.prestart()),
                with("createRuntime", known.createRuntime()),
                with("createContainer", known.createContainer()),
                with("startContainer", known.startContainer()),
                with("poststart", known.poststart()),
                with("poststop", known.poststop()),
                known.unknown());
    }

    private List<Hook> with(String point, List<Hook> known) {
        List<Hook> all = new ArrayList<>(known);
        all.addAll(hooks.getOrDefault(point, List.of()));
        return all;
    }

    private Linux editedLinux() {
        Resources limits = resources();
        return new Linux(
                linux.uidMappings(),
                linux.gidMappings(),
                linux.sysctl(),
                new Resources(
                        limits.unified(),
                        rules,
                        limits.memory(),
                        limits.cpu(),
                        limits.pids(),
                        limits.blockIO(),
                        limits.hugepageLimits(),
                        limits.network(),
                        limits.rdma(),
                        limits.unknown()),
                linux.cgroupsPath(),
                linux.namespaces(),
                List.copyOf(devices.values()),
                linux.netDevices(),
                linux.seccomp(),
                linux.rootfsPropagation(),
                linux.maskedPaths(),
                linux.readonlyPaths(),
                linux.mountLabel(),
                linux.intelRdt(),
                linux.memoryPolicy(),
                linux.personality(),
                linux.timeOffsets(),
                linux.unknown());
    }
}
