package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.UnmountFlag;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A container that shares a volume swaps a mount target for a link while another one is set up (CVE-2021-30465). */
@NeedsRoot
class RaceTest {
    private static final int TRIES = 2000;

    @Test
    void aTargetThatIsSwappedForALinkTakesNoMountOutOfTheRoot(@TempDir Path root, @TempDir Path outside)
            throws Exception {
        Path target = Files.createDirectories(root.resolve("volume/target"));
        Path link = Files.createSymbolicLink(root.resolve("volume/link"), outside);
        Path spare = root.resolve("volume/spare");
        // Another process, as the attack is: this one's threads stand still together at times.
        Process swapper = new ProcessBuilder(
                        "sh",
                        "-c",
                        "while :; do mv -T \"$1\" \"$3\"; mv -T \"$2\" \"$1\"; mv -T \"$1\" \"$2\"; mv -T \"$3\" \"$1\"; done",
                        "sh",
                        target.toString(),
                        link.toString(),
                        spare.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            PrivateMounts.run(() -> {
                int mounted = 0;
                try (Fd dir = Openat.open(Fd.CWD, root.toString(), EnumSet.of(OpenFlag.PATH), 0);
                        Fd descriptors = Openat.open(Fd.CWD, "/proc/thread-self/fd", EnumSet.of(OpenFlag.PATH), 0)) {
                    Rootfs rootfs = new Rootfs(dir, descriptors);
                    for (int i = 0; i < TRIES; i++) {
                        mounted += attempt(rootfs, outside) ? 1 : 0;
                    }
                }
                assertThat(mounted).as("mounts that went where they should").isPositive();
                assertThat(outside).isEmptyDirectory();
            });
        } finally {
            swapper.destroyForcibly().waitFor();
        }
    }

    /** The swap may make a try fail; what it must not do is to lead it out. */
    private static boolean attempt(Rootfs rootfs, Path outside) throws IOException {
        try (Fd mount = NewFileSystem.mount("tmpfs", "race", List.of(), Set.of())) {
            try (MountTarget found = MountTarget.directory(rootfs, "/volume/target")) {
                found.attach(mount);
            } catch (IOException e) {
                return false;
            }
            assertThat(PrivateMounts.table()).noneMatch(line -> line.contains(" " + outside));
            try {
                // By its descriptor: the name may be another's by now.
                Mounts.unmount("/proc/thread-self/fd/" + mount.number(), EnumSet.of(UnmountFlag.DETACH));
            } catch (ErrnoException e) {
                // A directory that is removed in another mount namespace takes the mounts upon it along (Linux 3.18).
                assertThat(e.errno()).isEqualTo(Errno.EINVAL);
            }
            return true;
        }
    }
}
