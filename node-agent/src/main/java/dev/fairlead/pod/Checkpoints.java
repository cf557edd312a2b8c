package dev.fairlead.pod;

import dev.fairlead.checkpoint.CheckpointWriter;
import dev.fairlead.checkpoint.Deadline;
import dev.fairlead.checkpoint.DeadlineException;
import dev.fairlead.image.store.ImageStore;
import dev.fairlead.image.store.Snapshot;
import dev.fairlead.libcontainer.Container;
import dev.fairlead.libcontainer.criu.Criu;
import dev.fairlead.libcontainer.criu.CriuException;
import dev.fairlead.libcontainer.criu.DumpRequest;
import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/** Writes checkpoints of running containers, which go on (CheckpointContainer). */
public final class Checkpoints {
    /** What the kubelet means by no timeout is the runtime's to say: the memory of a large container takes its time. */
    private static final Duration DEFAULT_LIMIT = Duration.ofMinutes(10);

    /** Beside the container's upper directory, and gone with it in the end. */
    private static final String COLLECTED = "dump";

    /** In the container's directory after a failure. */
    private static final String KEPT_LOG = "criu-dump.log";

    private final CriuOnNode criu;
    private final PodRegistry registry;
    private final ImageStore images;
    private final ContainerLifecycle containers;

    /** {@code images}: what the containers are made of. */
    public Checkpoints(CriuOnNode criu, PodRegistry registry, ImageStore images, ContainerLifecycle containers) {
        this.criu = criu;
        this.registry = registry;
        this.images = images;
        this.containers = containers;
    }

    /**
     * Writes a checkpoint of a running container. Where this fails, the container goes on all the same, and there is no archive.
     * @param location of the archive, absolute; must not exist
     * @param timeout zero: ten minutes
     * @throws PodException.WrongState the container does not run, or this node can make no checkpoints; says why
     * @throws PodException.TimedOut not within {@code timeout}
     */
    public void write(PodContainer container, String location, Duration timeout)
            throws IOException, InterruptedException {
        Path archive = checked(location);
        container.lock().lockInterruptibly();
        try {
            requireRunning(container);
            write(container, archive, Deadline.in(timeout.isZero() ? DEFAULT_LIMIT : timeout), criu.require());
        } catch (CriuException.TimedOut | DeadlineException e) {
            throw new PodException.TimedOut(
                    "container " + container.id() + " was not checkpointed in time, and goes on: " + e.getMessage());
        } finally {
            container.lock().unlock();
        }
    }

    private static Path checked(String location) throws InvalidConfigException {
        if (!location.startsWith("/")) {
            throw new InvalidConfigException(
                    "location: \"" + location + "\" is not absolute; say where the archive shall be written");
        }
        Path archive = Path.of(location);
        Path parent = archive.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new InvalidConfigException(
                    "location: \"" + location + "\" lies in no directory that is there; make it first");
        }
        if (Files.exists(archive)) {
            throw new InvalidConfigException("location: \"" + location + "\" exists; name a file that does not");
        }
        return archive;
    }

    private void requireRunning(PodContainer container) throws PodException {
        if (!(container.state() instanceof ContainerState.Running)) {
            throw new PodException.WrongState("container " + container.id() + " ("
                    + container.config().getMetadata().getName() + ") is " + StateNames.of(container.state())
                    + ": there is nothing to checkpoint");
        }
        if (registry.sandbox(container.sandboxId()).ids().isPresent()) {
            throw new PodException.WrongState("container " + container.id() + " ("
                    + container.config().getMetadata().getName()
                    + ") has users of its own (hostUsers: false): no checkpoint is made of those");
        }
    }

    private void write(PodContainer container, Path archive, Deadline deadline, Criu program) throws IOException {
        Container running = containers.requireRunning(container).container();
        Snapshot snapshot = images.snapshots()
                .find(container.id())
                .orElseThrow(() -> new IOException("container " + container.id() + " has lost its snapshot"));
        try (CheckpointWriter writer = CheckpointWriter.in(snapshot.upper().resolveSibling(COLLECTED), deadline)) {
            writer.describe(
                    CheckpointNotes.description(container),
                    CheckpointNotes.annotated(container, registry.sandbox(container.sandboxId())),
                    CheckpointNotes.status(container));
            try {
                running.checkpoint(program, writer.images(), writer.directory(), deadline.left(), externals -> {
                    writer.add(externals);
                    writer.addRoot(snapshot.upper(), snapshot.lower());
                });
            } catch (CriuException e) {
                throw told(e, container, writer.directory().resolve(DumpRequest.LOG));
            }
            writer.addLog(container.logPath());
            writer.archive(archive);
        }
    }

    /** Keeps CRIU's log where the container's other files are, until that is removed. */
    private static CriuException told(CriuException failure, PodContainer container, Path log) throws IOException {
        if (!Files.exists(log)) {
            return failure;
        }
        Path kept = container.directory().resolve(KEPT_LOG);
        Files.move(log, kept, StandardCopyOption.REPLACE_EXISTING);
        return failure.withLog(log, kept);
    }
}
