package dev.fairlead.kubernetes;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Openat.ResolveFlag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/**
 * Binds a part of a volume to a place that no container can write. A container of the pod may own the volume and plant links in it, at
 * any moment: so the part is found under RESOLVE_BENEATH, held, and bound by its descriptor; no path in the volume is used again.
 */
final class SubPaths {
    private static final Set<ResolveFlag> INSIDE = EnumSet.of(ResolveFlag.BENEATH, ResolveFlag.NO_MAGICLINKS);
    private static final int DIRECTORY_MODE = 0755;

    private SubPaths() {}

    /**
     * The path to mount in the container.
     * @param target where it is bound; {@code volumes} unmounts it at the end
     * @param at the mount's place in the manifest, for messages
     */
    static Path bind(Path volume, String subPath, Path target, PodVolumes volumes, String at) throws IOException {
        Path relative = Path.of(subPath);
        if (relative.isAbsolute() || !relative.normalize().equals(relative)) {
            throw new ManifestException(at + ".subPath", "\"" + subPath + "\" must be a relative path without \"..\"");
        }
        if (Files.exists(target) && volumes.isMounted(target)) {
            return target; // of an earlier attempt of the container
        }
        try (Fd root = Openat.open(Fd.CWD, volume.toString(), EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY), 0);
                Fd part = openOrCreate(root, relative);
                Fd copy = Mounts.openTree(part, "", EnumSet.of(TreeFlag.CLONE, TreeFlag.EMPTY_PATH))) {
            makeTarget(target, Files.isDirectory(Path.of("/proc/self/fd/" + part.number())));
            try (Fd place = Openat.open(Fd.CWD, target.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
                Mounts.attach(copy, place);
                volumes.onClose(target);
            }
        } catch (ErrnoException e) {
            if (e.errno() == Errno.EXDEV || e.errno() == Errno.ELOOP) {
                throw new ManifestException(
                        at + ".subPath", "\"" + subPath + "\" leads out of its volume by a link", e);
            }
            throw e;
        }
        return target;
    }

    /** What is not there becomes a directory, as in the kubelet; step by step, so that a link is never followed out. */
    private static Fd openOrCreate(Fd root, Path relative) throws IOException {
        try {
            return Openat.open(root, relative.toString(), EnumSet.of(OpenFlag.PATH), 0, INSIDE);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
        for (int names = 1; names <= relative.getNameCount(); names++) {
            String above = names == 1 ? "." : relative.subpath(0, names - 1).toString();
            try (Fd parent = Openat.open(root, above, EnumSet.of(OpenFlag.PATH), 0, INSIDE)) {
                Openat.makeDirectory(parent, relative.getName(names - 1).toString(), DIRECTORY_MODE);
            } catch (ErrnoException e) {
                if (e.errno() != Errno.EEXIST) {
                    throw e;
                }
            }
        }
        return Openat.open(root, relative.toString(), EnumSet.of(OpenFlag.PATH), 0, INSIDE);
    }

    private static void makeTarget(Path target, boolean directory) throws IOException {
        Files.createDirectories(target.getParent());
        if (Files.exists(target)) {
            return;
        }
        if (directory) {
            Files.createDirectory(target);
        } else {
            Files.createFile(target);
        }
    }
}
