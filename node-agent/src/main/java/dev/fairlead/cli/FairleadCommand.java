package dev.fairlead.cli;

import io.quarkus.picocli.runtime.annotations.TopCommand;
import picocli.CommandLine.Command;

@TopCommand
@Command(
        name = "fairlead",
        description = "A Kubernetes container runtime.",
        mixinStandardHelpOptions = true,
        subcommands = {ServeCommand.class})
public final class FairleadCommand {}
