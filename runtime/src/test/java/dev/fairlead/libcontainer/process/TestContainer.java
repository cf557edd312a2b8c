package dev.fairlead.libcontainer.process;

import dev.fairlead.libcontainer.namespaces.UserNamespaces;
import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Pipes.Pipe;
import dev.fairlead.linux.Pipes.PipeFlag;
import dev.fairlead.oci.IdMapping;
import dev.fairlead.oci.Process;
import dev.fairlead.oci.Rlimit;
import dev.fairlead.oci.TimeOffset;
import dev.fairlead.oci.User;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A container of the tests: busybox in a directory, its output in a pipe that the warden keeps. Closing it ends all there is of it.
 */
final class TestContainer implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(10);

    static final Set<Kind> NAMESPACES = EnumSet.of(Kind.MOUNT, Kind.PID, Kind.IPC, Kind.UTS, Kind.NETWORK, Kind.CGROUP);

    /** All that the machine of the tests has: its root may lack some. */
    static final CapabilitySets ALL = capabilities();

    final EventLoop loop;
    final Path directory;
    final Path root;
    private final Pipe output;
    private final Pipe input;
    private final Fd devNull;
    private final InitRequest request;
    private final Launcher launcher;

    private final long startNanos;
    private Warden warden;

    private TestContainer(Builder builder) throws IOException {
        loop = builder.loop;
        launcher = builder.launcher;
        directory = Files.createTempDirectory(builder.parent, "container");
        root = Files.createDirectory(directory.resolve("root"));
        installBusybox(root);
        if (!builder.withDev) {
            Files.delete(root.resolve("dev/null"));
        }
        output = Pipes.open("output", EnumSet.noneOf(PipeFlag.class));
        input = Pipes.open("input", EnumSet.noneOf(PipeFlag.class));
        devNull = Openat.open(Fd.CWD, "/dev/null", EnumSet.of(OpenFlag.RDWR), 0);
        Map<KeptDescriptor, Fd> kept =
                Map.of(KeptDescriptor.STDOUT_READ, output.readEnd(), KeptDescriptor.STDIN_WRITE, input.writeEnd());
        ContainerStdio stdio = new ContainerStdio(
                builder.withInput ? input.readEnd() : devNull, output.writeEnd(), output.writeEnd(), kept);
        request = builder.change.apply(new InitRequest(
                Optional.of(builder.process),
                NAMESPACES,
                Map.of(),
                Optional.of("box"),
                Optional.empty(),
                Map.of(),
                true,
                0,
                false,
                CgroupMembership.INHERITED,
                stdio));
        startNanos = System.nanoTime();
        warden = start(builder.mappings);
        output.writeEnd().close();
        input.readEnd().close();
    }

    private Warden start(List<IdMapping> mappings) throws IOException {
        String id = "test-" + directory.getFileName();
        if (mappings.isEmpty()) {
            return Warden.start(launcher, loop, id, directory, request);
        }
        try (Fd users = UserNamespaces.withMappings(launcher, mappings, mappings)) {
            return Warden.start(launcher, loop, id, directory, withUsers(request, users));
        }
    }

    /** What a test says of its container; the rest is ordinary. */
    static final class Builder {
        private final EventLoop loop;
        private final Launcher launcher;
        private final Path parent;
        private ProcessRequest process = ProcessRequest.of(TestContainer.process("/bin/true"), ALL);
        private UnaryOperator<InitRequest> change = UnaryOperator.identity();
        private List<IdMapping> mappings = List.of();
        private boolean withInput;
        private boolean withDev = true;

        Builder(Launcher launcher, EventLoop loop, Path parent) {
            this.launcher = launcher;
            this.loop = loop;
            this.parent = parent;
        }

        Builder args(String... args) {
            return process(ProcessRequest.of(TestContainer.process(args), ALL));
        }

        Builder shell(String script) {
            return args("/bin/sh", "-c", script);
        }

        Builder process(ProcessRequest request) {
            process = request;
            return this;
        }

        Builder change(UnaryOperator<InitRequest> how) {
            change = how;
            return this;
        }

        /** In a user namespace of its own. */
        Builder mapped(List<IdMapping> ids) {
            mappings = ids;
            return this;
        }

        Builder withInput() {
            withInput = true;
            return this;
        }

        /** Its root has no /dev/null: stdin stays the host's. */
        Builder withoutDev() {
            withDev = false;
            return this;
        }

        /** Started, and waiting for its root. */
        TestContainer start() throws IOException {
            return new TestContainer(this);
        }

        /** Executing its program. */
        TestContainer run() throws IOException {
            TestContainer container = start();
            try {
                container.create();
                container.warden.launch(LIMIT);
                return container;
            } catch (IOException e) {
                try {
                    container.close();
                } catch (IOException suppressed) {
                    e.addSuppressed(suppressed);
                }
                throw e;
            }
        }
    }

    Warden warden() {
        return warden;
    }

    /** When the warden was asked for. */
    long startNanos() {
        return startNanos;
    }

    /** The daemon "dies": its connection is dropped, with all that it had open. */
    void disconnect() {
        warden.close();
    }

    void reconnect() throws IOException {
        warden = Warden.connect(loop, warden.id().toString(), directory, warden.id(), LIMIT);
    }

    /** Builds the root as the rootfs thread does: opened outside, attached inside. */
    void create() throws IOException {
        InitProcess init = warden.awaitInit(LIMIT);
        try (Fd mount = attachRoot(init)) {
            warden.enterRoot(mount, LIMIT);
        }
    }

    Fd attachRoot(InitProcess init) throws IOException {
        return JobThread.call("rootfs of a test", () -> {
            boolean ownMounts = request.unshared().contains(Kind.MOUNT);
            Fd mount = Mounts.openTree(Fd.CWD, root.toString(), EnumSet.of(TreeFlag.CLONE));
            if (!ownMounts) {
                mount.close();
                return Openat.open(Fd.CWD, root.toString(), EnumSet.of(OpenFlag.DIRECTORY, OpenFlag.RDONLY), 0);
            }
            Fd nullDevice = Mounts.openTree(Fd.CWD, "/dev/null", EnumSet.of(TreeFlag.CLONE));
            Namespaces.unshareFileSystem();
            Namespaces.joinProcess(init.pidfd(), EnumSet.of(Kind.MOUNT));
            try (Fd target = Openat.open(Fd.CWD, root.toString(), EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY), 0)) {
                Mounts.attach(mount, target);
            }
            attach(mount, "dev/null", nullDevice);
            if (init.procMount().isPresent()) {
                attach(mount, "proc", init.procMount().get());
            }
            return mount;
        });
    }

    private static void attach(Fd root, String path, Fd mount) throws IOException {
        try (mount;
                Fd target = Openat.open(root, path, EnumSet.of(OpenFlag.PATH), 0)) {
            Mounts.attach(mount, target);
        }
    }

    /** All that the container writes until its last writer is gone. */
    String output() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (FileInputStream in =
                new FileInputStream("/proc/self/fd/" + output.readEnd().number())) {
            in.transferTo(all);
        }
        return all.toString(StandardCharsets.UTF_8);
    }

    ExitRecord awaitExit() {
        return warden.exit().orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    }

    Fd devNull() {
        return devNull;
    }

    ExecRequest exec(String... args) {
        return new ExecRequest(ProcessRequest.of(process(args), ALL), devNull, devNull, devNull, Optional.empty());
    }

    /** Of a container that is gone already. */
    void closeStreams() {
        output.close();
        input.close();
        devNull.close();
    }

    @Override
    public void close() throws IOException {
        try (Warden last = warden;
                output;
                input;
                devNull) {
            last.abort(LIMIT);
        }
    }

    static Process process(String... args) {
        return process(List.of(args), "/", new User(0, 0, null, List.of(), null, Map.of()), List.of(), false, null);
    }

    static Process process(
            List<String> args,
            String cwd,
            User user,
            List<Rlimit> rlimits,
            boolean noNewPrivileges,
            @Nullable Integer oomScoreAdj) {
        return new Process(
                false,
                null,
                user,
                args,
                null,
                List.of("PATH=/bin:/sbin", "HOME=/root"),
                cwd,
                null,
                rlimits,
                noNewPrivileges,
                null,
                oomScoreAdj,
                null,
                null,
                null,
                null,
                new HashMap<>());
    }

    static InitRequest with(InitRequest r, Set<Kind> unshared, Map<Kind, Fd> joined) {
        boolean ownUts = unshared.contains(Kind.UTS);
        return new InitRequest(
                r.process(),
                unshared,
                joined,
                ownUts ? r.hostname() : Optional.empty(),
                r.domainname(),
                r.timeOffsets(),
                unshared.contains(Kind.MOUNT),
                r.propagation(),
                r.noPivotRoot(),
                r.cgroups(),
                r.stdio());
    }

    static InitRequest withMountsOf(InitRequest r, Fd mounts) {
        return new InitRequest(
                r.process(),
                r.unshared(),
                r.joined(),
                Optional.of(mounts),
                r.hostname(),
                r.domainname(),
                r.timeOffsets(),
                r.mountProc(),
                r.propagation(),
                r.noPivotRoot(),
                r.cgroups(),
                r.stdio(),
                r.restored());
    }

    /** /proc stays what the root has there. */
    static InitRequest withoutProc(InitRequest r) {
        return new InitRequest(
                r.process(),
                r.unshared(),
                r.joined(),
                r.hostname(),
                r.domainname(),
                r.timeOffsets(),
                false,
                r.propagation(),
                r.noPivotRoot(),
                r.cgroups(),
                r.stdio());
    }

    static InitRequest withoutPivotRoot(InitRequest r) {
        return new InitRequest(
                r.process(),
                r.unshared(),
                r.joined(),
                r.hostname(),
                r.domainname(),
                r.timeOffsets(),
                r.mountProc(),
                r.propagation(),
                true,
                r.cgroups(),
                r.stdio());
    }

    private static InitRequest withUsers(InitRequest r, Fd users) {
        Map<Kind, Fd> joined = new HashMap<>(r.joined());
        joined.put(Kind.USER, users);
        return with(r, r.unshared(), joined);
    }

    static InitRequest withTime(InitRequest r, Map<String, TimeOffset> offsets) {
        Set<Kind> unshared = EnumSet.copyOf(r.unshared());
        unshared.add(Kind.TIME);
        return new InitRequest(
                r.process(),
                unshared,
                r.joined(),
                r.hostname(),
                r.domainname(),
                offsets,
                true,
                r.propagation(),
                r.noPivotRoot(),
                r.cgroups(),
                r.stdio());
    }

    static InitRequest withCgroups(InitRequest r, CgroupMembership cgroups) {
        return new InitRequest(
                r.process(),
                r.unshared(),
                r.joined(),
                r.hostname(),
                r.domainname(),
                r.timeOffsets(),
                true,
                r.propagation(),
                r.noPivotRoot(),
                cgroups,
                r.stdio());
    }

    static InitRequest withHostname(InitRequest r, String hostname) {
        return new InitRequest(
                r.process(),
                r.unshared(),
                r.joined(),
                Optional.of(hostname),
                r.domainname(),
                r.timeOffsets(),
                r.mountProc(),
                r.propagation(),
                r.noPivotRoot(),
                r.cgroups(),
                r.stdio());
    }

    static InitRequest withPropagation(InitRequest r, long propagation) {
        return new InitRequest(
                r.process(),
                r.unshared(),
                r.joined(),
                r.hostname(),
                r.domainname(),
                r.timeOffsets(),
                r.mountProc(),
                propagation,
                r.noPivotRoot(),
                r.cgroups(),
                r.stdio());
    }

    void enterRootThatIsNoMount() throws IOException {
        try (Fd directoryOfHost = Openat.open(Fd.CWD, root.toString(), EnumSet.of(OpenFlag.DIRECTORY), 0)) {
            warden.enterRoot(directoryOfHost, LIMIT);
        }
    }

    static InitRequest pause(InitRequest r) {
        return InitRequest.pause(Map.of(), CgroupMembership.INHERITED, r.stdio().stdin());
    }

    void write(String text) throws IOException {
        try (FileOutputStream out =
                new FileOutputStream("/proc/self/fd/" + input.writeEnd().number())) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    void closeInput() {
        input.writeEnd().close();
    }

    private static void installBusybox(Path root) throws IOException {
        Path bin = Files.createDirectory(root.resolve("bin"));
        Files.copy(Path.of("/bin/busybox"), bin.resolve("busybox"));
        for (String applet : List.of(
                "sh",
                "true",
                "sleep",
                "cat",
                "ls",
                "id",
                "echo",
                "kill",
                "ps",
                "hostname",
                "tty",
                "seq",
                "readlink",
                "yes",
                "grep",
                "mkdir",
                "stty")) {
            Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
        }
        Files.createFile(Files.createDirectory(root.resolve("dev")).resolve("null"));
        Files.createDirectory(root.resolve("proc"));
    }

    private static CapabilitySets capabilities() {
        try {
            long held = Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("CapPrm:"))
                    .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                    .findFirst()
                    .orElseThrow();
            return new CapabilitySets(held, held, held, 0, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
