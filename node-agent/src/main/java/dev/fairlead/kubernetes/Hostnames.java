package dev.fairlead.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Optional;

/** What a pod calls itself. */
final class Hostnames {
    /** The kernel has 64 bytes for it, with the NUL. */
    private static final int MAX_LENGTH = 63;

    private Hostnames() {}

    /** spec.hostname, or else the pod's name, cut to what the kernel takes. */
    static String of(Pod pod) {
        String hostname = pod.getSpec().getHostname();
        String name = hostname == null || hostname.isEmpty() ? pod.getMetadata().getName() : hostname;
        if (name.length() <= MAX_LENGTH) {
            return name;
        }
        return name.substring(0, MAX_LENGTH).replaceAll("[-.]+$", "");
    }

    /** With the subdomain behind it, where the pod has one. */
    static Optional<String> fullName(Pod pod) {
        String subdomain = pod.getSpec().getSubdomain();
        if (subdomain == null || subdomain.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                of(pod) + '.' + subdomain + '.' + pod.getMetadata().getNamespace() + ".svc." + CLUSTER_DOMAIN);
    }

    /** The name of the kernel: the full one where the pod asks for it. */
    static String ofKernel(Pod pod) {
        if (!Boolean.TRUE.equals(pod.getSpec().getSetHostnameAsFQDN())) {
            return of(pod);
        }
        String full = fullName(pod).orElse(of(pod));
        if (full.length() > MAX_LENGTH) {
            throw new ManifestException(
                    "spec.setHostnameAsFQDN", full + " has more than the " + MAX_LENGTH + " characters of a host name");
        }
        return full;
    }

    private static final String CLUSTER_DOMAIN = "cluster.local";
}
