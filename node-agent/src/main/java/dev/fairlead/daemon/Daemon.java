package dev.fairlead.daemon;

import dev.fairlead.admin.AdminCalls;
import dev.fairlead.cni.PodNetwork;
import dev.fairlead.cri.CriServer;
import dev.fairlead.cri.CriServices;
import dev.fairlead.cri.StatusMapper;
import dev.fairlead.image.registry.RegistryConfig;
import dev.fairlead.image.registry.RetryPolicy;
import dev.fairlead.image.registry.TargetPlatform;
import dev.fairlead.image.store.ImageStore;
import dev.fairlead.libcontainer.ContainerContext;
import dev.fairlead.libcontainer.Undo;
import dev.fairlead.libcontainer.namespaces.BareMountNamespace;
import dev.fairlead.linux.EventLoop;
import dev.fairlead.log.LogPump;
import dev.fairlead.lxcfs.Lxcfs;
import dev.fairlead.monitoring.DaemonFigures;
import dev.fairlead.monitoring.HealthCheck;
import dev.fairlead.monitoring.MonitoringServer;
import dev.fairlead.pod.Checkpoints;
import dev.fairlead.pod.ContainerLifecycle;
import dev.fairlead.pod.ContainerLxcfs;
import dev.fairlead.pod.ContainerPlans;
import dev.fairlead.pod.ContainerStreaming;
import dev.fairlead.pod.CriuOnNode;
import dev.fairlead.pod.LifecycleEvents;
import dev.fairlead.pod.PodRegistry;
import dev.fairlead.pod.Recovery;
import dev.fairlead.pod.Restores;
import dev.fairlead.pod.SandboxKernel;
import dev.fairlead.pod.SandboxLifecycle;
import dev.fairlead.pod.SandboxNetwork;
import dev.fairlead.pod.SeccompProfiles;
import dev.fairlead.pod.UserNamespaceSupport;
import dev.fairlead.state.StateRoot;
import dev.fairlead.streaming.StreamingServer;
import io.grpc.BindableService;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A running daemon: what it has open, in the order in which it was opened. Containers are not among it. */
public final class Daemon implements AutoCloseable {
    private static final int PARALLEL_LAYERS = 4;
    private static final Duration CNI_PLUGIN_LIMIT = Duration.ofMinutes(2);

    private final Undo closing;

    private Daemon(Undo closing) {
        this.closing = closing;
    }

    /**
     * Opens everything, takes over what an earlier daemon left, and serves.
     * @throws IOException another daemon lives, or something of the node is missing; the message says what
     */
    public static Daemon start(Settings settings, String version) throws IOException, InterruptedException {
        Undo closing = new Undo();
        try {
            open(settings, version, closing);
            PageRelease release = PageRelease.start();
            closing.push(release::close);
            return new Daemon(closing);
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            closing.run(e);
            throw e;
        }
    }

    private static void open(Settings settings, String version, Undo closing) throws IOException, InterruptedException {
        CriServer.refuseIfServed(settings.socket());
        EventLoop loop = EventLoop.start("fairlead-events");
        closing.push(loop::close);
        StateRoot state = StateRoot.open(settings.stateRoot());
        ImageStore images = ImageStore.open(
                settings.root(),
                new RegistryConfig(
                        settings.registryHosts(),
                        TargetPlatform.ofThisMachine(),
                        PARALLEL_LAYERS,
                        RetryPolicy.DEFAULT));
        closing.push(images::close);
        ContainerContext context = ContainerContext.open(
                loop, settings.rootfs(), Optional.of(BareMountNamespace.of(settings.stateRoot(), settings.root())));
        closing.push(context::close);
        // A loop of its own: a disk that makes a flooding container's log wait must not make an exec wait.
        EventLoop logLoop = EventLoop.start("fairlead-logs");
        closing.push(logLoop::close);
        LogPump logs = new LogPump(logLoop);
        closing.push(logs::close);
        SandboxNetwork network = new SandboxNetwork(new PodNetwork(new PodNetwork.Settings(
                List.of(settings.cniConfiguration()),
                settings.cniPlugins(),
                settings.root().resolve("cni"),
                CNI_PLUGIN_LIMIT)));

        PodRegistry registry = new PodRegistry();
        LifecycleEvents events = new LifecycleEvents(registry);
        SandboxKernel kernel = new SandboxKernel(context);
        kernel.prepare();
        ContainerPlans plans = new ContainerPlans(
                registry,
                images,
                new SeccompProfiles(settings.seccompProfiles()),
                context.capabilities().known());
        Lxcfs lxcfs = Lxcfs.open(settings.lxcfsMount(), () -> ContainerLxcfs.covered(registry));
        closing.push(lxcfs::close);
        CriuOnNode criu = new CriuOnNode(settings.criu());
        ContainerLifecycle containers = new ContainerLifecycle(
                registry,
                state,
                context,
                images,
                plans,
                new Restores(criu, images, settings.restoreCheckpoints()),
                logs,
                new ContainerLxcfs(lxcfs, settings.lxcfs()),
                events);
        SandboxLifecycle sandboxes = new SandboxLifecycle(registry, state, kernel, network, containers, events);
        new Recovery(state, registry, sandboxes, containers, network, images.snapshots()).run();
        lxcfs.start();

        EventLoop streamLoop = EventLoop.start("fairlead-streams");
        closing.push(streamLoop::close);
        StreamingServer streaming = StreamingServer.start(
                settings.streaming(),
                new ContainerStreaming(registry, containers, sandboxes, context.devNull()),
                streamLoop);
        closing.push(streaming::close);
        CriServices cri = CriServices.of(
                version,
                settings.byName(),
                registry,
                sandboxes,
                containers,
                new Checkpoints(criu, registry, images, containers),
                kernel,
                events,
                network,
                new UserNamespaceSupport(context.launcher(), settings.root()),
                streaming,
                images);
        List<BindableService> services = new ArrayList<>(cri.services());
        services.add(new AdminCalls(images, failure -> StatusMapper.toStatus("Admin", failure)));
        Optional<DaemonFigures> figures = settings.monitoring().map(_ -> figures(version, registry));
        CriServer server = CriServer.start(
                settings.socket(),
                services,
                figures.stream().map(DaemonFigures::calls).toList());
        closing.push(server::close);
        if (figures.isPresent()) {
            closing.push(figures.get()::close);
            MonitoringServer monitoring = MonitoringServer.start(
                    settings.monitoring().orElseThrow(),
                    figures.get(),
                    cri::containerMetrics,
                    List.of(new HealthCheck("NetworkReady", network::problem)));
            closing.push(monitoring::close);
        }
        // Before that, so that it does not wait for streams of events, which never end by themselves.
        closing.push(events::close);
    }

    private static DaemonFigures figures(String version, PodRegistry registry) {
        DaemonFigures figures = new DaemonFigures(version);
        figures.gauge(
                "fairlead.pods",
                "Pod sandboxes that exist.",
                registry,
                all -> all.sandboxes().size());
        figures.gauge(
                "fairlead.containers",
                "Containers that exist.",
                registry,
                all -> all.containers().size());
        return figures;
    }

    /** Stops serving. Pods go on; the next daemon takes them over. */
    @Override
    public void close() throws IOException {
        closing.run("stopping the daemon");
    }
}
