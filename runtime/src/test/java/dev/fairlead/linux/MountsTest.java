package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Mounts.UnmountFlag;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Openat.ResolveFlag;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NeedsRoot
class MountsTest {
    @Test
    void newFileSystemIsAttachedToADescriptorWithItsAttributes(@TempDir Path dir) throws Exception {
        List<String> before = PrivateMounts.table();
        PrivateMounts.run(() -> {
            try (Fd context = Mounts.fsopen("tmpfs")) {
                Mounts.setString(context, "source", "test");
                Mounts.setString(context, "size", "64k");
                Mounts.createSuperblock(context);
                try (Fd mount = Mounts.fsmount(context, EnumSet.of(Attribute.NOSUID, Attribute.NOEXEC));
                        Fd target = Openat.open(Fd.CWD, dir.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
                    Mounts.attach(mount, target);
                    Mounts.setAttributes(mount, AttributeChange.set(Attribute.RDONLY, Attribute.NOATIME));
                    assertThat(Stat.fileSystem(mount).readOnly()).isTrue();
                    assertThat(Stat.of(mount).mountRoot()).isTrue();
                }
            }
            assertThat(PrivateMounts.table())
                    .filteredOn(line -> line.contains(dir.toString()))
                    .singleElement()
                    .asString()
                    .contains("ro,nosuid,noexec,noatime")
                    .contains("tmpfs test rw,size=64k");
            Mounts.unmount(dir.toString(), EnumSet.of(UnmountFlag.DETACH));
            assertThat(PrivateMounts.table()).noneMatch(line -> line.contains(dir.toString()));
        });
        assertThat(PrivateMounts.table()).isEqualTo(before);
    }

    @Test
    void theKernelsOwnWordsTellWhichOptionItRefused() throws Exception {
        try (Fd context = Mounts.fsopen("tmpfs")) {
            assertThatThrownBy(() -> Mounts.setString(context, "size", "much"))
                    .isInstanceOf(ErrnoException.class)
                    .hasMessage("fsconfig tmpfs size=much: EINVAL (Invalid argument)");
            assertThat(Mounts.log(context)).contains("Bad value for 'size'");
            assertThat(Mounts.log(context)).isEmpty();
        }
    }

    @Test
    void errorsSayCallObjectAndFlags() {
        assertThatThrownBy(() -> Mounts.openTree(Fd.CWD, "/nope", EnumSet.of(TreeFlag.CLONE)))
                .hasMessage("open_tree /nope [CLONE]: ENOENT (No such file or directory)");
        assertThatThrownBy(() -> Mounts.fsopen("nofs")).hasMessage("fsopen nofs: ENODEV (No such device)");
        assertThatThrownBy(() -> Mounts.openTree(Fd.CWD, "/etc\0/passwd", EnumSet.of(TreeFlag.CLONE)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void linksStayInsideTheRootThatIsAskedFor(@TempDir Path root) throws Exception {
        Files.createDirectories(root.resolve("etc"));
        Files.createSymbolicLink(root.resolve("abs"), Path.of("/etc"));
        Files.createSymbolicLink(root.resolve("up"), Path.of("../../../../etc"));
        try (Fd dir = Openat.open(Fd.CWD, root.toString(), EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY), 0);
                Fd expected = Openat.open(dir, "etc", EnumSet.of(OpenFlag.PATH), 0)) {
            for (String name : List.of("abs", "up", "../../etc", "/etc")) {
                try (Fd found = Openat.open(dir, name, EnumSet.of(OpenFlag.PATH), 0, EnumSet.of(ResolveFlag.IN_ROOT))) {
                    assertThat(Stat.of(found).isSameFileAs(Stat.of(expected)))
                            .as(name)
                            .isTrue();
                }
            }
            assertThatThrownBy(() ->
                            Openat.open(dir, "abs", EnumSet.of(OpenFlag.PATH), 0, Set.of(ResolveFlag.NO_SYMLINKS)))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ELOOP));
        }
    }

    @Test
    void nodesHaveTypeNumberModeAndOwner(@TempDir Path root) throws Exception {
        try (Fd dir = Openat.open(Fd.CWD, root.toString(), EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY), 0);
                Fd descriptors = Openat.open(Fd.CWD, "/proc/thread-self/fd", EnumSet.of(OpenFlag.PATH), 0)) {
            Openat.makeNode(dir, "null", FileType.CHARACTER_DEVICE, 0600, new DeviceNumber(1, 3));
            try (Fd node = Openat.open(dir, "null", EnumSet.of(OpenFlag.PATH, OpenFlag.NOFOLLOW), 0)) {
                Openat.chmod(node, 0666, descriptors);
                Openat.chown(node, 1000, 2000);
                Stat.Status status = Stat.of(node);
                assertThat(status.isDevice(FileType.CHARACTER_DEVICE, new DeviceNumber(1, 3)))
                        .isTrue();
                assertThat(status.mode()).isEqualTo(0666);
                assertThat(status.uid()).isEqualTo(1000);
                assertThat(status.gid()).isEqualTo(2000);
            }
        }
    }

    @Test
    void bigDeviceNumbersArePackedAsMakedevDoes() {
        assertThat(new DeviceNumber(0xabc, 0x12345).word()).isEqualTo(0x123abc45L);
        assertThatThrownBy(() -> new DeviceNumber(4096, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
