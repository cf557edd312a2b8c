package dev.fairlead.cli;

import dev.fairlead.cli.Terminal.Look;
import dev.fairlead.cri.v1.Container;
import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.ContainerStats;
import dev.fairlead.cri.v1.ContainerStatus;
import dev.fairlead.cri.v1.ContainerStatusRequest;
import dev.fairlead.cri.v1.ListContainerStatsRequest;
import dev.fairlead.cri.v1.PodSandbox;
import dev.fairlead.cri.v1.PodSandboxState;
import dev.fairlead.cri.v1.PodSandboxStatusRequest;
import dev.fairlead.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists pods, or their containers. */
@Command(
        name = "ps",
        header = "Lists pods, or with -c their containers.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  fairlead ps",
            "  fairlead ps -c                       containers, with ids and images",
            "  fairlead ps -o json | jq .[].ip",
            "  fairlead rm $(fairlead ps -o name)   remove all pods, if none of them runs"
        })
final class PsCommand implements Callable<Integer> {
    @Mixin
    DaemonOption daemon = new DaemonOption();

    @Mixin
    OutputOption output = new OutputOption();

    @Option(
            names = {"-c", "--containers"},
            description = "List containers instead of pods.")
    boolean containers;

    @Override
    public Integer call() {
        Terminal terminal = Terminal.standardOutput();
        try (Daemon connection = daemon.connect()) {
            RuntimeServiceBlockingStub runtime = connection.runtime();
            Inventory inventory = Inventory.of(runtime);
            if (containers) {
                printContainers(inventory, terminal);
            } else {
                printPods(inventory, runtime, terminal);
            }
        }
        return ExitCodes.OK;
    }

    private void printPods(Inventory inventory, RuntimeServiceBlockingStub runtime, Terminal terminal) {
        Map<String, ContainerStats> stats = new HashMap<>();
        for (ContainerStats of : runtime.listContainerStats(ListContainerStatsRequest.getDefaultInstance())
                .getStatsList()) {
            stats.put(of.getAttributes().getId(), of);
        }
        List<PodRow> rows = inventory.pods().stream()
                .map(pod -> PodRow.of(pod, inventory, stats, runtime))
                .toList();
        output.format.print(rows.stream().map(PodRow::fields).toList(), "pod", terminal, () -> {
            Table table = new Table()
                    .column("POD")
                    .column("READY")
                    .column("STATUS")
                    .column("IP")
                    .numbers("CPU")
                    .numbers("MEMORY")
                    .numbers("RESTARTS")
                    .numbers("AGE")
                    .column("");
            rows.forEach(row -> row.addTo(table));
            table.print(terminal);
        });
    }

