package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Pidfds;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Pipes.Pipe;
import dev.fairlead.linux.Pipes.PipeFlag;
import dev.fairlead.linux.Pty;
import dev.fairlead.oci.IdMapping;
import dev.fairlead.oci.Process;
import dev.fairlead.oci.User;
import java.io.FileInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Processes that are started in a running container. */
class ExecTest extends LauncherTest {
    private static final int EXEC_MAX = 256;

    @Test
    void runsInTheNamespacesOfTheContainer() throws Exception {
        try (TestContainer container = container().args("/bin/sleep", "60").run()) {
            int init = container.warden().init().orElseThrow().id().pid();
            String output = outputOf(
                    container,
                    "cd /proc/self/ns; for ns in cgroup ipc mnt net pid uts; do readlink $ns; done; ps -o comm");
            List<String> lines = output.lines().toList();
            List<String> kinds = List.of("cgroup", "ipc", "mnt", "net", "pid", "uts");
            for (int i = 0; i < kinds.size(); i++) {
                assertThat(lines.get(i))
                        .isEqualTo(Files.readSymbolicLink(Path.of("/proc/" + init + "/ns/" + kinds.get(i)))
                                .toString());
            }
            assertThat(lines).contains("sleep");
        }
    }

    @Test
    void runsInTheUserNamespaceOfTheContainer() throws Exception {
        try (TestContainer container = container()
                .args("/bin/sleep", "60")
                .mapped(List.of(new IdMapping(0, 100_000, 65_536, Map.of())))
                .run()) {
            assertThat(outputOf(container, "id -u; cat /proc/self/uid_map").replaceAll(" +", " "))
                    .isEqualTo("0\n 0 100000 65536\n");
        }
    }

    @Test
    void hasNoDescriptorButItsStdio() throws Exception {
        try (TestContainer container = container().args("/bin/sleep", "60").run()) {
            assertThat(outputOf(container, "cd /proc/$$/fd; for fd in *; do readlink $fd; done")
                            .lines())
                    .hasSize(3)
                    .allMatch(target -> target.equals("/dev/null") || target.startsWith("pipe:"));
        }
    }

    @Test
    void tellsHowItEnded() throws Exception {
        try (TestContainer container = container().args("/bin/sleep", "60").run();
                Exec exit = container.warden().exec(container.exec("/bin/sh", "-c", "exit 3"), TestContainer.LIMIT);
                Exec killed = container.warden().exec(container.exec("/bin/sleep", "60"), TestContainer.LIMIT)) {
            assertThat(exit.exit().get(10, TimeUnit.SECONDS)).isEqualTo(new ExitStatus.Code(3));
            Pidfds.signal(killed.pidfd(), 15);
            assertThat(killed.exit().get(10, TimeUnit.SECONDS)).isEqualTo(new ExitStatus.Signal(15, false));
        }
    }

