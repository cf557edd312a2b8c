package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.libcontainer.rootfs.EmptyRoot;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.Propagation;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Pidfds;
import dev.fairlead.linux.Stat;
import dev.fairlead.oci.IdMapping;
import dev.fairlead.oci.Rlimit;
import dev.fairlead.oci.TimeOffset;
import dev.fairlead.oci.User;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A container's first process, from its clone to its end, with the kernel's word for what it became. */
class WardenTest extends LauncherTest {
    @Test
    void runsAProgramToItsExitCode() throws Exception {
        Instant before = Instant.now();
        try (TestContainer container =
                container().shell("echo hello from $$ at $(hostname); exit 42").run()) {
            assertThat(container.output()).isEqualTo("hello from 1 at box\n");
            ExitRecord exit = container.awaitExit();
            assertThat(exit.status()).isEqualTo(new ExitStatus.Code(42));
            assertThat(exit.finishedAt()).isBetween(before, Instant.now());
            assertThat(exit.failure()).isEmpty();
            assertThat(ExitRecord.read(container.directory)).contains(exit);
        }
    }

    @Test
    void tellsTheSignalThatEndedIt() throws Exception {
        try (TestContainer container = container().args("/bin/sleep", "60").run()) {
            Pidfds.signal(container.warden().awaitInit(TestContainer.LIMIT).pidfd(), 9);
            assertThat(container.awaitExit().status()).isEqualTo(new ExitStatus.Signal(9, false));
            assertThat(container.awaitExit().status().asExitCode()).isEqualTo(137);
        }
    }

    @Test
    void waitsInStateCreatedUntilItIsLaunched() throws Exception {
        try (TestContainer container = container().shell("echo ran").start()) {
            container.create();
            assertThat(container.warden().state()).isEqualTo(Warden.State.CREATED);
            int init = container.warden().init().orElseThrow().id().pid();
            assertThat(Files.readString(Path.of("/proc/" + init + "/comm"))).isEqualTo("fairlead-warden\n");
            container.warden().launch(TestContainer.LIMIT);
            assertThat(container.output()).isEqualTo("ran\n");
        }
    }

    @Test
    void beginsWithACopyOfTheMountNamespaceThatItIsGiven(@TempDir Path place) throws Exception {
        Fd given = JobThread.call("mount namespace", () -> {
            Namespaces.unshare(EnumSet.of(Kind.MOUNT));
            try (Fd root = Mounts.openTree(Fd.CWD, "/", Set.of())) {
                Mounts.setAttributesRecursively(root, AttributeChange.propagation(Propagation.PRIVATE));
            }
            Mounts.mount("tmpfs", place.toString(), "tmpfs", Set.of(), "");
            return Namespaces.openOwn(Kind.MOUNT);
        });
        try (given;
                TestContainer container = container()
                        .change(r -> TestContainer.withMountsOf(r, given))
                        .shell("echo ran")
                        .start()) {
            int init = container.warden().awaitInit(TestContainer.LIMIT).id().pid();
            assertThat(Files.readString(Path.of("/proc/" + init + "/mountinfo")))
                    .contains(" " + place + " ");
            assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(" " + place + " ");
            assertThat(Stat.ofPath("/proc/" + init + "/ns/mnt").inode())
                    .as("a copy of it, not itself")
                    .isNotEqualTo(Stat.of(given).inode());
            container.create();
            container.warden().launch(TestContainer.LIMIT);
            assertThat(container.output()).isEqualTo("ran\n");
        }
    }

    @Test
    void givesTheProgramNoDescriptorButItsStdio() throws Exception {
        try (TestContainer container = container()
                .shell("cd /proc/1/fd; for fd in *; do readlink $fd; done")
                .run()) {
            assertThat(container.output().lines())
                    .hasSize(3)
                    .satisfiesExactly(
                            stdin -> assertThat(stdin).isEqualTo("/dev/null"),
                            stdout -> assertThat(stdout).startsWith("pipe:"),
                            stderr -> assertThat(stderr).startsWith("pipe:"));
        }
    }

