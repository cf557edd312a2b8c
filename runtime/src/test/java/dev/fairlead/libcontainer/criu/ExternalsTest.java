package dev.fairlead.libcontainer.criu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.MountInfo;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ExternalsTest {
    private static List<MountInfo> table(String lines) {
        return lines.lines().map(MountInfo::parse).flatMap(Optional::stream).toList();
    }

    @Test
    void whatTheHostKnowsOrCriuCannotMakeIsExternal() {
        List<MountInfo> host = table("""
                20 1 0:42 / /run rw - tmpfs tmpfs rw
                21 1 0:6 / /dev rw - devtmpfs devtmpfs rw
                22 1 0:33 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices
                """);
        List<MountInfo> container = table("""
                50 49 0:60 / / rw - overlay overlay rw
                51 50 0:59 / /proc rw - proc proc rw
                52 50 0:62 / /dev rw - tmpfs tmpfs rw
                53 50 0:42 /sandbox/hosts /etc/hosts rw - tmpfs tmpfs rw
                54 51 0:6 /null /proc/keys rw - devtmpfs devtmpfs rw
                55 51 0:59 /sys /proc/sys ro - proc proc rw
                56 50 0:33 /e2e/id /sys/fs/cgroup/devices ro - cgroup cgroup rw,devices
                57 50 0:77 / /volume ro - overlay overlay ro
                """);
        assertThat(Externals.mounts(host, container))
                .containsExactly("/etc/hosts", "/proc/keys", "/sys/fs/cgroup/devices", "/volume");
    }
}
