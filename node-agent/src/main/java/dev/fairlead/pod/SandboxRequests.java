package dev.fairlead.pod;

import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.NamespaceOption;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.lxcfs.LxcfsMode;
import dev.fairlead.pod.PodSandbox.CgroupParent;
import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads what is asked of a sandbox. */
final class SandboxRequests {
    private static final Path NODE_HOSTNAME = Path.of("/proc/sys/kernel/hostname");
    /** Below the cgroup mounts. */
    static final String OUR_CGROUPS = "/fairlead";

    private static final int HOSTNAME_MAX = 64;

    private SandboxRequests() {}

    static void validate(PodSandboxConfig config) throws InvalidConfigException {
        if (config.getMetadata().getName().isEmpty()) {
            throw new InvalidConfigException("config.metadata.name: empty; a sandbox has the name of its pod");
        }
        if (config.hasWindows()) {
            throw new InvalidConfigException("config.windows: this node runs Linux; leave it out");
        }
        var _ = LxcfsMode.of(config.getAnnotationsMap(), LxcfsMode.AUTO);
        NamespaceOption namespaces = config.getLinux().getSecurityContext().getNamespaceOptions();
        PodUsers.validate(namespaces);
        if (namespaces.getNetwork() != NamespaceMode.NODE && namespaces.getNetwork() != NamespaceMode.POD) {
            throw new InvalidConfigException("linux.security_context.namespace_options.network: "
                    + namespaces.getNetwork() + "; a pod's network is POD or NODE");
        }
        if (namespaces.getIpc() != NamespaceMode.NODE && namespaces.getIpc() != NamespaceMode.POD) {
            throw new InvalidConfigException("linux.security_context.namespace_options.ipc: " + namespaces.getIpc()
                    + "; the containers of a pod share one IPC namespace, the pod's (POD) or the node's (NODE)");
        }
        if (namespaces.getPid() == NamespaceMode.TARGET) {
            throw new InvalidConfigException(
                    "linux.security_context.namespace_options.pid: TARGET; a container can have"
                            + " the processes of another one as its target, a pod cannot");
        }
        if (config.getHostname().getBytes(java.nio.charset.StandardCharsets.UTF_8).length > HOSTNAME_MAX) {
            throw new InvalidConfigException("config.hostname: \"" + config.getHostname() + "\" is longer than the "
                    + HOSTNAME_MAX + " bytes that the kernel takes");
        }
        String parent = config.getLinux().getCgroupParent();
        if (parent.endsWith(".slice")) {
            throw new InvalidConfigException(
                    "linux.cgroup_parent: \"" + parent
                            + "\" is a systemd slice, and Fairlead drives cgroups itself; set cgroupDriver: cgroupfs in the kubelet's configuration");
        }
    }

    /** The pod's hostname; on the node's network, the node's. */
    static String hostname(PodSandboxConfig config) throws IOException {
        boolean nodeNetwork =
                config.getLinux().getSecurityContext().getNamespaceOptions().getNetwork() == NamespaceMode.NODE;
        if (nodeNetwork || config.getHostname().isEmpty()) {
            return Files.readString(NODE_HOSTNAME).strip();
        }
        return config.getHostname();
    }

    /** The kubelet names and makes its own; nobody else's pods get one of ours. */
    static CgroupParent cgroupParent(PodSandboxConfig config, String id) {
        String asked = config.getLinux().getCgroupParent();
        return asked.isEmpty()
                ? new CgroupParent(OUR_CGROUPS + '/' + id, true)
                : new CgroupParent(Path.of("/").resolve(asked).normalize().toString(), false);
    }
}
