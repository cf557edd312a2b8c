package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Openat.ResolveFlag;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;

/** Finds a sub path in a volume, whose links lead nowhere but into the volume. */
final class VolumePath {
    private static final Set<OpenFlag> HANDLE = EnumSet.of(OpenFlag.PATH);
    private static final Set<ResolveFlag> INSIDE = EnumSet.of(ResolveFlag.IN_ROOT, ResolveFlag.NO_MAGICLINKS);

    private VolumePath() {}

    /**
     * Opens what is there, links followed as if the volume were /.
     * @param path empty: the volume itself
     * @return a handle (O_PATH), owned
     * @throws IOException nothing is there
     */
    static Fd find(Fd volume, String path) throws IOException {
        String relative = path.replaceFirst("^/+", "");
        try {
            return Openat.find(volume, relative.isEmpty() ? "." : relative, HANDLE, INSIDE)
                    .orElseThrow(
                            () -> new IOException("sub path " + path + ": the image has no such file or directory"));
        } catch (ErrnoException e) {
            throw e.explained("sub path " + path + " of the image");
        }
    }
}
