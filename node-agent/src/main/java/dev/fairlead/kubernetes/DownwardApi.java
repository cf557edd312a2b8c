package dev.fairlead.kubernetes;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceFieldSelector;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a pod may learn about itself: fields of its manifest, and resources of its containers. */
final class DownwardApi {
    private static final Pattern SUBSCRIPT = Pattern.compile("metadata\\.(labels|annotations)\\['([^']+)']");

    private final Pod pod;
    private final Node node;
    private final List<String> podIps;

    /** @param podIps the addresses that the sandbox got; on the host network the node's */
    DownwardApi(Pod pod, Node node, List<String> podIps) {
        this.pod = pod;
        this.node = node;
        this.podIps = podIps;
    }

    /**
     * The value of a fieldRef.
     * @param at the reference's place in the manifest, for messages
     */
    String field(String fieldPath, String at) {
        Matcher subscript = SUBSCRIPT.matcher(fieldPath);
        if (subscript.matches()) {
            return map(subscript.group(1)).getOrDefault(subscript.group(2), "");
        }
        return switch (fieldPath) {
            case "metadata.name" -> pod.getMetadata().getName();
            case "metadata.namespace" -> pod.getMetadata().getNamespace();
            case "metadata.uid" -> pod.getMetadata().getUid();
            case "metadata.labels", "metadata.annotations" -> lines(map(fieldPath.substring("metadata.".length())));
            case "spec.nodeName" -> node.name();
            case "spec.serviceAccountName" -> pod.getSpec().getServiceAccountName();
            case "status.hostIP", "status.hostIPs" -> node.address();
            case "status.podIP" -> podIps.isEmpty() ? "" : podIps.getFirst();
            case "status.podIPs" -> String.join(",", podIps);
            default ->
                throw new ManifestException(
                        at + ".fieldPath",
                        "\"" + fieldPath
                                + "\" is none of metadata.name, .namespace, .uid, .labels, .annotations, .labels['KEY'], .annotations['KEY'],"
                                + " spec.nodeName, spec.serviceAccountName, status.hostIP, .hostIPs, .podIP, .podIPs");
        };
    }

    /** The value of a resourceFieldRef; {@code own} is the container to ask about unless the reference names one. */
    String resource(ResourceFieldSelector selector, Container own, String at) {
        Container container = selector.getContainerName() == null ? own : named(selector.getContainerName(), at);
        BigDecimal amount = amount(container, selector.getResource(), at);
        BigDecimal divisor = divisor(selector.getDivisor());
        return amount.divide(divisor, 0, RoundingMode.CEILING).toPlainString();
    }

    private Container named(String name, String at) {
        return Containers.all(pod).stream()
                .filter(container -> container.getName().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new ManifestException(at + ".containerName", "the pod has no container \"" + name + "\""));
    }

    private BigDecimal amount(Container container, String resource, String at) {
        int dot = resource.indexOf('.');
        String name = resource.substring(dot + 1);
        Map<String, Quantity> quantities = switch (resource.substring(0, Math.max(0, dot))) {
            case "limits" -> Resources.limits(container);
            case "requests" -> Resources.requests(container);
            default ->
                throw new ManifestException(
                        at + ".resource", "\"" + resource + "\" starts with neither limits. nor requests.");
        };
        Quantity quantity = quantities.get(name);
        if (quantity != null) {
            return quantity.getNumericalAmount();
        }
        // No limit: all that the node has. No request: nothing.
        return resource.startsWith("requests.") ? BigDecimal.ZERO : allOfTheNode(name);
    }

    private BigDecimal allOfTheNode(String name) {
        return switch (name) {
            case "cpu" -> BigDecimal.valueOf(node.cpus());
            case "memory" -> BigDecimal.valueOf(node.memoryBytes());
            default -> BigDecimal.ZERO;
        };
    }

    private static BigDecimal divisor(@Nullable Quantity divisor) {
        if (divisor == null
                || divisor.getAmount() == null
                || divisor.getNumericalAmount().signum() == 0) {
            return BigDecimal.ONE;
        }
        return divisor.getNumericalAmount();
    }

    private Map<String, String> map(String name) {
        return name.equals("labels")
                ? pod.getMetadata().getLabels()
                : pod.getMetadata().getAnnotations();
    }

    /** One {@code key="value"} a line, sorted, as downward API files have it. */
    private static String lines(Map<String, String> map) {
        return new TreeMap<>(map)
                .entrySet().stream()
                        .map(entry -> entry.getKey() + "=\"" + escape(entry.getValue()) + '"')
                        .collect(Collectors.joining("\n"));
    }

    private static String escape(String value) {
        return value.replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("\n", "\\n")
                .replace("\t", "\\t");
    }
}
