package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bind sources that are named by way of a process: what can be mounted is, and of the rest it is said what it is and why not. */
@NeedsRoot
class ProcSourceTest {
    @TempDir
    Path dir;

    @TempDir
    Path volume;

    @Test
    void aFileThatAProcessHasOpenIsMountedAndLives() throws Exception {
        Path file = Files.writeString(volume.resolve("a"), "first\n");
        try (Holder holder = Holder.of("exec 7<" + file);
                TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.mount("/a", "bind", holder.descriptor(7), "bind");
            assertThat(rootfs.read("/a")).isEqualTo("first");
            Files.writeString(file, "second\n", StandardOpenOption.APPEND);
            assertThat(rootfs.read("/a")).isEqualTo("first\nsecond");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/proc/PID/fd/7", "/proc/PID/task/PID/fd/7", "/proc/PID/cwd", "/proc/PID/rootVOLUME"})
    void aDirectoryThatAProcessHasOrSeesIsMounted(String source) throws Exception {
        Files.writeString(volume.resolve("file"), "seen");
        try (Holder holder = Holder.of("cd " + volume + "; exec 7<" + volume);
                TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.mount("/d", "bind", holder.in(source).replace("VOLUME", volume.toString()), "rbind", "ro");
            assertThat(rootfs.read("/d/file")).isEqualTo("seen");
            assertThat(rootfs.mountAt("/d").options()).contains("ro");
        }
    }

    /** On Linux 6.18 a namespace and a pidfd can be mounted, as ip-netns(8) does it with the first. */
    @Test
    void aNamespaceFileIsMounted() throws Exception {
        try (Holder holder = Holder.of("");
                TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.mount("/net", "bind", holder.in("/proc/PID/ns/net"), "bind");
            assertThat(rootfs.mountAt("/net").type()).isEqualTo("nsfs");
        }
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', textBlock = """
            exec python3 -c 'OPEN;os.dup2(os.pipe()[0],7);HOLD'                        | pipe                       | it is pipe:\\[[0-9]+], which lies on no mount
            exec 7<>/dev/tcp/127.0.0.1/PORT                                            | socket                     | it is socket:\\[[0-9]+], which lies on no mount
            exec python3 -c 'OPEN;d=c.inotify_init();os.dup2(d,7);HOLD'                | inotify                    | it is anon_inode:inotify, which lies on no mount
            exec python3 -c 'OPEN;d=c.eventfd(0,0);os.dup2(d,7);HOLD'                  | eventfd                    | it is anon_inode:\\[eventfd], which lies on no mount
            exec python3 -c 'OPEN;d=os.memfd_create("m");os.dup2(d,7);HOLD'            | memfd                      | it is /memfd:m \\(deleted\\), which lies on no mount
            exec 7<VOLUME/f; rm VOLUME/f                                               | deleted file               | ENOENT .*the source is deleted, though some process has it open; the kernel mounts nothing under a name that is no more$
            ln VOLUME/f VOLUME/g; exec 7<VOLUME/f; rm VOLUME/f                         | deleted name               | ENOENT .*it has other names, 1 in all
            mkdir VOLUME/d; exec 7<VOLUME/d; rmdir VOLUME/d                            | deleted directory          | ENOENT .*the source is deleted
            exec python3 -c 'OPEN;d=os.open("VOLUME",os.O_TMPFILE+os.O_RDWR);os.dup2(d,7);HOLD' | file without a name | ENOENT .*the source is deleted
            true                                                                       | no descriptor              | ENOENT .*process [0-9]+ \\(.*\\) has no such descriptor open
            """)
    void whatCannotBeMountedIsCalledByItsName(String shell, String kind, String message) throws Exception {
        Files.writeString(volume.resolve("f"), "x");
        try (java.net.ServerSocket server = new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress());
                Holder holder = Holder.of(shell.replace("OPEN", "import os,ctypes;c=ctypes.CDLL(None)")
                        .replace("HOLD", "print(flush=True);os.read(0,1)")
                        .replace("VOLUME", volume.toString())
                        .replace("PORT", Integer.toString(server.getLocalPort())));
                TestRootfs rootfs = TestRootfs.in(dir)) {
            assertThatThrownBy(() -> rootfs.mount("/data", "bind", holder.descriptor(7), "bind"))
                    .as(kind)
                    .isInstanceOf(RootfsException.class)
                    .hasMessageStartingWith("mounts[0] bind " + holder.descriptor(7) + " -> /data (bind): ")
                    .hasMessageMatching("(?s).*" + message + ".*");
            assertThat(rootfs.mounts().stream().map(TestRootfs.MountLine::mountPoint))
                    .doesNotContain("/data");
        }
    }

    @Test
    void aProcessThatHasEndedIsSaidToHave() throws Exception {
        Holder holder = Holder.of("");
        holder.close();
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            assertThatThrownBy(() -> rootfs.mount("/a", "bind", holder.descriptor(0), "bind"))
                    .hasMessageContaining("ENOENT")
                    .hasMessageEndingWith("there is no process " + holder.pid() + "; it may have ended meanwhile");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/proc/self/fd/3",
                "/proc/thread-self/fd/3",
                "/proc/DAEMON/fd/3",
                "/proc/DAEMON/task/DAEMON/fd/3",
                "/proc/1/../self/fd/3",
                "/proc//self/root/etc",
                "/dev/fd/3",
                "/dev/stdin",
                "/proc/DAEMON/map_files/0-1"
            })
    void theDaemonsOwnDescriptorsAreInNobodysReach(String source) throws Exception {
        String own =
                source.replace("DAEMON", Long.toString(ProcessHandle.current().pid()));
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            assertThatThrownBy(() -> rootfs.mount("/a", "bind", own, "bind"))
                    .isInstanceOf(RootfsException.class)
                    .hasMessageContaining("name the process you mean by its PID")
                    .satisfies(e -> assertThat(((RootfsException) e).errno()).isEqualTo(Optional.<Errno>empty()));
        }
    }

    @Test
    void aMountOfAnotherNamespaceIsCopiedThereIfThatIsAllowed() throws Exception {
        Files.createDirectory(volume.resolve("inner"));
        String mount =
                "mount -t tmpfs -o nodev foreign VOLUME/inner; echo theirs >VOLUME/inner/file; exec 7<VOLUME/inner/file";
        try (Holder holder = Holder.inMountNamespace(mount.replace("VOLUME", volume.toString()))) {
            try (TestRootfs rootfs = TestRootfs.in(dir)) {
                assertThatThrownBy(() -> rootfs.mount("/a", "bind", holder.descriptor(7), "bind"))
                        .hasMessageContaining("EINVAL")
                        .hasMessageContaining(
                                "it lies on a mount of the mount namespace of process " + holder.pid() + " (")
                        .hasMessageContaining("--foreign-mounts");
            }
            try (TestRootfs rootfs = TestRootfs.in(Files.createDirectory(dir.resolve("allowed")))) {
                rootfs.policy = new RootfsPolicy(false, true);
                rootfs.build("""
                        {'mounts': [
                         {'destination': '/a', 'type': 'bind', 'source': 'DESCRIPTOR', 'options': ['bind', 'nosuid']},
                         {'destination': '/b', 'type': 'bind', 'source': 'ROOT', 'options': ['rbind', 'ro']}]}
                        """.replace("DESCRIPTOR", holder.descriptor(7))
                        .replace("ROOT", holder.in("/proc/PID/root" + volume)));
                assertThat(rootfs.read("/a")).isEqualTo("theirs");
                assertThat(rootfs.read("/b/inner/file")).isEqualTo("theirs");
                holder.run("echo more >>" + volume + "/inner/file");
                assertThat(rootfs.read("/a")).isEqualTo("theirs\nmore");
                assertThat(rootfs.mountAt("/a").options()).contains("nosuid");
            }
            // The namespace was only visited: its mounts, and the host's, are as they were.
            assertThat(volume.resolve("inner/file")).doesNotExist();
        }
    }

    @Test
    void linksBelowTheRootOfAProcessLeadWhereItWouldGo() throws Exception {
        Path theirs = Files.createDirectories(dir.resolve("theirs/etc"));
        Files.writeString(theirs.resolve("secret"), "theirs");
        Files.createSymbolicLink(dir.resolve("theirs/link"), Path.of("/etc/secret"));
        try (Holder holder = Holder.chrooted(dir.resolve("theirs"));
                TestRootfs rootfs = TestRootfs.in(Files.createDirectory(dir.resolve("container")))) {
            rootfs.mount("/a", "bind", holder.in("/proc/PID/root/link"), "bind");
            assertThat(rootfs.read("/a")).isEqualTo("theirs");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /proc/PID/root/absent            | ENOENT       | it does not exist as process PID (bash) sees it
            /proc/PID/root/proc/self/fd/0    | ELOOP        | a link below /proc that leads to no path
            /proc/PID/cwd/file/x             | ENOTDIR      | a part of the path is no directory
            /proc/PID/cwd/LONG               | ENAMETOOLONG | File name too long
            /proc/PID/task/PID/fd/99         | ENOENT       | process PID (bash) has no such descriptor open
            """)
    void whatIsNotThereIsSaid(String source, String errno, String words) throws Exception {
        Files.createFile(volume.resolve("file"));
        try (Holder holder = Holder.of("cd " + volume);
                TestRootfs rootfs = TestRootfs.in(dir)) {
            assertThatThrownBy(() ->
                            rootfs.mount("/a", "bind", holder.in(source).replace("LONG", "n".repeat(256)), "bind"))
                    .hasMessageContaining(errno)
                    .hasMessageContaining(holder.in(words));
        }
    }

    @Test
    void aMountThatIsUnbindableOrTakenAwayIsExplained() throws Exception {
        PrivateMounts.run(() -> {
            try (Fd mount = NewFileSystem.mount("tmpfs", "v", List.of(), Set.of());
                    Fd target = Openat.open(Fd.CWD, volume.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
                Mounts.attach(mount, target);
                Mounts.setAttributes(mount, Mounts.AttributeChange.propagation(Mounts.Propagation.UNBINDABLE));
            }
            Files.createFile(volume.resolve("f"));
            // A child of this thread, and so in its mount namespace.
            try (Holder holder = Holder.of("exec 7<" + volume + "/f")) {
                try (TestRootfs rootfs = TestRootfs.in(dir)) {
                    assertThatThrownBy(() -> rootfs.mount("/a", "bind", holder.descriptor(7), "bind"))
                            .hasMessageContaining("it is unbindable");
                    assertThatThrownBy(() -> rootfs.mount("/a", "bind", volume + "/f", "bind"))
                            .hasMessageContaining("must not be copied (unbindable)");
                    Mounts.unmount(volume.toString(), EnumSet.of(Mounts.UnmountFlag.DETACH));
                    assertThatThrownBy(() -> rootfs.mount("/a", "bind", holder.descriptor(7), "bind"))
                            .hasMessageContaining("on a mount that was taken away meanwhile");
                }
            }
        });
    }

    @Test
    void whatTheHostLockedStaysLockedInAUserNamespace() throws Exception {
        PrivateMounts.run(() -> {
            try (Fd mount = NewFileSystem.mount("tmpfs", "v", List.of(), Set.of());
                    Fd target = Openat.open(Fd.CWD, volume.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
                Mounts.attach(mount, target);
                Files.createFile(volume.resolve("f"));
                Mounts.setAttributes(mount, Mounts.AttributeChange.set(Attribute.RDONLY));
            }
            try (Holder holder = Holder.of("exec 7<" + volume + "/f");
                    TestRootfs rootfs = TestRootfs.in(dir, "--user")) {
                assertThatThrownBy(() -> rootfs.build("""
                                {'mounts': [{'destination': '/f', 'type': 'bind', 'source': 'SOURCE', 'options': ['bind', 'rw']}],
                                 'linux': {'uidMappings': [{'containerID': 0, 'hostID': 100000, 'size': 65536}],
                                           'gidMappings': [{'containerID': 0, 'hostID': 100000, 'size': 65536}]}}
                                """.replace("SOURCE", holder.descriptor(7))))
                        .hasMessageContaining("locked as [RDONLY]");
            }
        });
    }

    /** A shell that opens what it is told to, and holds it until the end of the test. */
    private static final class Holder implements AutoCloseable {
        private final Process process;

        private Holder(List<String> command) throws Exception {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
            // A line says that everything is open.
            if (process.getInputStream().read() != '\n') {
                String words =
                        new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
                close();
                throw new IOException(command + ": " + words);
            }
        }

        static Holder of(String commands) throws Exception {
            return new Holder(List.of("bash", "-c", script(commands)));
        }

        static Holder inMountNamespace(String commands) throws Exception {
            return new Holder(
                    List.of("unshare", "--mount", "--propagation", "private", "bash", "-c", script(commands)));
        }

        static Holder chrooted(Path root) throws Exception {
            return new Holder(
                    List.of("python3", "-c", "import os;os.chroot('" + root + "');print(flush=True);os.read(0,1)"));
        }

        private static String script(String commands) {
            return "set -e; " + (commands.isEmpty() ? "" : commands + "; ")
                    + "echo; while read -r line; do eval \"$line\"; echo; done";
        }

        void run(String command) throws IOException {
            process.getOutputStream().write((command + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
            process.getOutputStream().flush();
            assertThat(process.getInputStream().read()).isEqualTo('\n');
        }

        long pid() {
            return process.pid();
        }

        String in(String path) {
            return path.replace("PID", Long.toString(pid()));
        }

        String descriptor(int number) {
            return in("/proc/PID/fd/" + number);
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }
}
