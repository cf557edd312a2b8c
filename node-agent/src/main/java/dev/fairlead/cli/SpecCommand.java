package dev.fairlead.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows how a pod's containers would be configured. */
@Command(
        name = "spec",
        header = "Prints the OCI configuration that a manifest's containers would get.",
        mixinStandardHelpOptions = true)
final class SpecCommand implements Callable<Integer> {
    @Mixin
    ManifestOptions manifest = new ManifestOptions();

    @Override
    public Integer call() {
        throw new CliException("not there yet");
    }
}
