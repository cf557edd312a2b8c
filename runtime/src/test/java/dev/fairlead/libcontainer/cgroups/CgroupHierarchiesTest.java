package dev.fairlead.libcontainer.cgroups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Layouts of other machines, by the two files that describe them. */
class CgroupHierarchiesTest {
    private static CgroupHierarchies parse(String mountinfo, String membership) throws CgroupException {
        return CgroupHierarchies.parse(
                mountinfo.lines().toList(),
                membership.lines().toList(),
                mount -> true,
                path -> Set.of("cpu", "memory", "pids"));
    }

    private static Hierarchy of(CgroupHierarchies hierarchies, String controller) {
        return hierarchies.all().stream()
                .filter(hierarchy -> hierarchy.controllers().contains(controller))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void controllersThatShareAHierarchyAreOneDirectory() throws Exception {
        CgroupHierarchies found = parse("""
                30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct
                31 25 0:27 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory
                32 25 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/lib/agent,name=systemd
                """, """
                4:cpuacct,cpu:/system.slice/a.service
                3:memory:/
                1:name=systemd:/system.slice/a.service
                """);
        assertThat(found.mode()).isEqualTo(CgroupHierarchies.Mode.LEGACY);
        assertThat(found.controllers()).containsExactly("cpu", "cpuacct", "memory");
        assertThat(found.all()).hasSize(3);
        assertThat(of(found, "cpu")).isSameAs(of(found, "cpuacct"));
        assertThat(of(found, "cpu").own()).contains(Path.of("/sys/fs/cgroup/cpu,cpuacct/system.slice/a.service"));
        assertThat(of(found, "memory").own()).contains(Path.of("/sys/fs/cgroup/memory"));
    }

    @Test
    void aV2HierarchyAloneIsUnified() throws Exception {
        CgroupHierarchies found =
                parse("30 25 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw,nsdelegate", "0::/a.slice/b");
        assertThat(found.mode()).isEqualTo(CgroupHierarchies.Mode.UNIFIED);
        assertThat(of(found, "pids").directory("x/y").path()).isEqualTo(Path.of("/sys/fs/cgroup/a.slice/b/x/y"));
        assertThat(of(found, "pids").directory("/kubepods/p").path()).isEqualTo(Path.of("/sys/fs/cgroup/kubepods/p"));
    }

    @Test
    void inAContainerWithoutItsOwnNamespaceTheMountShowsOurPartAlone() throws Exception {
        CgroupHierarchies found =
                parse("30 25 0:26 /docker/1 /sys/fs/cgroup ro - cgroup2 cgroup2 rw", "0::/docker/1/init");
        assertThat(of(found, "cpu").own()).contains(Path.of("/sys/fs/cgroup/init"));
    }

    @Test
    void aMountFromAboveOurNamespaceLeavesOurOwnPlaceUnknown() throws Exception {
        CgroupHierarchies found = parse("30 25 0:26 /../.. /host/cgroup rw - cgroup2 cgroup2 rw", "0::/");
        assertThat(of(found, "cpu").own()).isEmpty();
        assertThat(of(found, "cpu").directory("/a").path()).isEqualTo(Path.of("/host/cgroup/a"));
        assertThatThrownBy(() -> of(found, "cpu").directory("a"))
                .isInstanceOf(CgroupException.class)
                .hasMessageContainingAll("relative", "/host/cgroup", "use an absolute one");
    }

    @Test
    void theMountThatShowsOurPlaceIsPreferredToOneForAContainer() throws Exception {
        CgroupHierarchies found = parse("""
                30 25 0:26 /other /var/lib/x/sys/fs/cgroup rw - cgroup2 cgroup2 rw
                31 25 0:26 / /sys/fs/cgroup\\040odd rw - cgroup2 cgroup2 rw
                """, "0::/me");
        assertThat(of(found, "cpu").mountPoint()).isEqualTo(Path.of("/sys/fs/cgroup odd"));
        assertThat(found.all()).hasSize(1);
    }

    @Test
    void aMachineWithoutCgroupsIsToldWhatToMount() {
        assertThatThrownBy(() -> parse("22 1 8:1 / / rw - ext4 /dev/sda1 rw", "0::/"))
                .isInstanceOf(CgroupException.class)
                .hasMessageContaining("mount -t cgroup2 none /sys/fs/cgroup");
    }
}
