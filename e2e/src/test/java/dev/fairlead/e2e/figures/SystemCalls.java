package dev.fairlead.e2e.figures;

import dev.fairlead.cri.v1.ContainerStatusRequest;
import dev.fairlead.cri.v1.ListContainersRequest;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.e2e.Container;
import dev.fairlead.e2e.Node;
import dev.fairlead.e2e.Pod;
import dev.fairlead.e2e.Strace;
import dev.fairlead.e2e.Wait;
import java.io.IOException;
import java.time.Duration;

/** What a call makes a runtime ask the kernel for: system calls and processes of the daemon, of what it starts, and of the container's program. */
final class SystemCalls {
    private static final int WARM_UP = 5;
    private static final int MEGABYTES = 8;

    /** Prints that much when strace has been attached. */
    private static final String PRINTER = "sleep 8; yes "
            + "0123456789".repeat(5).substring(1) + " | head -c " + MEGABYTES + "000000; exec sleep 100000";

    static final String CREATE = "CreateContainer";
    static final String START = "StartContainer";
    static final String EXEC = "ExecSync of true";

    private final Peer peer;
    private final Report report;

    SystemCalls(Peer peer, Report report) {
        this.peer = peer;
        this.report = report;
    }

    void measure() throws IOException, InterruptedException {
        Pod pod = peer.run("counted", NamespaceMode.NODE);
        for (int i = 0; i < WARM_UP; i++) {
            Container warm = pod.run(Node.command("sleep", "100000"));
            var _ = warm.exec("true");
            warm.stop(Duration.ofSeconds(1));
            warm.remove();
        }
        Container[] made = new Container[1];
        count(CREATE, () -> made[0] = pod.create(Node.shell("trap 'exit 0' TERM; sleep 100000 & wait")));
        count(START, () -> made[0].start());
        var _ = made[0].exec("true");
        count(EXEC, () -> made[0].exec("true"));
        count(
                "ContainerStatus",
                () -> peer.cri()
                        .runtime()
                        .containerStatus(ContainerStatusRequest.newBuilder()
                                .setContainerId(made[0].id())
                                .build()));
        count("ListContainers", () -> peer.cri().runtime().listContainers(ListContainersRequest.getDefaultInstance()));
        count("StopContainer", () -> made[0].stop(Duration.ofSeconds(10)));
        output(pod);
        Peer.remove(pod);
    }

    private void count(String call, Runnable work) throws IOException, InterruptedException {
        add(call, peer.name(), Strace.of(peer.processes(), work), report);
    }

    static void add(String call, String peer, Strace counted, Report report) {
        report.less(call + ", system calls", peer, (double) counted.systemCalls());
        report.less(call + ", processes", peer, (double) counted.processes());
    }

    /** Of the runtime alone: the container's program writes. */
    private void output(Pod pod) throws IOException, InterruptedException {
        Container container = pod.run(Node.shell(PRINTER));
        Strace counted = Strace.of(peer.runtimeProcesses(), () -> {
            Wait.until(
                    "all is logged",
                    Duration.ofMinutes(1),
                    () -> container.logFile().toFile().length(),
                    length -> length >= MEGABYTES * 1_000_000L);
        });
        report.less(
                "output of a container, system calls per MB", peer.name(), counted.systemCalls() / (double) MEGABYTES);
    }
}
