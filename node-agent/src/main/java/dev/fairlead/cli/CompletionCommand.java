package dev.fairlead.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Writes a script that makes a shell complete our commands. */
@Command(
        name = "completion",
        header = "Writes a completion script for bash and zsh.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  source <(fairlead completion)                                  in this shell",
            "  fairlead completion > /etc/bash_completion.d/fairlead          in every shell"
        })
final class CompletionCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        System.out.print(
                AutoComplete.bash("fairlead", Cli.commandLine(spec.commandLine().getFactory())));
        return ExitCodes.OK;
    }
}
