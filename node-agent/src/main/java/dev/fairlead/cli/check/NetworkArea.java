package dev.fairlead.cli.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fairlead.cni.PodNetwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The pods' network: its configuration, the plugins it names, and forwarding. */
final class NetworkArea {
    private static final String AREA = "cni";
    private static final Path FORWARDING = Path.of("/proc/sys/net/ipv4/ip_forward");
    private static final Duration PLUGIN_LIMIT = Duration.ofSeconds(10);

    private NetworkArea() {}

    static List<Finding> look(List<Path> configurations, List<Path> plugins) throws IOException {
        List<Finding> findings = new ArrayList<>();
        // Only asked, never attached to: so the directory of attachments need not exist.
        PodNetwork network =
                new PodNetwork(new PodNetwork.Settings(configurations, plugins, Path.of("/nonexistent"), PLUGIN_LIMIT));
        Optional<String> problem = network.notReady();
        if (problem.isPresent()) {
            findings.add(Finding.missing(
                    AREA,
                    "not ready",
                    problem.get() + "; only pods on the host network can run",
                    "apt-get install containernetworking-plugins, and put a conflist into "
                            + configurations.getFirst()));
        } else {
            findings.add(Finding.good(AREA, name(network), plugins(network)));
        }
        if (Files.exists(FORWARDING) && Files.readString(FORWARDING).startsWith("0")) {
            findings.add(Finding.note(
                    AREA,
                    "no forwarding",
                    "pods reach each other but nothing beyond the node",
                    "sysctl -w net.ipv4.ip_forward=1"));
        }
        return findings;
    }

    private static JsonNode configuration(PodNetwork network) throws IOException {
        return new ObjectMapper().readTree(network.configuration().orElse("{}"));
    }

    private static String name(PodNetwork network) throws IOException {
        return configuration(network).path("name").asText("unnamed");
    }

    private static String plugins(PodNetwork network) throws IOException {
        List<String> types = new ArrayList<>();
        for (JsonNode plugin : configuration(network).path("plugins")) {
            types.add(plugin.path("type").asText());
        }
        return String.join(" ", types);
    }
}
