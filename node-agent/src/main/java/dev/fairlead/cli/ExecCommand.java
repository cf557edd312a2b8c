package dev.fairlead.cli;

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
        description = "The output is shown when the command has ended: at most 16 MiB of it.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  fairlead exec web -- cat /proc/meminfo",
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
            description = "Kill the command after this time; 0 waits for it.")
    long timeout;

    @Option(
            names = {"-i", "--stdin"},
            description = "Not there yet.")
    boolean stdin;

    @Option(
            names = {"-t", "--tty"},
            description = "Not there yet.")
    boolean tty;

    @Parameters(index = "0", paramLabel = "POD", description = "Pod (name, namespace/name or id), or a container's id.")
    String reference = "";

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "COMMAND", description = "The command and its arguments.")
    List<String> command = List.of();

    @Override
    public Integer call() throws IOException {
        if (stdin || tty) {
            throw new CliException("-i and -t need the daemon's streaming server, which is not there yet;"
                    + " without them the command runs to its end and its output is shown then");
        }
        try (Daemon connection = daemon.connect()) {
            String id = Inventory.of(connection.runtime())
                    .container(reference, container)
                    .getId();
            ExecSyncResponse response = connection
                    .runtime()
                    .execSync(ExecSyncRequest.newBuilder()
                            .setContainerId(id)
                            .addAllCmd(command)
                            .setTimeout(timeout)
                            .build());
            response.getStdout().writeTo(System.out);
            response.getStderr().writeTo(System.err);
            System.out.flush();
            System.err.flush();
            return response.getExitCode();
        }
    }
}
