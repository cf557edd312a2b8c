package dev.fairlead.cli;

import dev.fairlead.cri.v1.Container;
import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.PodSandbox;
import dev.fairlead.cri.v1.RemovePodSandboxRequest;
import dev.fairlead.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import dev.fairlead.cri.v1.StopContainerRequest;
import dev.fairlead.cri.v1.StopPodSandboxRequest;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Removes pods. */
@Command(
        name = "rm",
        header = "Removes pods with all their containers.",
        description = "A pod whose containers run is removed only with --force, which stops them first.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  fairlead rm shop/web",
            "  fairlead rm --force --time 0 web     kill it at once",
            "  fairlead rm --force $(fairlead ps -o name)"
        })
final class RmCommand implements Callable<Integer> {
    @Mixin
    DaemonOption daemon = new DaemonOption();

    @Option(
            names = {"-f", "--force"},
            description = "Stop running containers.")
    boolean force;

    @Option(
            names = {"-t", "--time"},
            defaultValue = "10",
            paramLabel = "SECONDS",
            description = "With --force: time between the stop signal and SIGKILL (${DEFAULT-VALUE}).")
    long seconds = 10;

    @Parameters(arity = "1..*", paramLabel = "POD", description = "Name, namespace/name or id.")
    List<String> references = List.of();

    @Override
    public Integer call() {
        try (Daemon connection = daemon.connect()) {
            RuntimeServiceBlockingStub runtime = connection.runtime();
            Inventory inventory = Inventory.of(runtime);
            // First all names, then the deed: a misspelled one removes nothing.
            List<PodSandbox> pods =
                    references.stream().map(inventory::pod).distinct().toList();
            for (PodSandbox pod : pods) {
                refuseRunning(pod, inventory);
            }
            for (PodSandbox pod : pods) {
                remove(pod, inventory, runtime);
                System.out.println(Inventory.name(pod));
            }
        }
        return ExitCodes.OK;
    }

    private void refuseRunning(PodSandbox pod, Inventory inventory) {
        List<String> running = inventory.of(pod).stream()
                .filter(RmCommand::isRunning)
                .map(container -> container.getMetadata().getName())
                .toList();
        if (!force && !running.isEmpty()) {
            throw new CliException("pod " + Inventory.name(pod) + " runs " + String.join(", ", running)
                    + ": --force stops and removes it");
        }
    }

    private void remove(PodSandbox pod, Inventory inventory, RuntimeServiceBlockingStub runtime) {
        inventory.of(pod).stream().filter(RmCommand::isRunning).forEach(container -> {
            // Discarded: the answer is empty.
            var _ = runtime.stopContainer(StopContainerRequest.newBuilder()
                    .setContainerId(container.getId())
                    .setTimeout(seconds)
                    .build());
        });
        var _ = runtime.stopPodSandbox(
                StopPodSandboxRequest.newBuilder().setPodSandboxId(pod.getId()).build());
        var _ = runtime.removePodSandbox(RemovePodSandboxRequest.newBuilder()
                .setPodSandboxId(pod.getId())
                .build());
    }

    private static boolean isRunning(Container container) {
        return container.getState() == ContainerState.CONTAINER_RUNNING;
    }
}