    @Test
    void doesNotTakeAFileForTheNullDevice() throws Exception {
        try (TestContainer container = container()
                .change(r -> TestContainer.with(r, Set.of(), Map.of()))
                .start()) {
            assertThatThrownBy(container::create).isInstanceOfSatisfying(LauncherException.class, e -> {
                assertThat(e.failure()).isEqualTo(new LaunchFailure(Step.OPENING_NULL, Errno.ENODEV, 0));
            });
        }
    }

    @Test
    void readsTheEndOfItsInputWhenDaemonAndWardenHaveClosedIt() throws Exception {
        try (TestContainer container = container().args("/bin/cat").withInput().run()) {
            container.write("some text\n");
            container.warden().closeStdin();
            container.closeInput();
            assertThat(container.output()).isEqualTo("some text\n");
        }
    }

    @Test
    void isTheUserItWasAskedToBe() throws Exception {
        ProcessRequest request = new ProcessRequest(
                TestContainer.process(
                        List.of(
                                "/bin/sh",
                                "-c",
                                "id; umask; grep -E 'Cap|NoNewPrivs|Groups' /proc/self/status; echo err > /proc/self/fd/2; pwd"),
                        "/bin",
                        new User(1000, 1001, 0027, List.of(1002L, 1003L), null, Map.of()),
                        List.of(),
                        true,
                        null),
                new CapabilitySets(0x401, 0x1, 0x1, 0x1, 0x1),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.of(1000),
                Optional.of("test"));
        try (TestContainer container = container().process(request).run()) {
            assertThat(container.output())
                    .contains("uid=1000 gid=1001 groups=1002,1003")
                    .contains("\n0027\n")
                    .contains("""
                            CapInh:\t0000000000000001
                            CapPrm:\t0000000000000001
                            CapEff:\t0000000000000001
                            CapBnd:\t0000000000000401
                            CapAmb:\t0000000000000001
                            NoNewPrivs:\t1
                            """)
                    .contains("err\n/bin\n");
        }
    }

    @Test
    void hasItsLimitsPrioritiesAndOomScore() throws Exception {
        ProcessRequest request = ProcessRequest.of(
                TestContainer.process(
                        List.of("/bin/sh", "-c", "ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj"),
                        "/",
                        new User(0, 0, null, List.of(), null, Map.of()),
                        List.of(new Rlimit("RLIMIT_NOFILE", 64, 32, Map.of())),
                        false,
                        500),
                TestContainer.ALL);
        try (TestContainer container = container().process(request).run()) {
            assertThat(container.output()).isEqualTo("32\n64\n500\n");
        }
    }

    @Test
    void looksForTheProgramInThePathOfItsEnvironment() throws Exception {
        try (TestContainer container = container().args("echo", "found").run()) {
            assertThat(container.output()).isEqualTo("found\n");
        }
    }

    @Test
    void loadsASeccompFilterWithAndWithoutNoNewPrivileges() throws Exception {
        for (boolean noNewPrivileges : new boolean[] {true, false}) {
            ProcessRequest request = new ProcessRequest(
                    TestContainer.process(
                            List.of("/bin/sh", "-c", "mkdir /x && echo made || echo refused"),
                            "/",
                            new User(0, 0, null, List.of(), null, Map.of()),
                            List.of(),
                            noNewPrivileges,
                            null),
                    TestContainer.ALL,
                    Optional.of(refuse(83)), // mkdir
                    Optional.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    Optional.empty());
            try (TestContainer container = container().process(request).run()) {
                assertThat(container.output())
                        .as("no_new_privs %s", noNewPrivileges)
                        .contains("refused");
            }
        }
    }

