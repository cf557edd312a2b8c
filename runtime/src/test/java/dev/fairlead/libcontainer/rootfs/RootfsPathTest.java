package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FilteredThread;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How names inside of a root are found and made, and how a mount is attached to what was found. */
class RootfsPathTest {
    @TempDir
    Path dir;

    private Path top = Path.of("/");
    private Fd root = Fd.CWD;
    private Fd descriptors = Fd.CWD;

    @BeforeEach
    void open() throws IOException {
        top = Files.createDirectory(dir.resolve("root"));
        root = Openat.open(Fd.CWD, top.toString(), EnumSet.of(OpenFlag.PATH), 0);
        descriptors = Openat.open(Fd.CWD, "/proc/self/fd", EnumSet.of(OpenFlag.PATH), 0);
    }

    @AfterEach
    void close() {
        root.close();
        descriptors.close();
    }

    @Test
    void namesMayHaveDotsAndDoubleSlashesAndNeedNoSlashAtTheirBeginning() throws IOException {
        Rootfs rootfs = new Rootfs(root, descriptors);
        rootfs.directory("/a/./b//c/", 0755).close();
        assertThat(top.resolve("a/b/c")).isDirectory();
        try (Fd found = rootfs.find("a/b").orElseThrow();
                Fd itself = rootfs.find("").orElseThrow()) {
            assertThat(rootfs.pathOf(found)).isEqualTo("/a/b");
            assertThat(Stat.of(itself).isSameFileAs(Stat.of(root))).isTrue();
            assertThatThrownBy(() -> rootfs.pathOf(itself)).hasMessageContaining("is the root itself");
        }
        try (Fd slash = Openat.open(Fd.CWD, "/", EnumSet.of(OpenFlag.PATH), 0);
                Fd etc = Openat.open(Fd.CWD, "/etc", EnumSet.of(OpenFlag.PATH), 0)) {
            assertThat(new Rootfs(slash, descriptors).pathOf(etc)).isEqualTo("/etc");
        }
        assertThat(rootfs.find("/a/none")).isEmpty();
        assertThatThrownBy(() -> rootfs.place("/./", 0755)).hasMessageContaining("names the root itself");
    }

    @Test
    void whatWasMovedOutIsNoTargetAnyMore() throws IOException {
        Rootfs rootfs = new Rootfs(root, descriptors);
        Files.createDirectory(top.resolve("a"));
        try (Fd found = rootfs.find("/a").orElseThrow()) {
            // Beside the root, with a name that begins as the root's does.
            Files.move(top.resolve("a"), dir.resolve("rootless"));
            assertThatThrownBy(() -> rootfs.pathOf(found)).hasMessageContaining("has been moved out of the root");
        }
    }

    @Test
    void aDirectoryWithoutLinksIsTheOneThatIsThere() throws IOException {
        Rootfs rootfs = new Rootfs(root, descriptors);
        Path sys = Files.createDirectory(top.resolve("sys"));
        try (Fd found = rootfs.directoryWithoutLinks("/sys", 0755)) {
            assertThat(Stat.of(found).isSameFileAs(Stat.ofPath(sys.toString()))).isTrue();
        }
        try (Fd made = rootfs.directoryWithoutLinks("/sys/new/one", 0750)) {
            assertThat(rootfs.pathOf(made)).isEqualTo("/sys/new/one");
        }
        Files.createSymbolicLink(top.resolve("link"), Path.of("sys"));
        for (String name : List.of("/link", "/link/below")) {
            assertThatThrownBy(() -> rootfs.directoryWithoutLinks(name, 0755))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ELOOP));
        }
        Files.createSymbolicLink(top.resolve("dangling"), Path.of("nowhere"));
        assertThatThrownBy(() -> rootfs.newDirectory("/sys/../../dangling/../..", 0755))
                .hasMessageContaining("\"..\" behind");
    }

    @Test
    void aChainOfLinksThatLeadNowhereIsFollowedFortyTimes() throws IOException {
        Rootfs rootfs = new Rootfs(root, descriptors);
        for (int i = 0; i < 42; i++) {
            Files.createSymbolicLink(top.resolve("l" + i), Path.of("l" + (i + 1)));
        }
        assertThatThrownBy(() -> rootfs.newFile("/l0", 0644)).hasMessage("/l0: more than 40 symbolic links");
        assertThatThrownBy(() -> rootfs.newDirectory("/l0", 0755)).hasMessageContaining("ELOOP");
        rootfs.newFile("/l2", 0644).close();
        assertThat(top.resolve("l42")).isEmptyFile();
        Files.delete(top.resolve("l42"));
        rootfs.newDirectory("/l2/below", 0755).close();
        assertThat(top.resolve("l42/below")).isDirectory();
    }

    @Test
    void aNameThatTheKernelRefusesIsNotTakenForOneThatIsNew() {
        String name = "/" + "n".repeat(300);
        assertThatThrownBy(() -> new Rootfs(root, descriptors).newFile(name, 0644))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("ENAMETOOLONG");
    }

    @Test
    void aDirectoryThatCannotBeMadeFailsAsTheKernelSays() throws Exception {
        Rootfs rootfs = new Rootfs(root, descriptors);
        FilteredThread.denying("mkdirat", Errno.ENOSPC, () -> {
            assertThatThrownBy(() -> rootfs.directory("/new", 0755))
                    .isInstanceOf(ErrnoException.class)
                    .hasMessageContaining("mkdirat")
                    .hasMessageContaining("ENOSPC");
            return true;
        });
        // Made by somebody else between our look and our mkdirat.
        Files.createDirectory(top.resolve("there"));
        Files.createFile(top.resolve("file"));
        rootfs.newDirectory("/there", 0755).close();
        assertThatThrownBy(() -> rootfs.newDirectory("/file", 0755))
                .hasMessageContaining("it is a symbolic link that leads nowhere, or no directory");
    }

    @Test
    @NeedsRoot
    void anErrorOfAttachingThatIsClearIsNotExplained() throws Exception {
        Files.createDirectory(top.resolve("a"));
        PrivateMounts.run(() -> {
            try (Fd inNamespace = Openat.open(Fd.CWD, top.toString(), EnumSet.of(OpenFlag.PATH), 0);
                    Fd file = Openat.open(inNamespace, "file", EnumSet.of(OpenFlag.WRONLY, OpenFlag.CREAT), 0644);
                    Fd mount = NewFileSystem.mount("tmpfs", "x", List.of(), Set.of());
                    MountTarget target = MountTarget.directory(new Rootfs(inNamespace, descriptors), "/a")) {
                FilteredThread.denying("move_mount", Errno.EPERM, () -> {
                    assertThatThrownBy(() -> target.attach(mount))
                            .hasMessageEndingWith("EPERM (Operation not permitted)");
                    return true;
                });
                // A directory that is no mount: of the same kind, so its kind is not the reason.
                assertThatThrownBy(() -> target.attach(inNamespace)).hasMessageEndingWith("EINVAL (Invalid argument)");
                assertThatThrownBy(() -> target.attach(file))
                        .hasMessageContaining("the source is a regular file, the target a directory");
                target.attach(mount);
                assertThat(Stat.ofPath(top.resolve("a").toString()).mountRoot()).isTrue();
            }
        });
    }
}
