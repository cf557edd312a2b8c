package dev.fairlead.e2e.figures;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.e2e.Cgroups;
import dev.fairlead.e2e.Daemon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** All figures, in one run. */
@Tag("figures")
class BenchTest {
    private static final int ROUNDS = Integer.getInteger("e2e.rounds", 20);

    @Test
    void besideContainerdWithRuncAndCrun() throws IOException, InterruptedException {
        assertThat(Cgroups.unified()).as("CPU time is read from cgroup v1").isFalse();
        Report report = new Report();
        Calibration calibration = new Calibration();
        Starts.measure(Peer.FAIRLEAD, Daemon.fairlead(), report);
        Starts.measure(Peer.RUNC, Daemon.containerd(), report);
        Peer fairlead = Peer.fairlead();
        Peer containerd = Peer.containerd();
        try {
            new Calls(List.of(fairlead, containerd), report, calibration, ROUNDS).measure();
            for (Peer peer : List.of(fairlead, containerd)) {
                SteadyWork.output(peer, report);
            }
            for (Peer peer : List.of(fairlead, containerd)) {
                new SystemCalls(peer, report).measure();
            }
            Crun.measure(ROUNDS, report);
        } finally {
            fairlead.end();
            containerd.end();
        }
        // One at a time: memory that two share is nobody's, and a node has one.
        Peer alone = Peer.fairlead();
        try {
            new ManyPods(alone, report).measure();
        } finally {
            alone.end();
        }
        alone = Peer.containerd();
        try {
            new ManyPods(alone, report).measure();
        } finally {
            alone.end();
        }
        Path logs = Daemon.directory("e2e.logs");
        Files.writeString(
                logs.resolve("bench.md"),
                "Medians of " + ROUNDS
                        + " (95th percentile). Rounds that other work of the machine disturbed and that were repeated: "
                        + calibration.disturbed() + ".\n\n" + report.markdown());
        Files.writeString(logs.resolve("bench.svg"), report.picture());
        System.out.print(report.markdown());
    }
}
