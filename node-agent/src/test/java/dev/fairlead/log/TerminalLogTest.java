package dev.fairlead.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.LibC;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A container with a terminal: its output comes from the master, which gives EIO when the last process has closed the other side. */
@Timeout(30)
class TerminalLogTest {
    private static final Set<OpenFlag> TERMINAL = EnumSet.of(OpenFlag.RDWR, OpenFlag.NOCTTY);
    private static final long GET_NUMBER = 0x80045430L;
    private static final long SET_LOCK = 0x40045431L;

    @Test
    void whatIsPrintedOnATerminalIsLoggedWithItsCarriageReturns(@TempDir Path directory) throws Exception {
        int count = 20_000;
        Path file = directory.resolve("tty.log");
        try (Fd master = Openat.open(Fd.CWD, "/dev/ptmx", TERMINAL, 0);
                LogFixture pipes = new LogFixture();
                EventLoop loop = EventLoop.start("terminal test");
                LogPump pump = new LogPump(loop)) {
            Process process = start(master, "seq", "1", Integer.toString(count));
            StreamPipes terminal = new StreamPipes(
                    Fd.borrowed(master.number(), "master"),
                    pipes.pipes().batchReadEnd(),
                    pipes.pipes().batchWriteEnd());
            try (ContainerLog log =
                    pump.open(directory.resolve("journal"), Optional.of(file), terminal, Optional.empty())) {
                log.drained().get(20, TimeUnit.SECONDS);
            }
            assertThat(process.waitFor()).isZero();
        }
        assertThat(LogFixture.lines(file, "stdout"))
                .isEqualTo(
                        IntStream.rangeClosed(1, count).mapToObj(n -> n + "\r").toList());
    }

    private static Process start(Fd master, String... command) throws IOException {
        // The other side is open without a break until the process has ended.
        try (Fd slave = Openat.open(Fd.CWD, unlock(master), TERMINAL, 0)) {
            return new ProcessBuilder(command)
                    .redirectOutput(Path.of("/proc/self/fd/" + slave.number()).toFile())
                    .start();
        }
    }

    private static String unlock(Fd master) {
        Pointer number = Memory.allocateDirect(LibC.runtime(), Integer.BYTES);
        number.putInt(0, 0);
        assertThat(LibC.get().ioctl(master.number(), SET_LOCK, number)).isZero();
        assertThat(LibC.get().ioctl(master.number(), GET_NUMBER, number)).isZero();
        return "/dev/pts/" + number.getInt(0);
    }
}
