package dev.fairlead.e2e.figures;

import dev.fairlead.cri.v1.VersionRequest;
import dev.fairlead.e2e.Cri;
import dev.fairlead.e2e.Daemon;
import dev.fairlead.e2e.Wait;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** From exec of the daemon to its first answer. */
final class Starts {
    private static final int STARTS = 9;

    private Starts() {}

    /** Of a daemon that does not run, and does not run afterwards. */
    static void measure(String peer, Daemon daemon, Report report) throws IOException {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < STARTS; i++) {
            long before = System.nanoTime();
            daemon.launch();
            awaitAnswer(daemon);
            times.add((System.nanoTime() - before) / 1e6);
            daemon.stop();
        }
        report.samples("start of the daemon to its first answer, ms", peer, times);
    }

    /** Of one that runs, with the pods that it has; it runs afterwards. */
    static void measureAgain(Peer peer, int pods, Report report) throws IOException {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < STARTS; i++) {
            peer.daemon().stop();
            long before = System.nanoTime();
            peer.daemon().launch();
            awaitAnswer(peer.daemon());
            times.add((System.nanoTime() - before) / 1e6);
        }
        report.samples("start with " + pods + " pods to the first answer, ms", peer.name(), times);
        Wait.until(
                "the client is connected again", Duration.ofMinutes(1), () -> answers(peer.cri()), answers -> answers);
    }

    private static boolean answers(Cri cri) {
        try {
            return !cri.runtime()
                    .version(VersionRequest.getDefaultInstance())
                    .getRuntimeName()
                    .isEmpty();
        } catch (StatusRuntimeException notYet) {
            return false;
        }
    }

    private static void awaitAnswer(Daemon daemon) {
        long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (System.nanoTime() < deadline) {
            if (daemon.accepts()) {
                try (Cri cri = new Cri(daemon.socket())) {
                    var _ = cri.runtime()
                            .withDeadlineAfter(1, TimeUnit.SECONDS)
                            .version(VersionRequest.getDefaultInstance());
                    return;
                } catch (StatusRuntimeException notYet) {
                    LockSupport.parkNanos(500_000);
                }
            }
            LockSupport.parkNanos(500_000);
        }
        throw new AssertionError("no answer within a minute");
    }
}
