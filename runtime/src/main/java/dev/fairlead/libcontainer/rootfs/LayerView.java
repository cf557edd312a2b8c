package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.MountFlag;
import dev.fairlead.linux.Mounts.Propagation;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The layers of an image as one read-only tree, for a look into it before there is a container. No path leads to it, and it is gone with
 * the look.
 */
public final class LayerView {
    private static final Set<OpenFlag> DIRECTORY = EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY);

    private LayerView() {}

    /** What is done with the tree. */
    @FunctionalInterface
    public interface Look<T> {
        /**
         * Reads what it wants.
         * @param root of the tree, borrowed
         */
        T at(Fd root) throws IOException;
    }

    /**
     * Has a look.
     * @param layers unpacked, the topmost first; at least one
     */
    public static <T> T look(List<Path> layers, Look<T> look) throws IOException {
        if (layers.size() == 1) {
            try (Fd root = Openat.open(Fd.CWD, layers.getFirst().toString(), DIRECTORY, 0)) {
                return look.at(root);
            }
        }
        return switch (RootMount.overlayApi()) {
            case LAYER_BY_LAYER -> {
                try (Fd root = RootMount.readOnly(layers)) {
                    yield look.at(root);
                }
            }
            case ONE_STRING ->
                // mount(2) needs a place: on a thread with a mount namespace of its own, over the topmost layer itself.
                JobThread.call("look into an image", () -> {
                    Namespaces.unshareFileSystem();
                    Namespaces.unshare(EnumSet.of(Namespaces.Kind.MOUNT));
                    try (Fd host = Openat.open(Fd.CWD, "/", DIRECTORY, 0)) {
                        Mounts.setAttributesRecursively(host, AttributeChange.propagation(Propagation.SLAVE));
                    }
                    return lookAtMounted(layers, look);
                });
        };
    }

    private static <T> T lookAtMounted(List<Path> layers, Look<T> look) throws IOException {
        List<Fd> opened = new ArrayList<>();
        try {
            for (Path layer : layers) {
                opened.add(Openat.open(Fd.CWD, layer.toString(), DIRECTORY, 0));
            }
            String lower =
                    opened.stream().map(fd -> Integer.toString(fd.number())).collect(Collectors.joining(":"));
            String place = layers.getFirst().toString();
            try (Fd descriptors = Openat.open(Fd.CWD, "/proc/thread-self/fd", DIRECTORY, 0)) {
                Namespaces.changeDirectory(descriptors);
                Mounts.mount("overlay", place, "overlay", EnumSet.of(MountFlag.RDONLY), "lowerdir=" + lower);
            }
            try (Fd root = Openat.open(Fd.CWD, place, DIRECTORY, 0)) {
                return look.at(root);
            }
        } finally {
            opened.forEach(Fd::close);
        }
    }
}
