package dev.fairlead.kubernetes;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** How a pod's claims on CPU and memory rank it when the node runs short. */
public enum QosClass {
    /** Every container has limits for CPU and memory, and requests as much. */
    GUARANTEED("Guaranteed"),
    /** Something is requested or limited. */
    BURSTABLE("Burstable"),
    /** Nothing is. */
    BEST_EFFORT("BestEffort");

    private static final List<String> COUNTED = List.of("cpu", "memory");

    private final String word;

    QosClass(String word) {
        this.word = word;
    }

    /** The word of the API. */
    public String word() {
        return word;
    }

    /** The class of a pod whose requests were defaulted from its limits. */
    public static QosClass of(Pod pod) {
        Map<String, Long> requests = new HashMap<>();
        Map<String, Long> limits = new HashMap<>();
        boolean allLimited = true;
        for (Container container : containers(pod).toList()) {
            Map<String, Quantity> limited = Resources.limits(container);
            for (String name : COUNTED) {
                long request = amount(Resources.requests(container), name);
                long limit = amount(limited, name);
                requests.merge(name, request, Long::sum);
                limits.merge(name, limit, Long::sum);
                allLimited &= limit > 0;
            }
        }
        boolean anything = Stream.concat(requests.values().stream(), limits.values().stream())
                .anyMatch(sum -> sum > 0);
        if (!anything) {
            return BEST_EFFORT;
        }
        return allLimited && requests.equals(limits) ? GUARANTEED : BURSTABLE;
    }

    private static long amount(Map<String, Quantity> quantities, String name) {
        return name.equals("cpu") ? Quantities.milliCpus(quantities) : Quantities.units(quantities, name);
    }

    private static Stream<Container> containers(Pod pod) {
        return Stream.concat(pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream());
    }
}
