package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.DeviceNumber;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Stat;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images and volumes that try to lead a mount elsewhere, and what must not be left behind. */
@NeedsRoot
class ContainmentTest {
    @TempDir
    Path dir;

    @TempDir
    Path volume;

    @ParameterizedTest(name = "link {0}: {1} is inside")
    @CsvSource(textBlock = """
            /etc,                      /etc/secret
            ../../../../../../etc,     /etc/secret
            etc/../../etc,             /etc/secret
            /proc/self/cwd/../etc,     ''
            """)
    void linksOfTheImageAreFollowedInsideTheRootAlone(String target, String expected) throws Exception {
        Files.writeString(volume.resolve("secret"), "x");
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createDirectory(rootfs.layer.resolve("etc"));
            Files.createSymbolicLink(rootfs.layer.resolve("data"), Path.of(target));
            if (expected.isEmpty()) {
                assertThatThrownBy(() -> rootfs.mount("/data", "bind", volume.toString(), "bind"))
                        .isInstanceOf(RootfsException.class)
                        .hasMessageContaining("\"..\" behind a directory that does not exist");
            } else {
                rootfs.mount("/data", "bind", volume.toString(), "bind");
                assertThat(rootfs.read(expected)).isEqualTo("x");
            }
            assertThat(Path.of("/etc/secret")).doesNotExist();
        }
    }

    @Test
    void whatADanglingLinkNamesIsMadeInsideTheRoot() throws Exception {
        Files.writeString(volume.resolve("f"), "x");
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Path outside = dir.resolve("outside");
            Files.createSymbolicLink(rootfs.layer.resolve("data"), outside);
            Files.createSymbolicLink(rootfs.layer.resolve("file"), Path.of("../../../run/file"));
            Files.createSymbolicLink(rootfs.layer.resolve("circle"), Path.of("circle"));
            rootfs.build("""
                    {'mounts': [
                     {'destination': '/data/sub', 'type': 'bind', 'source': 'VOLUME', 'options': ['bind']},
                     {'destination': '/file', 'type': 'bind', 'source': 'VOLUME/f', 'options': ['bind']}]}
                    """.replace("VOLUME", volume.toString()));
            assertThat(rootfs.read(outside + "/sub/f")).isEqualTo("x");
            assertThat(rootfs.read("/run/file")).isEqualTo("x");
            assertThat(outside).doesNotExist();
        }
    }

    @ParameterizedTest(name = "{0} on {1}")
    @CsvSource(textBlock = """
            proc,   /proc
            sysfs,  /sys
            """)
    void procAndSysAreNotMountedThroughALink(String type, String path) throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createDirectory(rootfs.layer.resolve("elsewhere"));
            Files.createSymbolicLink(rootfs.layer.resolve(path.substring(1)), Path.of("/elsewhere"));
            assertThatThrownBy(() -> rootfs.mount(path, type, type))
                    .isInstanceOf(RootfsException.class)
                    .hasMessageContaining("ordinary directory");
        }
    }

    @Test
    void aDanglingLinkIsNoPlaceForAProcfs() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createSymbolicLink(rootfs.layer.resolve("proc"), Path.of("/nowhere"));
            assertThatThrownBy(() -> rootfs.mount("/proc", "proc", "proc"))
                    .isInstanceOf(RootfsException.class)
                    .hasMessageContaining("ordinary directory");
            assertThat(rootfs.upper.resolve("nowhere")).doesNotExist();
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(textBlock = """
            /proc/self/attr,          bind
            /proc/sys/kernel,         bind
            /proc/../proc/self,       bind
            /link/attr,               bind
            /proc/self,               tmpfs
            /proc,                    bind
            /proc,                    tmpfs
            /proc/sys,                proc
            /proc/sys,                sysfs
            /proc/fs,                 cgroup
            """)
    void nothingIsMountedBelowProc(String destination, String type) throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createSymbolicLink(rootfs.layer.resolve("link"), Path.of("/proc/self"));
            assertThatThrownBy(() -> rootfs.build("""
                            {'mounts': [
                             {'destination': '/proc', 'type': 'proc', 'source': 'proc', 'options': []},
                             {'destination': 'DESTINATION', 'type': 'TYPE', 'source': 'VOLUME', 'options': []}]}
                            """.replace("DESTINATION", destination)
                            .replace("TYPE", type)
                            .replace("VOLUME", volume.toString())))
                    .isInstanceOf(RootfsException.class)
                    .hasMessageContaining("/proc")
                    .satisfies(e -> assertThat(e.getMessage()).containsAnyOf("/proc/meminfo", "only a procfs"));
        }
    }

    @Test
    void belowProcNotEvenADirectoryIsMadeAndARefusalLeavesNoDescriptor() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createDirectory(rootfs.layer.resolve("proc"));
            int descriptors = RootfsThreadTest.descriptors();
            for (String type : List.of("sysfs", "proc")) {
                assertThatThrownBy(() -> rootfs.mount("/proc/new", type, type))
                        .hasMessageContaining("/proc/new is inside /proc");
                assertThat(rootfs.upper.resolve("proc")).doesNotExist();
            }
            assertThatThrownBy(() -> rootfs.mount("/proc", "sysfs", "sysfs")).hasMessageContaining("only a procfs");
            assertThatThrownBy(() -> rootfs.mount("/proc", "tmpfs", "tmpfs")).hasMessageContaining("only a procfs");
            assertThat(RootfsThreadTest.descriptors()).isEqualTo(descriptors);
        }
    }

    @Test
    void theRootItselfIsNoTarget() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            for (String root : List.of("/", "/..", "/self")) {
                Files.deleteIfExists(rootfs.layer.resolve("self"));
                Files.createSymbolicLink(rootfs.layer.resolve("self"), Path.of("/"));
                assertThatThrownBy(() -> rootfs.mount(root, "bind", volume.toString(), "bind"))
                        .as(root)
                        .hasMessageContaining("root itself");
            }
        }
    }

    @Test
    void devicesAreNotMadeThroughLinks() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createDirectory(rootfs.layer.resolve("dev"));
            Files.createSymbolicLink(rootfs.layer.resolve("dev/null"), dir.resolve("made"));
            rootfs.build("""
                    {'linux': {'devices': [
                     {'path': '/dev/fuse', 'type': 'c', 'major': 10, 'minor': 229, 'fileMode': 438, 'uid': 7, 'gid': 8},
                     {'path': '/dev/net/tun', 'type': 'c', 'major': 10, 'minor': 200, 'fileMode': 384},
                     {'path': '/run/fifo', 'type': 'p'},
                     {'path': '/dev/ptmx', 'type': 'c', 'major': 5, 'minor': 2}]}}
                    """);
            assertThat(dir.resolve("made")).doesNotExist();
            Stat.Status fuse = Stat.ofPath(rootfs.upper.resolve("dev/fuse").toString());
            assertThat(fuse.isDevice(FileType.CHARACTER_DEVICE, new DeviceNumber(10, 229)))
                    .isTrue();
            assertThat(fuse.mode()).isEqualTo(0666);
            assertThat(fuse.uid()).isEqualTo(7);
            assertThat(fuse.gid()).isEqualTo(8);
            assertThat(Stat.ofPath(rootfs.upper.resolve("dev/net/tun").toString())
                            .mode())
                    .isEqualTo(0600);
            assertThat(Stat.ofPath(rootfs.upper.resolve("run/fifo").toString()).type())
                    .isEqualTo(FileType.FIFO);
            assertThat(Files.readSymbolicLink(rootfs.upper.resolve("dev/ptmx"))).hasToString("pts/ptmx");
        }
    }

    @Test
    void masksFollowLinksInsideAndSkipWhatIsNotThere() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.writeString(rootfs.layer.resolve("secret"), "x");
            Files.createDirectory(rootfs.layer.resolve("secrets"));
            Files.createDirectory(rootfs.layer.resolve("more"));
            Files.createSymbolicLink(rootfs.layer.resolve("link"), Path.of("/secret"));
            Files.createSymbolicLink(rootfs.layer.resolve("passwd"), Path.of("/etc/passwd"));
            rootfs.build("""
                    {'linux': {'maskedPaths': ['/link', '/secrets', '/more', '/passwd', '/secret/below'],
                     'readonlyPaths': ['/secrets', '/nowhere']}}
                    """);
            assertThat(rootfs.read("/secret")).isEmpty();
            for (String path : List.of("/secrets", "/more")) {
                assertThat(rootfs.mountAt(path).options()).contains("ro");
                assertThat(rootfs.mountAt(path).type()).isEqualTo("tmpfs");
            }
            assertThat(Files.exists(Path.of("/etc/passwd"), LinkOption.NOFOLLOW_LINKS))
                    .isTrue();
            assertThat(Files.size(Path.of("/etc/passwd"))).isPositive();
        }
    }

    @Test
    void aDirectoryAsRootIsUsedWithItsMounts() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Path root = Files.createDirectories(dir.resolve("plain"));
            rootfs.build(
                    new RootSource.Directory(root),
                    "{'process': {'cwd': '/a/b'}, 'root': {'path': 'x', 'readonly': true}}");
            assertThat(rootfs.mountAt("/").options()).contains("ro");
            assertThat(root.resolve("a/b")).isDirectory();
        }
    }

    @Test
    void aFailureInTheMiddleLeavesNoMountAndNoDescriptor() throws Exception {
        List<String> before = PrivateMounts.table();
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            int descriptors = RootfsThreadTest.descriptors();
            assertThatThrownBy(() -> rootfs.build("""
                            {'mounts': [
                             {'destination': '/run', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['ro']},
                             {'destination': '/data', 'type': 'bind', 'source': 'VOLUME', 'options': ['bind']},
                             {'destination': '/bad', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['size=lots']}]}
                            """.replace("VOLUME", volume.toString())))
                    .isInstanceOf(RootfsException.class);
            assertThat(RootfsThreadTest.descriptors()).isEqualTo(descriptors);
            assertThat(PrivateMounts.table()).isEqualTo(before);
        }
        assertThat(PrivateMounts.table()).isEqualTo(before);
    }
}
