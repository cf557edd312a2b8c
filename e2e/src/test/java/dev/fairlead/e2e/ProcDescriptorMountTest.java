package dev.fairlead.e2e;

import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The host path of a mount is named by way of a process, /proc/PID/fd/N and its like: docker answers EINVAL to all of them. What the kernel
 * can mount is mounted here, and of the rest it is said what it is.
 */
@OnNode
@OnlyFairlead
class ProcDescriptorMountTest {
    private final Node node;

    @TempDir
    Path dir;

    ProcDescriptorMountTest(Node node) {
        this.node = node;
    }

    @Test
    void anOpenFileIsTheSameInsideAndOutside() throws Exception {
        Path file = Files.writeString(dir.resolve("a"), "first\n");
        try (Holder holder = Holder.of("exec 7<" + file)) {
            Container container = node.runPod("descriptor").run(mounting(holder.in("/proc/PID/fd/7"), "/a"));
            assertThat(container.exec("cat", "/a")).isEqualTo("first");
            Files.writeString(file, "second\n", StandardOpenOption.APPEND);
            assertThat(container.exec("cat", "/a")).isEqualTo("first\nsecond");
            container.exec("sh", "-c", "echo third >>/a");
            assertThat(file).hasContent("first\nsecond\nthird");
        }
    }

    @Test
    void anOpenDirectoryAndWhatAProcessSeesAreMounted() throws Exception {
        Files.writeString(dir.resolve("file"), "seen");
        try (Holder holder = Holder.of("exec 7<" + dir)) {
            ContainerConfig.Builder config = mounting(holder.in("/proc/PID/fd/7"), "/d")
                    .addMounts(mount(holder.in("/proc/PID/root/etc/hostname"), "/h"));
            Container container = node.runPod("descriptor").run(config);
            assertThat(container.exec("cat", "/d/file")).isEqualTo("seen");
            assertThat(container.exec("cat", "/h"))
                    .isEqualTo(Files.readString(Path.of("/etc/hostname")).strip());
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            pipe      | exec python3 -c 'OPEN;os.dup2(os.pipe()[0],7);HOLD'               | it is pipe:[
            socket    | exec python3 -c 'OPEN;s=socket.socket();os.dup2(s.fileno(),7);HOLD' | it is socket:[
            inotify   | exec python3 -c 'OPEN;os.dup2(c.inotify_init(),7);HOLD'        | it is anon_inode:inotify, which lies on no mount
            deleted   | >DIR/gone; exec 7<DIR/gone; rm DIR/gone                          | the source is deleted, though some process has it open
            closed    | true                                                             | has no such descriptor open
            """)
    void whatTheKernelCannotMountIsCalledByItsName(String kind, String shell, String words) throws Exception {
        Pod pod = node.runPod("descriptor");
        Snapshot before = Snapshot.take();
        try (Holder holder = Holder.of(shell.replace("OPEN", "import os,socket,ctypes;c=ctypes.CDLL(None)")
                .replace("HOLD", "print(flush=True);os.read(0,1)")
                .replace("DIR", dir.toString()))) {
            String source = holder.in("/proc/PID/fd/7");
            Refused.by(() -> pod.create(mounting(source, "/a"))).as(INVALID_ARGUMENT, source, "-> /a", words);
        }
        before.assertRestored();
    }

    @Test
    void aProcessThatHasEndedAndTheDaemonsOwnDescriptorsAreRefused() throws Exception {
        Pod pod = node.runPod("descriptor");
        Holder holder = Holder.of("true");
        holder.close();
        Refused.by(() -> pod.create(mounting(holder.in("/proc/PID/fd/0"), "/a")))
                .as(INVALID_ARGUMENT, holder.in("there is no process PID"));
        for (String own : List.of("/proc/self/fd/3", "/proc/" + node.daemon().pid() + "/fd/3")) {
            Refused.by(() -> pod.create(mounting(own, "/a")))
                    .as(INVALID_ARGUMENT, own, "name the process you mean by its PID");
        }
    }

    @Test
    void aMountOfAnotherNamespaceIsMountedWhereTheOperatorAllowsIt() throws Exception {
        Files.createDirectory(dir.resolve("inner"));
        String mount = "mount -t tmpfs foreign DIR/inner; echo theirs >DIR/inner/file; exec 7<DIR/inner/file";
        try (Holder holder = Holder.inMountNamespace(mount.replace("DIR", dir.toString()))) {
            String source = holder.in("/proc/PID/fd/7");
            Pod pod = node.runPod("descriptor");
            Refused.by(() -> pod.create(mounting(source, "/a")))
                    .as(INVALID_ARGUMENT, "mount namespace of process", "--foreign-mounts");
            node.restartDaemon("--foreign-mounts");
            try {
                assertThat(pod.run(mounting(source, "/a")).exec("cat", "/a")).isEqualTo("theirs");
            } finally {
                node.restartDaemon();
            }
        }
    }

    private static ContainerConfig.Builder mounting(String hostPath, String containerPath) {
        return Node.command("sleep", "300").addMounts(mount(hostPath, containerPath));
    }

    private static Mount mount(String hostPath, String containerPath) {
        return Mount.newBuilder()
                .setHostPath(hostPath)
                .setContainerPath(containerPath)
                .build();
    }

    /** A process that opens what it is told to, and holds it until the end of the test. */
    private record Holder(Process process) implements AutoCloseable {
        static Holder of(String commands) throws IOException, InterruptedException {
            return start(List.of("bash", "-c", script(commands)));
        }

        static Holder inMountNamespace(String commands) throws IOException, InterruptedException {
            return start(List.of("unshare", "--mount", "--propagation", "private", "bash", "-c", script(commands)));
        }

        private static String script(String commands) {
            return "set -e; " + commands + "; echo; read -r line";
        }

        private static Holder start(List<String> command) throws IOException, InterruptedException {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            Holder holder = new Holder(process);
            // A line says that everything is open.
            if (process.getInputStream().read() != '\n') {
                String words = new String(process.getInputStream().readAllBytes(), UTF_8);
                holder.close();
                throw new IOException(command + ": " + words);
            }
            return holder;
        }

        String in(String text) {
            return text.replace("PID", Long.toString(process.pid()));
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }
}
