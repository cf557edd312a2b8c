package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Pidfds;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a daemon finds that comes after one that was killed. */
class RestartTest extends LauncherTest {
    @Test
    void aRunningContainerIsFoundRunning() throws Exception {
        try (TestContainer container = container().args("/bin/sleep", "60").run()) {
            ProcessId init = container.warden().init().orElseThrow().id();
            container.disconnect();
            container.reconnect();
            assertThat(container.warden().state()).isEqualTo(Warden.State.RUNNING);
            assertThat(container.warden().init().orElseThrow().id()).isEqualTo(init);
            try (Exec exec = container.warden().exec(container.exec("/bin/true"), TestContainer.LIMIT)) {
                assertThat(exec.exit().get()).isEqualTo(new ExitStatus.Code(0));
            }
            Pidfds.signal(container.warden().init().orElseThrow().pidfd(), 9);
            assertThat(container.awaitExit().status()).isEqualTo(new ExitStatus.Signal(9, false));
        }
    }

    @Test
    void aCreatedContainerCanBeLaunchedByTheNextDaemon() throws Exception {
        try (TestContainer container = container().shell("echo launched").start()) {
            container.create();
            container.disconnect();
            container.reconnect();
            assertThat(container.warden().state()).isEqualTo(Warden.State.CREATED);
            container.warden().launch(TestContainer.LIMIT);
            assertThat(container.output()).isEqualTo("launched\n");
        }
    }

    @Test
    void whatEndedMeanwhileIsToldWithItsOutputAndTheTimeOfItsEnd() throws Exception {
        try (TestContainer container =
                container().shell("sleep 0.2; echo last words; exit 42").run()) {
            ProcessId init = container.warden().init().orElseThrow().id();
            container.disconnect();
            for (int i = 0; i < 500 && Files.notExists(container.directory.resolve(ExitRecord.FILE)); i++) {
                Thread.sleep(10);
            }
            Instant noticed = Instant.now();
            Thread.sleep(50);
            assertThat(init.exists()).isFalse();
            container.reconnect();
            ExitRecord exit = container.awaitExit();
            assertThat(exit.status()).isEqualTo(new ExitStatus.Code(42));
            assertThat(exit.finishedAt()).isBefore(noticed.plusMillis(1));
            assertThat(ExitRecord.read(container.directory)).isEqualTo(Optional.of(exit));
            try (Fd output = container.warden().fetch(KeptDescriptor.STDOUT_READ);
                    FileInputStream in = new FileInputStream("/proc/self/fd/" + output.number())) {
                assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                        .isEqualTo("last words\n");
            }
        }
    }

    @Test
    void aContainerThatWasBeingMadeIsUndoneByItsWarden() throws Exception {
        try (TestContainer container = container().args("/bin/true").start()) {
            InitProcess init = container.warden().awaitInit(TestContainer.LIMIT);
            container.disconnect();
            for (int i = 0; i < 500 && init.id().exists(); i++) {
                Thread.sleep(10);
            }
            container.reconnect();
            assertThat(container.warden().state()).isEqualTo(Warden.State.ENDED);
            assertThat(container.awaitExit().status()).isEqualTo(new ExitStatus.Signal(9, false));
        }
    }

    @Test
    void aForgottenContainerIsEndedWithItsWardenAndLeavesNoZombie() throws Exception {
        TestContainer container = container().args("/bin/sleep", "60").run();
        ProcessId warden = container.warden().id();
        ProcessId init = container.warden().init().orElseThrow().id();
        container.disconnect();
        assertThat(Warden.abortForgotten(loop, "forgotten", container.directory, TestContainer.LIMIT))
                .isTrue();
        assertThat(warden.exists()).isFalse();
        assertThat(init.exists()).isFalse();
        assertThat(Warden.abortForgotten(loop, "forgotten", container.directory, TestContainer.LIMIT))
                .isFalse();
        container.closeStreams();
    }

    @Test
    void aSecondDaemonIsTurnedAway() throws Exception {
        try (TestContainer container = container().args("/bin/sleep", "60").run()) {
            assertThatThrownBy(() -> Warden.connect(
                            loop,
                            "again",
                            container.directory,
                            container.warden().id(),
                            TestContainer.LIMIT))
                    .hasMessageContaining("connected to another daemon that lives");
            assertThat(container.warden().state()).isEqualTo(Warden.State.RUNNING);
        }
    }

    @Test
    void aPidThatIsAnothersByNowIsNotTheWarden() throws Exception {
        try (TestContainer container = container().args("/bin/sleep", "60").run()) {
            ProcessId warden = container.warden().id();
            ProcessId other = new ProcessId(warden.pid(), warden.startTicks() + 1);
            assertThatThrownBy(() -> Warden.connect(loop, "again", container.directory, other, TestContainer.LIMIT))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("is gone");
        }
    }

    @Test
    void aWardenThatWasKilledIsNoticedAndItsContainerLivesOn() throws Exception {
        TestContainer container = container().args("/bin/sleep", "60").run();
        InitProcess init = container.warden().init().orElseThrow();
        try (Fd warden = Pidfds.open(container.warden().id().pid())) {
            Pidfds.signal(warden, 9);
            assertThatThrownBy(container::awaitExit).hasMessageContaining("is gone");
            assertThat(init.id().exists()).isTrue();
            Pidfds.signal(init.pidfd(), 9);
            assertThat(Pidfds.awaitEnd(init.pidfd(), TestContainer.LIMIT)).isTrue();
        } finally {
            container.close();
        }
    }

    @Test
    void onlyWhatTheWardenKeepsCanBeFetched() throws Exception {
        try (TestContainer container = container().args("/bin/sleep", "60").run()) {
            assertThatThrownBy(() -> container.warden().fetch(KeptDescriptor.TERMINAL))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBADF));
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(container.directory.resolve(Warden.SOCKET))))
                    .isEqualTo("rw-------");
        }
    }
}
