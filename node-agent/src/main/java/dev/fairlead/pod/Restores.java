package dev.fairlead.pod;

import dev.fairlead.checkpoint.CheckpointDescription;
import dev.fairlead.checkpoint.CheckpointHead;
import dev.fairlead.checkpoint.CheckpointReader;
import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.image.Image;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.Reference;
import dev.fairlead.image.store.ImageStore;
import dev.fairlead.image.store.Snapshot;
import dev.fairlead.libcontainer.criu.Criu;
import dev.fairlead.libcontainer.criu.RestoreRequest;
import dev.fairlead.oci.Linux;
import dev.fairlead.oci.Mount;
import dev.fairlead.oci.Namespace;
import dev.fairlead.oci.Process;
import dev.fairlead.oci.Spec;
import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Containers that begin with the processes of a checkpoint: those whose image is one (CreateContainer). */
public final class Restores {
    /** By which CRI-O, containerd and checkpointctl know a checkpoint among images. */
    private static final Set<String> ANNOTATIONS =
            Set.of("io.kubernetes.cri-o.annotations.checkpoint.name", "org.criu.checkpoint.container.name");

    private final CriuOnNode criu;
    private final ImageStore images;
    private final boolean allowed;

    /**
     * @param images checkpoints are among them, and what the containers of these were made from
     * @param allowed whether the operator trusts whoever can have a container made from a checkpoint here: CRIU gives its processes the users,
     *     capabilities, filters and files of the node that the checkpoint says
     */
    public Restores(CriuOnNode criu, ImageStore images, boolean allowed) {
        this.criu = criu;
        this.images = images;
        this.allowed = allowed;
    }

    /**
     * A container that will be restored.
     *
     * @param image what the container of the checkpoint was made from
     */
    record Plan(RestoreSource source, CheckpointHead head, Image image, Criu criu) {
        /** The container as it is asked for, with the program that it has: the kubelet asks for one that will not run. */
        ContainerConfig program(ContainerConfig config) {
            Process process = head.spec().process();
            return process == null || process.args().isEmpty()
                    ? config
                    : config.toBuilder()
                            .clearCommand()
                            .clearArgs()
                            .addAllCommand(process.args())
                            .build();
        }
    }

    /** How a container begins whose image is {@code name}; empty: with its program. */
    Optional<Plan> find(String name, String containerId) throws IOException, InterruptedException {
        Optional<RestoreSource> source = source(name, containerId);
        if (source.isEmpty()) {
            return Optional.empty();
        }
        if (!allowed) {
            throw new PodException.WrongState(
                    "image " + name + " is a checkpoint: its processes would come back with the"
                            + " users and capabilities that it says, not those that the pod is allowed. Where only those who"
                            + " own the node can bring checkpoints, start the daemon with --restore-checkpoints");
        }
        Criu program = criu.require();
        CheckpointHead head = source.get().head();
        return Optional.of(new Plan(source.get(), head, base(head.description()), program));
    }

    private Optional<RestoreSource> source(String name, String containerId) throws IOException {
        if (name.startsWith("/")) {
            Path file = Path.of(name);
            if (allowed && !Files.isRegularFile(file)) { // else nobody is told what files there are
                throw new PodException.NotFound("image " + name
                        + ": there is no such file; an absolute path as image is the archive of a checkpoint");
            }
            return Optional.of(new RestoreSource.Archive(file));
        }
        return images.find(name)
                .filter(image -> image.annotations().keySet().stream().anyMatch(ANNOTATIONS::contains))
                .map(image -> new RestoreSource.OfImage(image, images.snapshots(), containerId));
    }

    /** What the container was made from. Nobody else pulls it: the kubelet knows the checkpoint alone. */
    private Image base(CheckpointDescription description) throws IOException, InterruptedException {
        List<String> names = Stream.of(description.imageRef(), description.imageName(), description.image())
                .filter(name -> !name.isEmpty())
                .distinct()
                .toList();
        for (String name : names) {
            Optional<Image> image = images.find(name);
            if (image.isPresent()) {
                return image.get();
            }
        }
        for (String name : names) {
            try {
                return images.pull(Reference.parse(name), Optional.empty(), (_, _, _, _) -> {});
            } catch (ImageException e) {
                throw new PodException.NotFound("image " + name + ", which the container of the checkpoint was made"
                        + " from, is not on this node, and cannot be pulled without credentials; pull it first ("
                        + e.getMessage() + ")");
            }
        }
        throw new InvalidConfigException("image: the checkpoint does not say what image its container was made from");
    }

    /**
     * Prepares the root of the new container, and says how its processes come back.
     * @param spec of the new container
     */
    RestoreRequest prepare(Plan plan, ContainerConfig config, Spec spec, Snapshot snapshot, PodSandbox sandbox)
            throws IOException {
        Spec before = plan.head().spec();
        if (sandbox.ids().isPresent()) {
            throw new PodException.WrongState("pod " + sandbox.displayName()
                    + " has users of its own (hostUsers: false): no checkpoint can be restored in it");
        }
        requireOwnProcesses("the checkpoint's container", before);
        requireOwnProcesses("the new container", spec);
        if (before.process() != null && before.process().terminal() != config.getTty()) {
            throw new InvalidConfigException("tty: " + config.getTty()
                    + ", but the container of the checkpoint was otherwise; ask for the same");
        }
        requireMounts(before, spec);
        CheckpointReader checkpoint = plan.source().open(snapshot);
        checkpoint.applyRoot(snapshot.upper(), snapshot.lower());
        return new RestoreRequest(
                plan.criu(), checkpoint.images(), checkpoint.externalMounts(plan.head()), checkpoint.stdio());
    }

    private static void requireOwnProcesses(String whose, Spec spec) throws PodException.WrongState {
        Linux linux = spec.linux();
        boolean own = linux != null
                && linux.namespaces().stream()
                        .filter(namespace -> namespace.type().equals("pid"))
                        .map(Namespace::path)
                        .anyMatch(path -> path == null || path.isEmpty());
        if (!own) {
            throw new PodException.WrongState(whose + " shares its PID namespace: the processes of a checkpoint get the"
                    + " pids that they had, and can have them in a namespace of their own only");
        }
    }

    /** Whoever asks for the container decides what it sees of the node, not whoever wrote the checkpoint. */
    private static void requireMounts(Spec before, Spec spec) throws InvalidConfigException {
        Set<String> there = spec.mounts().stream().map(Mount::destination).collect(Collectors.toSet());
        List<String> missing = before.mounts().stream()
                .filter(CheckpointReader::isBind)
                .map(Mount::destination)
                .filter(destination -> !there.contains(destination))
                .toList();
        if (!missing.isEmpty()) {
            throw new InvalidConfigException("mounts: the container of the checkpoint had mounts at "
                    + String.join(", ", missing) + "; say what is to be mounted there");
        }
    }
}