    private void printContainers(Inventory inventory, Terminal terminal) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Container container : inventory.containers()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("id", container.getId());
            row.put("name", container.getMetadata().getName());
            row.put("attempt", container.getMetadata().getAttempt());
            row.put("pod", inventory.podOf(container).map(Inventory::name).orElse(container.getPodSandboxId()));
            row.put("state", state(container));
            row.put("image", image(container));
            row.put("createdAt", instant(container.getCreatedAt()).toString());
            rows.add(row);
        }
        output.format.print(rows, "id", terminal, () -> {
            Table table = new Table()
                    .column("CONTAINER")
                    .column("NAME")
                    .column("POD")
                    .column("STATE")
                    .numbers("ATTEMPT")
                    .numbers("AGE")
                    .column("IMAGE");
            for (Map<String, Object> row : rows) {
                String state = String.valueOf(row.get("state"));
                table.row(
                        Human.shortId(String.valueOf(row.get("id"))),
                        row.get("name"),
                        row.get("pod"),
                        new Table.Cell(state, state.equals("Running") ? Look.GOOD : Look.DIM),
                        row.get("attempt"),
                        age(Instant.parse(String.valueOf(row.get("createdAt")))),
                        row.get("image"));
            }
            table.print(terminal);
        });
    }

    private static String image(Container container) {
        String asked = container.getImage().getUserSpecifiedImage();
        return asked.isEmpty() ? container.getImage().getImage() : asked;
    }

    private static String state(Container container) {
        return switch (container.getState()) {
            case CONTAINER_CREATED -> "Created";
            case CONTAINER_RUNNING -> "Running";
            case CONTAINER_EXITED -> "Exited";
            case CONTAINER_UNKNOWN, UNRECOGNIZED -> "Unknown";
        };
    }

    private static Instant instant(long nanos) {
        return Instant.EPOCH.plusNanos(nanos);
    }

    private static String age(Instant since) {
        return Human.age(Duration.between(since, Instant.now()));
    }

    /** What is shown of a pod; {@code note} says why a container of it does not run. */
    private record PodRow(
            PodSandbox pod,
            int running,
            int total,
            String status,
            String ip,
            long nanoCores,
            long memoryBytes,
            int restarts,
            String note) {
        static PodRow of(
                PodSandbox pod,
                Inventory inventory,
                Map<String, ContainerStats> stats,
                RuntimeServiceBlockingStub runtime) {
            List<Container> current = inventory.current(pod);
            int running = 0;
            int restarts = 0;
            long nanoCores = 0;
            long memory = 0;
            for (Container container : current) {
                running += container.getState() == ContainerState.CONTAINER_RUNNING ? 1 : 0;
                restarts += container.getMetadata().getAttempt();
                ContainerStats of = stats.getOrDefault(container.getId(), ContainerStats.getDefaultInstance());
                nanoCores += of.getCpu().getUsageNanoCores().getValue();
                memory += of.getMemory().getWorkingSetBytes().getValue();
            }
            return new PodRow(
                    pod,
                    running,
                    current.size(),
                    status(pod, running, current.size()),
                    ip(pod, runtime),
                    nanoCores,
                    memory,
                    restarts,
                    note(current, runtime));
        }

        private static String status(PodSandbox pod, int running, int total) {
            if (pod.getState() != PodSandboxState.SANDBOX_READY) {
                return "Stopped";
            }
            if (running > 0) {
                return "Running";
            }
            return total > 0 ? "Exited" : "Empty";
        }

        private static String ip(PodSandbox pod, RuntimeServiceBlockingStub runtime) {
            try {
                return runtime.podSandboxStatus(PodSandboxStatusRequest.newBuilder()
                                .setPodSandboxId(pod.getId())
                                .build())
                        .getStatus()
                        .getNetwork()
                        .getIp();
            } catch (StatusRuntimeException e) {
                return goneIs("", e);
            }
        }

        /** The first container that ended badly. */
        private static String note(List<Container> current, RuntimeServiceBlockingStub runtime) {
            return current.stream()
                    .filter(container -> container.getState() == ContainerState.CONTAINER_EXITED)
                    .map(container -> status(container, runtime))
                    .flatMap(Optional::stream)
                    .filter(status -> status.getExitCode() != 0)
                    .map(PodRow::describe)
                    .findFirst()
                    .orElse("");
        }

        private static Optional<ContainerStatus> status(Container container, RuntimeServiceBlockingStub runtime) {
            try {
                return Optional.of(runtime.containerStatus(ContainerStatusRequest.newBuilder()
                                .setContainerId(container.getId())
                                .build())
                        .getStatus());
            } catch (StatusRuntimeException e) {
                return goneIs(Optional.empty(), e);
            }
        }

        /** It may have been removed since it was listed. */
        private static <T> T goneIs(T value, StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
                return value;
            }
            throw e;
        }

        private static String describe(ContainerStatus status) {
            StringBuilder note = new StringBuilder()
                    .append(status.getMetadata().getName())
                    .append(": exit ")
                    .append(status.getExitCode());
            if (status.getReason().equals("OOMKilled")) {
                note.append(" OOMKilled");
                long limit = status.getResources().getLinux().getMemoryLimitInBytes();
                if (limit > 0) {
                    note.append(", ").append(Human.bytes(limit)).append(" limit");
                }
            }
            return note.toString();
        }

        Map<String, Object> fields() {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("pod", Inventory.name(pod));
            fields.put("id", pod.getId());
            fields.put("uid", pod.getMetadata().getUid());
            fields.put("running", running);
            fields.put("containers", total);
            fields.put("status", status);
            fields.put("ip", ip);
            fields.put("cpuNanoCores", nanoCores);
            fields.put("memoryBytes", memoryBytes);
            fields.put("restarts", restarts);
            fields.put("createdAt", instant(pod.getCreatedAt()).toString());
            fields.put("note", note);
            return fields;
        }

        void addTo(Table table) {
            boolean active = running > 0;
            table.row(
                    Inventory.name(pod),
                    running + "/" + total,
                    new Table.Cell(status, active ? Look.GOOD : Look.DIM),
                    ip.isEmpty() ? "-" : ip,
                    active ? Human.cores(nanoCores) : "-",
                    active ? Human.bytes(memoryBytes) : "-",
                    restarts,
                    age(instant(pod.getCreatedAt())),
                    new Table.Cell(note, Look.BAD));
        }
    }
}
