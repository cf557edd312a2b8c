package dev.fairlead.log;

import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.LibC;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A daemon that does nothing but pump one log, for tests that kill it: {@code PumpProcess <pid of the holder> <source> <batch read end>
 * <batch write end> <journal> <log>}, the descriptors as numbers in the holder, from where they are fetched as from a warden. Ends when
 * the log is drained.
 */
final class PumpProcess {
    private static final int PIDFD_OPEN = 434;
    private static final int PIDFD_GETFD = 438;

    private PumpProcess() {}

    public static void main(String[] arguments) throws Exception {
        long pidfd = LibC.get().syscall(PIDFD_OPEN, Long.parseLong(arguments[0]), 0, 0, 0, 0, 0);
        try (EventLoop loop = EventLoop.start("pump");
                LogPump pump = new LogPump(loop);
                ContainerLog log = pump.open(
                        Path.of(arguments[4]),
                        Optional.of(Path.of(arguments[5])),
                        new StreamPipes(
                                fetch(pidfd, arguments[1]), fetch(pidfd, arguments[2]), fetch(pidfd, arguments[3])),
                        Optional.empty())) {
            System.out.println("pumping");
            System.out.flush();
            log.drained().join();
        }
    }

    private static Fd fetch(long pidfd, String number) throws IOException {
        long fd = LibC.get().syscall(PIDFD_GETFD, pidfd, Long.parseLong(number), 0, 0, 0, 0);
        if (fd < 0) {
            throw new IOException("pidfd_getfd " + number + ": " + LibC.errno());
        }
        return Fd.owned((int) fd, "descriptor " + number + " of the holder");
    }
}
