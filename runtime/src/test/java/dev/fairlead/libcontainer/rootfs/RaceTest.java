package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.DeviceNumber;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Mounts.UnmountFlag;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Openat.ResolveFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A container that shares a volume exchanges a name for a link while another container is set up: each step that resolves a name, as often
 * as it takes to meet every moment. A swap may make a step fail; what it must not do is to lead it out of the root.
 */
@NeedsRoot
@Timeout(120)
class RaceTest {
    private static final int TRIES = 2000;
    private static final int LEAST_EXCHANGES = 500;

    private Path root;
    /** Of the host: nothing may be mounted, made or read here. */
    private Path outside;

    private Path volume;

    @BeforeEach
    void makeVolume(@TempDir Path directory) throws IOException {
        root = Files.createDirectory(directory.resolve("root"));
        outside = Files.createDirectory(directory.resolve("outside"));
        volume = Files.createDirectory(root.resolve("volume"));
        Files.writeString(outside.resolve("secret"), "of the host");
    }

    /** One try of what is raced against; returns whether it succeeded. */
    @FunctionalInterface
    private interface Attempt {
        boolean make(Rootfs rootfs, int number) throws Exception;
    }

    /** Tries while {@code victim}, which the root file system is built with, and {@code link} are exchanged by another process. */
    private void race(Path victim, Path link, Attempt attempt) throws Exception {
        try (Swapper swapper = Swapper.exchanging(victim, link)) {
            PrivateMounts.run(() -> {
                int succeeded = 0;
                try (Fd directory = open(root);
                        Fd descriptors = open(Path.of("/proc/thread-self/fd"))) {
                    Rootfs rootfs = new Rootfs(directory, descriptors);
                    for (int i = 0; i < TRIES; i++) {
                        succeeded += attempt.make(rootfs, i) ? 1 : 0;
                    }
                }
                assertThat(succeeded).as("tries that succeeded").isPositive();
            });
            assertThat(swapper.stop()).as("exchanges meanwhile").isGreaterThan(LEAST_EXCHANGES);
        }
        assertThat(outside.toFile().list()).containsExactly("secret");
        assertThat(outside.resolve("secret")).hasContent("of the host");
    }

    private static Fd open(Path path) throws IOException {
        return Openat.open(Fd.CWD, path.toString(), EnumSet.of(OpenFlag.PATH), 0);
    }

    private void assertNothingIsMountedOutside() throws IOException {
        assertThat(PrivateMounts.table()).noneMatch(line -> line.contains(" " + outside));
    }

    private static void unmount(Fd mount) throws IOException {
        try {
            // By its descriptor: the name may be another's by now.
            Mounts.unmount("/proc/thread-self/fd/" + mount.number(), EnumSet.of(UnmountFlag.DETACH));
        } catch (ErrnoException e) {
            // A directory that is removed in another mount namespace takes the mounts upon it along (Linux 3.18).
            assertThat(e.errno()).isEqualTo(Errno.EINVAL);
        }
    }

    /**
     * CVE-2021-30465: the target of a mount becomes a link after it was checked. Fails where the target is resolved a second time, by its
     * path, or resolved without the root as its limit.
     */
    @ParameterizedTest(name = "link {0}")
    @ValueSource(strings = {"", "../../../../../../../../.."})
    void aTargetThatBecomesALinkTakesNoMountOutOfTheRoot(String up) throws Exception {
        Path target = Files.createDirectory(volume.resolve("target"));
        Path link = Files.createSymbolicLink(volume.resolve("link"), Path.of(up + outside));
        race(target, link, (rootfs, number) -> {
            try (Fd mount = NewFileSystem.mount("tmpfs", "race", List.of(), Set.of())) {
                try (MountTarget found = MountTarget.directory(rootfs, "/volume/target")) {
                    found.attach(mount);
                } catch (IOException e) {
                    return false;
                }
                assertNothingIsMountedOutside();
                unmount(mount);
                return true;
            }
        });
    }

    /**
     * CVE-2024-45310: a parent of what is made becomes a link between the check and mkdir(2) or open(2), and empty files and directories
     * appear on the host. Fails where the missing part of a name is made by its path.
     */
    @ParameterizedTest(name = "link {0}")
    @ValueSource(strings = {"", "../../../../../../../../.."})
    void whatIsMadeIsMadeInside(String up) throws Exception {
        Path target = Files.createDirectory(volume.resolve("target"));
        Path link = Files.createSymbolicLink(volume.resolve("link"), Path.of(up + outside));
        race(target, link, (rootfs, number) -> {
            try {
                rootfs.newDirectory("/volume/target/d" + number + "/e", 0755).close();
                rootfs.newFile("/volume/target/f" + number, 0644).close();
                rootfs.newFile("/volume/target/g" + number + "/f", 0644).close();
                return true;
            } catch (IOException e) {
                return false;
            }
        });
    }

    /** CVE-2024-45310 again: the last part of the name, which does not exist yet, is a link to nowhere at times. Fails as the one above. */
    @Test
    void aFileForADanglingLinkIsMadeInside() throws Exception {
        Path target = Files.createDirectory(volume.resolve("target"));
        Path link = Files.createSymbolicLink(volume.resolve("link"), outside.resolve("made"));
        Path inside = root.resolve(outside.resolve("made").toString().substring(1));
        race(target, link, (rootfs, number) -> {
            boolean made = false;
            try {
                rootfs.newFile("/volume/target", 0644).close();
                made = true;
            } catch (IOException e) {
                // It is a directory now.
            }
            return Files.deleteIfExists(inside) && made;
        });
    }

