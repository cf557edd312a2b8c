package dev.fairlead.pod;

import dev.fairlead.cri.v1.CDIDevice;
import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.spec.InvalidConfigException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Reads what is asked of a container. */
final class ContainerRequests {
    /** Of annotations that name CDI devices, as device plugins of old write them. */
    private static final String CDI_ANNOTATION = "cdi.k8s.io/";

    private ContainerRequests() {}

    /**
     * Judges a container of a pod.
     * @throws InvalidConfigException names the field and says what to do
     */
    static void validate(PodSandboxConfig pod, ContainerConfig config) throws InvalidConfigException {
        if (config.hasWindows()) {
            throw new InvalidConfigException("windows: this node runs Linux; leave it out");
        }
        if (config.getLinux().getSecurityContext().getPrivileged()
                && !pod.getLinux().getSecurityContext().getPrivileged()) {
            throw new InvalidConfigException(
                    "linux.security_context.privileged: true, but the pod sandbox was asked for"
                            + " without privileged containers (api.proto, LinuxSandboxSecurityContext.privileged); set it there too");
        }
    }

    /** Qualified names of the container's CDI devices, each once: those of its field, then those of its annotations. */
    static Set<String> cdiDevices(ContainerConfig config) throws InvalidConfigException {
        Set<String> names = new LinkedHashSet<>();
        for (CDIDevice device : config.getCDIDevicesList()) {
            names.add(device.getName());
        }
        for (Map.Entry<String, String> annotation : new TreeMap<>(config.getAnnotationsMap()).entrySet()) {
            if (annotation.getKey().startsWith(CDI_ANNOTATION)) {
                names.addAll(List.of(annotation.getValue().split(",", -1)));
            }
        }
        return names;
    }
}
