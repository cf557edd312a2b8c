package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an operator reads when a root file system cannot be built. */
@NeedsRoot
class RootfsErrorsTest {
    @TempDir
    Path dir;

    @TempDir
    Path volume;

    /**
     * Refusals of the kernel. Each error begins with the step: number of the mount, type, source, target and options as they were asked for. Then
     * come the call with what it was about, errno in words, and what is known of the reason.
     */
    @ParameterizedTest(name = "{1} {2} -> {0} ({3}): {5}")
    @CsvSource(delimiter = '|', textBlock = """
            /data      | bind    | VOLUME/absent   | rbind ro         | open_tree VOLUME/absent [CLONE, RECURSIVE] | ENOENT (No such file or directory)         | it does not exist on the host
            /data      | bind    | VOLUME/f/x      | bind             | open_tree VOLUME/f/x [CLONE]         | ENOTDIR (Not a directory)                  | a part of the path is no directory
            /data      | bind    | VOLUME/loop     | bind             | open_tree VOLUME/loop                | ELOOP (Too many levels of symbolic links)  | symbolic links in a circle
            /data      | bind    | VOLUME/LONG     | bind             | open_tree VOLUME/LONG                | ENAMETOOLONG (File name too long)          | ''
            /data      | bind    | /proc/INIT/ns/mnt | bind           | move_mount /proc/INIT/ns/mnt to data | ELOOP (Too many levels of symbolic links)  | ''
            /LONG      | bind    | VOLUME          | bind             | openat2                              | ENAMETOOLONG (File name too long)          | ''
            /f         | bind    | VOLUME          | bind             | move_mount VOLUME to f               | EINVAL (Invalid argument)                  | the source is a directory, the target a regular file; a directory goes on a directory, anything else on a file
            /d         | bind    | VOLUME/f        | bind nosuid      | move_mount VOLUME/f to d             | EINVAL (Invalid argument)                  | the source is a regular file, the target a directory
            /f/x       | bind    | VOLUME          | bind             | openat2                              | ENOTDIR (Not a directory)                  | ''
            /loop      | bind    | VOLUME          | bind             | openat2                              | ELOOP (Too many levels of symbolic links)  | ''
            /ro/new    | bind    | VOLUME          | bind             | mkdirat                              | EROFS (Read-only file system)              | ''
            /ro/new    | bind    | VOLUME/f        | bind             | openat2                              | EROFS (Read-only file system)              | ''
            /sys/new   | tmpfs   | tmpfs           | nodev            | mkdirat                              | EPERM (Operation not permitted)            | ''
            /data      | nofs    | none            | nodev            | fsopen nofs                          | ENODEV (No such device)                    | ''
            /data      | tmpfs   | tmpfs           | size=lots        | fsconfig tmpfs size=lots             | EINVAL (Invalid argument)                  | tmpfs: Bad value for 'size'
            /data      | tmpfs   | tmpfs           | noexec nosuch    | fsconfig tmpfs nosuch                | EINVAL (Invalid argument)                  | tmpfs: Unknown parameter 'nosuch'
            /full      | tmpfs   | tmpfs           | tmpcopyup size=4k | sendfile                              | ENOSPC (No space left on device)           | ''
            /f         | tmpfs   | tmpfs           | ro               | move_mount tmpfs to f                | EINVAL (Invalid argument)                  | the source is a directory, the target a regular file
            /data      | devpts  | devpts          | gid=some         | fsconfig devpts                      | EINVAL (Invalid argument)                  | ''
            /data      | mqueue  | mqueue          | size=1           | fsconfig mqueue size=1               | EINVAL (Invalid argument)                  | mqueue: Unknown parameter 'size'
            /data      | ext4    | /dev/null       | ro               | fsconfig ext4 create                 | ENOTBLK (Block device required)            | ''
            /data      | ext4    | VOLUME/absent   | ro               | fsconfig ext4 create                 | ENOENT (No such file or directory)         | ''
            /data      | overlay | overlay         | ro               | fsconfig overlay create              | EINVAL (Invalid argument)                  | ''
            /data      | overlay | overlay         | lowerdir=/absent upperdir=/absent workdir=/absent | fsconfig overlay                     | ENOENT (No such file or directory)         | ''
            /proc      | proc    | proc            | hidepid=9        | fsconfig proc hidepid=9              | EINVAL (Invalid argument)                  | proc: unknown value of hidepid - 9
            /toproc    | proc    | proc            | nosuid           | openat2                              | ELOOP (Too many levels of symbolic links)  | proc goes on an ordinary directory alone
            /f         | sysfs   | sysfs           | ro               | openat2                              | ENOTDIR (Not a directory)                  | sysfs goes on an ordinary directory alone
            """)
    void nameStepCallErrnoAndReason(
            String destination, String type, String source, String options, String call, String errno, String reason)
            throws Exception {
        Files.createFile(volume.resolve("f"));
        Files.createSymbolicLink(volume.resolve("loop"), volume.resolve("loop"));
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            for (String directory : List.of("d", "ro", "sys", "proc", "full")) {
                Files.createDirectory(rootfs.layer.resolve(directory));
            }
            Files.createFile(rootfs.layer.resolve("f"));
            Files.write(rootfs.layer.resolve("full/file"), new byte[100_000]);
            Files.createSymbolicLink(rootfs.layer.resolve("loop"), Path.of("/loop"));
            Files.createSymbolicLink(rootfs.layer.resolve("toproc"), Path.of("/d"));
            String json = """
                    {'mounts': [
                      {'destination': '/ro', 'type': 'bind', 'source': 'VOLUME', 'options': ['bind', 'ro']},
                      {'destination': '/sys', 'type': 'sysfs', 'source': 'sysfs'},
                      {'destination': 'DESTINATION', 'type': 'TYPE', 'source': 'SOURCE', 'options': ['OPTIONS']}]}
                    """.replace("DESTINATION", destination)
                    .replace("TYPE", type)
                    .replace("SOURCE", source)
                    .replace("OPTIONS", options.replace(" ", "','"));
            String step = "mounts[2] " + type + " " + source + " -> " + destination + " (" + options.replace(' ', ',')
                    + "): ";
            String init = Integer.toString(rootfs.init().process().id().pid());
            assertThatThrownBy(() -> rootfs.build(filled(json).replace("INIT", init)))
                    .isInstanceOf(RootfsException.class)
                    .hasMessageStartingWith(filled(step + call).replace("INIT", init))
                    .hasMessageContaining(errno)
                    .hasMessageContaining(reason)
                    .satisfies(e -> assertThat(((RootfsException) e).errno().map(Errno::describe))
                            .contains(errno));
        }
    }

    private String filled(String text) {
        return text.replace("VOLUME", volume.toString()).replace("LONG", "n".repeat(256));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /data | bind  | relative      | bind       | must be an absolute path of the host, not "relative"
            /data | bind  | ''            | bind       | must be an absolute path of the host, not ""
            /data | ''    | x             | ro         | mounts[0] -> /data: it has neither a type nor the option bind or rbind
            /     | tmpfs | tmpfs         | ro         | is the root itself, on which nothing can be mounted
            """)
    void refusalsOfOursSayWhatIsWrong(String destination, String type, String source, String options, String message)
            throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            assertThatThrownBy(() -> rootfs.mount(destination, type, source, options.split(" ")))
                    .isInstanceOf(RootfsException.class)
                    .hasMessageContaining(message)
                    .satisfies(e -> assertThat(((RootfsException) e).errno()).isEmpty());
        }
    }

    /** A kernel without SELinux takes no label: so it can be seen where each type gets it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            tmpfs   | fsconfig tmpfs context=u:r:t:s0          | EINVAL
            devpts  | fsconfig devpts                          | EINVAL
            overlay | fsconfig overlay                         | EINVAL
            mqueue  | setxattr                                 | ENOTSUP
            """)
    void aLabelIsSetByMountOptionButOnMqueueByAttribute(String type, String call, String errno) throws Exception {
        assumeFalse(Files.exists(Path.of("/sys/fs/selinux/enforce")), "SELinux takes the label here");
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            assertThatThrownBy(() -> rootfs.build("""
                            {'mounts': [{'destination': '/a', 'type': 'TYPE', 'source': 'x', 'options': []}], 'linux': {'mountLabel': 'u:r:t:s0'}}
                            """.replace("TYPE", type)))
                    .hasMessageContaining("mounts[0] " + type)
                    .hasMessageContaining(call)
                    .hasMessageContaining(errno);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {'linux': {'maskedPaths': ['/absent', '/loop']}}                                            | masked path /loop: openat2 | ELOOP (Too many levels of symbolic links)
            {'linux': {'readonlyPaths': ['/loop']}}                                                     | read-only path /loop: openat2 | ELOOP (Too many levels of symbolic links)
            {'linux': {'devices': [{'path': '/f/x', 'type': 'p'}]}}                                     | device /f/x (fifo 0:0): openat2                | ENOTDIR (Not a directory)
            {'linux': {'devices': [{'path': '/sys/x', 'type': 'c', 'major': 1, 'minor': 3}]}}           | device /sys/x (character device 1:3): openat2  | ENOENT (No such file or directory)
            {'process': {'cwd': '/f/x'}}                                                                | working directory /f/x: openat2                | ENOTDIR (Not a directory)
            {'process': {'cwd': '/sys/x'}}                                                              | working directory /sys/x: mkdirat              | EPERM (Operation not permitted)
            """)
    void theStepsAfterTheMountsAreNamedToo(String json, String step, String errno) throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createFile(rootfs.layer.resolve("f"));
            Files.createSymbolicLink(rootfs.layer.resolve("loop"), Path.of("/loop"));
            String withSys =
                    "{'mounts': [{'destination': '/sys', 'type': 'sysfs', 'source': 'sysfs'}], " + json.substring(1);
            assertThatThrownBy(() -> rootfs.build(withSys))
                    .isInstanceOf(RootfsException.class)
                    .hasMessageStartingWith(step)
                    .hasMessageContaining(errno);
        }
    }

    @Test
    void aFalseNullDeviceOfTheHostMasksNothing() throws Exception {
        PrivateMounts.run(() -> {
            Path file = Files.writeString(volume.resolve("null"), "not null");
            try (Fd copy = Mounts.openTree(Fd.CWD, file.toString(), EnumSet.of(TreeFlag.CLONE));
                    Fd target = Openat.open(Fd.CWD, "/dev/null", EnumSet.of(OpenFlag.PATH), 0)) {
                Mounts.attach(copy, target);
            }
            try (TestRootfs rootfs = TestRootfs.in(dir)) {
                assertThatThrownBy(() -> rootfs.build("{'linux': {'maskedPaths': ['/f']}}"))
                        .hasMessage(
                                "masked paths: /dev/null of the host is not the null device (character device 1:3)");
            }
        });
    }

    @Test
    void aNulIsFoundBeforeTheKernelCutsTheNameThere() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            assertThatThrownBy(() -> rootfs.mount("/a\0b", "tmpfs", "tmpfs"))
                    .hasMessageContaining("a NUL character in \"/a\\0b\"");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {'linux': {'devices': [{'path': '/dev/x', 'type': 'z'}]}}                                      | devices[0] /dev/x: its type "z" is none of b, c, u and p
            {'linux': {'devices': [{'path': '/dev/x', 'type': 'c'}]}}                                      | devices[0] /dev/x: major and minor are missing
            {'linux': {'devices': [{'path': '/dev/x', 'type': 'c', 'major': 5000, 'minor': 1}]}}           | devices[0] /dev/x: no device number: 5000:1
            {'linux': {'rootfsPropagation': 'sideways'}}                                                   | rootfsPropagation: "sideways" is none of
            """)
    void badConfigurationsAreNamedByTheirField(String json, String message) throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createFile(rootfs.layer.resolve("f"));
            assertThatThrownBy(() -> rootfs.build(json))
                    .isInstanceOf(RootfsException.class)
                    .hasMessageContaining(message);
        }
    }

    @Test
    void aMissingLayerIsNamed() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.delete(rootfs.layer);
            assertThatThrownBy(() -> rootfs.build("{}"))
                    .isInstanceOf(RootfsException.class)
                    .hasMessageContaining(rootfs.layer + " is missing: ENOENT");
        }
    }

    @Test
    void anInitThatHasEndedIsNamed() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.init().end();
            assertThatThrownBy(() -> rootfs.build("{}"))
                    .hasMessageContaining("namespaces of process "
                            + rootfs.init().process().id().pid())
                    .hasMessageContaining("ESRCH");
        }
    }
}
