package dev.fairlead.kubernetes;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds what the API server would refuse and what can't be had without a cluster, before anything is started. */
final class PodValidation {
    private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern DNS_SUBDOMAIN = Pattern.compile("[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?");
    private static final Set<String> RESTART_POLICIES = Set.of("Always", "OnFailure", "Never");
    private static final Set<String> PULL_POLICIES = Set.of("Always", "IfNotPresent", "Never");

    private final Pod pod;
    private final PodSpec spec;

    private PodValidation(Pod pod) {
        this.pod = pod;
        this.spec = pod.getSpec();
    }

    /** Checks a pod whose defaults are filled in. */
    static void check(Pod pod) {
        new PodValidation(pod).check();
    }

    private void check() {
        require(DNS_SUBDOMAIN, pod.getMetadata().getName(), "metadata.name");
        require(DNS_LABEL, pod.getMetadata().getNamespace(), "metadata.namespace");
        oneOf(RESTART_POLICIES, spec.getRestartPolicy(), "spec.restartPolicy");
        if (spec.getHostname() != null) {
            require(DNS_LABEL, spec.getHostname(), "spec.hostname");
        }
        if (spec.getContainers().isEmpty()) {
            throw new ManifestException("spec.containers", "a pod needs at least one container");
        }
        Set<String> volumes = volumes();
        Set<String> names = new HashSet<>();
        for (Container container : Containers.all(pod)) {
            container(container, names, volumes);
        }
        for (Container container : spec.getContainers()) {
            if (container.getRestartPolicy() != null) {
                throw new ManifestException(
                        Containers.field(pod, container) + ".restartPolicy",
                        "belongs to the pod; only an init container has one of its own, to make it a sidecar");
            }
        }
        if (Boolean.FALSE.equals(spec.getHostUsers())
                && (spec.getHostNetwork() || spec.getHostIPC() || spec.getHostPID())) {
            throw new ManifestException(
                    "spec.hostUsers",
                    "a user namespace of the pod's own can't be had together with hostNetwork, hostIPC or hostPID");
        }
        if (Boolean.TRUE.equals(spec.getShareProcessNamespace()) && spec.getHostPID()) {
            throw new ManifestException("spec.shareProcessNamespace", "can't be had together with hostPID");
        }
    }

    private Set<String> volumes() {
        Set<String> names = new HashSet<>();
        List<Volume> volumes = spec.getVolumes();
        for (int i = 0; i < volumes.size(); i++) {
            String field = "spec.volumes[" + i + "].name";
            require(DNS_LABEL, volumes.get(i).getName(), field);
            if (!names.add(volumes.get(i).getName())) {
                throw new ManifestException(field, "\"" + volumes.get(i).getName() + "\" is there twice");
            }
            knownKind(volumes.get(i), "spec.volumes[" + i + "]");
        }
        return names;
    }

    /** Whether nothing is left of a volume without its name and the kinds that we have; nothing at all means emptyDir. */
    private static void knownKind(Volume volume, String field) {
        Volume rest = new VolumeBuilder(volume).build();
        rest.setEmptyDir(null);
        rest.setHostPath(null);
        rest.setConfigMap(null);
        rest.setSecret(null);
        rest.setProjected(null);
        rest.setDownwardAPI(null);
        rest.setImage(null);
        if (!rest.equals(new VolumeBuilder().withName(volume.getName()).build())) {
            throw new ManifestException(
                    field,
                    "is none of emptyDir, hostPath, configMap, secret, projected, downwardAPI, image: other volumes need a cluster");
        }
    }

    private void container(Container container, Set<String> names, Set<String> volumes) {
        String field = Containers.field(pod, container);
        require(DNS_LABEL, container.getName(), field + ".name");
        if (!names.add(container.getName())) {
            throw new ManifestException(field + ".name", "\"" + container.getName() + "\" is there twice");
        }
        if (container.getImage() == null || container.getImage().isBlank()) {
            throw new ManifestException(field + ".image", "is missing");
        }
        oneOf(PULL_POLICIES, container.getImagePullPolicy(), field + ".imagePullPolicy");
        environment(container, field);
        mounts(container, field, volumes);
        resources(container, field);
    }

    private static void environment(Container container, String field) {
        for (int i = 0; i < container.getEnv().size(); i++) {
            EnvVar variable = container.getEnv().get(i);
            String at = field + ".env[" + i + "]";
            if (variable.getName() == null
                    || variable.getName().isEmpty()
                    || variable.getName().contains("=")) {
                throw new ManifestException(at + ".name", "a variable needs a name without \"=\"");
            }
            if (variable.getName().indexOf('\0') >= 0
                    || (variable.getValue() != null && variable.getValue().indexOf('\0') >= 0)) {
                throw new ManifestException(at, "a NUL character: the kernel ends a variable there");
            }
            if (variable.getValue() != null && !variable.getValue().isEmpty() && variable.getValueFrom() != null) {
                throw new ManifestException(at, "has both value and valueFrom");
            }
        }
    }

    private static void mounts(Container container, String field, Set<String> volumes) {
        Set<String> targets = new HashSet<>();
        for (int i = 0; i < container.getVolumeMounts().size(); i++) {
            VolumeMount mount = container.getVolumeMounts().get(i);
            String at = field + ".volumeMounts[" + i + "]";
            if (!volumes.contains(mount.getName())) {
                throw new ManifestException(at + ".name", "spec.volumes has no \"" + mount.getName() + "\"");
            }
            if (mount.getMountPath() == null || mount.getMountPath().isEmpty()) {
                throw new ManifestException(at + ".mountPath", "is missing");
            }
            if (!targets.add(mount.getMountPath())) {
                throw new ManifestException(at + ".mountPath", mount.getMountPath() + " is there twice");
            }
        }
    }

    private static void resources(Container container, String field) {
        amounts(Resources.requests(container), field + ".resources.requests.");
        amounts(Resources.limits(container), field + ".resources.limits.");
        Resources.limits(container).forEach((name, limit) -> {
            Quantity request = Resources.requests(container).get(name);
            if (request != null && request.getNumericalAmount().compareTo(limit.getNumericalAmount()) > 0) {
                throw new ManifestException(
                        field + ".resources.requests." + name, request + " is more than the limit of " + limit);
            }
        });
    }

    private static void amounts(Map<String, Quantity> quantities, String field) {
        quantities.forEach((name, quantity) -> {
            BigDecimal amount;
            try {
                amount = quantity.getNumericalAmount();
            } catch (IllegalArgumentException e) {
                throw new ManifestException(
                        field + name, "\"" + quantity + "\" is no quantity such as 64Mi, 2G, 500m or 1.5", e);
            }
            if (amount.signum() < 0) {
                throw new ManifestException(field + name, quantity + " is less than nothing");
            }
        });
    }

    private static void require(Pattern pattern, @Nullable String value, String field) {
        if (value == null) {
            throw new ManifestException(field, "is missing");
        }
        if (!pattern.matcher(value).matches()) {
            throw new ManifestException(
                    field, "\"" + value + "\": small letters, digits and \"-\", a letter or digit at both ends");
        }
    }

    private static void oneOf(Set<String> words, String value, String field) {
        if (!words.contains(value)) {
            throw new ManifestException(
                    field,
                    "\"" + value + "\" is none of "
                            + String.join(", ", words.stream().sorted().toList()));
        }
    }
}
