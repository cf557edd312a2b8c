package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.test.NeedsRoot;
import java.nio.file.Files;
import java.nio.file.Path;
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

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /data | bind  | VOLUME/absent | rbind ro   | mounts[0] bind VOLUME/absent -> /data (rbind,ro): open_tree VOLUME/absent [CLONE, RECURSIVE]: ENOENT (No such file or directory): it does not exist on the host
            /data | bind  | VOLUME/f/x    | bind       | ENOTDIR (Not a directory): a part of the path is no directory
            /data | bind  | relative      | bind       | must be an absolute path of the host, not "relative"
            /data | bind  | ''            | bind       | must be an absolute path of the host, not ""
            /data | ''    | x             | ro         | mounts[0] -> /data: it has neither a type nor the option bind or rbind
            /data | nofs  | none          | nodev      | mounts[0] nofs none -> /data (nodev): fsopen nofs: ENODEV (No such device)
            /data | tmpfs | tmpfs         | size=lots  | mounts[0] tmpfs tmpfs -> /data (size=lots): fsconfig tmpfs size=lots: EINVAL (Invalid argument): tmpfs: Bad value for 'size'
            /data | tmpfs | tmpfs         | nosuch     | tmpfs: Unknown parameter 'nosuch'
            /data | ext4  | /dev/null     | ro         | fsconfig ext4 create: ENOTBLK (Block device required)
            /f    | bind  | VOLUME        | bind       | the source is a directory, the target a regular file; a directory goes on a directory, anything else on a file
            /d    | bind  | VOLUME/f      | bind       | the source is a regular file, the target a directory; a directory goes on a directory, anything else on a file
            /f/x  | bind  | VOLUME        | bind       | ENOTDIR (Not a directory)
            /loop | bind  | VOLUME        | bind       | ELOOP (Too many levels of symbolic links)
            /f    | tmpfs | tmpfs         | ro         | the source is a directory, the target a regular file
            /     | tmpfs | tmpfs         | ro         | is the root itself, on which nothing can be mounted
            """)
    void sayStepObjectReasonAndWayOut(String destination, String type, String source, String options, String message)
            throws Exception {
        Files.createFile(volume.resolve("f"));
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createFile(rootfs.layer.resolve("f"));
            Files.createDirectory(rootfs.layer.resolve("d"));
            Files.createSymbolicLink(rootfs.layer.resolve("loop"), Path.of("/loop"));
            assertThatThrownBy(() -> rootfs.mount(
                            destination, type, source.replace("VOLUME", volume.toString()), options.split(" ")))
                    .isInstanceOf(RootfsException.class)
                    .hasMessageContaining(message.replace("VOLUME", volume.toString()));
        }
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
            {'process': {'cwd': '/f/x'}}                                                                   | working directory /f/x: openat2
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
