package dev.fairlead.cli;

import dev.fairlead.cri.v1.Container;
import dev.fairlead.cri.v1.ContainerStats;
import dev.fairlead.cri.v1.ListContainerStatsRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Lists what containers use. */
@Command(
        name = "stats",
        header = "Shows what containers use of CPU, memory and disk.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {"  fairlead stats", "  fairlead stats web              only the containers of one pod"})
final class StatsCommand implements Callable<Integer> {
    @Mixin
    DaemonOption daemon = new DaemonOption();

    @Mixin
    OutputOption output = new OutputOption();

    @Parameters(arity = "0..1", paramLabel = "POD", description = "Name, namespace/name or id.")
    Optional<String> pod = Optional.empty();

    @Override
    public Integer call() {
        Terminal terminal = Terminal.standardOutput();
        try (Daemon connection = daemon.connect()) {
            Inventory inventory = Inventory.of(connection.runtime());
            Optional<String> sandbox = pod.map(name -> inventory.pod(name).getId());
            Map<String, Container> containers = inventory.containers().stream()
                    .filter(container -> sandbox.isEmpty() || sandbox.get().equals(container.getPodSandboxId()))
                    .collect(Collectors.toMap(Container::getId, Function.identity()));
            List<Map<String, Object>> rows = new ArrayList<>();
            for (ContainerStats stats : connection
                    .runtime()
                    .listContainerStats(ListContainerStatsRequest.getDefaultInstance())
                    .getStatsList()) {
                Container container = containers.get(stats.getAttributes().getId());
                if (container != null) {
                    rows.add(row(stats, container, inventory));
                }
            }
            output.format.print(rows, "id", terminal, () -> print(rows, terminal));
        }
        return ExitCodes.OK;
    }

    private static Map<String, Object> row(ContainerStats stats, Container container, Inventory inventory) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("pod", inventory.podOf(container).map(Inventory::name).orElse(container.getPodSandboxId()));
        row.put("container", container.getMetadata().getName());
        row.put("id", container.getId());
        row.put("cpuNanoCores", stats.getCpu().getUsageNanoCores().getValue());
        row.put("cpuNanoSeconds", stats.getCpu().getUsageCoreNanoSeconds().getValue());
        row.put("memoryWorkingSetBytes", stats.getMemory().getWorkingSetBytes().getValue());
        row.put("memoryRssBytes", stats.getMemory().getRssBytes().getValue());
        row.put("memoryAvailableBytes", stats.getMemory().getAvailableBytes().getValue());
        row.put("swapBytes", stats.getSwap().getSwapUsageBytes().getValue());
        row.put("writtenBytes", stats.getWritableLayer().getUsedBytes().getValue());
        row.put("writtenInodes", stats.getWritableLayer().getInodesUsed().getValue());
        return row;
    }

    private static void print(List<Map<String, Object>> rows, Terminal terminal) {
        Table table = new Table()
                .column("POD")
                .column("CONTAINER")
                .numbers("CPU")
                .numbers("CPU TIME")
                .numbers("MEMORY")
                .numbers("RSS")
                .numbers("AVAILABLE")
                .numbers("WRITTEN");
        for (Map<String, Object> row : rows) {
            table.row(
                    row.get("pod"),
                    row.get("container"),
                    Human.cores(number(row, "cpuNanoCores")),
                    String.format(Locale.ROOT, "%.2f s", number(row, "cpuNanoSeconds") / 1e9),
                    Human.bytes(number(row, "memoryWorkingSetBytes")),
                    Human.bytes(number(row, "memoryRssBytes")),
                    number(row, "memoryAvailableBytes") == 0 ? "-" : Human.bytes(number(row, "memoryAvailableBytes")),
                    Human.bytes(number(row, "writtenBytes")));
        }
        table.print(terminal);
    }

    private static long number(Map<String, Object> row, String field) {
        return row.get(field) instanceof Long number ? number : 0;
    }
}
