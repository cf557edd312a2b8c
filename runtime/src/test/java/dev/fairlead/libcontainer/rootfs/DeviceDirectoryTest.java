package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.DeviceNumber;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.FilteredThread;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Pty;
import dev.fairlead.linux.Stat;
import dev.fairlead.linux.Xattrs;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Device nodes, links and the console of a container: made, bound where they cannot be made, and what is there already. */
@NeedsRoot
class DeviceDirectoryTest {
    private static final DeviceNumber NULL = new DeviceNumber(1, 3);
    /** posix_acl_xattr: version 2, then tag, permissions and id of user::rw-, group::r--, other::---. */
    private static final byte[] ACL = {
        2, 0, 0, 0, 1, 0, 6, 0, -1, -1, -1, -1, 4, 0, 4, 0, -1, -1, -1, -1, 0x20, 0, 0, 0, -1, -1, -1, -1
    };

    @TempDir
    Path dir;

    @TempDir
    Path volume;

    @Test
    void nodesHaveTheirModeWhateverTheDirectorysDefaultAclSays() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Path dev = Files.createDirectory(rootfs.layer.resolve("dev"));
            Xattrs.set(dev.toString(), "system.posix_acl_default", ACL);
            rootfs.build("""
                    {'linux': {'devices': [
                     {'path': '/dev/block', 'type': 'b', 'major': 7, 'minor': 0, 'fileMode': 432, 'gid': 6},
                     {'path': '/dev/unbuffered', 'type': 'u', 'major': 1, 'minor': 5}]}}
                    """);
            assertThat(status(rootfs, "/dev/null").mode()).isEqualTo(0666);
            Stat.Status block = status(rootfs, "/dev/block");
            assertThat(block.isDevice(FileType.BLOCK_DEVICE, new DeviceNumber(7, 0)))
                    .isTrue();
            assertThat(block.mode()).isEqualTo(0660);
            assertThat(block.uid()).isZero();
            assertThat(block.gid()).isEqualTo(6);
            assertThat(status(rootfs, "/dev/unbuffered").isDevice(FileType.CHARACTER_DEVICE, new DeviceNumber(1, 5)))
                    .isTrue();
        }
    }

    @Test
    void aNodeThatMayNotBeMadeIsTheHostsBoundOnAFile() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Path dev = Files.createDirectory(rootfs.layer.resolve("dev"));
            Files.writeString(dev.resolve("zero"), "the image's");
            withoutNodes(rootfs, "{}");
            for (String name : List.of("null", "zero")) {
                assertThat(status(rootfs, "/dev/" + name).mountRoot()).as(name).isTrue();
            }
            assertThat(status(rootfs, "/dev/null").isDevice(FileType.CHARACTER_DEVICE, NULL))
                    .isTrue();
            assertThat(rootfs.upper.resolve("dev/null")).isEmptyFile();
        }
    }

    @Test
    void aFifoOfTheHostIsBoundToo() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            makeNode(volume, "fifo", FileType.FIFO, new DeviceNumber(0, 0));
            withoutNodes(rootfs, device(volume.resolve("fifo"), "'type': 'p'"));
            assertThat(status(rootfs, volume + "/fifo").type()).isEqualTo(FileType.FIFO);
            assertThat(status(rootfs, volume + "/fifo").mountRoot()).isTrue();
        }
    }

    @ParameterizedTest(name = "{0}: {2}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            /dev/null    | 'type': 'c', 'major': 1, 'minor': 5 | the host's /dev/null is a character device 1:3, not a character device 1:5
            /dev/null    | 'type': 'b', 'major': 1, 'minor': 3 | not a block device 1:3
            VOLUME/plain | 'type': 'p'                         | is a regular file 0:0, not a fifo 0:0
            VOLUME/none  | 'type': 'p'                         | ENOENT (No such file or directory)
            """)
    void theHostsNodeIsBoundOnlyIfItIsTheOneAskedFor(String path, String what, String message) throws Exception {
        Files.createFile(volume.resolve("plain"));
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            String json = device(Path.of(path.replace("VOLUME", volume.toString())), what);
            assertThatThrownBy(() -> withoutNodes(rootfs, json))
                    .isInstanceOf(RootfsException.class)
                    .hasMessageContaining(message);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(textBlock = """
            link,       is a symbolic link
            directory,  is a directory
            """)
    void noDeviceIsBoundOnALinkOrADirectoryOfTheImage(String kind, String message) throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Path dev = Files.createDirectory(rootfs.layer.resolve("dev"));
            if (kind.equals("link")) {
                Files.createSymbolicLink(dev.resolve("null"), Files.createFile(volume.resolve("file")));
            } else {
                Files.createDirectory(dev.resolve("null"));
            }
            assertThatThrownBy(() -> withoutNodes(rootfs, "{}"))
                    .hasMessageContaining("dev/null " + message + ", on which no device is mounted");
        }
    }

    @Test
    void aNodeOnAMountWithoutDevicesIsRefusedAsNobodyCouldOpenIt() throws Exception {
        PrivateMounts.run(() -> {
            attachTmpfs("nodev", Set.of(Attribute.NODEV));
            makeNode(volume, "null", FileType.CHARACTER_DEVICE, NULL);
            try (TestRootfs rootfs = TestRootfs.in(dir)) {
                String json = device(volume.resolve("null"), "'type': 'c', 'major': 1, 'minor': 3");
                assertThatThrownBy(() -> withoutNodes(rootfs, json)).hasMessageContaining("lies on a mount with nodev");
            }
        });
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            /dev/LONG | device /dev/LONG (character device 1:3): mknodat dev/LONG | ENAMETOOLONG
            /         | / names the root itself                               | device / (character device 1:3)
            """)
    void aNodeThatCannotBeMadeIsNamed(String path, String message, String more) throws Exception {
        String longName = "l".repeat(300);
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            assertThatThrownBy(() -> rootfs.build(
                            device(Path.of(path.replace("LONG", longName)), "'type': 'c', 'major': 1, 'minor': 3")))
                    .isInstanceOf(RootfsException.class)
                    .hasMessageContaining(message.replace("LONG", longName))
                    .hasMessageContaining(more);
        }
    }

    @Test
    void linksOfTheImageStayButPtmxIsReplaced() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Path dev = Files.createDirectory(rootfs.layer.resolve("dev"));
            Files.createSymbolicLink(dev.resolve("fd"), Path.of("elsewhere"));
            Files.createFile(dev.resolve("ptmx"));
            rootfs.build("{}");
            rootfs.inside(() -> {
                assertThat(Files.readSymbolicLink(rootfs.at("/dev/fd"))).hasToString("elsewhere");
                assertThat(Files.readSymbolicLink(rootfs.at("/dev/ptmx"))).hasToString("pts/ptmx");
                assertThat(Files.isSymbolicLink(rootfs.at("/dev/core")))
                        .isEqualTo(Files.exists(Path.of("/proc/kcore")));
                return null;
            });
        }
    }

    @Test
    void linksThatCannotBeMadeFailWithTheirNames() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            // The root of the tmpfs and six nodes: no inode is left for a link.
            assertThatThrownBy(() -> rootfs.mount("/dev", "tmpfs", "tmpfs", "nr_inodes=7"))
                    .hasMessageContaining("links in /dev: symlinkat")
                    .hasMessageContaining("ENOSPC");
        }
        try (TestRootfs rootfs = TestRootfs.in(Files.createDirectory(dir.resolve("second")))) {
            Files.createDirectories(rootfs.layer.resolve("dev/ptmx"));
            assertThatThrownBy(() -> rootfs.build("{}"))
                    .hasMessageContaining("links in /dev: unlinkat")
                    .hasMessageContaining("EISDIR");
        }
    }

    @Test
    void theTerminalIsMountedOnTheConsole() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir);
                Pty pty = Pty.open();
                Fd peer = pty.openPeer()) {
            rootfs.buildWithTerminal("{}", peer);
            Stat.Status console = status(rootfs, "/dev/console");
            assertThat(console.isSameFileAs(Stat.of(peer))).isTrue();
            assertThat(console.mountRoot()).isTrue();
            assertThat(rootfs.mountAt("/dev/console").type()).isEqualTo("devpts");
        }
    }

    @Test
    void theConsoleIsNotMountedThroughALink() throws Exception {
        Path outside = Files.createFile(volume.resolve("outside"));
        try (TestRootfs rootfs = TestRootfs.in(dir);
                Pty pty = Pty.open();
                Fd peer = pty.openPeer()) {
            Files.createSymbolicLink(
                    Files.createDirectory(rootfs.layer.resolve("dev")).resolve("console"), outside);
            assertThatThrownBy(() -> rootfs.buildWithTerminal("{}", peer))
                    .hasMessageContaining("terminal on /dev/console")
                    .hasMessageContaining("is a symbolic link, on which no device is mounted");
        }
    }

    @Test
    void theConsoleOfABoundDevThatIsReadOnlyCannotBeMade() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir);
                Pty pty = Pty.open();
                Fd peer = pty.openPeer()) {
            String json =
                    "{'mounts': [{'destination': '/dev', 'type': 'bind', 'source': 'VOLUME', 'options': ['bind', 'ro']}]}";
            assertThatThrownBy(() -> rootfs.buildWithTerminal(json.replace("VOLUME", volume.toString()), peer))
                    .hasMessageContaining("terminal on /dev/console")
                    .hasMessageContaining("EROFS");
        }
    }

    private static String device(Path path, String what) {
        return "{'linux': {'devices': [{'path': '" + path + "', " + what + "}]}}";
    }

    /** As in a container host that takes CAP_MKNOD away. */
    private static void withoutNodes(TestRootfs rootfs, String json) throws Exception {
        FilteredThread.denying("mknodat", Errno.EPERM, () -> {
            rootfs.build(json);
            return true;
        });
    }

    private void attachTmpfs(String name, Set<Attribute> attributes) throws IOException {
        try (Fd mount = NewFileSystem.mount("tmpfs", name, List.of(), attributes);
                Fd target = Mounts.openTree(Fd.CWD, volume.toString(), EnumSet.noneOf(TreeFlag.class))) {
            Mounts.attach(mount, target);
        }
    }

    private static void makeNode(Path directory, String name, FileType type, DeviceNumber number) throws IOException {
        try (Fd fd = Openat.open(Fd.CWD, directory.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
            Openat.makeNode(fd, name, type, 0666, number);
        }
    }

    private static Stat.Status status(TestRootfs rootfs, String path) throws IOException {
        return rootfs.inside(() -> Stat.ofPath(rootfs.at(path).toString()));
    }
}
