package dev.fairlead.kubernetes;

import dev.fairlead.cri.v1.Container;
import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.ContainerStatus;
import dev.fairlead.cri.v1.Image;
import dev.fairlead.cri.v1.ImageServiceGrpc.ImageServiceBlockingStub;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.ImageStatusRequest;
import dev.fairlead.cri.v1.ImageStatusResponse;
import dev.fairlead.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import dev.fairlead.kubernetes.PodEvent.Kind;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.StatusRuntimeException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs one pod in the foreground, as a kubelet would: images, volumes, sandbox, init containers in their order, containers, probes,
 * restarts, logs; at the end everything it made is removed again.
 *
 * <p>One thread owns the run: the caller of {@link #run}. Calls that block (probes, hooks, stops) are made by {@link Completions} and
 * come back to that thread. Only {@link #stop} may be called from another.
 */
public final class PodRunner {
    private static final Duration TICK = Duration.ofMillis(50);
    private static final Duration FEWEST_SECONDS_OF_GRACE = Duration.ofSeconds(2);
    /** How long after a container's end its log is read on: the runtime reports the end before it wrote the last line. */
    private static final int LAST_WORDS_TICKS = 6;

    private static final int MESSAGE_BYTES = 4096;

    private final Pod pod;
    private final PodTranslation translation;
    private final PodDirectory directory;
    private final RuntimeServiceBlockingStub runtime;
    private final ImageServiceBlockingStub images;
    private final UnaryOperator<String> pull;
    private final Consumer<PodEvent> watcher;
    private final Completions completions = new Completions();
    private final CancellableContext pulling = Context.current().withCancellation();
    private final List<ContainerRun> containers = new ArrayList<>();
    private final Map<String, Image> imageOf = new HashMap<>();
    private final Map<String, LogTail> logs = new LinkedHashMap<>();

    private volatile boolean stopAsked;
    private boolean stopping;
    private boolean serverGone;
    private List<String> podIps = List.of();
    private @Nullable CriPod cri;
    private @Nullable Prober prober;
    private @Nullable ContainerMounts mounts;

    /**
     * @param pull fetches an image and returns its id; it may show how far it is
     * @param watcher is told everything, on the thread that calls {@link #run}
     */
    public PodRunner(
            Manifest manifest,
            PodTranslation translation,
            RuntimeServiceBlockingStub runtime,
            ImageServiceBlockingStub images,
            UnaryOperator<String> pull,
            Consumer<PodEvent> watcher) {
        this.pod = manifest.pod();
        this.translation = translation;
        this.directory = translation.directory();
        this.runtime = runtime;
        this.images = images;
        this.pull = pull;
        this.watcher = watcher;
        Duration grace = Duration.ofSeconds(pod.getSpec().getTerminationGracePeriodSeconds());
        String policy = pod.getSpec().getRestartPolicy();
        for (var container : pod.getSpec().getInitContainers()) {
            Kind kind = Containers.isSidecar(container) ? Kind.SIDECAR : Kind.INIT;
            containers.add(new ContainerRun(container, kind, policy, grace, this));
        }
        for (var container : pod.getSpec().getContainers()) {
            containers.add(new ContainerRun(container, Kind.MAIN, policy, grace, this));
        }
    }

    /**
     * Runs the pod to its end.
     * @return what it ended with: 0, or the exit code of the first container (in the manifest's order) that failed; empty when
     *     {@link #stop} ended it
     */
    public OptionalInt run() throws IOException, InterruptedException {
        try (PodDirectory _ = directory.create();
                PodVolumes volumes = translation.volumes()) {
            volumes.prepare();
            Files.createDirectories(directory.logs());
            if (!provideImages()) {
                return OptionalInt.empty();
            }
            return runSandbox(volumes);
        } finally {
            tell(new PodEvent.Removed());
        }
    }

    /** Ends the run: the containers get their grace period. Returns at once. */
    public void stop() {
        stopAsked = true;
        pulling.cancel(null);
        completions.post(() -> {});
    }

    private OptionalInt runSandbox(PodVolumes volumes) throws IOException, InterruptedException {
        String handler = Objects.requireNonNullElse(pod.getSpec().getRuntimeClassName(), "");
        CriPod sandbox = CriPod.run(runtime, translation.sandbox(), handler);
        cri = sandbox;
        try (Closeable _ = this::tearDown) {
            podIps = pod.getSpec().getHostNetwork() ? List.of() : sandbox.ips();
            Files.writeString(directory.etcHosts(), EtcHosts.of(pod, podIps));
            Files.setAttribute(directory.etcHosts(), "unix:mode", 0644);
            prober = new Prober(runtime, podIps.isEmpty() ? "127.0.0.1" : podIps.getFirst());
            mounts = new ContainerMounts(pod, directory, volumes);
            tell(new PodEvent.SandboxStarted(podIps));
            return runContainers();
        }
    }

    private void tearDown() throws IOException {
        try {
            stopContainers();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the sandbox's removal stops what is left, without grace
        }
        cri().remove();
        for (LogTail log : logs.values()) {
            log.close();
        }
    }

    private OptionalInt runContainers() throws IOException, InterruptedException {
        while (!stopAsked) {
            observe();
            Optional<ContainerRun> failed = startInOrder();
            if (failed.isPresent()) {
                return failed.get().exitCode();
            }
            for (ContainerRun container : containers) {
                container.probe(Instant.now());
            }
            followLogs();
            OptionalInt exitCode = exitCode();
            if (exitCode.isPresent()) {
                return exitCode;
            }
            completions.await(TICK);
        }
        return OptionalInt.empty();
    }

    /** Starts what may start; returns an init container that failed for good, if one did. */
    private Optional<ContainerRun> startInOrder() throws IOException {
        boolean mayStart = true;
        for (ContainerRun container : containers) {
            if (container.kind() == Kind.INIT && container.exitCode().orElse(0) != 0) {
                return Optional.of(container);
            }
            if (mayStart) {
                container.startIfDue(Instant.now());
            }
            mayStart &= container.letsNextStart();
        }
        return Optional.empty();
    }

    private void observe() throws IOException {
        Optional<List<Container>> seen = cri().containers();
        if (seen.isEmpty() != serverGone) {
            serverGone = seen.isEmpty();
            tell(new PodEvent.Problem(
                    serverGone ? "the daemon does not answer: waiting for it" : "the daemon answers again"));
        }
        if (seen.isPresent()) {
            Map<String, ContainerState> states =
                    seen.get().stream().collect(Collectors.toMap(Container::getId, Container::getState));
            for (ContainerRun run : containers) {
                observe(run, states);
            }
        }
    }

    private static void observe(ContainerRun run, Map<String, ContainerState> states) throws IOException {
        Optional<String> id = run.runningId();
        if (id.isPresent()) {
            ContainerState state = states.get(id.get());
            if (state == null) {
                run.vanished();
            } else {
                run.observe(state);
            }
        }
    }

    /** The pod's exit code, once no main container will run again. */
    private OptionalInt exitCode() {
        int code = 0;
        for (ContainerRun container : containers) {
            if (container.kind() == Kind.MAIN) {
                if (container.exitCode().isEmpty()) {
                    return OptionalInt.empty();
                }
                code = code == 0 ? container.exitCode().getAsInt() : code;
            }
        }
        return OptionalInt.of(code);
    }

    /** Main and init containers together, then the sidecars, the last one first. */
    private void stopContainers() throws IOException, InterruptedException {
        stopping = true;
        List<ContainerRun> running = containers.stream()
                .filter(container -> container.runningId().isPresent())
                .toList();
        if (!running.isEmpty()) {
            tell(new PodEvent.Stopping(running.stream().map(ContainerRun::name).toList()));
        }
        Instant deadline = Instant.now().plusSeconds(pod.getSpec().getTerminationGracePeriodSeconds());
        stopAll(
                running.stream()
                        .filter(container -> container.kind() != Kind.SIDECAR)
                        .toList(),
                deadline);
        for (ContainerRun sidecar : running.reversed()) {
            if (sidecar.kind() == Kind.SIDECAR) {
                stopAll(List.of(sidecar), deadline);
            }
        }
        for (int tick = 0; tick < LAST_WORDS_TICKS; tick++) {
            followLogs();
            completions.await(TICK);
        }
    }

    private void stopAll(List<ContainerRun> some, Instant deadline) throws IOException, InterruptedException {
        Duration left = Duration.between(Instant.now(), deadline);
        // A pod without any grace is killed at once; where others used the time up, the kubelet's minimum is left.
        Duration least =
                pod.getSpec().getTerminationGracePeriodSeconds() == 0 ? Duration.ZERO : FEWEST_SECONDS_OF_GRACE;
        Duration grace = left.compareTo(least) < 0 ? least : left;
        List<String> open =
                new ArrayList<>(some.stream().map(ContainerRun::name).toList());
        for (ContainerRun container : some) {
            container.stop(grace, took -> {
                open.remove(container.name());
                tell(new PodEvent.Stopped(container.name(), took));
            });
        }
        while (!open.isEmpty()) {
            followLogs();
            completions.await(TICK);
        }
    }

    /** Pulls what is missing; false when {@link #stop} cut that off. */
    private boolean provideImages() {
        try {
            pulling.run(() -> {
                containers.forEach(container -> provideImage(container.container()));
                provideVolumeImages();
            });
        } catch (StatusRuntimeException e) {
            if (!stopAsked) {
                throw e;
            }
        }
        return !stopAsked;
    }

    private void provideImage(io.fabric8.kubernetes.api.model.Container container) {
        provideImage(
                container.getImage(),
                container.getImagePullPolicy(),
                Containers.field(pod, container) + ".image",
                "imagePullPolicy");
    }

    private void provideVolumeImages() {
        List<Volume> volumes = pod.getSpec().getVolumes();
        for (int i = 0; i < volumes.size(); i++) {
            var image = volumes.get(i).getImage();
            if (image != null) {
                provideImage(
                        image.getReference(), image.getPullPolicy(), "spec.volumes[" + i + "].image", "pullPolicy");
            }
        }
    }

    private void provideImage(String name, String policy, String field, String policyField) {
        if (imageOf.containsKey(name)) {
            return;
        }
        Optional<Image> present = policy.equals("Always") ? Optional.empty() : image(name);
        if (present.isEmpty() && policy.equals("Never")) {
            throw new ManifestException(field, name + " is not on this node, and " + policyField + " is Never");
        }
        Image image = present.or(() -> image(pull.apply(name)))
                .orElseThrow(() -> new ManifestException(field, name + " is gone right after its pull"));
        imageOf.put(name, image);
    }

    private Optional<Image> image(String name) {
        ImageStatusResponse response = images.imageStatus(ImageStatusRequest.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(name))
                .build());
        return response.hasImage() ? Optional.of(response.getImage()) : Optional.empty();
    }

    /** Creates and starts one attempt of a container, and begins to follow its log; returns its id. */
    String startContainer(io.fabric8.kubernetes.api.model.Container container, int attempt) throws IOException {
        Image image = Objects.requireNonNull(imageOf.get(container.getImage()));
        Map<String, String> variables = translation.environment(container, podIps);
        ContainerMounts mounted = Objects.requireNonNull(mounts);
        mounted.prepare(container, attempt, variables);
        String id = cri().create(translation.container(
                container,
                attempt,
                image.getId(),
                ImageUser.of(image),
                podIps,
                mounted.of(container, attempt, variables)));
        cri().start(id);
        followLog(container.getName());
        LogTail previous = logs.put(
                container.getName(),
                new LogTail(directory.logs().resolve(PodDirectory.log(container.getName(), attempt))));
        if (previous != null) {
            previous.close();
        }
        return id;
    }

    /** The container's last words: what it wrote to its file, or where it asks for that, the end of its log. */
    String terminationMessage(io.fabric8.kubernetes.api.model.Container container, int attempt, ContainerStatus status)
            throws IOException {
        Path file = directory.terminationMessage(container.getName(), attempt);
        String message = "";
        if (Files.exists(file)) {
            byte[] bytes = Files.readAllBytes(file);
            message = new String(bytes, 0, Math.min(bytes.length, MESSAGE_BYTES), StandardCharsets.UTF_8).strip();
        }
        return message.isEmpty() ? status.getMessage() : message;
    }

    void followLog(String container) throws IOException {
        LogTail log = logs.get(container);
        if (log != null) {
            for (List<LogLine> lines = log.poll(); !lines.isEmpty(); lines = log.poll()) {
                lines.forEach(line -> tell(new PodEvent.Output(container, line)));
            }
        }
    }

    private void followLogs() throws IOException {
        for (String container : List.copyOf(logs.keySet())) {
            followLog(container);
        }
    }

    void tell(PodEvent event) {
        watcher.accept(event);
    }

    boolean isStopping() {
        return stopping;
    }

    CriPod cri() {
        return Objects.requireNonNull(cri);
    }

    Prober prober() {
        return Objects.requireNonNull(prober);
    }

    Completions completions() {
        return completions;
    }
}
