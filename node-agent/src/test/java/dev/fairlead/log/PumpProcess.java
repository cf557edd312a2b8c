package dev.fairlead.log;

import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Pidfds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A daemon that does nothing but pump one log, for tests that kill it: {@code PumpProcess <journal> <log> <pid of the holder>}, then for
 * stdout and stderr {@code <source> <batch read end> <batch write end>}, numbers in the holder, from where they are fetched as from a
 * warden. Ends when the log is drained.
 */
final class PumpProcess {
    private PumpProcess() {}

    public static void main(String[] arguments) throws Exception {
        try (Fd holder = Pidfds.open(Integer.parseInt(arguments[2]));
                EventLoop loop = EventLoop.start("pump");
                LogPump pump = new LogPump(loop);
                ContainerLog log = pump.open(
                        Path.of(arguments[0]),
                        Optional.of(Path.of(arguments[1])),
                        fetch(holder, arguments, 3),
                        Optional.of(fetch(holder, arguments, 6)))) {
            System.out.println("pumping");
            System.out.flush();
            log.drained().join();
        }
    }

    private static StreamPipes fetch(Fd holder, String[] arguments, int first) throws IOException {
        return new StreamPipes(
                fetch(holder, arguments[first]),
                fetch(holder, arguments[first + 1]),
                fetch(holder, arguments[first + 2]));
    }

    private static Fd fetch(Fd holder, String number) throws IOException {
        return Pidfds.get(holder, Integer.parseInt(number), "descriptor " + number + " of the holder");
    }
}
