package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FilteredThread;
import dev.fairlead.linux.Mounts.Propagation;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.oci.Mount;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a container sees of its cgroup: on cgroup v2, in its own namespace and in the host's, new and bound; and the links of cgroup v1. */
@NeedsRoot
class CgroupMountsTest {
    private static final Path V2 = Path.of("/sys/fs/cgroup");
    private static final String MOUNT = """
            {'mounts': [{'destination': '/sys/fs/cgroup', 'type': 'cgroup', 'source': 'cgroup',
                         'options': ['nosuid', 'noexec', 'nodev', 'MODE']}],
             'linux': {'namespaces': [NAMESPACE]}}
            """;

    @TempDir
    Path dir;

    @ParameterizedTest(name = "own namespace {0}, {1}")
    @CsvSource(textBlock = """
            true,  ro
            true,  rw
            false, ro
            false, rw
            """)
    void cgroupV2ShowsTheLimitsOfTheContainer(boolean ownNamespace, String mode) throws Exception {
        assumeTrue(unified(), "this host has cgroup v1");
        try (OwnGroup group = new OwnGroup();
                TestRootfs rootfs = new TestRootfs(dir, group.start(ownNamespace))) {
            rootfs.build(json(ownNamespace, mode));
            seesItsLimit(rootfs, group, ownNamespace, mode);
            TestRootfs.MountLine mount = rootfs.mountAt("/sys/fs/cgroup");
            assertThat(mount.propagation()).isEmpty();
            assertThat(mount.source()).isEqualTo("cgroup");
        }
    }

    @ParameterizedTest(name = "{0}, own namespace {1}, {2}")
    @CsvSource(textBlock = """
            EPERM, true,  ro
            EBUSY, true,  rw
            EPERM, false, rw
            EBUSY, false, ro
            """)
    void cgroupV2IsBoundWhereItCannotBeMountedAnew(Errno errno, boolean ownNamespace, String mode) throws Exception {
        assumeTrue(unified(), "this host has cgroup v1");
        Path root = Files.createDirectory(dir.resolve("root"));
        try (OwnGroup group = new OwnGroup();
                TestRootfs rootfs = new TestRootfs(dir, group.start(ownNamespace))) {
            FilteredThread.denying("fsopen", errno, () -> {
                rootfs.build(new RootSource.Directory(root), json(ownNamespace, mode));
                return true;
            });
            seesItsLimit(rootfs, group, ownNamespace, mode);
        }
    }

    private static void seesItsLimit(TestRootfs rootfs, OwnGroup group, boolean ownNamespace, String mode)
            throws Exception {
        TestRootfs.MountLine mount = rootfs.mountAt("/sys/fs/cgroup");
        assertThat(mount.type()).isEqualTo("cgroup2");
        assertThat(mount.options()).contains(mode, "nosuid", "noexec", "nodev");
        String own = "/sys/fs/cgroup" + (ownNamespace ? "" : "/" + group.name());
        assertThat(rootfs.read(own + "/memory.max")).isEqualTo(OwnGroup.LIMIT);
        assertThat(rootfs.<Boolean>inside(() -> Files.exists(rootfs.at("/sys/fs/cgroup/" + group.name()))))
                .as("whether the hierarchy above the container's group is seen")
                .isEqualTo(!ownNamespace);
        if (mode.equals("ro")) {
            assertThatThrownBy(() -> write(rootfs, own)).hasMessageContaining("Read-only file system");
        } else {
            write(rootfs, own);
            assertThat(Files.readString(group.path().resolve("cgroup.max.depth")))
                    .isEqualTo("7\n");
        }
    }

    private static void write(TestRootfs rootfs, String group) throws IOException {
        rootfs.inside(() -> Files.writeString(rootfs.at(group + "/cgroup.max.depth"), "7"));
    }

    @Test
    void anotherErrorOfCgroupV2IsToldAndNothingIsBound() throws Exception {
        assumeTrue(unified(), "this host has cgroup v1");
        Path root = Files.createDirectory(dir.resolve("root"));
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            FilteredThread.denying("fsopen", Errno.ENODEV, () -> {
                assertThatThrownBy(() -> rootfs.build(new RootSource.Directory(root), json(false, "ro")))
                        .isInstanceOf(RootfsException.class)
                        .hasMessageContaining("fsopen cgroup2: ENODEV");
                return true;
            });
        }
    }

    @Test
    void cgroupV1InANamespaceIsWritableUnlessReadOnlyIsAskedFor() throws Exception {
        assumeFalse(unified(), "this host has cgroup v2 alone");
        try (TestRootfs rootfs = TestRootfs.in(dir, "--cgroup")) {
            rootfs.build(json(true, "rw"));
            for (MountedCgroups.Hierarchy hierarchy : host().v1()) {
                assertThat(rootfs.mountAt("/sys/fs/cgroup/" + hierarchy.name()).options())
                        .contains("rw", "nosuid", "nodev", "noexec");
            }
        }
    }

    /** This host may have each controller for itself; what counts here is the name of the mount point. */
    @Test
    void controllersThatShareAHierarchyAreLinksToIt() throws Exception {
        assumeFalse(unified(), "this host has cgroup v2 alone");
        MountedCgroups.Hierarchy some = host().v1().getFirst();
        PrivateMounts.run(() -> {
            Path target = Files.createDirectory(dir.resolve("cgroup"));
            MountedCgroups hierarchies = new MountedCgroups(
                    false,
                    List.of(
                            new MountedCgroups.Hierarchy("/x/cpu,cpuacct", some.options(), some.own()),
                            new MountedCgroups.Hierarchy("/x/cpuacct", some.options(), some.own())),
                    Optional.empty());
            MountEntry entry = MountEntry.of(
                    0, new Mount("/c", "cgroup", "cgroup", List.of("ro"), List.of(), List.of(), Map.of()));
            try (Fd fd = Openat.open(Fd.CWD, target.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
                new CgroupMounts(hierarchies, false, Propagation.SLAVE, Optional.empty()).attach(entry, fd);
            }
            assertThat(Files.readSymbolicLink(target.resolve("cpu"))).hasToString("cpu,cpuacct");
            assertThat(Files.isSymbolicLink(target.resolve("cpuacct")))
                    .as("a hierarchy of that name comes first")
                    .isFalse();
            assertThat(Stat.ofPath(target.resolve("cpu").toString()).isSameFileAs(Stat.ofPath(some.own())))
                    .isTrue();
        });
    }

    private static String json(boolean ownNamespace, String mode) {
        return MOUNT.replace("MODE", mode).replace("NAMESPACE", ownNamespace ? "{'type': 'cgroup'}" : "");
    }

    private static MountedCgroups host() throws IOException {
        return MountedCgroups.of((int) ProcessHandle.current().pid());
    }

    private static boolean unified() throws IOException {
        return host().unified();
    }

    /** A cgroup with a limit, gone with the test. */
    private record OwnGroup(String name) implements AutoCloseable {
        static final String LIMIT = Integer.toString(64 << 20);

        OwnGroup() throws IOException {
            this("fairlead-test-" + UUID.randomUUID().toString().substring(0, 8));
            Files.createDirectory(path());
            Files.writeString(path().resolve("memory.max"), LIMIT);
        }

        Path path() {
            return V2.resolve(name);
        }

        TestInit start(boolean ownNamespace) throws Exception {
            return ownNamespace ? TestInit.startIn(path(), "--cgroup") : TestInit.startIn(path());
        }

        @Override
        public void close() throws IOException {
            Files.delete(path());
        }
    }
}
