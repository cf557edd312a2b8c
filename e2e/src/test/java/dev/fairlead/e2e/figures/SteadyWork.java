package dev.fairlead.e2e.figures;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.e2e.Container;
import dev.fairlead.e2e.Node;
import dev.fairlead.e2e.Pod;
import dev.fairlead.e2e.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** What goes on all day on a node: exec probes, and output of containers. CPU time is that of cgroups. */
final class SteadyWork {
    private static final int SECONDS = 20;
    private static final int PARALLEL = 32;
    private static final int LINES = 1_500_000;
    private static final String LINE = "0123456789".repeat(10).substring(1);

    private SteadyWork() {}

    static void output(Peer peer, Report report) throws IOException {
        Pod pod = peer.run("output", NamespaceMode.NODE);
        Container container = pod.create(Node.shell("yes " + LINE + " | head -n " + LINES));
        double before = peer.runtimeSeconds();
        long start = System.nanoTime();
        container.start();
        var _ = container.awaitExit();
        double wall = (System.nanoTime() - start) / 1e9; // but for what a pipe holds, all is logged by now
        Wait.until("the rest is logged", Duration.ofMinutes(1), () -> lines(container), count -> count == LINES);
        double megabytes = LINES * (LINE.length() + 1) / 1e6;
        report.more("output of a container, MB/s", peer.name(), megabytes / wall);
        report.more(
                "output, MB per CPU second of the runtime", peer.name(), megabytes / (peer.runtimeSeconds() - before));
        Peer.remove(pod);
    }

    private static long lines(Container container) {
        try (Stream<String> lines = Files.lines(container.logFile(), StandardCharsets.US_ASCII)) {
            return lines.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One exec a second of each container. */
    static void probes(Peer peer, List<Container> containers, Report report) throws IOException, InterruptedException {
        double runtime = peer.runtimeSeconds();
        double inside = peer.podsSeconds();
        AtomicInteger done = new AtomicInteger();
        CountDownLatch end = new CountDownLatch(1);
        try (ScheduledExecutorService kubelet = Executors.newScheduledThreadPool(PARALLEL)) {
            List<? extends Future<?>> probing = containers.stream()
                    .map(container -> kubelet.scheduleAtFixedRate(
                            () -> {
                                var _ = container.exec("true");
                                done.incrementAndGet();
                            },
                            containers.indexOf(container) * 1000L / containers.size(),
                            1000,
                            TimeUnit.MILLISECONDS))
                    .toList();
            assertThat(end.await(SECONDS, TimeUnit.SECONDS)).isFalse();
            assertThat(probing).as("none has failed").noneMatch(Future::isDone);
            kubelet.shutdownNow();
        }
        double cpu = peer.runtimeSeconds() - runtime;
        double node = cpu + peer.podsSeconds() - inside;
        String pods = containers.size() + " exec probes a second: ";
        report.more(pods + "probes that were done a second", peer.name(), done.get() / (double) SECONDS);
        // For each, since not everybody comes to do all of them.
        report.less(pods + "CPU of the runtime for each, ms", peer.name(), 1000 * cpu / done.get());
        report.less(pods + "CPU of runtime and pods for each, ms", peer.name(), 1000 * node / done.get());
    }
}
