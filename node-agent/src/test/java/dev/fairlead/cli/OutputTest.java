package dev.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cli.Terminal.Look;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What people and programs read. */
class OutputTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    private final Terminal plain = new Terminal(stream, false, false, 100);

    @ParameterizedTest
    @CsvSource(textBlock = """
            0,            0 B
            1023,         1023 B
            1024,         1.0 KiB
            50436506,     48.1 MiB
            2147483648,   2.0 GiB
            """)
    void bytesHaveTheirUnit(long number, String text) {
        assertThat(Human.bytes(number)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            -5,     0 s,    0 ms
            11,     0 s,    11 ms
            400,    0 s,    0.4 s
            12000,  12 s,   12 s
            200000, 3 min,  3 min
            3600000, 1 h,   1 h
            345600000, 4 d, 4 d
            """)
    void timesHaveTheirUnit(long millis, String age, String took) {
        assertThat(Human.age(Duration.ofMillis(millis))).isEqualTo(age);
        assertThat(Human.took(Duration.ofMillis(millis))).isEqualTo(took);
    }

    @Test
    void columnsAreAlignedAndLinesHaveNoBlanksAtTheirEnd() {
        Table table = new Table().column("POD").numbers("MEMORY").column("");
        table.row("shop/web", "48.1 MiB", "");
        table.row("db", "1.0 GiB", new Table.Cell("db: exit 137", Look.BAD));
        table.print(plain);
        assertThat(text()).isEqualTo("""
                POD         MEMORY
                shop/web  48.1 MiB
                db         1.0 GiB  db: exit 137
                """);
    }

    @Test
    void coloursAreForTerminals() {
        assertThat(plain.look(Look.BAD, "x")).isEqualTo("x");
        assertThat(new Terminal(stream, true, true, 80).look(Look.BAD, "x")).isEqualTo("\033[31mx\033[0m");
    }

    @Test
    void programsGetTheSameFieldsAsJsonAndYaml() {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("pod", "web");
        row.put("running", 2);
        OutputFormat.JSON.print(List.of(row), "pod", plain, () -> {});
        OutputFormat.YAML.print(List.of(row), "pod", plain, () -> {});
        OutputFormat.NAME.print(List.of(row), "pod", plain, () -> {});
        assertThat(text()).isEqualTo("""
                [ {
                  "pod" : "web",
                  "running" : 2
                } ]
                - pod: web
                  running: 2
                web
                """);
    }

    @Test
    void aBarFillsByEighths() {
        assertThat(ProgressBar.bar(0, 4)).isEqualTo("    ");
        assertThat(ProgressBar.bar(0.5, 4)).isEqualTo("██  ");
        assertThat(ProgressBar.bar(0.53125, 4)).isEqualTo("██▏ ");
        assertThat(ProgressBar.bar(1, 4)).isEqualTo("████");
    }

    @Test
    void everyCommandExplainsItself() {
        CommandLine fairlead = Cli.commandLine(CommandLine.defaultFactory());
        assertThat(fairlead.getSubcommands()).containsKeys("run", "ps", "logs", "exec", "check", "spec", "completion");
        fairlead.getSubcommands()
                .values()
                .forEach(command -> assertThat(command.getUsageMessage())
                        .as(command.getCommandName())
                        .contains("Usage: fairlead " + command.getCommandName(), "--help"));
        assertThat(fairlead.getUsageMessage()).contains("Exit codes:", "fairlead run -f pod.yaml");
        assertThat(picocli.AutoComplete.bash("fairlead", fairlead)).contains("_complete_fairlead");
    }

    @ParameterizedTest(name = "{0}: exit code {1}")
    @CsvSource(textBlock = """
            ps --socket /nowhere/fairlead.sock,             3
            run -f /nowhere/pod.yaml,                       125
            exec --socket /nowhere/fairlead.sock web -- id, 125
            exec -it web -- sh,                             125
            ps --no-such-option,                            2
            no-such-command,                                2
            """)
    void endsWithTheDocumentedExitCode(String arguments, int exitCode) {
        String[] words = arguments.split(" ", -1);
        assertThat(Cli.commandLine(CommandLine.defaultFactory(), words).execute(words))
                .isEqualTo(exitCode);
    }

    @Test
    void readsNoOtherCommandThanTheOneThatIsAskedFor() {
        assertThat(Cli.commandLine(CommandLine.defaultFactory(), "serve", "--help")
                        .getSubcommands())
                .containsOnlyKeys("serve");
        assertThat(Cli.commandLine(CommandLine.defaultFactory(), "--help", "serve")
                        .getSubcommands())
                .hasSameSizeAs(FairleadCommand.SUBCOMMANDS);
    }

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
