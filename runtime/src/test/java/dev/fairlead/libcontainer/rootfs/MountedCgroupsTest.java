package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.libcontainer.rootfs.MountedCgroups.Hierarchy;
import dev.fairlead.linux.MountInfo;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MountedCgroupsTest {
    private static final List<MountInfo> MOUNTS = Stream.of(
                    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw",
                    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct",
                    "33 31 0:30 /kubepods /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
                    "34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
                    "35 31 0:31 / /mnt/again rw - cgroup cgroup rw,xattr,name=systemd",
                    "36 31 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw")
            .flatMap(line -> MountInfo.parse(line).stream())
            .toList();
    private static final List<String> GROUPS =
            List.of("3:name=systemd:/", "2:memory:/kubepods/pod1", "1:cpu,cpuacct:/kubepods/pod1", "0::/user.slice");

    @Test
    void eachHierarchyIsFoundOnceWithTheContainersOwnGroup() throws IOException {
        MountedCgroups found = MountedCgroups.parse(false, MOUNTS, GROUPS);
        assertThat(found.v1())
                .containsExactly(
                        new Hierarchy(
                                "/sys/fs/cgroup/cpu,cpuacct",
                                List.of("cpu", "cpuacct"),
                                "/sys/fs/cgroup/cpu,cpuacct/kubepods/pod1"),
                        new Hierarchy("/sys/fs/cgroup/memory", List.of("memory"), "/sys/fs/cgroup/memory/pod1"),
                        new Hierarchy("/sys/fs/cgroup/systemd", List.of("name=systemd"), "/sys/fs/cgroup/systemd"));
        assertThat(found.v1().getFirst().name()).isEqualTo("cpu,cpuacct");
        assertThat(found.v2Path()).contains("/user.slice");
    }

    @Test
    void aGroupOutsideOfWhatIsMountedCannotBeShown() {
        assertThatThrownBy(() -> MountedCgroups.parse(false, MOUNTS, List.of("2:memory:/kubepods2/pod1")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/kubepods2/pod1 is not below /kubepods");
    }

    @Test
    void aGroupMayBeTheVeryOneThatIsMountedAndALineMayBeOfAnotherKind() throws IOException {
        MountedCgroups found =
                MountedCgroups.parse(true, MOUNTS, List.of("2:memory:/kubepods", "no line of proc(5)", "9:pids:/x"));
        assertThat(found.unified()).isTrue();
        assertThat(found.v1())
                .containsExactly(new Hierarchy("/sys/fs/cgroup/memory", List.of("memory"), "/sys/fs/cgroup/memory"));
        assertThat(found.v2Path()).isEmpty();
    }

    @Test
    void aMountOfTheNamespaceAroundOursIsNotOurs() throws IOException {
        List<MountInfo> mounts =
                MountInfo.parse("33 31 0:30 /../.. /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory").stream()
                        .toList();
        assertThat(mounts).hasSize(1);
        assertThat(MountedCgroups.parse(false, mounts, List.of("2:memory:/a")).v1())
                .isEmpty();
    }
}
