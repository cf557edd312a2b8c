package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.linux.DeviceNumber;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileIo;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.linux.Xattrs;
import dev.fairlead.test.NeedsRoot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** File systems that are mounted by type, as they are seen from inside. */
@NeedsRoot
class MountTypesTest {
    @TempDir
    Path dir;

    @Test
    void tmpfsTakesTheModeOfTheDirectoryItCovers() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createDirectory(rootfs.layer.resolve("tmp"));
            Files.setPosixFilePermissions(rootfs.layer.resolve("tmp"), PosixFilePermissions.fromString("rwx-wx--x"));
            rootfs.mount("/tmp", "tmpfs", "tmpfs", "nosuid", "size=1m");
            assertThat(rootfs.mountAt("/tmp").superOptions()).contains("size=1024k", "mode=731");
            assertThat(rootfs.mountAt("/tmp").options())
                    .contains("nosuid", "relatime")
                    .doesNotContain("nodev");
        }
    }

    @Test
    void tmpfsTakesTheModeThatIsAskedForBeforeThatOfTheDirectory() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createDirectory(rootfs.layer.resolve("tmp"));
            rootfs.mount("/tmp", "tmpfs", "tmpfs", "mode=1777", "uid=5", "gid=6");
            assertThat(rootfs.mountAt("/tmp").superOptions())
                    .contains("uid=5", "gid=6")
                    .doesNotContain("mode=755");
            assertThat(mode(rootfs, "/tmp")).isEqualTo(01777);
        }
    }

    @Test
    void readOnlyTmpfsAndDevBecomeSoOnlyAfterTheyWereFilled() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createFile(dir.resolve("file"));
            rootfs.build("""
                    {'mounts': [
                     {'destination': '/dev', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['ro', 'mode=755']},
                     {'destination': '/run', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['ro']},
                     {'destination': '/run/inner/file', 'type': 'bind', 'source': 'DIR/file', 'options': ['bind']}]}
                    """.replace("DIR", dir.toString()));
            assertThat(rootfs.mountAt("/dev").options()).contains("ro");
            assertThat(rootfs.mountAt("/run").options()).contains("ro");
            assertThat(rootfs.mountAt("/run/inner/file").options()).contains("rw");
            assertThat(rootfs.<Boolean>inside(() -> Files.exists(rootfs.at("/dev/null"))))
                    .isTrue();
        }
    }

    @Test
    void tmpcopyupBringsEverythingOfTheDirectory() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Path etc = Files.createDirectory(rootfs.layer.resolve("etc"));
            Files.createDirectories(etc.resolve("sub/deeper"));
            Files.writeString(etc.resolve("sub/a"), "text");
            Files.createLink(etc.resolve("hard"), etc.resolve("sub/a"));
            Files.createSymbolicLink(etc.resolve("soft"), Path.of("/nowhere"));
            Instant time = Instant.parse("2001-02-03T04:05:06Z");
            try (Fd directory = Openat.open(Fd.CWD, etc.toString(), EnumSet.of(OpenFlag.RDONLY), 0)) {
                Openat.makeNode(directory, "fifo", FileType.FIFO, 0640, new DeviceNumber(0, 0));
                Openat.makeNode(directory, "null", FileType.CHARACTER_DEVICE, 0600, new DeviceNumber(1, 3));
                try (Fd file = Openat.open(directory, "sub/a", EnumSet.of(OpenFlag.RDWR), 0)) {
                    // Not as a Path: in the POSIX locale Java has no such names.
                    Openat.makeHardLink(directory, "hard", directory, "sub/\u00e4");
                    Xattrs.set(file, "trusted.note", new byte[] {1, 2, 3});
                    Openat.chown(file, 11, 12);
                    FileIo.setMode(file, 04755);
                }
                Openat.setTimes(directory, "sub/a", time, time);
                Openat.setTimes(directory, "sub", time, time);
                Openat.setTimes(directory, "soft", time, time);
            }
            rootfs.mount("/etc", "tmpfs", "tmpfs", "tmpcopyup", "ro");

            assertThat(rootfs.mountAt("/etc").options()).contains("ro");
            rootfs.inside(() -> {
                Stat.Status copy = Stat.ofPath(rootfs.at("/etc/sub/a").toString());
                assertThat(copy.mode()).isEqualTo(04755);
                assertThat(copy.uid()).isEqualTo(11);
                assertThat(copy.gid()).isEqualTo(12);
                assertThat(copy.modified()).isEqualTo(time);
                assertThat(copy.links()).isEqualTo(3);
                assertThat(Stat.ofPath(rootfs.at("/etc/sub") + "/\u00e4").isSameFileAs(copy))
                        .isTrue();
                assertThat(Stat.ofPath(rootfs.at("/etc/hard").toString()).isSameFileAs(copy))
                        .isTrue();
                assertThat(Xattrs.get(rootfs.at("/etc/hard").toString(), "trusted.note"))
                        .containsExactly(1, 2, 3);
                assertThat(Files.readString(rootfs.at("/etc/hard"))).isEqualTo("text");
                assertThat(Files.readSymbolicLink(rootfs.at("/etc/soft"))).hasToString("/nowhere");
                assertThat(Stat.ofName(Fd.CWD, rootfs.at("/etc/soft").toString())
                                .modified())
                        .isEqualTo(time);
                assertThat(Stat.ofPath(rootfs.at("/etc/sub").toString()).modified())
                        .isEqualTo(time);
                assertThat(rootfs.at("/etc/sub/deeper")).isDirectory();
                assertThat(Stat.ofPath(rootfs.at("/etc/fifo").toString()).mode())
                        .isEqualTo(0640);
                assertThat(Stat.ofPath(rootfs.at("/etc/null").toString()).target())
                        .isEqualTo(new DeviceNumber(1, 3));
                return null;
            });
        }
    }

    @Test
    void procAndSysfsBelongToTheNamespacesOfInit() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.build("""
                    {'mounts': [
                     {'destination': '/proc', 'type': 'proc', 'source': 'proc', 'options': ['nosuid', 'ro']},
                     {'destination': '/sys', 'type': 'sysfs', 'source': 'sysfs', 'options': ['ro', 'nosuid', 'nodev', 'noexec', 'noatime']}]}
                    """);
            assertThat(rootfs.mountAt("/proc").options()).contains("ro", "nosuid");
            assertThat(rootfs.mountAt("/sys").options()).contains("ro", "nosuid", "nodev", "noexec", "noatime");
            // A superblock that all containers of a pod share must not become read-only for one of them.
            assertThat(rootfs.mountAt("/sys").superOptions()).contains("rw");
            assertThat(rootfs.<List<String>>inside(
                            () -> List.of(rootfs.at("/sys/class/net").toFile().list())))
                    .as("of a network namespace that holds nothing but lo")
                    .containsExactly("lo");
        }
    }

    @Test
    void mqueueShowsTheQueuesOfTheIpcNamespace() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev");
            assertThat(rootfs.mountAt("/dev/mqueue").type()).isEqualTo("mqueue");
            assertThat(rootfs.mountAt("/dev/mqueue").options()).contains("nosuid", "noexec", "nodev");
        }
    }

    @Test
    void aSecondOverlayCanBeMountedInside() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Path lower = Files.createDirectories(dir.resolve("lower"));
            Files.writeString(lower.resolve("a"), "from below");
            rootfs.mount("/over", "overlay", "overlay", "ro", "lowerdir=" + lower + ":" + rootfs.layer);
            assertThat(rootfs.read("/over/a")).isEqualTo("from below");
            assertThat(rootfs.mountAt("/over").superOptions()).contains("ro");
        }
    }

    @Test
    void newMountsArePrivateUnlessPropagationIsAskedFor() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.build("""
                    {'mounts': [
                     {'destination': '/a', 'type': 'tmpfs', 'source': 'tmpfs', 'options': []},
                     {'destination': '/b', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['shared']},
                     {'destination': '/c', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['unbindable']}]}
                    """);
            assertThat(rootfs.mountAt("/a").propagation()).isEmpty();
            assertThat(rootfs.mountAt("/b").propagation()).containsExactly("shared");
            assertThat(rootfs.mountAt("/c").propagation()).containsExactly("unbindable");
        }
    }

    @Test
    void cgroupV1ShowsTheContainersOwnGroupOfEachHierarchy() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            MountedCgroups host =
                    MountedCgroups.of((int) ProcessHandle.current().pid());
            assumeFalse(host.unified(), "this host has cgroup v2 alone");
            rootfs.mount("/sys/fs/cgroup", "cgroup", "cgroup", "ro", "nosuid", "nodev", "noexec");
            assertThat(rootfs.mountAt("/sys/fs/cgroup").type()).isEqualTo("tmpfs");
            for (MountedCgroups.Hierarchy hierarchy : host.v1()) {
                TestRootfs.MountLine mount = rootfs.mountAt("/sys/fs/cgroup/" + hierarchy.name());
                assertThat(mount.type()).isEqualTo("cgroup");
                assertThat(mount.options()).contains("ro", "nosuid", "nodev", "noexec");
                assertThat(sameFile(rootfs, "/sys/fs/cgroup/" + hierarchy.name(), hierarchy.own()))
                        .isTrue();
            }
        }
    }

    @Test
    void cgroupV1IsMountedAnewInACgroupNamespace() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir, "--cgroup")) {
            MountedCgroups host =
                    MountedCgroups.of((int) ProcessHandle.current().pid());
            assumeFalse(host.unified(), "this host has cgroup v2 alone");
            rootfs.build("""
                    {'mounts': [{'destination': '/sys/fs/cgroup', 'type': 'cgroup', 'source': 'cgroup', 'options': ['ro', 'rprivate']}],
                     'linux': {'namespaces': [{'type': 'cgroup'}]}}
                    """);
            for (MountedCgroups.Hierarchy hierarchy : host.v1()) {
                TestRootfs.MountLine mount = rootfs.mountAt("/sys/fs/cgroup/" + hierarchy.name());
                assertThat(mount.superOptions()).as(hierarchy.name()).containsAll(hierarchy.options());
                assertThat(mount.options()).contains("ro", "nosuid", "nodev", "noexec");
            }
            assertThat(rootfs.mountAt("/sys/fs/cgroup/systemd").source()).isEqualTo("systemd");
        }
    }

    @Test
    void cgroupV2IsMountedAnewAsItsNamespaceHasIt() throws Exception {
        assumeTrue(unified(), "this host has cgroup v1");
        try (TestRootfs rootfs = TestRootfs.in(dir, "--cgroup")) {
            rootfs.build("""
                    {'mounts': [{'destination': '/sys/fs/cgroup', 'type': 'cgroup', 'source': 'cgroup',
                                 'options': ['ro', 'nosuid', 'noexec', 'nodev', 'relatime']}],
                     'linux': {'namespaces': [{'type': 'cgroup'}]}}
                    """);
            TestRootfs.MountLine mount = rootfs.mountAt("/sys/fs/cgroup");
            assertThat(mount.type()).isEqualTo("cgroup2");
            assertThat(mount.source()).isEqualTo("cgroup");
            assertThat(mount.options()).contains("ro", "nosuid", "noexec", "nodev");
            assertThat(mount.root()).isEqualTo("/");
        }
    }

    @Test
    void cgroupV2WithoutANamespaceShowsTheWholeHierarchy() throws Exception {
        assumeTrue(unified(), "this host has cgroup v1");
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.mount("/sys/fs/cgroup", "cgroup", "cgroup", "ro");
            assertThat(rootfs.mountAt("/sys/fs/cgroup").type()).isEqualTo("cgroup2");
            assertThat(rootfs.mountAt("/sys/fs/cgroup").options()).contains("ro");
        }
    }

    private static boolean unified() throws Exception {
        return MountedCgroups.of((int) ProcessHandle.current().pid()).unified();
    }

    @Test
    void manyLayersWithLongNamesAndColonsAreMountedEitherWay() throws Exception {
        for (RootMount.OverlayApi api : RootMount.OverlayApi.values()) {
            if (api == RootMount.OverlayApi.LAYER_BY_LAYER && RootMount.overlayApi() != api) {
                continue; // Linux before 6.7
            }
            Path place = Files.createDirectories(dir.resolve(api.name()));
            List<Path> layers = new java.util.ArrayList<>();
            for (int i = 0; i < 100; i++) {
                String name = i == 50 ? "l".repeat(200) : "a:b,c\\" + i;
                Path layer =
                        Files.createDirectories(place.resolve("x".repeat(100)).resolve(name));
                Files.writeString(layer.resolve("file" + i), "layer " + i);
                layers.add(layer);
            }
            try (TestRootfs rootfs = TestRootfs.in(place)) {
                RootSource.Overlay overlay = new RootSource.Overlay(layers, rootfs.upper, place.resolve("work"));
                String text = rootfs.inside(() -> {
                    try (Fd target = Openat.open(Fd.CWD, rootfs.attachPoint.toString(), EnumSet.of(OpenFlag.PATH), 0);
                            Fd descriptors = Openat.open(Fd.CWD, "/proc/thread-self/fd", EnumSet.of(OpenFlag.PATH), 0);
                            Fd root = new RootMount(rootfs.attachPoint, target, descriptors, api).attach(overlay)) {
                        assertThat(Stat.of(root).mountRoot()).isTrue();
                        return Files.readString(rootfs.at("/file0")) + ", " + Files.readString(rootfs.at("/file99"));
                    }
                });
                assertThat(text).as(api.name()).isEqualTo("layer 0, layer 99");
            }
        }
    }

    static int mode(TestRootfs rootfs, String path) throws Exception {
        return rootfs.inside(() -> Stat.ofPath(rootfs.at(path).toString()).mode());
    }

    private static boolean sameFile(TestRootfs rootfs, String inside, String host) throws Exception {
        Stat.Status there = rootfs.inside(() -> Stat.ofPath(rootfs.at(inside).toString()));
        return there.isSameFileAs(Stat.ofPath(host));
    }
}
