package dev.fairlead.cli;

import dev.fairlead.cli.Terminal.Look;
import dev.fairlead.cli.check.Finding;
import dev.fairlead.cli.check.Finding.Verdict;
import dev.fairlead.cli.check.NodeCheck;
import dev.fairlead.selftest.SelfTest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Looks whether this node can run pods. */
@Command(
        name = "check",
        header = "Checks what this node has, what it lacks, and what that means.",
        description = {
            "Each line ends with a verdict. good: as it should be. note: pods run, but something that some of them ask for is not to be had. "
                    + "missing: pods can't run. Run it as the user of the daemon; nothing is changed.",
            "",
            "Ends with 0 when pods can run, otherwise with 1."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {"  fairlead check", "  fairlead check -o json | jq '.[] | select(.verdict != \"good\")'"})
final class CheckCommand implements Callable<Integer> {
    @Mixin
    OutputOption output = new OutputOption();

    @Option(
            names = "--data-dir",
            defaultValue = "/var/lib/fairlead",
            paramLabel = "DIR",
            description = "Where images and containers are to be kept (${DEFAULT-VALUE}).")
    Path state = Path.of("/var/lib/fairlead");

    @Option(
            names = "--cni-conf-dir",
            defaultValue = "/etc/cni/net.d",
            paramLabel = "DIR",
            description = "Network configurations (${DEFAULT-VALUE}).")
    List<Path> cniConfigurations = List.of();

    @Option(
            names = "--cni-bin-dir",
            defaultValue = "/opt/cni/bin:/usr/lib/cni",
            split = ":",
            paramLabel = "DIR[:DIR]",
            description = "Network plugins (${DEFAULT-VALUE}).")
    List<Path> cniPlugins = List.of();

    @Option(
            names = "--self",
            description = "Checks this executable instead of the node: whether its build lacks a part.")
    boolean self;

    @Override
    public Integer call() throws InterruptedException {
        Terminal terminal = Terminal.standardOutput();
        return self ? checkSelf(terminal) : checkNode(terminal);
    }

    private int checkSelf(Terminal terminal) throws InterruptedException {
        List<SelfTest.Result> results = SelfTest.run();
        List<SelfTest.Result> failed =
                results.stream().filter(result -> result.failure().isPresent()).toList();
        List<Map<String, Object>> rows = results.stream()
                .<Map<String, Object>>map(result -> Map.of(
                        "part",
                        result.name(),
                        "works",
                        result.failure().isEmpty(),
                        "failure",
                        result.failure().map(Throwable::toString).orElse("")))
                .toList();
        output.format.print(rows, "part", terminal, () -> {
            results.forEach(result -> terminal.stream()
                    .println(
                            result.failure().isEmpty()
                                    ? terminal.look(Look.GOOD, "good     ") + result.name()
                                    : terminal.look(Look.BAD, "missing  ") + result.name()));
            failed.forEach(result -> result.failure().orElseThrow().printStackTrace(terminal.stream()));
            terminal.stream()
                    .println(
                            failed.isEmpty()
                                    ? terminal.look(Look.GOOD, "all parts work")
                                    : terminal.look(
                                            Look.BAD, failed.size() + " parts do not work: this build is of no use"));
        });
        return failed.isEmpty() ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private int checkNode(Terminal terminal) {
        List<Finding> findings = new NodeCheck(state, cniConfigurations, cniPlugins).run();
        boolean ready = findings.stream().noneMatch(finding -> finding.verdict() == Verdict.MISSING);
        List<Map<String, Object>> rows =
                findings.stream().map(CheckCommand::fields).toList();
        output.format.print(rows, "area", terminal, () -> {
            print(findings, terminal);
            terminal.stream()
                    .println(
                            ready
                                    ? terminal.look(Look.GOOD, "ready to run pods")
                                    : terminal.look(Look.BAD, "not ready to run pods"));
        });
        return ready ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private static Map<String, Object> fields(Finding finding) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("area", finding.area());
        fields.put("what", finding.what());
        fields.put("meaning", finding.meaning());
        fields.put("verdict", word(finding.verdict()));
        fields.put("advice", finding.advice());
        return fields;
    }

    private static String word(Verdict verdict) {
        return verdict.name().toLowerCase(Locale.ROOT);
    }

    private static void print(List<Finding> findings, Terminal terminal) {
        int areaWidth = findings.stream()
                .mapToInt(finding -> finding.area().length())
                .max()
                .orElse(0);
        int whatWidth = findings.stream()
                .mapToInt(finding -> finding.what().length())
                .max()
                .orElse(0);
        int meaningWidth = Math.max(20, terminal.columns() - areaWidth - whatWidth - 13);
        String area = "";
        for (Finding finding : findings) {
            String head = finding.area().equals(area) ? "" : finding.area();
            area = finding.area();
            List<String> meaning = wrap(finding.meaning(), meaningWidth);
            terminal.stream()
                    .println(pad(head, areaWidth) + "  " + pad(finding.what(), whatWidth) + "  "
                            + pad(meaning.getFirst(), meaningWidth) + "  "
                            + terminal.look(look(finding.verdict()), word(finding.verdict())));
            String indent = " ".repeat(areaWidth + whatWidth + 4);
            meaning.stream().skip(1).forEach(line -> terminal.stream().println(indent + line));
            finding.advice()
                    .forEach(line ->
                            terminal.stream().println(indent + terminal.look(Look.DIM, "to change it: " + line)));
        }
    }

    private static Look look(Verdict verdict) {
        return switch (verdict) {
            case GOOD -> Look.GOOD;
            case NOTE -> Look.NOTE;
            case MISSING -> Look.BAD;
        };
    }

    /** At spaces; a word that is longer than the line stays whole. */
    private static List<String> wrap(String text, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split("\\s+", -1)) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
