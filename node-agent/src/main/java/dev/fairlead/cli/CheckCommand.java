package dev.fairlead.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Looks whether this node can run pods. */
@Command(
        name = "check",
        header = "Checks what this node has, what it lacks, and what that means.",
        mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {
    @Mixin
    OutputOption output = new OutputOption();

    @Override
    public Integer call() {
        throw new CliException("not there yet");
    }
}