    /**
     * CVE-2025-52565: /dev/console, in a /dev that is another container's too, becomes a link before the terminal is mounted on it. Fails
     * where the file that was looked at and the one that is mounted on are found by two look-ups.
     */
    @Test
    void theTerminalIsNotMountedThroughALink(@TempDir Path host) throws Exception {
        Path dev = Files.createDirectory(root.resolve("dev"));
        Path console = Files.createFile(dev.resolve("console"));
        Path link = Files.createSymbolicLink(dev.resolve("link"), outside.resolve("secret"));
        Path terminal = Files.writeString(host.resolve("terminal"), "terminal");
        race(console, link, (rootfs, number) -> {
            try (Fd peer = Mounts.openTree(Fd.CWD, terminal.toString(), EnumSet.of(TreeFlag.CLONE))) {
                try {
                    new DeviceDirectory(rootfs).mountConsole(peer);
                } catch (RootfsException e) {
                    assertThat(e).hasMessageContaining("/dev/console").hasMessageContaining("symbolic link");
                    return false;
                }
                assertNothingIsMountedOutside();
                unmount(peer);
                return true;
            }
        });
    }

    /**
     * CVE-2025-31133: the container's /dev/null becomes a link while paths are masked with it, and what it leads to is mounted, writable, in
     * the place of a masked path. Fails where masks are made of anything but a null device that was looked at, such as the container's own.
     */
    @Test
    void masksAreMadeOfTheNullDeviceOfTheHost() throws Exception {
        Path dev = Files.createDirectory(root.resolve("dev"));
        Path devNull = Files.writeString(dev.resolve("null"), "no device");
        Path link = Files.createSymbolicLink(dev.resolve("link"), outside.resolve("secret"));
        Path masked = Files.writeString(root.resolve("masked"), "to be hidden");
        race(devNull, link, (rootfs, number) -> {
            try (PathCovers covers = new PathCovers(rootfs, Optional.empty())) {
                covers.mask(List.of("/masked"));
            }
            assertThat(Stat.ofPath(masked.toString()).isDevice(FileType.CHARACTER_DEVICE, new DeviceNumber(1, 3)))
                    .isTrue();
            Mounts.unmount(masked.toString(), EnumSet.of(UnmountFlag.DETACH));
            return true;
        });
    }

    /** The path that is masked, or made read-only, becomes a link: then its mount belongs to what the link means inside, if anything. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"masked", "read-only"})
    void coversStayInside(String kind) throws Exception {
        Path target = Files.createDirectory(volume.resolve("target"));
        Files.writeString(target.resolve("secret"), "of the container");
        Path link = Files.createSymbolicLink(volume.resolve("link"), outside);
        race(target, link, (rootfs, number) -> {
            try (PathCovers covers = new PathCovers(rootfs, Optional.empty())) {
                List<String> paths = List.of("/volume/target/secret");
                if (kind.equals("masked")) {
                    covers.mask(paths);
                } else {
                    covers.makeReadOnly(paths);
                }
            }
            assertNothingIsMountedOutside();
            List<String> covered = PrivateMounts.table().stream()
                    .map(line -> line.split(" ", -1)[4])
                    .filter(point -> point.startsWith(root.toString()))
                    .toList();
            // Under the one name or the other.
            for (int i = 0; i < covered.size(); i++) {
                unmountUnderAnyName(target.resolve("secret"), link.resolve("secret"));
            }
            return !covered.isEmpty();
        });
    }

    private static void unmountUnderAnyName(Path... names) throws IOException {
        for (int i = 0; i < TRIES; i++) {
            for (Path name : names) {
                try {
                    Mounts.unmount(name.toString(), EnumSet.of(UnmountFlag.DETACH));
                    return;
                } catch (ErrnoException e) {
                    // Not a mount point by this name, at the moment.
                    assertThat(e.errno()).isIn(Errno.EINVAL, Errno.ENOENT);
                }
            }
        }
        throw new AssertionError("still mounted: " + List.of(names));
    }

    /**
     * What a tmpfs is filled with (tmpcopyup) is the container's: a directory of it that becomes a link to the host's while it is copied must
     * not bring the host's files in. Fails where the copy opens a name without O_NOFOLLOW.
     */
    @Test
    void whatIsCopiedIsTheContainersOwn() throws Exception {
        Path source = Files.createDirectory(volume.resolve("source"));
        Path directory = Files.createDirectory(source.resolve("d"));
        Files.writeString(directory.resolve("own"), "of the container");
        Path link = Files.createSymbolicLink(volume.resolve("link"), outside);
        race(directory, link, (rootfs, number) -> {
            try (Fd mount = NewFileSystem.mount("tmpfs", "race", List.of(), Set.of());
                    Fd from = rootfs.directory("/volume/source", 0755)) {
                boolean copied = true;
                try {
                    TreeCopy.copy(from, mount, rootfs.descriptors());
                } catch (IOException e) {
                    copied = false;
                }
                assertThat(Openat.find(
                                mount,
                                "d/secret",
                                EnumSet.of(OpenFlag.PATH, OpenFlag.NOFOLLOW),
                                Set.of(ResolveFlag.IN_ROOT)))
                        .isEmpty();
                return copied;
            }
        });
    }
}
