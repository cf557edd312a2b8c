package dev.fairlead.cli;

import dev.fairlead.cri.v1.AttachRequest;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Joins our streams with those of a container's main process. */
@Command(
        name = "attach",
        header = "Shows what a container writes from now on, and lets it read what is typed.",
        description =
                "Ends when the container's output ends. Ctrl-C ends the attachment and not the container, unless it has a terminal, "
                        + "which gets the key.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  fairlead attach web",
            "  fairlead attach -it shell          a container with stdin and tty: true",
            "  echo reload | fairlead attach -i worker -c queue"
        })
final class AttachCommand implements Callable<Integer>, Cli.PassesExitCodeOn {
    @Mixin
    DaemonOption daemon = new DaemonOption();

    @Option(
            names = {"-c", "--container"},
            paramLabel = "NAME",
            description = "Which container of the pod, where there are several.")
    Optional<String> container = Optional.empty();

    @Option(
            names = {"-i", "--stdin"},
            description = "Gives the container our standard input; it must have been made with stdin: true.")
    boolean stdin;

    @Option(
            names = {"-t", "--tty"},
            description = "The container has a terminal (tty: true): its keys are ours.")
    boolean tty;

    @Parameters(index = "0", paramLabel = "POD", description = "Pod (name, namespace/name or id), or a container's id.")
    String reference = "";

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (Daemon connection = daemon.connect()) {
            String id = Inventory.of(connection.runtime())
                    .container(reference, container)
                    .getId();
            String url = connection
                    .runtime()
                    .attach(AttachRequest.newBuilder()
                            .setContainerId(id)
                            .setStdin(stdin)
                            .setStdout(true)
                            .setStderr(!tty) // a terminal has one output
                            .setTty(tty)
                            .build())
                    .getUrl();
            return new CommandStream(daemon.socket, stdin, tty && stdin && Terminal.isTerminal(0)).run(url);
        }
    }
}
