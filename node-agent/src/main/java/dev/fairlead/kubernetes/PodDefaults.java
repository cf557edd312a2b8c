package dev.fairlead.kubernetes;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ImageVolumeSource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the API server writes into a Pod before the kubelet sees it. */
final class PodDefaults {
    private static final int NAME_LETTERS = 5;

    private PodDefaults() {}

    /** A copy of {@code pod} with every default that later code relies on. */
    static Pod apply(Pod pod) {
        Pod copy = new PodBuilder(pod).build();
        if (copy.getMetadata() == null) {
            copy.setMetadata(new ObjectMeta());
        }
        metadata(copy.getMetadata());
        if (copy.getSpec() == null) {
            throw new ManifestException("spec", "is missing");
        }
        spec(copy.getSpec());
        for (Container container : Containers.all(copy)) {
            container(container);
        }
        return copy;
    }

    private static void metadata(ObjectMeta metadata) {
        String uid = orElse(metadata.getUid(), UUID.randomUUID().toString());
        metadata.setUid(uid);
        metadata.setNamespace(orElse(metadata.getNamespace(), "default"));
        if (metadata.getName() == null && metadata.getGenerateName() != null) {
            metadata.setName(metadata.getGenerateName() + uid.substring(0, NAME_LETTERS));
        }
        metadata.setLabels(orElse(metadata.getLabels(), Map.of()));
        metadata.setAnnotations(orElse(metadata.getAnnotations(), Map.of()));
    }

    private static void spec(PodSpec spec) {
        spec.setRestartPolicy(orElse(spec.getRestartPolicy(), "Always"));
        spec.setDnsPolicy(orElse(spec.getDnsPolicy(), "ClusterFirst"));
        spec.setTerminationGracePeriodSeconds(orElse(spec.getTerminationGracePeriodSeconds(), 30L));
        spec.setHostNetwork(orElse(spec.getHostNetwork(), false));
        spec.setHostPID(orElse(spec.getHostPID(), false));
        spec.setHostIPC(orElse(spec.getHostIPC(), false));
        for (Volume volume : spec.getVolumes()) {
            ImageVolumeSource image = volume.getImage();
            if (image != null) {
                image.setPullPolicy(pullPolicy(image.getPullPolicy(), orElse(image.getReference(), "")));
            }
        }
        spec.setServiceAccountName(orElse(spec.getServiceAccountName(), "default"));
    }

    private static void container(Container container) {
        container.setTerminationMessagePath(orElse(container.getTerminationMessagePath(), "/dev/termination-log"));
        container.setTerminationMessagePolicy(orElse(container.getTerminationMessagePolicy(), "File"));
        String image = orElse(container.getImage(), "");
        container.setImagePullPolicy(pullPolicy(container.getImagePullPolicy(), image));
        requests(container);
        probe(container.getStartupProbe());
        probe(container.getLivenessProbe());
        probe(container.getReadinessProbe());
    }

    /** A limit without a request is a request too. */
    private static void requests(Container container) {
        ResourceRequirements resources = orElse(container.getResources(), new ResourceRequirements());
        Map<String, Quantity> requests = new HashMap<>(Resources.limits(container));
        requests.putAll(Resources.requests(container));
        resources.setRequests(requests);
        container.setResources(resources);
    }

    private static void probe(@Nullable Probe probe) {
        if (probe == null) {
            return;
        }
        probe.setInitialDelaySeconds(orElse(probe.getInitialDelaySeconds(), 0));
        probe.setPeriodSeconds(orElse(probe.getPeriodSeconds(), 10));
        probe.setTimeoutSeconds(orElse(probe.getTimeoutSeconds(), 1));
        probe.setSuccessThreshold(orElse(probe.getSuccessThreshold(), 1));
        probe.setFailureThreshold(orElse(probe.getFailureThreshold(), 3));
    }

    private static String pullPolicy(@Nullable String given, String image) {
        return orElse(given, isLatest(image) ? "Always" : "IfNotPresent");
    }

    /** Whether a name means whatever its registry calls "latest": it has neither tag nor digest, or that tag. */
    private static boolean isLatest(String image) {
        String last = image.substring(image.lastIndexOf('/') + 1);
        return !last.contains("@") && (!last.contains(":") || last.endsWith(":latest"));
    }

    private static <T> T orElse(@Nullable T value, T otherwise) {
        return value == null ? otherwise : value;
    }
}
