package dev.fairlead.cli;

import picocli.CommandLine.Option;

/** The option {@code -o} of commands that list things. */
final class OutputOption {
    @Option(
            names = {"-o", "--output"},
            defaultValue = "table",
            paramLabel = "FORMAT",
            description = "table, json, yaml, or name: only the names, one a line.")
    OutputFormat format = OutputFormat.TABLE;
}
