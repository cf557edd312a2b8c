package dev.fairlead.spec;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.KeyValue;
import dev.fairlead.cri.v1.LinuxContainerSecurityContext;
import dev.fairlead.cri.v1.MountPropagation;
import dev.fairlead.libcontainer.capabilities.Capability;
import dev.fairlead.libcontainer.capabilities.ContainerCapabilities;
import dev.fairlead.libcontainer.rootfs.IdMap;
import dev.fairlead.oci.Capabilities;
import dev.fairlead.oci.ImageDefaults;
import dev.fairlead.oci.Linux;
import dev.fairlead.oci.Process;
import dev.fairlead.oci.Root;
import dev.fairlead.oci.Spec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes the OCI configuration of a container from its CRI configuration, its image and its pod. The outcome is what containerd's CRI
 * plugin and CRI-O give the same request, where they agree.
 */
public final class ContainerSpecs {
    private static final String OCI_VERSION = "1.3.0";
    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /** What "all capabilities" means on this node. */
    private final Set<Capability> knownCapabilities;

    public ContainerSpecs(Set<Capability> knownCapabilities) {
        this.knownCapabilities = Set.copyOf(knownCapabilities);
    }

    /**
     * Makes the configuration.
     * @throws InvalidConfigException a field that cannot be carried out; the message names it
     */
    public Spec create(ContainerConfig config, ImageDefaults image, ContainerFacts facts)
            throws InvalidConfigException {
        LinuxContainerSecurityContext security = config.getLinux().getSecurityContext();
        boolean privileged = security.getPrivileged();
        return new Spec(
                OCI_VERSION,
                new Root("rootfs", security.getReadonlyRootfs(), Map.of()),
                new ContainerMounts(config, facts).list(),
                process(config, image, facts),
                null,
                null,
                null,
                new Linux(
                        facts.ids().map(IdMap::uids).orElse(List.of()),
                        facts.ids().map(IdMap::gids).orElse(List.of()),
                        Map.of(),
                        ContainerResources.of(config.getLinux().getResources(), DeviceRules.of(config)),
                        facts.cgroupsPath(),
                        facts.namespaces(),
                        privileged ? HostDevices.all() : HostDevices.asked(config.getDevicesList()),
                        Map.of(),
                        facts.seccomp().orElse(null),
                        rootfsPropagation(config),
                        privileged ? List.of() : security.getMaskedPathsList(),
                        privileged ? List.of() : security.getReadonlyPathsList(),
                        facts.labels().files().orElse(null),
                        null,
                        null,
                        null,
                        Map.of(),
                        Map.of()),
                config.getAnnotationsMap(),
                Map.of());
    }

    private Process process(ContainerConfig config, ImageDefaults image, ContainerFacts facts)
            throws InvalidConfigException {
        LinuxContainerSecurityContext security = config.getLinux().getSecurityContext();
        return new Process(
                config.getTty(),
                null,
                facts.user(),
                args(config, image),
                null,
                env(config, image, facts),
                workingDirectory(config, image),
                capabilities(security),
                List.of(),
                security.getNoNewPrivs(),
                facts.labels().appArmor().orElse(null),
                Math.toIntExact(config.getLinux().getResources().getOomScoreAdj()),
                null,
                facts.labels().process().orElse(null),
                null,
                null,
                Map.of());
    }

    /** Command replaces the image's entry point and its default arguments; args replace the default arguments alone (Kubernetes, Pod). */
    static List<String> args(ContainerConfig config, ImageDefaults image) throws InvalidConfigException {
        List<String> args = new ArrayList<>();
        if (config.getCommandCount() > 0) {
            args.addAll(config.getCommandList());
            args.addAll(config.getArgsList());
        } else {
            args.addAll(image.entrypoint());
            args.addAll(config.getArgsCount() > 0 ? config.getArgsList() : image.cmd());
        }
        if (args.isEmpty()) {
            throw new InvalidConfigException("command: neither the container nor its image "
                    + config.getImage().getImage() + " says what to run; set command or args");
        }
        for (String arg : args) {
            requireNoNul("command", arg);
        }
        return args;
    }

    private static String workingDirectory(ContainerConfig config, ImageDefaults image) throws InvalidConfigException {
        String asked = config.getWorkingDir().isEmpty() ? image.workingDir() : config.getWorkingDir();
        if (asked == null || asked.isEmpty()) {
            return "/";
        }
        if (!asked.startsWith("/")) {
            throw new InvalidConfigException("working_dir: \"" + asked + "\" is not absolute");
        }
        requireNoNul("working_dir", asked);
        return asked;
    }

    private static List<String> env(ContainerConfig config, ImageDefaults image, ContainerFacts facts)
            throws InvalidConfigException {
        Map<String, String> env = new LinkedHashMap<>();
        env.put("PATH", DEFAULT_PATH);
        env.put("HOSTNAME", facts.hostname());
        if (config.getTty()) {
            env.put("TERM", "xterm");
        }
        for (String entry : image.env()) {
            int equals = entry.indexOf('=');
            env.put(equals < 0 ? entry : entry.substring(0, equals), equals < 0 ? "" : entry.substring(equals + 1));
        }
        for (KeyValue entry : config.getEnvsList()) {
            String name = entry.getKey();
            if (name.isEmpty() || name.indexOf('=') >= 0) {
                throw new InvalidConfigException("envs: \"" + name + "\" is no name of an environment variable");
            }
            requireNoNul("envs " + name.replace("\0", "\\0"), name);
            requireNoNul("envs " + name, entry.getValue());
            env.put(name, entry.getValue());
        }
        env.putIfAbsent("HOME", facts.home());
        return env.entrySet().stream()
                .map(entry -> entry.getKey() + '=' + entry.getValue())
                .toList();
    }

    /**
     * The capabilities of a container with {@code security}.
     * @throws InvalidConfigException an unknown name
     */
    public Capabilities capabilities(LinuxContainerSecurityContext security) throws InvalidConfigException {
        if (security.getPrivileged()) {
            return ContainerCapabilities.all(knownCapabilities);
        }
        var asked = security.getCapabilities();
        try {
            return ContainerCapabilities.of(
                    asked.getAddCapabilitiesList(),
                    asked.getDropCapabilitiesList(),
                    asked.getAddAmbientCapabilitiesList(),
                    knownCapabilities);
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigException("linux.security_context.capabilities: " + e.getMessage(), e);
        }
    }

    private static String rootfsPropagation(ContainerConfig config) {
        boolean shared = false;
        boolean slave = false;
        for (dev.fairlead.cri.v1.Mount mount : config.getMountsList()) {
            shared |= mount.getPropagation() == MountPropagation.PROPAGATION_BIDIRECTIONAL;
            slave |= mount.getPropagation() == MountPropagation.PROPAGATION_HOST_TO_CONTAINER;
        }
        return shared ? "rshared" : slave ? "rslave" : "rprivate";
    }

    /** The kernel ends strings at NUL: what follows would vanish without a word. */
    static void requireNoNul(String field, String text) throws InvalidConfigException {
        if (text.indexOf('\0') >= 0) {
            throw new InvalidConfigException(field + ": the value has a NUL character at position " + text.indexOf('\0')
                    + ", which no program can be given; remove it");
        }
    }
}
