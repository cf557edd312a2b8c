package dev.fairlead.e2e.figures;

import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.VersionRequest;
import dev.fairlead.e2e.Container;
import dev.fairlead.e2e.Node;
import dev.fairlead.e2e.Pod;
import dev.fairlead.e2e.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/** How long the calls of a pod's life take, of one pod at a time and of many. */
final class Calls {
    static final String EXEC = "ExecSync of true, ms";

    private static final int WARM_UP = 8;
    private static final int WAVES = 3;
    private static final String LARGE = Node.REGISTRY + "/large:1";

    /** A program that ends on its signal. */
    private static final String OBEDIENT = "trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done";

    private final List<Peer> peers;
    private final Report report;
    private final Calibration calibration;
    private final int rounds;
    private final Map<Peer, Map<String, List<Double>>> all = new LinkedHashMap<>();
    private Map<String, List<Double>> round = new LinkedHashMap<>();
    private int names;

    Calls(List<Peer> peers, Report report, Calibration calibration, int rounds) {
        this.peers = peers;
        this.report = report;
        this.calibration = calibration;
        this.rounds = rounds;
    }

    void measure() {
        for (Peer peer : peers) {
            for (int i = 0; i < WARM_UP; i++) {
                life(peer);
            }
            pull(peer);
        }
        int left = rounds;
        // As many again at most: on a machine that is never quiet, figures are those of a busy machine.
        for (int attempts = 0; left > 0 && attempts < 2 * rounds; attempts++) {
            Map<Peer, Map<String, List<Double>>> times = new LinkedHashMap<>();
            boolean quiet = calibration.isQuiet();
            for (Peer peer : attempts % 2 == 0 ? peers : peers.reversed()) {
                round = new LinkedHashMap<>();
                life(peer);
                pull(peer);
                times.put(peer, round);
            }
            quiet &= calibration.isQuiet();
            if (quiet || 2 * rounds - attempts <= left) {
                times.forEach((peer, ofOne) ->
                        ofOne.forEach((call, values) -> of(peer, call).addAll(values)));
                left--;
            }
        }
        for (int parallel : List.of(8, 32)) {
            for (int wave = 0; wave < WAVES; wave++) {
                for (Peer peer : peers) {
                    round = new LinkedHashMap<>();
                    time(parallel + " pods at a time, from nothing to nothing, ms", () -> {
                        wave(peer, parallel);
                        return "";
                    });
                    round.forEach((call, values) -> of(peer, call).addAll(values));
                }
            }
        }
        all.forEach((peer, calls) -> calls.forEach((call, values) -> report.samples(call, peer.name(), values)));
    }

    private List<Double> of(Peer peer, String call) {
        return all.computeIfAbsent(peer, _ -> new LinkedHashMap<>()).computeIfAbsent(call, _ -> new ArrayList<>());
    }

    private <T> T time(String call, Supplier<T> work) {
        long before = System.nanoTime();
        T result = work.get();
        round.computeIfAbsent(call, _ -> new ArrayList<>()).add((System.nanoTime() - before) / 1e6);
        return result;
    }

    private void time(String call, Runnable work) {
        time(call, () -> {
            work.run();
            return "";
        });
    }

    private void life(Peer peer) {
        int number = names++;
        long begin = System.nanoTime();
        Pod pod = time("RunPodSandbox, bridge, ms", () -> peer.run("life-" + number, NamespaceMode.POD));
        long beforeCreate = System.nanoTime();
        Container container = time("CreateContainer, ms", () -> pod.create(Node.shell(OBEDIENT)));
        time("StartContainer, ms", container::start);
        long started = System.nanoTime();
        add("CreateContainer + StartContainer, ms", started - beforeCreate);
        add("from RunPodSandbox to started, ms", started - begin);
        container.exec("true");
        time(EXEC, () -> container.exec("true"));
        time(
                "Version, which does nothing, ms",
                () -> peer.cri().runtime().version(VersionRequest.getDefaultInstance()));
        time("StopContainer, ms", () -> container.stop(Duration.ofSeconds(10)));
        time("RemoveContainer, ms", container::remove);
        time("StopPodSandbox, bridge, ms", pod::stop);
        pod.remove();
        add("a pod's whole life, ms", System.nanoTime() - begin);
        Pod host = time("RunPodSandbox, host network, ms", () -> peer.run("host-" + number, NamespaceMode.NODE));
        time("StopPodSandbox, host network, ms", host::stop);
        host.remove();
    }

    private void add(String call, long nanos) {
        round.computeIfAbsent(call, _ -> new ArrayList<>()).add(nanos / 1e6);
    }

    private void pull(Peer peer) {
        time("pull of 64 MiB in 4 layers, ms", () -> peer.cri().pull(LARGE));
        peer.cri().removeImage(LARGE);
        Wait.pause(Duration.ofMillis(500)); // both remove content in the background
    }

    private void wave(Peer peer, int parallel) {
        try (ExecutorService executor = Executors.newFixedThreadPool(parallel)) {
            List<Future<?>> lives = new ArrayList<>();
            for (int i = 0; i < parallel; i++) {
                int number = names++;
                lives.add(executor.submit(() -> {
                    Pod pod = peer.run("wave-" + number, NamespaceMode.POD);
                    Container container = pod.run(Node.shell(OBEDIENT));
                    container.exec("true");
                    Peer.remove(pod);
                }));
            }
            for (Future<?> life : lives) {
                life.get();
            }
        } catch (ExecutionException e) {
            throw new AssertionError(peer.name() + ", " + parallel + " at a time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
