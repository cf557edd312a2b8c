package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.fairlead.linux.DeviceNumber;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.FilteredThread;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.linux.Xattrs;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The edges of file systems that are mounted by type: a procfs that init made, labels, late read-only, copies. */
@NeedsRoot
class FileSystemMountsTest {
    @TempDir
    Path dir;

    @Test
    void theProcfsThatInitMadeShowsItsOwnProcesses() throws Exception {
        Process other = new ProcessBuilder(
                        "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sleep", "300")
                .start();
        try (TestRootfs rootfs = TestRootfs.in(dir);
                Fd proc = procOf(other)) {
            rootfs.buildWithProc("""
                    {'mounts': [
                     {'destination': '/proc', 'type': 'proc', 'source': 'proc', 'options': ['hidepid=1', 'nosuid']},
                     {'destination': '/srv/proc', 'type': 'proc', 'source': 'proc', 'options': ['ro']}]}
                    """, proc);
            assertThat(rootfs.read("/proc/1/comm")).isEqualTo("sleep");
            assertThat(rootfs.read("/srv/proc/1/comm")).isEqualTo("sleep");
            assertThat(rootfs.mountAt("/proc").options()).contains("nosuid", "rw");
            assertThat(rootfs.mountAt("/proc").superOptions()).contains("hidepid=noaccess");
            assertThat(rootfs.mountAt("/srv/proc").options()).contains("ro").doesNotContain("nosuid");
        } finally {
            other.destroyForcibly().waitFor();
        }
    }

