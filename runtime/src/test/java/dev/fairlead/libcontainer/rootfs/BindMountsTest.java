package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bind mounts as they are seen from inside. */
@NeedsRoot
class BindMountsTest {
    @TempDir
    Path dir;

    @TempDir
    Path volume;

    @ParameterizedTest(name = "{0}: {1}, and not {2}")
    @CsvSource(textBlock = """
            bind,                            rw relatime,                ro
            bind ro,                         ro,                         nosuid
            bind ro nosuid nodev noexec,     ro nosuid nodev noexec,     noatime
            bind noatime,                    rw noatime,                 relatime
            bind strictatime,                rw,                         relatime
            bind nodiratime,                 nodiratime relatime,        noatime
            bind nosymfollow,                nosymfollow,                ro
            rbind rro,                       ro,                         rw
            rbind rnosuid rnodev rnoexec,    nosuid nodev noexec,        ro
            """)
    void hasTheOptionsThatAreAskedForFromItsFirstMoment(String options, String has, String lacks) throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.mount("/data", "bind", volume.toString(), options.split(" "));
            assertThat(rootfs.mountAt("/data").options())
                    .contains(has.split(" "))
                    .doesNotContain(lacks);
        }
    }

    @Test
    void isTheSlaveOfItsSourceUnlessItsOptionsOrTheRootsPropagationSayOtherwise() throws Exception {
        PrivateMounts.run(() -> {
            shareVolume();
            try (TestRootfs rootfs = TestRootfs.in(dir)) {
                rootfs.build(bindsWith("").replace("VOLUME", volume.toString()));
                assertThat(rootfs.mountAt("/plain").propagation()).containsExactly("master");
                assertThat(rootfs.mountAt("/rprivate").propagation()).isEmpty();
                assertThat(rootfs.mountAt("/rslave").propagation()).containsExactly("master");
                assertThat(rootfs.mountAt("/rshared").propagation()).containsExactlyInAnyOrder("shared", "master");
            }
            try (TestRootfs rootfs = TestRootfs.in(Files.createDirectories(dir.resolve("second")))) {
                rootfs.build(bindsWith("rshared").replace("VOLUME", volume.toString()));
                // The peer of the host's mount: what the container mounts here appears on the host (mountPropagation:
                // Bidirectional).
                assertThat(rootfs.mountAt("/plain").propagation()).containsExactly("shared");
                assertThat(rootfs.mountAt("/rshared").propagation()).containsExactly("shared");
                assertThat(rootfs.mountAt("/rslave").propagation()).containsExactly("master");
                assertThat(rootfs.mountAt("/rprivate").propagation()).isEmpty();
            }
        });
    }

    private static String bindsWith(String rootPropagation) {
        return """
                {'mounts': [
                 {'destination': '/plain', 'type': 'bind', 'source': 'VOLUME', 'options': ['rbind']},
                 {'destination': '/rprivate', 'type': 'bind', 'source': 'VOLUME', 'options': ['rbind', 'rprivate']},
                 {'destination': '/rslave', 'type': 'bind', 'source': 'VOLUME', 'options': ['rbind', 'rslave']},
                 {'destination': '/rshared', 'type': 'bind', 'source': 'VOLUME', 'options': ['rbind', 'rshared']}],
                 'linux': {'rootfsPropagation': 'PROPAGATION'}}
                """.replace("PROPAGATION", rootPropagation);
    }

    private void shareVolume() throws Exception {
        try (Fd mount = NewFileSystem.mount("tmpfs", "volume", List.of(), Set.of());
                Fd target = Openat.open(Fd.CWD, volume.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
            Mounts.attach(mount, target);
            Mounts.setAttributes(mount, Mounts.AttributeChange.propagation(Mounts.Propagation.SHARED));
        }
    }

    @Test
    void theSourcesOwnOptionsStayOnlyWhereNoneIsAskedFor() throws Exception {
        PrivateMounts.run(() -> {
            try (Fd mount = NewFileSystem.mount("tmpfs", "v", List.of(), Set.of(Attribute.RDONLY, Attribute.NODEV));
                    Fd target = Openat.open(Fd.CWD, volume.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
                Mounts.attach(mount, target);
            }
            try (TestRootfs rootfs = TestRootfs.in(dir)) {
                rootfs.build("""
                        {'mounts': [
                         {'destination': '/kept', 'type': 'bind', 'source': 'VOLUME', 'options': ['bind']},
                         {'destination': '/cleared', 'type': 'bind', 'source': 'VOLUME', 'options': ['bind', 'rw']}]}
                        """.replace("VOLUME", volume.toString()));
                assertThat(rootfs.mountAt("/kept").options()).contains("ro", "nodev");
                assertThat(rootfs.mountAt("/cleared").options()).contains("rw").doesNotContain("nodev");
            }
        });
    }

    @Test
    void recursiveAttributesReachTheMountsBelowAndPlainOnesDoNot() throws Exception {
        PrivateMounts.run(() -> {
            Path inner = Files.createDirectory(volume.resolve("inner"));
            try (Fd mount = NewFileSystem.mount("tmpfs", "inner", List.of(), Set.of(Attribute.NODEV));
                    Fd target = Openat.open(Fd.CWD, inner.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
                Mounts.attach(mount, target);
            }
            try (TestRootfs rootfs = TestRootfs.in(dir)) {
                rootfs.build("""
                        {'mounts': [
                         {'destination': '/ro', 'type': 'bind', 'source': 'VOLUME', 'options': ['rbind', 'ro']},
                         {'destination': '/rro', 'type': 'bind', 'source': 'VOLUME', 'options': ['rbind', 'rro', 'rdev']},
                         {'destination': '/flat', 'type': 'bind', 'source': 'VOLUME', 'options': ['bind', 'ro']}]}
                        """.replace("VOLUME", volume.toString()));
                assertThat(rootfs.mountAt("/ro").options()).contains("ro");
                assertThat(rootfs.mountAt("/ro/inner").options()).contains("rw", "nodev");
                assertThat(rootfs.mountAt("/rro").options()).contains("ro");
                assertThat(rootfs.mountAt("/rro/inner").options())
                        .contains("ro")
                        .doesNotContain("nodev");
                assertThat(rootfs.mounts())
                        .noneMatch(mount -> mount.mountPoint().equals("/flat/inner"));
            }
        });
    }

    @Test
    void targetsAreMadeInTheKindOfTheSource() throws Exception {
        Files.writeString(volume.resolve("file"), "text");
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.build("""
                    {'mounts': [
                     {'destination': '/a/b/file', 'type': 'bind', 'source': 'VOLUME/file', 'options': ['bind']},
                     {'destination': 'relative/../c', 'type': 'bind', 'source': 'VOLUME', 'options': ['bind']}]}
                    """.replace("VOLUME", volume.toString()));
            assertThat(rootfs.read("/a/b/file")).isEqualTo("text");
            assertThat(rootfs.read("/c/file")).isEqualTo("text");
            assertThat(Stat.ofPath(rootfs.upper.resolve("a/b/file").toString()).mode())
                    .isEqualTo(0644);
            assertThat(Stat.ofPath(rootfs.upper.resolve("a/b").toString()).mode())
                    .isEqualTo(0755);
        }
    }

    @Test
    void aProcfsMayBeBoundOnProc() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.mount("/proc", "bind", "/proc", "rbind", "ro");
            assertThat(rootfs.mountAt("/proc").type()).isEqualTo("proc");
            assertThat(rootfs.mountAt("/proc").options()).contains("ro");
        }
    }

    @Test
    void aPartOfAProcfsOnProcIsMountedWithAWarning() throws Exception {
        Logger logger = Logger.getLogger(BindMounts.class.getName());
        List<LogRecord> records = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                records.add(record);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.mount("/proc", "bind", "/proc/sys", "bind");
            assertThat(rootfs.mountAt("/proc").root()).isEqualTo("/sys");
            assertThat(rootfs.mountAt("/proc").type()).isEqualTo("proc");
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(records).singleElement().satisfies(record -> {
            assertThat(record.getLevel()).isEqualTo(Level.WARNING);
            assertThat(record.getParameters()).containsExactly("mounts[0] bind /proc/sys -> /proc (bind)");
        });
    }

    @Test
    void lxcfsFilesMayCoverThoseOfProc() throws Exception {
        Files.writeString(volume.resolve("meminfo"), "MemTotal: 131072 kB");
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.build("""
                    {'mounts': [
                     {'destination': '/proc', 'type': 'proc', 'source': 'proc', 'options': []},
                     {'destination': '/proc/meminfo', 'type': 'bind', 'source': 'VOLUME/meminfo', 'options': ['bind', 'ro']}]}
                    """.replace("VOLUME", volume.toString()));
            assertThat(rootfs.read("/proc/meminfo")).isEqualTo("MemTotal: 131072 kB");
        }
    }

    @Test
    void aBoundDevIsLeftAsItIs() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.mount("/dev", "bind", volume.toString(), "rbind");
            assertThat(volume).isEmptyDirectory();
        }
    }
}
