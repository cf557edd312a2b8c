package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.DeviceNumber;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Stat;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The root file system of an ordinary container of a pod. */
@NeedsRoot
class RootfsThreadTest {
    static final String ORDINARY = """
            {'ociVersion': '1.3.0', 'root': {'path': '', 'readonly': true}, 'process': {'cwd': '/srv/app'},
             'mounts': [
              {'destination': '/proc', 'type': 'proc', 'source': 'proc', 'options': ['nosuid', 'noexec', 'nodev']},
              {'destination': '/dev', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['nosuid', 'strictatime', 'mode=755', 'size=65536k']},
              {'destination': '/dev/pts', 'type': 'devpts', 'source': 'devpts',
               'options': ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']},
              {'destination': '/dev/mqueue', 'type': 'mqueue', 'source': 'mqueue', 'options': ['nosuid', 'noexec', 'nodev']},
              {'destination': '/dev/shm', 'type': 'tmpfs', 'source': 'shm', 'options': ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k']},
              {'destination': '/sys', 'type': 'sysfs', 'source': 'sysfs', 'options': ['nosuid', 'noexec', 'nodev', 'ro']},
              {'destination': '/sys/fs/cgroup', 'type': 'cgroup', 'source': 'cgroup', 'options': ['nosuid', 'noexec', 'nodev', 'relatime', 'ro']},
              {'destination': '/etc/hosts', 'type': 'bind', 'source': 'VOLUME/hosts', 'options': ['rbind', 'rprivate', 'rw']},
              {'destination': '/data', 'type': 'bind', 'source': 'VOLUME', 'options': ['rbind', 'rprivate', 'ro']}],
             'linux': {
              'namespaces': [{'type': 'mount'}, {'type': 'network'}, {'type': 'ipc'}, {'type': 'uts'}],
              'maskedPaths': ['/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list', '/proc/asound', '/proc/acpi',
               '/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap', '/proc/interrupts', '/absent', '/etc/hosts/below'],
              'readonlyPaths': ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger', '/absent']}}
            """;

    @Test
    void hasAllThatAnOrdinaryContainerNeedsAndTheHostSeesNothingOfIt(@TempDir Path dir, @TempDir Path volume)
            throws Exception {
        Files.writeString(volume.resolve("hosts"), "127.0.0.1 localhost\n");
        List<String> before = PrivateMounts.table();
        int descriptors = descriptors();
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.build(ORDINARY.replace("VOLUME", volume.toString()));

            assertThat(rootfs.mountAt("/").options()).contains("ro");
            assertThat(rootfs.mountAt("/").type()).isEqualTo("overlay");
            assertThat(rootfs.mountAt("/proc").type()).isEqualTo("proc");
            assertThat(rootfs.mountAt("/proc").options()).contains("nosuid", "nodev", "noexec", "rw");
            assertThat(rootfs.mountAt("/dev").superOptions()).contains("size=65536k", "mode=755");
            assertThat(rootfs.mountAt("/dev").options()).contains("nosuid").doesNotContain("relatime", "noatime");
            assertThat(rootfs.mountAt("/dev/pts").superOptions()).contains("gid=5", "mode=620", "ptmxmode=666");
            assertThat(rootfs.mountAt("/dev/shm").source()).isEqualTo("shm");
            assertThat(rootfs.mountAt("/sys").options()).contains("ro");
            assertThat(rootfs.mountAt("/data").options()).contains("ro");
            assertThat(rootfs.mountAt("/etc/hosts").options()).contains("rw");
            assertThat(rootfs.read("/etc/hosts")).isEqualTo("127.0.0.1 localhost");
            assertThat(rootfs.read("/data/hosts")).isEqualTo("127.0.0.1 localhost");
            assertThat(rootfs.mountAt("/proc/sys").options()).contains("ro", "nosuid", "nodev", "noexec");
            assertThat(rootfs.read("/proc/interrupts")).isEmpty();
            assertThat(rootfs.mountAt("/sys/firmware").options()).contains("ro");
            assertThat(rootfs.mountAt("/sys/firmware").superOptions()).contains("size=4k", "nr_inodes=1");

            rootfs.inside(() -> {
                for (String name : List.of("null", "zero", "full", "random", "urandom", "tty")) {
                    assertThat(Stat.ofPath(rootfs.at("/dev/" + name).toString()))
                            .as(name)
                            .matches(status -> status.type() == FileType.CHARACTER_DEVICE && status.mode() == 0666);
                }
                assertThat(Stat.ofPath(rootfs.at("/dev/null").toString()).target())
                        .isEqualTo(new DeviceNumber(1, 3));
                assertThat(Files.readSymbolicLink(rootfs.at("/dev/ptmx"))).hasToString("pts/ptmx");
                assertThat(Files.readSymbolicLink(rootfs.at("/dev/stdin"))).hasToString("/proc/self/fd/0");
                assertThat(rootfs.at("/srv/app")).isDirectory();
                return null;
            });
            assertThat(PrivateMounts.table()).isEqualTo(before);
        }
        assertThat(PrivateMounts.table()).isEqualTo(before);
        assertThat(descriptors()).isEqualTo(descriptors);
    }

    static int descriptors() {
        String[] names = new File("/proc/self/fd").list();
        return names == null ? 0 : names.length;
    }
}
