package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.Propagation;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Finds out whether a container with a user namespace can have its root in a directory. No version says it: the file system must take
 * idmapped mounts (ext4 and others since Linux 5.12, tmpfs since 6.3, some never), and overlayfs must take those for layers (5.19).
 */
public final class MappedRoot {
    private static final Set<OpenFlag> DIRECTORY = EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY);
    /** Deepest first; the first two are what overlayfs makes in its work directory. */
    private static final List<String> LEFT = List.of("work/work", "work/index", "work", "upper", "lower", "root", "");

    private MappedRoot() {}

    /**
     * Makes such a root and drops it; nothing is left.
     *
     * @param directory where layers and what containers write will lie
     * @param users a user namespace, borrowed
     * @throws IOException it can't be had; the text says which step failed
     */
    public static void attempt(Path directory, Fd users) throws IOException {
        Path scratch = Files.createTempDirectory(directory, ".mapped-");
        try {
            for (String name : List.of("lower", "upper", "work", "root")) {
                Files.createDirectory(scratch.resolve(name));
            }
            RootSource.Overlay overlay = new RootSource.Overlay(
                    List.of(scratch.resolve("lower")), scratch.resolve("upper"), scratch.resolve("work"));
            JobThread.call("mapped root", () -> {
                attach(overlay, scratch.resolve("root"), users);
                return overlay;
            });
        } finally {
            for (String name : LEFT) {
                Files.deleteIfExists(scratch.resolve(name));
            }
        }
    }

    /** In a mount namespace that ends with this thread. */
    private static void attach(RootSource.Overlay overlay, Path place, Fd users) throws IOException {
        Namespaces.unshareFileSystem();
        Namespaces.unshare(EnumSet.of(Namespaces.Kind.MOUNT));
        try (Fd host = Openat.open(Fd.CWD, "/", DIRECTORY, 0)) {
            Mounts.setAttributesRecursively(host, AttributeChange.propagation(Propagation.SLAVE));
        }
        try (Fd target = Openat.open(Fd.CWD, place.toString(), DIRECTORY, 0);
                Fd descriptors = Openat.open(Fd.CWD, "/proc/thread-self/fd", DIRECTORY, 0)) {
            new RootMount(place, target, descriptors, RootMount.overlayApi())
                    .attachMapped(overlay, users)
                    .close();
        }
    }
}
