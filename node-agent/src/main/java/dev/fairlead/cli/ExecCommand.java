package dev.fairlead.cli;

import dev.fairlead.cri.v1.ExecRequest;
import dev.fairlead.cri.v1.ExecSyncRequest;
import dev.fairlead.cri.v1.ExecSyncResponse;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a command in a container. */
@Command(
        name = "exec",
        header = "Runs a command in a container and ends with its exit code.",
        description =
                "The output is shown as it comes. Ctrl-C ends the command, unless it has a terminal of its own, which gets the key.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  fairlead exec web -- cat /proc/meminfo",
            "  fairlead exec -it web -- sh",
            "  fairlead exec -i web -- tar xf - -C /data < data.tar",
            "  fairlead exec shop/web -c sidecar -- ls -l /data",
            "  fairlead exec --timeout 5 web -- sh -c 'wget -qO- localhost:8080'"
        })
final class ExecCommand implements Callable<Integer>, Cli.PassesExitCodeOn {
    @Mixin
    DaemonOption daemon = new DaemonOption();

    @Option(
            names = {"-c", "--container"},
            paramLabel = "NAME",
            description = "Which container of the pod, where there are several.")
    Optional<String> container = Optional.empty();

    @Option(
            names = "--timeout",
            defaultValue = "0",
            paramLabel = "SECONDS",
            description =
                    "Kill the command after this time; 0 waits for it. The output, at most 16 MiB of it, is shown at the end; without -i and -t.")
    long timeout;

    @Option(
            names = {"-i", "--stdin"},
            description = "Gives the command our standard input.")
    boolean stdin;

    @Option(
            names = {"-t", "--tty"},
            description = "Gives the command a terminal; with -i from a terminal, a shell can be used in it.")
    boolean tty;

    @Parameters(index = "0", paramLabel = "POD", description = "Pod (name, namespace/name or id), or a container's id.")
    String reference = "";

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "COMMAND", description = "The command and its arguments.")
    List<String> command = List.of();

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (timeout != 0 && (stdin || tty)) {
            throw new CliException("--timeout goes with neither -i nor -t");
        }
        try (Daemon connection = daemon.connect()) {
            String id = Inventory.of(connection.runtime())
                    .container(reference, container)
                    .getId();
            return timeout == 0 ? run(connection, id) : runWithin(timeout, connection, id);
        }
    }

    private int run(Daemon connection, String id) throws IOException, InterruptedException {
        String url = connection
                .runtime()
                .exec(ExecRequest.newBuilder()
                        .setContainerId(id)
                        .addAllCmd(command)
                        .setStdin(stdin)
                        .setStdout(true)
                        .setStderr(!tty) // a terminal has one output
                        .setTty(tty)
                        .build())
                .getUrl();
        return new CommandStream(daemon.socket, stdin, tty && stdin && Terminal.isTerminal(0)).run(url);
    }

    private int runWithin(long seconds, Daemon connection, String id) throws IOException {
        ExecSyncResponse response = connection
                .runtime()
                .execSync(ExecSyncRequest.newBuilder()
                        .setContainerId(id)
                        .addAllCmd(command)
                        .setTimeout(seconds)
                        .build());
        response.getStdout().writeTo(System.out);
        response.getStderr().writeTo(System.err);
        System.out.flush();
        System.err.flush();
        return response.getExitCode();
    }
}