    /** A filter that answers a system call with EPERM, by hand: libseccomp is another package's matter. */
    static SeccompProgram refuse(int number) {
        ByteBuffer code = ByteBuffer.allocate(4 * 8).order(ByteOrder.nativeOrder());
        code.putShort((short) 0x20).put((byte) 0).put((byte) 0).putInt(0); // load the number
        code.putShort((short) 0x15).put((byte) 0).put((byte) 1).putInt(number); // equal: next, else skip one
        code.putShort((short) 0x06).put((byte) 0).put((byte) 0).putInt(0x00050001); // errno 1
        code.putShort((short) 0x06).put((byte) 0).put((byte) 0).putInt(0x7fff0000); // allow
        return new SeccompProgram(code.flip(), 0);
    }

    @Test
    void isRootOfAUserNamespaceMadeForIt() throws Exception {
        try (TestContainer container = container()
                .shell("id -u; cat /proc/self/uid_map /proc/self/gid_map; hostname")
                .mapped(List.of(new IdMapping(0, 100_000, 65_536, Map.of())))
                .run()) {
            assertThat(container.output().replaceAll(" +", " "))
                    .isEqualTo("0\n 0 100000 65536\n 0 100000 65536\nbox\n");
            assertThat(container.awaitExit().status()).isEqualTo(new ExitStatus.Code(0));
        }
    }

    @Test
    void joinsNamespacesOfAnother() throws Exception {
        try (TestContainer first = container().args("/bin/sleep", "60").run()) {
            int pid = first.warden().init().orElseThrow().id().pid();
            try (Fd network = Namespaces.openOf(pid, Kind.NETWORK);
                    Fd uts = Namespaces.openOf(pid, Kind.UTS);
                    Fd processes = Namespaces.openOf(pid, Kind.PID);
                    TestContainer second = container()
                            .shell("ls -l /proc/self/ns; echo pid $$")
                            .change(r -> TestContainer.with(
                                    r,
                                    EnumSet.of(Kind.MOUNT, Kind.IPC),
                                    Map.of(Kind.NETWORK, network, Kind.UTS, uts, Kind.PID, processes)))
                            .run()) {
                String output = second.output();
                for (Kind joined : EnumSet.of(Kind.NETWORK, Kind.UTS, Kind.PID)) {
                    assertThat(output)
                            .contains(Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/" + joined.file()))
                                    .toString());
                }
                assertThat(output).doesNotContain("pid 1\n");
            }
        }
    }

    @Test
    void joinsAUserNamespaceOfAnother() throws Exception {
        try (TestContainer first = container()
                .args("/bin/sleep", "60")
                .mapped(List.of(new IdMapping(0, 100_000, 65_536, Map.of())))
                .run()) {
            int pid = first.warden().init().orElseThrow().id().pid();
            try (Fd users = Namespaces.openOf(pid, Kind.USER);
                    Fd network = Namespaces.openOf(pid, Kind.NETWORK);
                    TestContainer second = container()
                            .shell("id -u; cat /proc/self/uid_map; echo pid $$")
                            .change(r -> TestContainer.with(
                                    r,
                                    EnumSet.of(Kind.MOUNT, Kind.PID, Kind.UTS),
                                    Map.of(Kind.USER, users, Kind.NETWORK, network)))
                            .run()) {
                assertThat(second.output().replaceAll(" +", " ")).isEqualTo("0\n 0 100000 65536\npid 1\n");
            }
        }
    }

    @Test
    void livesInATimeNamespaceWithItsOffsets() throws Exception {
        Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/ns/time")), "this kernel has no time namespaces");
        try (TestContainer container = container()
                .shell("cat /proc/uptime")
                .change(r ->
                        TestContainer.withTime(r, Map.of("boottime", new TimeOffset(1_000_000_000L, 0L, Map.of()))))
                .run()) {
            assertThat(Double.parseDouble(container.output().split(" ", -1)[0])).isGreaterThan(1e9);
        }
    }

    @Test
    void runsWithoutNamespacesInAChangedRoot() throws Exception {
        try (TestContainer container = container()
                .shell("pwd; ls /; sleep 60")
                .change(r -> TestContainer.with(r, Set.of(), Map.of()))
                .withoutDev()
                .run()) {
            try (Exec exec = container.warden().exec(container.exec("/bin/ls", "/bin/busybox"), TestContainer.LIMIT)) {
                assertThat(exec.exit().get()).isEqualTo(new ExitStatus.Code(0));
            }
        }
    }

