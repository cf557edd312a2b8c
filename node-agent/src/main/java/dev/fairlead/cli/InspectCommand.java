package dev.fairlead.cli;

import dev.fairlead.cri.v1.Container;
import dev.fairlead.cri.v1.ContainerStatusRequest;
import dev.fairlead.cri.v1.ContainerStatusResponse;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.ImageStatusRequest;
import dev.fairlead.cri.v1.ImageStatusResponse;
import dev.fairlead.cri.v1.PodSandbox;
import dev.fairlead.cri.v1.PodSandboxStatusRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows everything the daemon says of one thing. */
@Command(
        name = "inspect",
        header = "Shows all that the daemon knows of a pod with its containers, a container, or an image.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {"  fairlead inspect web", "  fairlead inspect -o json registry.example/shop/web:1.4"})
final class InspectCommand implements Callable<Integer> {
    @Mixin
    DaemonOption daemon = new DaemonOption();

    @Option(
            names = {"-o", "--output"},
            defaultValue = "yaml",
            paramLabel = "FORMAT",
            description = "yaml or json.")
    OutputFormat format = OutputFormat.YAML;

    @Parameters(paramLabel = "NAME", description = "Pod, container id, or image.")
    String reference = "";

    @Override
    public Integer call() {
        if (format != OutputFormat.YAML && format != OutputFormat.JSON) {
            throw new CliException("-o takes yaml or json here");
        }
        try (Daemon connection = daemon.connect()) {
            format.print(find(connection), Terminal.standardOutput());
        }
        return ExitCodes.OK;
    }

    private Map<String, Object> find(Daemon connection) {
        Inventory inventory = Inventory.of(connection.runtime());
        if (!inventory.pods(reference).isEmpty()) {
            return pod(inventory.pod(reference), inventory, connection);
        }
        for (Container container : inventory.containers()) {
            if (container.getId().startsWith(reference)) {
                return container(container.getId(), connection);
            }
        }
        ImageStatusResponse image = connection
                .images()
                .imageStatus(ImageStatusRequest.newBuilder()
                        .setImage(ImageSpec.newBuilder().setImage(reference))
                        .setVerbose(true)
                        .build());
        if (image.hasImage()) {
            Map<String, Object> map = new LinkedHashMap<>(ProtoMaps.of(image.getImage()));
            map.put("info", image.getInfoMap());
            return map;
        }
        throw new CliException("there is no pod, container or image \"" + reference + "\"");
    }

    private static Map<String, Object> pod(PodSandbox pod, Inventory inventory, Daemon connection) {
        var status = connection
                .runtime()
                .podSandboxStatus(PodSandboxStatusRequest.newBuilder()
                        .setPodSandboxId(pod.getId())
                        .setVerbose(true)
                        .build());
        Map<String, Object> map = new LinkedHashMap<>(ProtoMaps.of(status.getStatus()));
        map.put("info", status.getInfoMap());
        List<Map<String, Object>> containers = new ArrayList<>();
        for (Container container : inventory.of(pod)) {
            containers.add(container(container.getId(), connection));
        }
        map.put("containers", containers);
        return map;
    }

    private static Map<String, Object> container(String id, Daemon connection) {
        ContainerStatusResponse status = connection
                .runtime()
                .containerStatus(ContainerStatusRequest.newBuilder()
                        .setContainerId(id)
                        .setVerbose(true)
                        .build());
        Map<String, Object> map = new LinkedHashMap<>(ProtoMaps.of(status.getStatus()));
        map.put("info", status.getInfoMap());
        return map;
    }
}
