package dev.fairlead.daemon;

import dev.fairlead.libcontainer.rootfs.RootfsPolicy;
import dev.fairlead.lxcfs.LxcfsMode;
import dev.fairlead.monitoring.ListenAddress;
import dev.fairlead.streaming.StreamingServer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an operator may set of a daemon.
 *
 * @param socket UNIX socket of the CRI server
 * @param stateRoot what a reboot may take: a tmpfs
 * @param root images, layers and what containers write
 * @param cniConfiguration directory of CNI configuration lists
 * @param cniPlugins directories of CNI plugins
 * @param registryHosts directories of {@code <host>/hosts.toml}
 * @param seccompProfiles where relative localhost profiles lie
 * @param rootfs what root file systems may be made of
 * @param lxcfs of pods that do not say it themselves
 * @param lxcfsMount where lxcfs is mounted, if it runs
 * @param criu the program that makes checkpoints; empty: found in PATH
 * @param restoreCheckpoints whether containers may begin with the processes of a checkpoint
 * @param streaming where exec, attach and port-forward are served
 * @param monitoring where metrics and health are served; empty: nowhere
 */
public record Settings(
        Path socket,
        Path stateRoot,
        Path root,
        Path cniConfiguration,
        List<Path> cniPlugins,
        List<Path> registryHosts,
        Path seccompProfiles,
        RootfsPolicy rootfs,
        LxcfsMode lxcfs,
        Path lxcfsMount,
        Optional<Path> criu,
        boolean restoreCheckpoints,
        StreamingServer.Settings streaming,
        Optional<ListenAddress> monitoring) {
    public Settings {
        cniPlugins = List.copyOf(cniPlugins);
        registryHosts = List.copyOf(registryHosts);
    }

    /** By the names of the command line. */
    public Map<String, String> byName() {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("socket", socket.toString());
        values.put("state-dir", stateRoot.toString());
        values.put("data-dir", root.toString());
        values.put("cni-conf-dir", cniConfiguration.toString());
        values.put("cni-bin-dir", join(cniPlugins));
        values.put("registry-config", join(registryHosts));
        values.put("seccomp-profile-root", seccompProfiles.toString());
        values.put("foreign-mounts", Boolean.toString(rootfs.foreignMounts()));
        values.put("no-pivot", Boolean.toString(rootfs.noPivotRoot()));
        values.put("lxcfs", lxcfs.word());
        values.put("lxcfs-mount", lxcfsMount.toString());
        values.put("criu", criu.map(Path::toString).orElse(""));
        values.put("restore-checkpoints", Boolean.toString(restoreCheckpoints));
        values.put("streaming-address", streaming.address());
        values.put("streaming-port", Integer.toString(streaming.port()));
        values.put("metrics", monitoring.map(ListenAddress::toString).orElse(""));
        return values;
    }

    private static String join(List<Path> paths) {
        return String.join(":", paths.stream().map(Path::toString).toList());
    }
}
