package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.MountInfo;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.Propagation;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A root that is put over the namespace's, and one that is on the host because there is no mount namespace. */
@NeedsRoot
class RootMoveTest {
    private static final String JSON = """
            {'mounts': [
              {'destination': '/proc', 'type': 'proc', 'source': 'proc', 'options': []},
              {'destination': '/sys', 'type': 'sysfs', 'source': 'sysfs', 'options': ['ro']},
              {'destination': '/dev', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['mode=755']}],
             'linux': {'maskedPaths': ['/proc/keys'], 'readonlyPaths': ['/proc/sys'] MORE}}
            """;
    private static final String MAPPINGS = """
            , 'uidMappings': [{'containerID': 0, 'hostID': 100000, 'size': 65536}],
              'gidMappings': [{'containerID': 0, 'hostID': 100000, 'size': 65536}]
            """;

    @TempDir
    Path dir;

    @Test
    void withoutPivotTheRootLiesOnTopAndTheHostsProcfsAndSysfsAreGone() throws Exception {
        PrivateMounts.run(() -> {
            // One more, with a name that mountinfo escapes, and a file system on it that goes with it.
            Path more = Files.createDirectory(dir.resolve("a b"));
            Files.createDirectory(more.resolve("bus"));
            attach("proc", more);
            attach("tmpfs", more.resolve("fs"));
            // They go with the procfs they lie on; one leaves a directory of that name below, one nothing.
            attach("proc", more.resolve("bus"));
            attach("sysfs", more.resolve("driver"));
            List<String> before = PrivateMounts.table();
            try (TestRootfs rootfs = TestRootfs.in(dir)) {
                rootfs.policy = new RootfsPolicy(true, false);
                Files.writeString(rootfs.layer.resolve("mine"), "x");
                rootfs.build(JSON.replace("MORE", ""));
                // Who joins the namespace has the container's root.
                assertThat(rootfs.<String>inside(() -> Files.readString(Path.of("/mine"))))
                        .isEqualTo("x");
                assertThat(full(rootfs)).extracting(MountInfo::mountPoint).containsExactlyInAnyOrder("/proc", "/sys");
                Path old = ofInit(rootfs, "/proc");
                assertThat(old)
                        .as("of the host, for a process that still has its root")
                        .isEmptyDirectory();
                assertThat(ofInit(rootfs, more + "/bus")).isEmptyDirectory();
                assertThat(ofInit(rootfs, more + "/driver")).doesNotExist();
            }
            assertThat(PrivateMounts.table()).isEqualTo(before);
        });
    }

    @Test
    void whatIsLockedInAUserNamespaceIsCovered() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir, "--user")) {
            rootfs.policy = new RootfsPolicy(true, false);
            Files.writeString(rootfs.layer.resolve("mine"), "x");
            rootfs.build(JSON.replace("MORE", MAPPINGS));
            assertThat(rootfs.<String>inside(() -> Files.readString(Path.of("/mine"))))
                    .isEqualTo("x");
            for (String place : List.of("/proc", "/sys")) {
                try (Fd covered = Openat.open(Fd.CWD, ofInit(rootfs, place).toString(), EnumSet.of(OpenFlag.PATH), 0)) {
                    assertThat(Stat.fileSystem(covered).magic()).isEqualTo(Stat.TMPFS_MAGIC);
                    assertThat(Stat.fileSystem(covered).readOnly()).isTrue();
                }
            }
        }
    }

    @Test
    void withoutAMountNamespaceTheRootIsOnTheHostAloneUntilItIsTakenOff() throws Exception {
        PrivateMounts.run(() -> {
            // As on a real host: all is shared, and somebody has a slave of it.
            try (Fd root = Mounts.openTree(Fd.CWD, "/", Set.of())) {
                Mounts.setAttributesRecursively(root, AttributeChange.propagation(Propagation.SHARED));
            }
            List<String> before = PrivateMounts.table();
            try (TestInit peer = TestInit.start();
                    TestRootfs rootfs = new TestRootfs(dir, TestInit.withoutMountNamespace())) {
                Files.writeString(rootfs.layer.resolve("mine"), "x");
                rootfs.policy = new RootfsPolicy(true, false); // there is nothing that could be moved
                rootfs.build(JSON.replace("MORE", ""));
                assertThat(rootfs.at("/mine")).hasContent("x");
                assertThat(rootfs.read("/proc/keys")).isEmpty();
                assertThat(rootfs.mountAt("/").propagation()).isEmpty();
                assertThat(rootfs.mountAt("/proc").propagation()).isEmpty();
                List<String> others = PrivateMounts.table().stream()
                        .filter(line -> !line.contains(rootfs.attachPoint.toString()))
                        .toList();
                assertThat(others).as("no mount of the host's is changed").isEqualTo(before);
                assertThat(peer.<List<MountInfo>>inside(() -> MountInfo.of("thread-self")))
                        .as("what is on the root appears in no other namespace")
                        .noneMatch(mount -> mount.mountPoint().startsWith(rootfs.attachPoint + "/"));
                RootfsThread.detach(rootfs.attachPoint);
                assertThat(PrivateMounts.table()).isEqualTo(before);
                assertThat(peer.<List<MountInfo>>inside(() -> MountInfo.of("thread-self")))
                        .noneMatch(mount -> mount.mountPoint().startsWith(rootfs.attachPoint.toString()));
                RootfsThread.detach(rootfs.attachPoint); // may be repeated
            }
        });
    }

    @Test
    void aRootOnTheHostThatCannotBeFinishedIsTakenOff() throws Exception {
        PrivateMounts.run(() -> {
            List<String> before = PrivateMounts.table();
            try (TestRootfs rootfs = new TestRootfs(dir, TestInit.withoutMountNamespace())) {
                assertThatThrownBy(() -> rootfs.mount("/proc/1", "tmpfs", "tmpfs"))
                        .isInstanceOf(RootfsException.class);
                assertThat(PrivateMounts.table()).isEqualTo(before);
            }
        });
    }

    @Test
    void whatIsNotMountedIsTakenOffWithoutAWord() throws Exception {
        RootfsThread.detach(dir.resolve("absent"));
        RootfsThread.detach(dir);
        Path file = Files.createFile(dir.resolve("file"));
        assertThatThrownBy(() -> RootfsThread.detach(file.resolve("x"))).hasMessageContaining("ENOTDIR");
    }

    private static void attach(String type, Path place) throws Exception {
        try (Fd mount = NewFileSystem.mount(type, type, List.of(), Set.of());
                Fd target = Openat.open(Fd.CWD, place.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
            Mounts.attach(mount, target);
        }
    }

    /** The whole procfs and sysfs that a process finds which still has the root the namespace began with, and those in the container. */
    private static List<MountInfo> full(TestRootfs rootfs) throws Exception {
        return MountInfo.of(Integer.toString(rootfs.init().process().id().pid())).stream()
                .filter(mount -> Set.of("proc", "sysfs").contains(mount.type())
                        && mount.root().equals("/"))
                .toList();
    }

    private static Path ofInit(TestRootfs rootfs, String path) {
        return Path.of("/proc/" + rootfs.init().process().id().pid() + "/root" + path);
    }
}
