package dev.fairlead.pod;

import dev.fairlead.libcontainer.rootfs.IdMap;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;

/** Owners of files that we make for the containers of a pod with a user namespace. */
final class MappedOwner {
    private MappedOwner() {}

    /**
     * Gives a file to those who are inside whom it belongs to now.
     * @param path no link; made by us, and not given yet
     */
    static void give(Path path, IdMap ids) throws IOException {
        try (Fd file = Openat.open(Fd.CWD, path.toString(), EnumSet.of(OpenFlag.RDONLY, OpenFlag.NOFOLLOW), 0)) {
            Stat.Status status = Stat.of(file);
            Openat.chown(
                    file, ids.uid(Integer.toUnsignedLong(status.uid())), ids.gid(Integer.toUnsignedLong(status.gid())));
        }
    }
}
