package dev.fairlead.kubernetes;

import dev.fairlead.cri.v1.Container;
import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.ContainerStatus;
import dev.fairlead.cri.v1.ContainerStatusRequest;
import dev.fairlead.cri.v1.ContainerStatusResponse;
import dev.fairlead.cri.v1.CreateContainerRequest;
import dev.fairlead.cri.v1.CreateContainerResponse;
import dev.fairlead.cri.v1.ExecSyncRequest;
import dev.fairlead.cri.v1.ExecSyncResponse;
import dev.fairlead.cri.v1.Image;
import dev.fairlead.cri.v1.ImageServiceGrpc;
import dev.fairlead.cri.v1.ImageStatusRequest;
import dev.fairlead.cri.v1.ImageStatusResponse;
import dev.fairlead.cri.v1.Int64Value;
import dev.fairlead.cri.v1.ListContainersRequest;
import dev.fairlead.cri.v1.ListContainersResponse;
import dev.fairlead.cri.v1.PodSandboxNetworkStatus;
import dev.fairlead.cri.v1.PodSandboxStatus;
import dev.fairlead.cri.v1.PodSandboxStatusRequest;
import dev.fairlead.cri.v1.PodSandboxStatusResponse;
import dev.fairlead.cri.v1.RemoveContainerRequest;
import dev.fairlead.cri.v1.RemoveContainerResponse;
import dev.fairlead.cri.v1.RemovePodSandboxRequest;
import dev.fairlead.cri.v1.RemovePodSandboxResponse;
import dev.fairlead.cri.v1.RunPodSandboxRequest;
import dev.fairlead.cri.v1.RunPodSandboxResponse;
import dev.fairlead.cri.v1.RuntimeServiceGrpc;
import dev.fairlead.cri.v1.StartContainerRequest;
import dev.fairlead.cri.v1.StartContainerResponse;
import dev.fairlead.cri.v1.StopContainerRequest;
import dev.fairlead.cri.v1.StopContainerResponse;
import dev.fairlead.cri.v1.StopPodSandboxRequest;
import dev.fairlead.cri.v1.StopPodSandboxResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A CRI server whose containers follow a script instead of running: the peer of {@link PodRunner} in its tests. */
final class FakeCri {
    /**
     * What one attempt of a container does.
     * @param lines what it writes
     * @param lasts how long it runs; empty: until it is stopped
     */
    record Script(List<String> lines, Optional<Duration> lasts, int exitCode) {
        static Script exits(int exitCode, String... lines) {
            return new Script(List.of(lines), Optional.of(Duration.ofMillis(50)), exitCode);
        }

        static Script runs(String... lines) {
            return new Script(List.of(lines), Optional.empty(), 143);
        }
    }

    private static final class Instance {
        final ContainerConfig config;
        final Script script;
        ContainerState state = ContainerState.CONTAINER_CREATED;
        Instant startedAt = Instant.EPOCH;
        Instant finishedAt = Instant.EPOCH;

        Instance(ContainerConfig config, Script script) {
            this.config = config;
            this.script = script;
        }
    }

    /** All calls that change something, in their order: {@code start app-0}. */
    final List<String> calls = new CopyOnWriteArrayList<>();

    final Set<String> images = ConcurrentHashMap.newKeySet();
    /** Answers of execs by {@code container:command}; others succeed. */
    final Map<String, Integer> execExitCodes = new ConcurrentHashMap<>();

    private final Map<String, List<Script>> scripts = new HashMap<>();
    private final Map<String, Instance> instances = new LinkedHashMap<>();
    private final EventLoopGroup loop = new NioEventLoopGroup(1);
    private final Server server;
    private final ManagedChannel channel;
    private Path logs = Path.of("/");

    FakeCri(Path socket) throws IOException {
        server = NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelFactory(NioServerDomainSocketChannel::new)
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .addService(new Runtime())
                .addService(new Images())
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelFactory(NioDomainSocketChannel::new)
                .eventLoopGroup(loop)
                .usePlaintext()
                .build();
    }

    /** What the attempts of a container do; the last script is repeated. */
    synchronized void script(String container, Script... attempts) {
        scripts.put(container, List.of(attempts));
    }

    RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime() {
        return RuntimeServiceGrpc.newBlockingStub(channel);
    }

    ImageServiceGrpc.ImageServiceBlockingStub imageService() {
        return ImageServiceGrpc.newBlockingStub(channel);
    }

    synchronized ContainerConfig config(String id) {
        return instance(id).config;
    }

    private Instance instance(String id) {
        return Objects.requireNonNull(instances.get(id), id);
    }

    /** Takes a container away behind the client's back. */
    synchronized void lose(String id) {
        instances.remove(id);
    }