    @Test
    void anOptionThatProcfsDoesNotKnowIsNamedByTheKernel() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir);
                Fd proc = NewFileSystem.mount("proc", "proc", List.of(), Set.of())) {
            assertThatThrownBy(() -> rootfs.buildWithProc("""
                            {'mounts': [{'destination': '/proc', 'type': 'proc', 'source': 'proc', 'options': ['sideways']}]}
                            """, proc))
                    .isInstanceOf(RootfsException.class)
                    .hasMessageContaining("proc: Unknown parameter 'sideways'");
        }
    }

    /** The procfs of a PID namespace whose first process mounted it. */
    private static Fd procOf(Process unshare) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (true) {
            Optional<ProcessHandle> first = unshare.children().findFirst();
            if (first.isPresent()
                    && Files.readString(Path.of("/proc/" + first.get().pid() + "/comm"))
                            .equals("sleep\n")) {
                try (Fd mounts = Namespaces.openOf((int) first.get().pid(), Namespaces.Kind.MOUNT)) {
                    return JobThread.call("its procfs", () -> {
                        Namespaces.unshareFileSystem();
                        Namespaces.join(mounts, Namespaces.Kind.MOUNT);
                        return Mounts.openTree(Fd.CWD, "/proc", EnumSet.of(TreeFlag.CLONE));
                    });
                }
            }
            assertThat(System.nanoTime()).as("unshare got to sleep in time").isLessThan(end);
            Thread.sleep(2);
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            /sys           | sysfs goes on an ordinary directory alone | ENOTDIR
            /link/below    | sysfs goes on an ordinary directory alone | ELOOP
            /LONG          | openat2                                   | ENAMETOOLONG (File name too long)
            """)
    void sysfsGoesOnADirectoryOrTheErrorSaysWhatIsThere(String path, String message, String errno) throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createFile(rootfs.layer.resolve("sys"));
            Files.createSymbolicLink(rootfs.layer.resolve("link"), Path.of("."));
            assertThatThrownBy(() -> rootfs.mount(path.replace("LONG", "l".repeat(300)), "sysfs", "sysfs"))
                    .isInstanceOfSatisfying(
                            RootfsException.class, e -> assertThat(e.step()).startsWith("mounts[0] sysfs sysfs -> "))
                    .hasMessageContaining(message)
                    .hasMessageContaining(errno);
        }
    }

    @Test
    void procAndSysGoOnTheDirectoriesOfTheImage() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createDirectory(rootfs.layer.resolve("proc"));
            rootfs.mount("/proc", "proc", "proc");
            assertThat(rootfs.mountAt("/proc").type()).isEqualTo("proc");
            assertThat(rootfs.upper.resolve("proc")).doesNotExist();
        }
    }

    @Test
    void aDevOfAnyTypeBecomesReadOnlyLast() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.mount("/dev", "ramfs", "ramfs", "ro", "tmpcopyup");
            assertThat(rootfs.mountAt("/dev").type()).isEqualTo("ramfs");
            assertThat(rootfs.mountAt("/dev").options()).contains("ro");
            assertThat(rootfs.<Boolean>inside(() -> Files.exists(rootfs.at("/dev/null"))))
                    .isTrue();
        }
        try (TestRootfs rootfs = TestRootfs.in(Files.createDirectory(dir.resolve("second")))) {
            rootfs.mount("/data", "ramfs", "ramfs", "ro");
            assertThat(rootfs.mountAt("/data").options()).contains("ro");
        }
    }

    @Test
    void tmpcopyupOfADirectoryThatTheImageLacksIsEmpty() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.mount("/new", "tmpfs", "tmpfs", "tmpcopyup");
            assertThat(rootfs.inside(() -> rootfs.at("/new").toFile().list())).isEmpty();
        }
    }

    @Test
    void tmpcopyupCopiesBlockDevicesAndLeavesSocketsOut() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Path run = Files.createDirectory(rootfs.layer.resolve("run"));
            try (Fd fd = Openat.open(Fd.CWD, run.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
                Openat.makeNode(fd, "loop", FileType.BLOCK_DEVICE, 0640, new DeviceNumber(7, 3));
            }
            Files.writeString(run.resolve("file"), "one name");
            try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                listening.bind(UnixDomainSocketAddress.of(run.resolve("s")));
                rootfs.mount("/run", "tmpfs", "tmpfs", "tmpcopyup");
            }
            rootfs.inside(() -> {
                assertThat(Stat.ofPath(rootfs.at("/run/loop").toString()))
                        .matches(status -> status.isDevice(FileType.BLOCK_DEVICE, new DeviceNumber(7, 3)));
                assertThat(rootfs.at("/run/s")).doesNotExist();
                assertThat(rootfs.at("/run/file")).hasContent("one name");
                return null;
            });
        }
    }

    @Test
    void tmpcopyupEndsBelowAHundredDirectories() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createDirectories(rootfs.layer.resolve("deep/" + "d/".repeat(101)));
            assertThatThrownBy(() -> rootfs.mount("/deep", "tmpfs", "tmpfs", "tmpcopyup"))
                    .hasMessageContaining("is nested more than 100 directories deep");
            rootfs.mount("/deep/d", "tmpfs", "tmpfs", "tmpcopyup");
            assertThat(rootfs.<Boolean>inside(() -> Files.exists(rootfs.at("/deep/" + "d/".repeat(101)))))
                    .isTrue();
        }
    }

    @ParameterizedTest(name = "fsetxattr {0}")
    @CsvSource(textBlock = """
            ENOTSUP, true
            EPERM,   false
            """)
    void tmpcopyupLeavesOutAttributesThatTmpfsDoesNotHaveAndNoOthers(Errno errno, boolean copied) throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Path etc = Files.createDirectory(rootfs.layer.resolve("etc"));
            Files.writeString(etc.resolve("a"), "text");
            Xattrs.set(etc.resolve("a").toString(), "trusted.note", new byte[] {1});
            FilteredThread.denying("fsetxattr", errno, () -> {
                if (copied) {
                    rootfs.mount("/etc", "tmpfs", "tmpfs", "tmpcopyup");
                    assertThat(rootfs.read("/etc/a")).isEqualTo("text");
                } else {
                    assertThatThrownBy(() -> rootfs.mount("/etc", "tmpfs", "tmpfs", "tmpcopyup"))
                            .hasMessageContaining("fsetxattr")
                            .hasMessageContaining("trusted.note")
                            .hasMessageContaining("EPERM");
                }
                return true;
            });
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            tmpfs  | fsconfig tmpfs context=u:r:t:s0,c1 | EINVAL
            mqueue | security.selinux                   | ENOTSUP
            cgroup | fsconfig                           | context
            """)
    void aLabelWhereThereIsNoSelinuxIsRefusedByTheKernel(String type, String message, String more) throws Exception {
        assumeFalse(Files.exists(Path.of("/sys/fs/selinux")), "this host has SELinux");
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            assumeFalse(type.equals("cgroup") && Files.exists(Path.of("/sys/fs/cgroup/cgroup.procs")), "cgroup v2");
            assertThatThrownBy(() -> rootfs.build("""
                            {'mounts': [{'destination': '/t', 'type': 'TYPE', 'source': 'x', 'options': []}],
                             'linux': {'mountLabel': 'u:r:t:s0,c1'}}
                            """.replace("TYPE", type)))
                    .isInstanceOf(RootfsException.class)
                    .hasMessageContaining(message)
                    .hasMessageContaining(more);
        }
    }

    @Test
    void wordsWithoutContentAreNone() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.build("""
                    {'root': {'path': 'x', 'readonly': false}, 'process': {'cwd': ''},
                     'mounts': [{'destination': '/t', 'type': 'tmpfs', 'options': []}],
                     'linux': {'mountLabel': '', 'rootfsPropagation': '', 'maskedPaths': [], 'readonlyPaths': []}}
                    """);
            assertThat(rootfs.mountAt("/t").source()).isEqualTo("tmpfs");
            assertThat(rootfs.mountAt("/").options()).contains("rw");
        }
    }

    @Test
    void whatIsOpenForWritingIsWaitedForBeforeAMountBecomesReadOnly() throws Exception {
        PrivateMounts.run(() -> {
            try (Fd mount = attachTmpfs()) {
                Fd writer = Openat.open(mount, "open", EnumSet.of(OpenFlag.WRONLY, OpenFlag.CREAT), 0644);
                Thread closing = Thread.ofPlatform().start(() -> {
                    try {
                        Thread.sleep(150);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    writer.close();
                });
                FileSystemMounts.makeReadOnly("step", mount);
                assertThat(Stat.fileSystem(mount).readOnly()).isTrue();
                closing.join(TimeUnit.SECONDS.toMillis(10));
            }
        });
    }

    @Test
    void whatStaysOpenForWritingIsToldAfterHalfASecond() throws Exception {
        PrivateMounts.run(() -> {
            try (Fd mount = attachTmpfs();
                    Fd writer = Openat.open(mount, "open", EnumSet.of(OpenFlag.WRONLY, OpenFlag.CREAT), 0644)) {
                long start = System.nanoTime();
                assertThatThrownBy(() -> FileSystemMounts.makeReadOnly("step", mount))
                        .isInstanceOfSatisfying(
                                RootfsException.class,
                                e -> assertThat(e.errno()).contains(Errno.EBUSY))
                        .hasMessageContaining("step: mount_setattr");
                assertThat(System.nanoTime() - start)
                        .isBetween(TimeUnit.MILLISECONDS.toNanos(400), TimeUnit.SECONDS.toNanos(10));
                Thread.currentThread().interrupt();
                assertThatThrownBy(() -> FileSystemMounts.makeReadOnly("step", mount))
                        .isInstanceOfSatisfying(
                                RootfsException.class,
                                e -> assertThat(e.errno()).isEmpty())
                        .hasMessageContaining("interrupted");
                assertThat(Thread.interrupted()).as("the interruption is kept").isTrue();
                assertThat(writer.number()).isPositive();
            }
        });
    }

    @Test
    void whatIsNoMountDoesNotBecomeReadOnlyAndIsNotTriedAgain() throws Exception {
        try (Fd directory = Openat.open(Fd.CWD, dir.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
            assertThatThrownBy(() -> FileSystemMounts.makeReadOnly("step", directory))
                    .hasMessageContaining("EINVAL");
            assertThatThrownBy(() -> BindAttributes.apply(directory, MountOptions.parse(List.of("bind", "ro"))))
                    .hasMessageContaining("EINVAL");
        }
    }

    private Fd attachTmpfs() throws IOException {
        Fd mount = NewFileSystem.mount("tmpfs", "t", List.of(), Set.of());
        try (Fd target = Openat.open(Fd.CWD, dir.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
            Mounts.attach(mount, target);
        }
        return mount;
    }
}
