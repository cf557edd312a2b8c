package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.fairlead.linux.MountInfo;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.MountFlag;
import dev.fairlead.linux.Mounts.UnmountFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.test.PrivateMounts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownCgroupMountsTest {
    @TempDir
    private Path dir;

    @Test
    void areThoseOfTheTable() throws Exception {
        assertThat(new KnownCgroupMounts().get()).isEqualTo(table());
    }

    @Test
    void areReadOnceAsLongAsNothingOfThemChanges() throws Exception {
        PrivateMounts.run(() -> {
            KnownCgroupMounts known = new KnownCgroupMounts();
            List<MountInfo> first = known.get();
            assumeFalse(first.isEmpty(), "this host has cgroup v2 alone");
            bind(dir.toString(), dir.toString());
            assertThat(known.get()).as("other mounts come and go").isSameAs(first);
            // Another hierarchy may be mounted in a directory that is made for it; here, where one was.
            String taken = first.getFirst().mountPoint();
            Mounts.unmount(taken, EnumSet.of(UnmountFlag.DETACH));
            assertThat(known.get()).isEqualTo(table()).isNotEqualTo(first);
        });
    }

    @Test
    void areReadAgainWhenADirectoryIsMadeBesideThem() throws Exception {
        PrivateMounts.run(() -> {
            Path beside = Files.createDirectory(dir.resolve("cgroup"));
            KnownCgroupMounts known = new KnownCgroupMounts();
            List<MountInfo> mounts = known.get();
            assumeFalse(mounts.isEmpty(), "this host has cgroup v2 alone");
            String again = Files.createDirectory(beside.resolve("one")).toString();
            bind(mounts.getFirst().mountPoint(), again);
            List<MountInfo> more = new KnownCgroupMounts().get();
            assertThat(more).hasSize(mounts.size() + 1);
            KnownCgroupMounts both = new KnownCgroupMounts();
            assertThat(both.get()).isEqualTo(more);
            Files.createDirectory(beside.resolve("two"));
            assertThat(both.get()).isEqualTo(more).isNotSameAs(more);
        });
    }

    /** As in a node inside of a node, whose own hierarchies lie over those that it was born with. */
    @Test
    void areReadOnceWhereOneHidesTheOther() throws Exception {
        PrivateMounts.run(() -> {
            List<MountInfo> before = new KnownCgroupMounts().get();
            assumeFalse(before.isEmpty(), "this host has cgroup v2 alone");
            String point = before.getFirst().mountPoint();
            bind(point, point);
            KnownCgroupMounts known = new KnownCgroupMounts();
            List<MountInfo> first = known.get();
            assertThat(first).hasSize(before.size()).doesNotContain(before.getFirst());
            assertThat(known.get()).isSameAs(first);
        });
    }

    @Test
    void areReadAgainWhenAMountPointIsGoneOrHasAnotherMount() throws Exception {
        PrivateMounts.run(() -> {
            Path parent = Files.createDirectory(dir.resolve("cgroup"));
            Path point = Files.createDirectory(parent.resolve("one"));
            List<MountInfo> before = new KnownCgroupMounts().get();
            assumeFalse(before.isEmpty(), "this host has cgroup v2 alone");
            bind(before.getFirst().mountPoint(), point.toString());
            KnownCgroupMounts known = new KnownCgroupMounts();
            assertThat(known.get()).hasSize(before.size() + 1);
            List<MountInfo> one = known.get();
            bind(before.getLast().mountPoint(), point.toString());
            assertThat(known.get()).as("one over the other").hasSize(one.size()).isNotEqualTo(one);
            Mounts.unmount(point.toString(), EnumSet.of(UnmountFlag.DETACH));
            Mounts.unmount(point.toString(), EnumSet.of(UnmountFlag.DETACH));
            Files.delete(point);
            assertThat(known.get()).as("no directory").isEqualTo(before);
            Files.createDirectory(point);
            bind(before.getFirst().mountPoint(), point.toString());
            KnownCgroupMounts again = new KnownCgroupMounts();
            assertThat(again.get()).hasSize(before.size() + 1);
            Mounts.unmount(point.toString(), EnumSet.of(UnmountFlag.DETACH));
            Files.delete(point);
            Files.delete(parent);
            Files.createFile(parent);
            assertThat(again.get()).as("a file in its place").isEqualTo(before);
        });
    }

    private static void bind(String source, String target) throws Exception {
        Mounts.mount(source, target, "", EnumSet.of(MountFlag.BIND), "");
    }

    /** Those of the kernel's table that lie under no other. */
    private static List<MountInfo> table() throws Exception {
        List<MountInfo> reachable = new ArrayList<>();
        for (MountInfo mount : MountInfo.of("thread-self")) {
            if (mount.type().equals("cgroup") && Stat.ofPath(mount.mountPoint()).mountId() == mount.id()) {
                reachable.add(mount);
            }
        }
        return reachable;
    }
}
