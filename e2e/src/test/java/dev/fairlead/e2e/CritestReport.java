package dev.fairlead.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What a run of critest came to, from the report that ginkgo writes ({@code --ginkgo.json-report}).
 * @param seed of the random order
 * @param seconds of the whole run
 * @param specs by name
 */
record CritestReport(long seed, double seconds, List<Spec> specs) {
    /**
     * One spec.
     * @param state in ginkgo's words: passed, failed, skipped, panicked, timedout, interrupted, aborted, pending
     * @param reason why it was skipped or failed; empty where it passed
     */
    record Spec(String name, String state, double seconds, String reason) {}

    /** The tags that Kubernetes puts into names: of the suite, of the class of test. */
    private static final Pattern TAG = Pattern.compile("\\s*\\[[^]]*]\\s*");

    /** What an error says first; the log has the rest. */
    private static final int LONGEST_REASON = 240;

    static CritestReport read(Path file, String leftOut) throws IOException {
        JsonNode suite = JsonMapper.builder().build().readTree(file.toFile()).path(0);
        List<Spec> specs = new ArrayList<>();
        for (JsonNode report : suite.path("SpecReports")) {
            boolean spec = report.path("LeafNodeType").asText().equals("It");
            String state = report.path("State").asText();
            if (spec || !state.equals("passed")) { // what comes before and after the specs counts when it fails
                specs.add(new Spec(
                        name(report), state, report.path("RunTime").asDouble() / 1e9, reason(report, leftOut)));
            }
        }
        specs.sort(Comparator.comparing(Spec::name));
        return new CritestReport(
                suite.path("SuiteConfig").path("RandomSeed").asLong(),
                suite.path("RunTime").asDouble() / 1e9,
                List.copyOf(specs));
    }

    private static String name(JsonNode report) {
        List<String> words = new ArrayList<>();
        report.path("ContainerHierarchyTexts").forEach(text -> words.add(text.asText()));
        words.add(report.path("LeafNodeText").asText(report.path("LeafNodeType").asText()));
        return TAG.matcher(String.join(": ", words)).replaceAll(" ").strip().replace(" :", ":");
    }

    private static String reason(JsonNode report, String leftOut) {
        String message = report.path("Failure").path("Message").asText();
        if (!message.isEmpty()) {
            String line = message.strip().replaceAll("\\s+", " ");
            return line.substring(0, Math.min(line.length(), LONGEST_REASON)).replace("|", "\\|");
        }
        if (!report.path("State").asText().equals("skipped")) {
            return "";
        }
        String name = name(report);
        if (name.contains(leftOut)) {
            return "wants one image by its digest, which only its own registry has; ImageServiceTest pulls by digest";
        }
        return name.contains("benchmark") ? "a benchmark" : "not selected";
    }

    long count(String state) {
        return specs.stream().filter(spec -> spec.state().equals(state)).count();
    }

    /** Those that neither passed nor were skipped. */
    List<Spec> failures() {
        return specs.stream()
                .filter(spec -> !spec.state().equals("passed") && !spec.state().equals("skipped"))
                .toList();
    }

    String totals() {
        return String.format(
                Locale.ROOT,
                "%d passed, %d failed, %d skipped, %.0f s, seed %d",
                count("passed"),
                failures().size(),
                count("skipped"),
                seconds,
                seed);
    }

    /** All of it as a table, in Markdown. */
    String table() {
        StringBuilder table = new StringBuilder("| spec | result | s | why |\n|---|---|---:|---|\n");
        for (Spec spec : specs) {
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %s | %s |%n",
                    spec.name().replace("|", "\\|"),
                    spec.state(),
                    spec.state().equals("skipped") ? "" : String.format(Locale.ROOT, "%.1f", spec.seconds()),
                    spec.reason()));
        }
        return table.append('\n').append(totals()).append('\n').toString();
    }
}