    @Test
    void tellsWhyItDidNotRun() throws Exception {
        try (TestContainer container = container().args("/bin/sleep", "60").run();
                Exec exec = container.warden().exec(container.exec("/no/such/program"), TestContainer.LIMIT)) {
            assertThatThrownBy(() -> exec.exit().get(10, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOfSatisfying(LauncherException.class, e -> {
                        assertThat(e.failure()).isEqualTo(new LaunchFailure(Step.EXECUTING, Errno.ENOENT, 0));
                        assertThat(e.failure().commandNotFound()).isTrue();
                        assertThat(e)
                                .hasMessageContaining("\"/no/such/program\"")
                                .hasMessageContaining("check command");
                    });
        }
    }

    @Test
    void hasTheTerminalItIsGiven() throws Exception {
        Process process = new Process(
                true,
                null,
                new User(0, 0, null, List.of(), null, Map.of()),
                List.of(
                        "/bin/sh",
                        "-c",
                        "stty size > /size; read -r stat < /proc/self/stat; set -- ${stat##*)}; [ $5 -ne 0 ]"),
                null,
                List.of("PATH=/bin"),
                "/",
                null,
                List.of(),
                false,
                null,
                null,
                null,
                null,
                null,
                null,
                Map.of());
        try (TestContainer container = container().args("/bin/sleep", "60").run();
                Pty pty = Pty.open()) {
            pty.resize(new Pty.WindowSize(33, 77));
            try (Fd peer = pty.openPeer();
                    Exec exec = container
                            .warden()
                            .exec(
                                    new ExecRequest(
                                            ProcessRequest.of(process, TestContainer.ALL),
                                            peer,
                                            peer,
                                            peer,
                                            Optional.empty()),
                                    TestContainer.LIMIT)) {
                assertThat(exec.exit().get(10, TimeUnit.SECONDS)).isEqualTo(new ExitStatus.Code(0));
            }
            assertThat(container.root.resolve("size")).hasContent("33 77");
        }
    }

    @Test
    void manyAtOnceAndNoMoreThanTheTableHolds() throws Exception {
        try (TestContainer container = container().args("/bin/sleep", "60").run()) {
            List<Exec> execs = new ArrayList<>();
            for (int i = 0; i < EXEC_MAX; i++) {
                execs.add(container.warden().exec(container.exec("/bin/sleep", "60"), TestContainer.LIMIT));
            }
            assertThatThrownBy(() -> container.warden().exec(container.exec("/bin/true"), TestContainer.LIMIT))
                    .isInstanceOfSatisfying(
                            LauncherException.class,
                            e -> assertThat(e.failure())
                                    .isEqualTo(new LaunchFailure(Step.ACCEPTING_EXEC, Errno.EAGAIN, 0)));
            for (Exec exec : execs) {
                Pidfds.signal(exec.pidfd(), 9);
            }
            for (Exec exec : execs) {
                assertThat(exec.exit().get(10, TimeUnit.SECONDS)).isEqualTo(new ExitStatus.Signal(9, false));
                exec.close();
            }
            try (Exec after = container.warden().exec(container.exec("/bin/true"), TestContainer.LIMIT)) {
                assertThat(after.exit().get(10, TimeUnit.SECONDS)).isEqualTo(new ExitStatus.Code(0));
            }
        }
    }

    @Test
    void endWithTheConnectionThatAskedForThem() throws Exception {
        try (TestContainer container = container().args("/bin/sleep", "60").run()) {
            try (Exec exec = container.warden().exec(container.exec("/bin/sleep", "60"), TestContainer.LIMIT)) {
                container.disconnect();
                assertThat(Pidfds.awaitEnd(exec.pidfd(), TestContainer.LIMIT)).isTrue();
            }
            container.reconnect();
            assertThat(container.warden().state()).isEqualTo(Warden.State.RUNNING);
            assertThat(childrenOf(container.warden().id().pid())).hasSize(1);
        }
    }

    @Test
    void leavesNoZombie() throws Exception {
        try (TestContainer container = container().args("/bin/sleep", "60").run()) {
            for (int i = 0; i < 20; i++) {
                try (Exec exec = container.warden().exec(container.exec("/bin/true"), TestContainer.LIMIT)) {
                    exec.exit().get(10, TimeUnit.SECONDS);
                }
            }
            assertThat(childrenOf(container.warden().id().pid())).hasSize(1);
        }
    }

    @Test
    void isRefusedWhereTheContainerDoesNotRun() throws Exception {
        try (TestContainer container = container().args("/bin/true").start()) {
            container.create();
            assertThatThrownBy(() -> container.warden().exec(container.exec("/bin/true"), TestContainer.LIMIT))
                    .hasMessageContaining("the container does not run");
        }
    }

    /** What a shell writes in the container. */
    private static String outputOf(TestContainer container, String script) throws Exception {
        try (Pipe pipe = Pipes.open("exec", EnumSet.noneOf(PipeFlag.class))) {
            ProcessRequest request =
                    ProcessRequest.of(TestContainer.process("/bin/sh", "-c", script), TestContainer.ALL);
            try (Exec exec = container
                    .warden()
                    .exec(
                            new ExecRequest(
                                    request, container.devNull(), pipe.writeEnd(), pipe.writeEnd(), Optional.empty()),
                            TestContainer.LIMIT)) {
                pipe.writeEnd().close();
                exec.exit().get(10, TimeUnit.SECONDS);
            }
            try (FileInputStream in =
                    new FileInputStream("/proc/self/fd/" + pipe.readEnd().number())) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
    }
}