    @Test
    void changesItsRootWhereItShallNotPivot() throws Exception {
        try (TestContainer container = container()
                .shell("ls /bin/busybox; exec sleep 60")
                .change(TestContainer::withoutPivotRoot)
                .run()) {
            int init = container.warden().init().orElseThrow().id().pid();
            // A root that was pivoted to reads "/": it is the root of its mount namespace.
            assertThat(Files.readSymbolicLink(Path.of("/proc/" + init + "/root")))
                    .isEqualTo(container.root);
            try (Exec exec = container.warden().exec(container.exec("/bin/sleep", "60"), TestContainer.LIMIT)) {
                awaitProgram(exec.pid(), "sleep");
                assertThat(Files.readSymbolicLink(Path.of("/proc/" + exec.pid() + "/root")))
                        .isEqualTo(container.root);
                assertThat(Files.readSymbolicLink(Path.of("/proc/" + exec.pid() + "/ns/mnt")))
                        .isEqualTo(Files.readSymbolicLink(Path.of("/proc/" + init + "/ns/mnt")));
            }
        }
    }

    @Test
    void pauseProcessReapsForAPodAndEndsOnASignalFromOutsideAlone() throws Exception {
        try (TestContainer pause = container().change(TestContainer::pause).start()) {
            InitProcess init = pause.warden().awaitInit(TestContainer.LIMIT);
            try (Fd root = EmptyRoot.attach(init)) {
                pause.warden().enterRoot(root, TestContainer.LIMIT);
            }
            pause.warden().launch(TestContainer.LIMIT);
            assertThat(Files.readString(Path.of("/proc/" + init.id().pid() + "/comm")))
                    .isEqualTo("fairlead-pause\n");
            assertThat(Files.readString(Path.of("/proc/" + init.id().pid() + "/status")))
                    .contains("CapEff:\t0000000000000000\n");
            assertThat(Path.of("/proc/" + init.id().pid() + "/root")).isEmptyDirectory();
            try (Fd processes = Namespaces.openOf(init.id().pid(), Kind.PID);
                    TestContainer container = container()
                            .shell("(sleep 0 & exec true); kill -TERM 1; kill -INT 1; sleep 0.2; ps -o pid,stat,comm")
                            .change(r -> TestContainer.with(r, EnumSet.of(Kind.MOUNT), Map.of(Kind.PID, processes)))
                            .run()) {
                assertThat(container.output()).contains("1 S    fairlead-pause").doesNotContain("Z ");
            }
            Pidfds.signal(init.pidfd(), 15);
            assertThat(pause.awaitExit().status()).isEqualTo(new ExitStatus.Code(0));
        }
    }

    @Test
    void refusesToEndWhileInitLives() throws Exception {
        try (TestContainer container = container().args("/bin/sleep", "60").run()) {
            assertThatThrownBy(() -> container.warden().release(TestContainer.LIMIT))
                    .hasMessageContaining("RELEASE")
                    .hasRootCauseMessage("order: EBUSY (Device or resource busy)");
            assertThat(container.warden().state()).isEqualTo(Warden.State.RUNNING);
        }
    }

    @Test
    void endsWithAllItHeldWhenReleased() throws Exception {
        ProcessId warden;
        try (TestContainer container = container().args("/bin/true").run()) {
            warden = container.warden().id();
            assertThat(Files.readString(Path.of("/proc/" + warden.pid() + "/cmdline")))
                    .contains("test-container");
            container.awaitExit();
        }
        assertThat(warden.exists()).isFalse();
    }

    @Test
    void abortBeforeTheRootIsThereLeavesNothing() throws Exception {
        TestContainer container = container().args("/bin/true").start();
        ProcessId warden = container.warden().id();
        ProcessId init = container.warden().awaitInit(TestContainer.LIMIT).id();
        container.close();
        assertThat(warden.exists()).isFalse();
        assertThat(init.exists()).isFalse();
    }
}