    void stop() throws InterruptedException {
        channel.shutdownNow();
        server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS);
    }

    private static <T> void answer(StreamObserver<T> observer, T response) {
        observer.onNext(response);
        observer.onCompleted();
    }

    private static long nanos(Instant time) {
        return Duration.between(Instant.EPOCH, time).toNanos();
    }

    private final class Images extends ImageServiceGrpc.ImageServiceImplBase {
        @Override
        public void imageStatus(ImageStatusRequest request, StreamObserver<ImageStatusResponse> observer) {
            ImageStatusResponse.Builder response = ImageStatusResponse.newBuilder();
            String name = request.getImage().getImage();
            if (images.contains(name)) {
                response.setImage(Image.newBuilder()
                        .setId("sha256:" + name)
                        .setUid(Int64Value.newBuilder().setValue(1000)));
            }
            answer(observer, response.build());
        }
    }

    private final class Runtime extends RuntimeServiceGrpc.RuntimeServiceImplBase {
        @Override
        public void runPodSandbox(RunPodSandboxRequest request, StreamObserver<RunPodSandboxResponse> observer) {
            calls.add("run sandbox");
            logs = Path.of(request.getConfig().getLogDirectory());
            answer(
                    observer,
                    RunPodSandboxResponse.newBuilder()
                            .setPodSandboxId("sandbox")
                            .build());
        }

        @Override
        public void podSandboxStatus(
                PodSandboxStatusRequest request, StreamObserver<PodSandboxStatusResponse> observer) {
            answer(
                    observer,
                    PodSandboxStatusResponse.newBuilder()
                            .setStatus(PodSandboxStatus.newBuilder()
                                    .setNetwork(
                                            PodSandboxNetworkStatus.newBuilder().setIp("10.88.0.7")))
                            .build());
        }

        @Override
        public void stopPodSandbox(StopPodSandboxRequest request, StreamObserver<StopPodSandboxResponse> observer) {
            calls.add("stop sandbox");
            answer(observer, StopPodSandboxResponse.getDefaultInstance());
        }

        @Override
        public void removePodSandbox(
                RemovePodSandboxRequest request, StreamObserver<RemovePodSandboxResponse> observer) {
            calls.add("remove sandbox");
            answer(observer, RemovePodSandboxResponse.getDefaultInstance());
        }

        @Override
        public void createContainer(CreateContainerRequest request, StreamObserver<CreateContainerResponse> observer) {
            ContainerConfig config = request.getConfig();
            String name = config.getMetadata().getName();
            int attempt = config.getMetadata().getAttempt();
            synchronized (FakeCri.this) {
                List<Script> ofContainer = scripts.get(name);
                if (ofContainer == null) {
                    observer.onError(Status.INVALID_ARGUMENT
                            .withDescription("no script for " + name)
                            .asRuntimeException());
                    return;
                }
                String id = name + "-" + attempt;
                instances.put(id, new Instance(config, ofContainer.get(Math.min(attempt, ofContainer.size() - 1))));
                answer(
                        observer,
                        CreateContainerResponse.newBuilder().setContainerId(id).build());
            }
        }

        @Override
        public void startContainer(StartContainerRequest request, StreamObserver<StartContainerResponse> observer) {
            calls.add("start " + request.getContainerId());
            synchronized (FakeCri.this) {
                Instance instance = instance(request.getContainerId());
                instance.state = ContainerState.CONTAINER_RUNNING;
                instance.startedAt = Instant.now();
                write(instance, instance.script.lines());
            }
            answer(observer, StartContainerResponse.getDefaultInstance());
        }

        private void write(Instance instance, List<String> lines) {
            Path log = logs.resolve(instance.config.getLogPath());
            List<String> entries = new ArrayList<>();
            lines.forEach(line -> entries.add(Instant.now() + " stdout F " + line));
            try {
                Files.createDirectories(log.getParent());
                Files.write(log, entries);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void stopContainer(StopContainerRequest request, StreamObserver<StopContainerResponse> observer) {
            calls.add("stop " + request.getContainerId() + " within " + request.getTimeout());
            synchronized (FakeCri.this) {
                Instance instance = instances.get(request.getContainerId());
                if (instance != null && instance.state == ContainerState.CONTAINER_RUNNING) {
                    instance.state = ContainerState.CONTAINER_EXITED;
                    instance.finishedAt = Instant.now();
                }
            }
            answer(observer, StopContainerResponse.getDefaultInstance());
        }

        @Override
        public void removeContainer(RemoveContainerRequest request, StreamObserver<RemoveContainerResponse> observer) {
            calls.add("remove " + request.getContainerId());
            lose(request.getContainerId());
            answer(observer, RemoveContainerResponse.getDefaultInstance());
        }

        @Override
        public void listContainers(ListContainersRequest request, StreamObserver<ListContainersResponse> observer) {
            ListContainersResponse.Builder response = ListContainersResponse.newBuilder();
            synchronized (FakeCri.this) {
                instances.forEach((id, instance) -> {
                    age(instance);
                    response.addContainers(Container.newBuilder().setId(id).setState(instance.state));
                });
            }
            answer(observer, response.build());
        }

        private void age(Instance instance) {
            boolean over = instance.script.lasts().isPresent()
                    && Instant.now()
                            .isAfter(instance.startedAt.plus(
                                    instance.script.lasts().get()));
            if (instance.state == ContainerState.CONTAINER_RUNNING && over) {
                instance.state = ContainerState.CONTAINER_EXITED;
                instance.finishedAt = Instant.now();
            }
        }

        @Override
        public void containerStatus(ContainerStatusRequest request, StreamObserver<ContainerStatusResponse> observer) {
            synchronized (FakeCri.this) {
                Instance instance = instance(request.getContainerId());
                answer(
                        observer,
                        ContainerStatusResponse.newBuilder()
                                .setStatus(ContainerStatus.newBuilder()
                                        .setId(request.getContainerId())
                                        .setState(instance.state)
                                        .setStartedAt(nanos(instance.startedAt))
                                        .setFinishedAt(nanos(instance.finishedAt))
                                        .setExitCode(instance.script.exitCode()))
                                .build());
            }
        }

        @Override
        public void execSync(ExecSyncRequest request, StreamObserver<ExecSyncResponse> observer) {
            String key = request.getContainerId() + ":" + String.join(" ", request.getCmdList());
            calls.add("exec " + key);
            answer(
                    observer,
                    ExecSyncResponse.newBuilder()
                            .setExitCode(execExitCodes.getOrDefault(key, 0))
                            .build());
        }
    }
}
