package dev.fairlead.e2e.figures;

import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.e2e.Cgroups;
import dev.fairlead.e2e.Cri;
import dev.fairlead.e2e.Daemon;
import dev.fairlead.e2e.Node;
import dev.fairlead.e2e.Pod;
import dev.fairlead.e2e.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A runtime that runs in a cgroup of its own, with its pods in another.
 *
 * @param name as columns of tables say it
 * @param key of its cgroups and pods
 */
record Peer(String name, String key, Daemon daemon, Cri cri) {
    static final String FAIRLEAD = "Fairlead";
    static final String RUNC = "containerd + runc";
    static final String CRUN = "crun alone";

    static Peer fairlead() throws IOException {
        return started(FAIRLEAD, "fairlead", Daemon.fairlead());
    }

    static Peer containerd() throws IOException {
        return started(RUNC, "containerd", Daemon.containerd());
    }

    private static Peer started(String name, String key, Daemon daemon) throws IOException {
        Files.createDirectories(runtime(key));
        daemon.in(runtime(key)).start();
        Cri cri = new Cri(daemon.socket());
        Wait.pause(Duration.ofSeconds(1));
        var _ = cri.pull(Node.BUSYBOX);
        return new Peer(name, key, daemon, cri);
    }

    private static Path runtime(String key) {
        return Cgroups.directory("cpuacct", "/runtime-" + key);
    }

    /** CPU time of the daemon and all that it has started, those that have ended included. */
    double runtimeSeconds() throws IOException {
        return seconds(runtime(key));
    }

    /** CPU time of its pods. */
    double podsSeconds() throws IOException {
        return seconds(Cgroups.directory("cpuacct", "/pods-" + key));
    }

    private static double seconds(Path cgroup) throws IOException {
        return Files.exists(cgroup)
                ? Long.parseLong(Files.readString(cgroup.resolve("cpuacct.usage"))
                                .strip())
                        / 1e9
                : 0;
    }

    /** The daemon and all that it has started, pods included. */
    List<Long> processes() throws IOException {
        List<Long> all = new ArrayList<>(runtimeProcesses());
        all.addAll(processes(Cgroups.directory("cpuacct", "/pods-" + key)));
        return all;
    }

    /** The same without its pods. */
    List<Long> runtimeProcesses() throws IOException {
        return processes(runtime(key));
    }

    private static List<Long> processes(Path cgroup) throws IOException {
        List<Long> processes = new ArrayList<>();
        if (!Files.exists(cgroup)) {
            return processes; // a pod without a container is no process
        }
        try (Stream<Path> files = Files.walk(cgroup)) {
            for (Path file : files.filter(path -> path.endsWith("cgroup.procs")).toList()) {
                Files.readAllLines(file).forEach(pid -> processes.add(Long.valueOf(pid)));
            }
        }
        return processes;
    }

    PodSandboxConfig config(String pod, NamespaceMode network) {
        PodSandboxConfig.Builder config =
                PodSandboxConfig.newBuilder().setLogDirectory("/var/log/pods/" + key + "-" + pod);
        config.getMetadataBuilder().setName(pod).setNamespace(key).setUid("uid-" + pod);
        config.getLinuxBuilder()
                .setCgroupParent("/pods-" + key)
                .getSecurityContextBuilder()
                .getNamespaceOptionsBuilder()
                .setPid(NamespaceMode.CONTAINER)
                .setNetwork(network);
        return config.build();
    }

    Pod run(String pod, NamespaceMode network) {
        return Pod.run(cri, config(pod, network));
    }

    static void remove(Pod pod) {
        pod.stop();
        pod.remove();
    }

    void end() {
        cri.close();
        daemon.stop();
    }
}
