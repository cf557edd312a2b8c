package dev.fairlead.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * critest, as it is published, against the daemon; one spec at a time, in random order. Run by e2e/critest, which has its images served. What
 * the node has in the end is compared as after every test.
 */
@Tag("critest")
@OnNode
class CritestTest {
    /** What can pass on a machine without AppArmor: 122 specs, of which 9 need that, 5 are benchmarks, and the one that is left out. */
    private static final int CAN_PASS = 107;

    /** Wants one published image by its digest: without its registry nobody can have that. */
    private static final String LEFT_OUT = "public image with digest";

    private static final Duration LONGEST = Duration.ofMinutes(15);

    /** Descriptors that a daemon may gain: connections, files of classes and of its log that were not needed before. */
    private static final int FEW = 10;

    private final Node node;

    CritestTest(Node node) {
        this.node = node;
    }

    @Test
    void everySpec() throws Exception {
        List<String> options = System.getProperty("e2e.critest", "").lines().toList();
        Path logs = Daemon.directory("e2e.logs");
        Path json = logs.resolve("critest.json");
        Map<String, Integer> before = descriptors();

        run(command(options, json, logs), logs.resolve("critest.log"));

        CritestReport report = CritestReport.read(json, LEFT_OUT);
        System.out.println(report.table());
        Files.writeString(logs.resolve("critest.md"), report.table());
        assertThat(report.failures())
                .as(report.totals())
                .extracting(CritestReport.Spec::name)
                .isEmpty();
        assertThat(report.count("passed")).as(report.totals()).isGreaterThanOrEqualTo(selects(options) ? 1 : CAN_PASS);
        noMoreDescriptorsThan(before);
    }

    private List<String> command(List<String> options, Path json, Path logs) {
        List<String> command = new ArrayList<>(List.of(
                "critest",
                "--runtime-endpoint=unix://" + node.daemon().socket(),
                "--image-endpoint=unix://" + node.daemon().socket(),
                "--ginkgo.skip=" + LEFT_OUT,
                "--ginkgo.no-color",
                "--ginkgo.json-report=" + json,
                "--ginkgo.junit-report=" + logs.resolve("critest.xml")));
        command.addAll(options);
        return command;
    }

    private static boolean selects(List<String> options) {
        return options.stream().anyMatch(option -> option.matches("--?ginkgo\\.(focus|skip|label-filter).*"));
    }

    /** Its exit status says less than its report, but that there is none is told with it. */
    private static void run(List<String> command, Path log) throws IOException, InterruptedException {
        Process critest = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        critest.getOutputStream().close();
        if (!critest.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
            critest.destroyForcibly().waitFor();
            throw new AssertionError(command + ": still running after " + LONGEST + ", see " + log);
        }
        if (!new String(Files.readAllBytes(log), UTF_8).contains("Ran ")) {
            throw new AssertionError(command + ": exit status " + critest.exitValue() + " before any spec, see " + log);
        }
    }

    private void noMoreDescriptorsThan(Map<String, Integer> before) {
        Map<String, Integer> after = Wait.until(
                "the daemon's open descriptors, by kind, are those of before: " + before,
                Duration.ofSeconds(10),
                this::descriptors,
                now -> sum(now) <= sum(before) + FEW);
        System.out.printf("descriptors of the daemon: %d before, %d after%n", sum(before), sum(after));
    }

    private static int sum(Map<String, Integer> counts) {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** The daemon's descriptors: what they lead to, numbers left out, and how many. */
    private Map<String, Integer> descriptors() {
        Map<String, Integer> kinds = new TreeMap<>();
        try (Stream<Path> paths = Files.list(Path.of("/proc/" + node.daemon().pid() + "/fd"))) {
            for (Path descriptor : paths.toList()) {
                try {
                    kinds.merge(
                            Files.readSymbolicLink(descriptor).toString().replaceAll("[0-9a-f]{64}|[0-9]+", "*"),
                            1,
                            Integer::sum);
                } catch (NoSuchFileException e) {
                    kinds.merge("closed meanwhile", 0, Integer::sum);
                }
            }
        } catch (IOException e) {
            throw new AssertionError("the daemon's descriptors cannot be read", e);
        }
        return kinds;
    }
}
