package dev.fairlead.cli;

import io.quarkus.picocli.runtime.annotations.TopCommand;
import java.util.List;
import picocli.CommandLine.Command;

/** The command without a word behind it. Its subcommands are added by {@link Cli}. */
@TopCommand
@Command(
        name = "fairlead",
        header = "A Kubernetes container runtime.",
        description = {
            "",
            "\"fairlead serve\" is the daemon that a kubelet, crictl or the other commands here talk to, over the UNIX socket "
                    + DaemonOption.DEFAULT_SOCKET + "."
        },
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = VersionCommand.class,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            " 0:done",
            " 1:failed; the message says why, and what to do",
            " 2:wrong arguments",
            " 3:no daemon listens on the socket",
            "run, exec, attach:the exit code of the pod or command; 125 where Fairlead itself failed"
        },
        footerHeading = "%nTo begin with:%n",
        footer = {
            "  fairlead check                  is this node ready for pods?",
            "  fairlead serve                  start the daemon",
            "  fairlead run -f pod.yaml        run a pod in the foreground; Ctrl-C ends it",
            "  fairlead COMMAND --help         options and examples of a command"
        })
public final class FairleadCommand {
    /** What may follow, in the order of the help. */
    static final List<Class<?>> SUBCOMMANDS = List.of(
            ServeCommand.class,
            RunCommand.class,
            PsCommand.class,
            LogsCommand.class,
            ExecCommand.class,
            AttachCommand.class,
            PortForwardCommand.class,
            StatsCommand.class,
            ImagesCommand.class,
            PullCommand.class,
            LoadCommand.class,
            RmCommand.class,
            RmiCommand.class,
            InspectCommand.class,
            CheckCommand.class,
            SpecCommand.class,
            VersionCommand.class,
            CompletionCommand.class);
}
