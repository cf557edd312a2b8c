package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.linux.DeviceNumber;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A container with a user namespace of its own: whose files are what, and what it may not undo. */
@NeedsRoot
class UserNamespaceTest {
    private static final int ROOT = TestInit.FIRST_HOST_ID;
    private static final String MAPPINGS = TestInit.MAPPINGS;

    @TempDir
    Path dir;

    @TempDir
    Path volume;

    @Test
    void layersAndNewFilesBelongToTheContainersUsersInsideAndToRealOnesOnDisk() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir, "--user")) {
            Files.writeString(rootfs.layer.resolve("of-root"), "x");
            try (Fd layer = Openat.open(Fd.CWD, rootfs.layer.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
                Openat.makeDirectory(layer, "home", 0700);
                try (Fd home = Openat.open(layer, "home", EnumSet.of(OpenFlag.PATH), 0)) {
                    Openat.chown(home, 1000, 1000);
                }
            }
            rootfs.build("""
                    {'process': {'cwd': '/home/app'},
                     'mounts': [
                      {'destination': '/proc', 'type': 'proc', 'source': 'proc', 'options': []},
                      {'destination': '/sys', 'type': 'sysfs', 'source': 'sysfs', 'options': ['ro']},
                      {'destination': '/dev', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['mode=755']},
                      {'destination': '/dev/pts', 'type': 'devpts', 'source': 'devpts', 'options': ['newinstance', 'gid=5', 'mode=0620', 'ptmxmode=0666']},
                      {'destination': '/dev/mqueue', 'type': 'mqueue', 'source': 'mqueue', 'options': []},
                      {'destination': '/tmp', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['uid=7', 'gid=8']},
                      {'destination': '/sys/fs/cgroup', 'type': 'cgroup', 'source': 'cgroup', 'options': ['ro']}],
                     'linux': {MAPPINGS, 'maskedPaths': ['/proc/keys'], 'readonlyPaths': ['/proc/sys']}}
                    """.replace("MAPPINGS", MAPPINGS));
            assertThat(owner(rootfs, "/of-root")).isEqualTo(ROOT);
            assertThat(owner(rootfs, "/home")).isEqualTo(ROOT + 1000);
            assertThat(owner(rootfs, "/home/app")).isEqualTo(ROOT);
            assertThat(Stat.ofPath(rootfs.upper.resolve("home/app").toString()).uid())
                    .as("what is written is the host's root's nowhere")
                    .isEqualTo(ROOT);
            assertThat(Stat.ofPath(rootfs.upper.resolve("home").toString()).uid())
                    .as("copied up, as whose it is inside")
                    .isEqualTo(ROOT + 1000);
            assertThat(owner(rootfs, "/")).isEqualTo(ROOT);
            assertThat(owner(rootfs, "/dev")).isEqualTo(ROOT);
            assertThat(owner(rootfs, "/dev/pts")).isEqualTo(ROOT);
            assertThat(owner(rootfs, "/dev/mqueue")).isEqualTo(ROOT);
            assertThat(owner(rootfs, "/tmp")).isEqualTo(ROOT + 7);
            assertThat(rootfs.mountAt("/dev/pts").superOptions()).contains("gid=" + (ROOT + 5));
            Stat.Status devNull =
                    rootfs.inside(() -> Stat.ofPath(rootfs.at("/dev/null").toString()));
            assertThat(devNull.isDevice(FileType.CHARACTER_DEVICE, new DeviceNumber(1, 3)))
                    .isTrue();
            assertThat(devNull.mountRoot())
                    .as("bound, since mknod makes nodes that cannot be opened")
                    .isTrue();
        }
    }

    @Test
    void anIdmappedVolumeShowsTheFilesOfItsUsers() throws Exception {
        Files.writeString(volume.resolve("file"), "x");
        try (TestRootfs rootfs = TestRootfs.in(dir, "--user")) {
            rootfs.build("""
                    {'mounts': [
                      {'destination': '/mapped', 'type': 'bind', 'source': 'VOLUME', 'options': ['rbind', 'ridmap']},
                      {'destination': '/plain', 'type': 'bind', 'source': 'VOLUME', 'options': ['rbind']}],
                     'linux': {MAPPINGS}}
                    """.replace("MAPPINGS", MAPPINGS).replace("VOLUME", volume.toString()));
            assertThat(owner(rootfs, "/mapped/file")).isEqualTo(ROOT);
            assertThat(owner(rootfs, "/plain/file")).isEqualTo(0);
            assertThat(rootfs.mountAt("/mapped").options()).contains("idmapped");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--user"})
    void aMountHasMappingsOfItsOwn(String option) throws Exception {
        Files.writeString(volume.resolve("file"), "x");
        try (TestRootfs rootfs = option.isEmpty() ? TestRootfs.in(dir) : TestRootfs.in(dir, option)) {
            rootfs.build(
                    """
                    {'mounts': [
                      {'destination': '/mapped', 'type': 'bind', 'source': 'VOLUME', 'options': ['bind', 'idmap'],
                       'uidMappings': [{'containerID': 0, 'hostID': 7000, 'size': 10}],
                       'gidMappings': [{'containerID': 0, 'hostID': 8000, 'size': 10}]},
                      {'destination': '/plain', 'type': 'bind', 'source': 'VOLUME', 'options': ['rbind']}],
                     'linux': {MAPPINGS}}
                    """.replace("MAPPINGS", option.isEmpty() ? "" : MAPPINGS).replace("VOLUME", volume.toString()));
            Stat.Status file =
                    rootfs.inside(() -> Stat.ofPath(rootfs.at("/mapped/file").toString()));
            assertThat(file.uid()).isEqualTo(7000);
            assertThat(file.gid()).isEqualTo(8000);
            assertThat(owner(rootfs, "/plain/file")).isEqualTo(0);
            assertThat(rootfs.mountAt("/mapped").options()).contains("idmapped");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            VOLUME | ''                                                                          | it has no uidMappings and gidMappings, and the container no user namespace
            VOLUME | , 'uidMappings': [{'containerID': 0, 'hostID': 7000, 'size': 10}]           | needs mappings of uids and of gids
            /proc  | , 'uidMappings': [{'containerID': 0, 'hostID': 7000, 'size': 10}], 'gidMappings': [{'containerID': 0, 'hostID': 7000, 'size': 10}] | the file system there has no idmapped mounts
            """)
    void mappingsThatCannotBeHadAreExplained(String source, String mappings, String message) throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            assertThatThrownBy(() -> rootfs.build("""
                            {'mounts': [{'destination': '/mapped', 'type': 'bind', 'source': 'SOURCE', 'options': ['bind', 'idmap'] MAPPINGS}]}
                            """.replace("SOURCE", source)
                            .replace("MAPPINGS", mappings)
                            .replace("VOLUME", volume.toString())))
                    .isInstanceOf(RootfsException.class)
                    .hasMessageStartingWith("mounts[0] bind")
                    .hasMessageContaining(message);
        }
    }

    /** Locked is what the host's mount had, whatever the source's mappings: the copy is one of the container's own mount table. */
    @ParameterizedTest(name = "{0}, asked for {2}")
    @CsvSource(textBlock = """
            RDONLY, ro,     rw
            NOSUID, nosuid, suid
            NODEV,  nodev,  dev
            NOEXEC, noexec, exec
            """)
    void whatTheHostForbidsStaysForbidden(Attribute attribute, String word, String opposite) throws Exception {
        PrivateMounts.run(() -> {
            mountOnVolume(EnumSet.of(attribute));
            int number = 0;
            for (String idmap : List.of("bind", "idmap")) {
                try (TestRootfs rootfs = TestRootfs.in(directory(number++), "--user")) {
                    assertThatThrownBy(() -> rootfs.build(volume("bind", idmap, opposite)))
                            .hasMessageContaining("EPERM")
                            .hasMessageContaining("locked as [" + attribute);
                }
                try (TestRootfs rootfs = TestRootfs.in(directory(number++), "--user")) {
                    rootfs.build(volume("bind", idmap, "nosymfollow"));
                    assertThat(rootfs.mountAt("/v").options()).contains(word, "nosymfollow");
                }
            }
        });
    }

    @Test
    void aLockedAccessTimeWayIsNotChanged() throws Exception {
        PrivateMounts.run(() -> {
            mountOnVolume(EnumSet.of(Attribute.NOATIME));
            try (TestRootfs rootfs = TestRootfs.in(directory(0), "--user")) {
                assertThatThrownBy(() -> rootfs.build(volume("bind", "strictatime")))
                        .hasMessageContaining("EPERM")
                        .hasMessageContaining("NOATIME");
            }
            try (TestRootfs rootfs = TestRootfs.in(directory(1), "--user")) {
                rootfs.build(volume("bind", "nosuid"));
                assertThat(rootfs.mountAt("/v").options()).contains("noatime", "nosuid");
            }
        });
    }

    @Test
    void recursiveAttributesReachWhatIsMountedBelow() throws Exception {
        Files.createDirectory(volume.resolve("below"));
        PrivateMounts.run(() -> {
            attach(volume.resolve("below"), Set.of());
            try (TestRootfs rootfs = TestRootfs.in(directory(0), "--user")) {
                rootfs.build(volume("rbind", "rro", "rnosuid"));
                for (String mount : List.of("/v", "/v/below")) {
                    assertThat(rootfs.mountAt(mount).options()).contains("ro", "nosuid");
                }
            }
        });
    }

    @Test
    void tmpcopyupKeepsOwners() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir, "--user")) {
            Path data = Files.createDirectory(rootfs.layer.resolve("data"));
            Files.writeString(data.resolve("of-app"), "app");
            Files.setAttribute(data.resolve("of-app"), "unix:uid", 1000);
            rootfs.build("""
                    {'mounts': [{'destination': '/data', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['tmpcopyup', 'nosuid']}], 'linux': {MAPPINGS}}
                    """.replace("MAPPINGS", MAPPINGS));
            assertThat(rootfs.mountAt("/data").type()).isEqualTo("tmpfs");
            assertThat(rootfs.read("/data/of-app")).isEqualTo("app");
            assertThat(owner(rootfs, "/data/of-app")).isEqualTo(ROOT + 1000);
            assertThat(owner(rootfs, "/data")).isEqualTo(ROOT);
        }
    }

    @Test
    void masksReadOnlyPathsAndDevices() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir, "--user")) {
            Files.createDirectories(rootfs.layer.resolve("hidden/secret"));
            Files.writeString(rootfs.layer.resolve("file"), "secret");
            Files.createDirectory(rootfs.layer.resolve("fixed"));
            rootfs.build("""
                    {'root': {'path': 'rootfs', 'readonly': true},
                     'mounts': [
                      {'destination': '/proc', 'type': 'proc', 'source': 'proc', 'options': []},
                      {'destination': '/dev', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['mode=755', 'ro']}],
                     'linux': {MAPPINGS, 'maskedPaths': ['/hidden', '/file', '/absent'], 'readonlyPaths': ['/fixed', '/proc/sys']}}
                    """.replace("MAPPINGS", MAPPINGS));
            assertThat(rootfs.inside(() -> rootfs.at("/hidden").toFile().list()))
                    .isEmpty();
            assertThat(rootfs.mountAt("/hidden").options()).contains("ro");
            assertThat(rootfs.read("/file")).isEmpty();
            assertThat(rootfs.mountAt("/fixed").options()).contains("ro");
            assertThat(rootfs.mountAt("/proc/sys").options()).contains("ro");
            assertThat(rootfs.mountAt("/").options()).contains("ro");
            assertThat(rootfs.mountAt("/dev").options()).contains("ro");
            for (String device : List.of("/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")) {
                assertThat(rootfs.mountAt(device).root()).as("bound: " + device).endsWith(device.substring(4));
            }
        }
    }

    @Test
    void aDeviceThatTheHostHasUnderAnotherNameIsMade() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir, "--user")) {
            rootfs.build("""
                            {'mounts': [{'destination': '/dev', 'type': 'tmpfs', 'source': 'tmpfs', 'options': []}],
                             'linux': {MAPPINGS, 'devices': [{'path': '/dev/mine', 'type': 'c', 'major': 1, 'minor': 5, 'fileMode': 416, 'uid': 0, 'gid': 7}]}}
                            """.replace("MAPPINGS", MAPPINGS));
            rootfs.inside(() -> {
                Stat.Status made = Stat.ofPath(rootfs.at("/dev/mine").toString());
                assertThat(made.isDevice(FileType.CHARACTER_DEVICE, new DeviceNumber(1, 5)))
                        .isTrue();
                assertThat(made.mode()).isEqualTo(0640);
                assertThat(made.uid()).isEqualTo(ROOT);
                assertThat(made.gid()).isEqualTo(ROOT + 7);
                try (InputStream zeroes = Files.newInputStream(rootfs.at("/dev/mine"))) {
                    return assertThat(zeroes.readNBytes(3)).containsOnly(0);
                }
            });
        }
    }

    private Path directory(int number) throws IOException {
        return Files.createDirectory(dir.resolve(Integer.toString(number)));
    }

    /** Configuration with the volume at /v. */
    private String volume(String... options) {
        return """
                {'mounts': [{'destination': '/v', 'type': 'bind', 'source': 'VOLUME', 'options': ['OPTIONS']}], 'linux': {MAPPINGS}}
                """.replace("MAPPINGS", MAPPINGS)
                .replace("VOLUME", volume.toString())
                .replace("OPTIONS", String.join("', '", options));
    }

    private void mountOnVolume(Set<Attribute> attributes) throws IOException {
        attach(volume, attributes);
    }

    private static void attach(Path place, Set<Attribute> attributes) throws IOException {
        try (Fd mount = NewFileSystem.mount("tmpfs", "v", List.of(), attributes);
                Fd target = Openat.open(Fd.CWD, place.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
            Mounts.attach(mount, target);
        }
    }

    @Test
    void anIdOutsideOfTheMappingsIsRefusedByNumber() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir, "--user")) {
            assertThatThrownBy(() -> rootfs.build("""
                            {'mounts': [{'destination': '/t', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['uid=70000']}], 'linux': {MAPPINGS}}
                            """.replace("MAPPINGS", MAPPINGS)))
                    .hasMessageContaining("uid 70000 is not mapped")
                    .hasMessageContaining("0-65535");
        }
    }

    /** ext4 and others can it since Linux 5.12, tmpfs since 6.3, some never. */
    @BeforeEach
    void needsIdmappedMounts() throws Exception {
        try (TestInit init = TestInit.start("--user");
                Fd namespace = Namespaces.openOf(init.process().id().pid(), Namespaces.Kind.USER);
                Fd tree = Mounts.openTree(Fd.CWD, dir.toString(), EnumSet.of(TreeFlag.CLONE))) {
            Mounts.setAttributes(
                    tree,
                    new AttributeChange(Set.of(Attribute.IDMAP), Set.of(), Optional.empty(), Optional.of(namespace)));
        } catch (ErrnoException e) {
            assumeTrue(e.errno() != Errno.EINVAL, "the file system of " + dir + " has no idmapped mounts");
            throw e;
        }
    }

    private static int owner(TestRootfs rootfs, String path) throws Exception {
        return rootfs.inside(() -> Stat.ofPath(rootfs.at(path).toString()).uid());
    }

    @Test
    void aTrialLeavesNothing() throws Exception {
        try (TestInit init = TestInit.start("--user");
                Fd namespace = Namespaces.openOf(init.process().id().pid(), Namespaces.Kind.USER)) {
            MappedRoot.attempt(dir, namespace);
            assertThat(dir).isEmptyDirectory();
            assertThatThrownBy(() -> MappedRoot.attempt(Path.of("/proc"), namespace))
                    .isInstanceOf(IOException.class);
        }
    }
}
