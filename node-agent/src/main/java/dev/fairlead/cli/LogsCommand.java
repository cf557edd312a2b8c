package dev.fairlead.cli;

import dev.fairlead.cri.v1.Container;
import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.ContainerStatus;
import dev.fairlead.cri.v1.ContainerStatusRequest;
import dev.fairlead.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import dev.fairlead.kubernetes.LogLine;
import dev.fairlead.kubernetes.LogTail;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what a container wrote. */
@Command(
        name = "logs",
        header = "Shows what a container wrote on its standard output and standard error.",
        description = "The two go to our own two streams.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  fairlead logs web",
            "  fairlead logs -f --tail 20 shop/web sidecar",
            "  fairlead logs --previous web         of the attempt before the last restart"
        })
final class LogsCommand implements Callable<Integer> {
    private static final long POLL_MILLIS = 100;

    @Mixin
    DaemonOption daemon = new DaemonOption();

    @Option(
            names = {"-f", "--follow"},
            description = "Go on until the container ends.")
    boolean follow;

    @Option(names = "--tail", paramLabel = "LINES", description = "Begin with the last lines.")
    OptionalInt tail = OptionalInt.empty();

    @Option(
            names = {"-t", "--timestamps"},
            description = "Write the time before each line.")
    boolean timestamps;

    @Option(
            names = {"-p", "--previous"},
            description = "Of the attempt before the last restart.")
    boolean previous;

    @Parameters(index = "0", paramLabel = "POD", description = "Pod (name, namespace/name or id), or a container's id.")
    String reference = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "CONTAINER", description = "Which container of the pod.")
    Optional<String> container = Optional.empty();

    private boolean atLineStart = true;

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (Daemon connection = daemon.connect()) {
            RuntimeServiceBlockingStub runtime = connection.runtime();
            Inventory inventory = Inventory.of(runtime);
            Container chosen = inventory.container(reference, container);
            Container shown = previous ? before(chosen, inventory) : chosen;
            ContainerStatus status = status(shown.getId(), runtime);
            Path file = Path.of(status.getLogPath());
            if (status.getLogPath().isEmpty()) {
                throw new CliException("container " + shown.getMetadata().getName()
                        + " has no log: its pod was made without a log directory");
            }
            if (!Files.exists(file)) {
                throw new CliException(file + " does not exist"
                        + (Files.exists(file.getParent())
                                ? " yet"
                                : ": does the daemon run in another mount namespace?"));
            }
            try (LogTail log = new LogTail(file)) {
                printPast(log);
                if (follow) {
                    follow(log, shown.getId(), runtime);
                }
            }
        }
        return ExitCodes.OK;
    }

    private void printPast(LogTail log) throws IOException {
        Deque<LogLine> last = new ArrayDeque<>();
        for (List<LogLine> lines = log.poll(); !lines.isEmpty(); lines = log.poll()) {
            for (LogLine line : lines) {
                if (tail.isEmpty()) {
                    print(line);
                } else {
                    last.add(line);
                    if (last.size() > tail.getAsInt()) {
                        last.remove();
                    }
                }
            }
        }
        last.forEach(this::print);
        System.out.flush();
    }

    private void follow(LogTail log, String id, RuntimeServiceBlockingStub runtime)
            throws IOException, InterruptedException {
        boolean ended = false;
        while (true) {
            List<LogLine> lines = log.poll();
            lines.forEach(this::print);
            System.out.flush();
            if (lines.isEmpty()) {
                if (ended) {
                    return;
                }
                // Asked before the file is read again: what is written before the end is seen after it.
                ended = status(id, runtime).getState() == ContainerState.CONTAINER_EXITED;
                if (!ended) {
                    Thread.sleep(POLL_MILLIS);
                }
            }
        }
    }

    private void print(LogLine line) {
        PrintStream stream = line.stderr() ? System.err : System.out;
        if (timestamps && atLineStart) {
            stream.print(line.time() + " ");
        }
        byte[] bytes = line.text().toByteArray();
        stream.write(bytes, 0, bytes.length);
        if (line.complete()) {
            stream.write('\n');
        }
        atLineStart = line.complete();
    }

    private static Container before(Container container, Inventory inventory) {
        return inventory.containers().stream()
                .filter(other -> other.getPodSandboxId().equals(container.getPodSandboxId()))
                .filter(other -> other.getMetadata()
                        .getName()
                        .equals(container.getMetadata().getName()))
                .filter(other -> other.getCreatedAt() < container.getCreatedAt())
                .max(Comparator.comparingLong(Container::getCreatedAt))
                .orElseThrow(() -> new CliException(
                        "container " + container.getMetadata().getName() + " has no earlier attempt here"));
    }

    private static ContainerStatus status(String id, RuntimeServiceBlockingStub runtime) {
        return runtime.containerStatus(
                        ContainerStatusRequest.newBuilder().setContainerId(id).build())
                .getStatus();
    }
}
