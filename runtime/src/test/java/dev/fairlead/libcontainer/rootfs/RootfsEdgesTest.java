package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FilteredThread;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.oci.Mount;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host or a request may look like that is not quite in order. */
@NeedsRoot
class RootfsEdgesTest {
    @TempDir
    Path dir;

    @TempDir
    Path volume;

    @Test
    void aFalseDevNullOfTheHostMasksNothing() throws Exception {
        PrivateMounts.run(() -> {
            Path fake = Files.writeString(volume.resolve("fake"), "x");
            try (Fd tree = Mounts.openTree(Fd.CWD, fake.toString(), EnumSet.of(TreeFlag.CLONE));
                    TestRootfs rootfs = TestRootfs.in(dir)) {
                rootfs.inside(() -> {
                    try (Fd target = Openat.open(Fd.CWD, "/dev/null", EnumSet.of(OpenFlag.PATH), 0)) {
                        Mounts.attach(tree, target);
                    }
                    return null;
                });
                assertThatThrownBy(() -> rootfs.build("{'linux': {'maskedPaths': ['/nowhere']}}"))
                        .hasMessageContaining("masked paths: /dev/null of the host is not the null device");
            }
        });
    }

    @Test
    void aMaskedPathInACircleOfLinksIsAnErrorAndNotSkipped() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Files.createSymbolicLink(rootfs.layer.resolve("circle"), Path.of("circle"));
            assertThatThrownBy(() -> rootfs.build("{'linux': {'maskedPaths': ['/circle']}}"))
                    .hasMessageContaining("masked path /circle")
                    .hasMessageContaining("ELOOP");
            assertThatThrownBy(() -> rootfs.build("{'linux': {'readonlyPaths': ['/circle']}}"))
                    .hasMessageContaining("read-only path /circle")
                    .hasMessageContaining("ELOOP");
        }
    }

    @Test
    void aPartOfAProcfsOnProcIsMountedWithAWarning() throws Exception {
        List<String> messages = Collections.synchronizedList(new ArrayList<>());
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                messages.add(String.valueOf(entry.getMessage()) + " " + List.of(entry.getParameters()));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger log = Logger.getLogger(BindMounts.class.getName());
        log.addHandler(handler);
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            rootfs.mount("/proc", "bind", "/proc/sys", "rbind");
            assertThat(rootfs.mountAt("/proc").root()).isEqualTo("/sys");
            assertThat(messages).singleElement().asString().contains("a part of a procfs", "/proc/sys -> /proc");
        } finally {
            log.removeHandler(handler);
        }
    }

    @Test
    void aRootThatIsNotThereIsNamed() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Path missing = dir.resolve("missing");
            assertThatThrownBy(() -> rootfs.build(new RootSource.Directory(missing), "{}"))
                    .isInstanceOfSatisfying(RootfsException.class, e -> {
                        assertThat(e.step()).isEqualTo("root " + missing);
                        assertThat(e.errno()).contains(Errno.ENOENT);
                    });
            assertThatThrownBy(() -> new RootSource.Overlay(List.of(), rootfs.upper, dir))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("without a layer");
        }
    }

    @Test
    void aLayerThatIsNoDirectoryIsNamedAndADirectoryThatOverlayfsRefusesIsNot() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            Path file = Files.createFile(dir.resolve("file"));
            assertThatThrownBy(() -> rootfs.build(
                            new RootSource.Overlay(List.of(file), rootfs.upper, dir.resolve("work")), "{}"))
                    .hasMessageContaining("root overlay of 1 layers at " + rootfs.upper)
                    .hasMessageEndingWith(file + " is no directory");
            // All are there; but the work directory may not lie in the upper one.
            Path inside = Files.createDirectory(rootfs.upper.resolve("work"));
            assertThatThrownBy(() ->
                            rootfs.build(new RootSource.Overlay(List.of(rootfs.layer), rootfs.upper, inside), "{}"))
                    .hasMessageContaining("root overlay of 1 layers")
                    .hasMessageContaining("EINVAL")
                    .hasMessageNotContaining("is no directory")
                    .hasMessageNotContaining("is missing");
        }
    }

    @Test
    void moreLayersThanAPageOfOptionsNamesAreRefusedWhereThereIsButOnePage() throws Exception {
        PrivateMounts.run(() -> {
            Path upper = Files.createDirectory(dir.resolve("upper"));
            Path work = Files.createDirectory(dir.resolve("work"));
            List<Path> layers = Collections.nCopies(1500, volume);
            try (Fd target = Openat.open(Fd.CWD, dir.toString(), EnumSet.of(OpenFlag.PATH), 0);
                    Fd descriptors = Openat.open(Fd.CWD, "/proc/thread-self/fd", EnumSet.of(OpenFlag.PATH), 0)) {
                RootMount mount = new RootMount(dir, target, descriptors, RootMount.OverlayApi.ONE_STRING);
                assertThatThrownBy(() -> mount.attach(new RootSource.Overlay(layers, upper, work)))
                        .hasMessage("1500 layers: this kernel takes no more than a page of options for an overlay");
            }
        });
    }

    @Test
    void aThreadThatMayNotHaveItsOwnDirectoryIsToldOf() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            FilteredThread.denying("unshare", Errno.EPERM, () -> {
                assertThatThrownBy(() -> rootfs.build("{}")).isInstanceOfSatisfying(RootfsException.class, e -> {
                    assertThat(e.step()).isEqualTo("thread");
                    assertThat(e.errno()).contains(Errno.EPERM);
                });
                return true;
            });
        }
    }

    @Test
    void aSourceThatTheKernelRefusesWithoutAReasonWeKnowIsToldAsItIs() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            FilteredThread.denying("open_tree", Errno.ENOMEM, () -> {
                assertThatThrownBy(() -> rootfs.mount("/a", "bind", volume.toString(), "bind"))
                        .hasMessageEndingWith("ENOMEM (Cannot allocate memory)");
                return true;
            });
            FilteredThread.denying("open_tree", Errno.EACCES, () -> {
                assertThatThrownBy(() -> rootfs.mount("/a", "bind", volume.toString(), "bind"))
                        .hasMessageEndingWith("the daemon has no access to it");
                return true;
            });
        }
    }

    @Test
    void mappingsOfAFileSystemThatHasNoneAreRefusedWithTheReason() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir);
                TestInit init = TestInit.start("--user");
                Fd users = Namespaces.openOf(init.process().id().pid(), Namespaces.Kind.USER)) {
            for (String option : List.of("idmap", "ridmap")) {
                MountEntry entry = MountEntry.of(
                        0, new Mount("/a", "bind", "/proc", List.of("bind", option), List.of(), List.of(), Map.of()));
                try (BindSource source = BindSource.open(entry)) {
                    assertThatThrownBy(() -> source.mapIds(users))
                            .hasMessageContaining("the file system there has no idmapped mounts");
                    FilteredThread.denying("mount_setattr", Errno.EPERM, () -> {
                        assertThatThrownBy(() -> source.mapIds(users))
                                .hasMessageEndingWith("(Operation not permitted)");
                        return true;
                    });
                }
            }
            assertThat(rootfs.init().process().id().pid()).isPositive();
        }
    }

    @Test
    void aSourceThatIsAnotherFileOrNoneInsideIsStillTheHosts() throws Exception {
        Files.writeString(Files.createDirectory(volume.resolve("d")).resolve("file"), "of the host");
        for (boolean another : List.of(true, false)) {
            Path place = Files.createDirectory(dir.resolve(another ? "another" : "none"));
            try (TestRootfs rootfs = TestRootfs.in(place, "--user")) {
                rootfs.inside(() -> {
                    try (Fd tmpfs = NewFileSystem.mount("tmpfs", "cover", List.of(), Set.of());
                            Fd target = Openat.open(Fd.CWD, volume.toString(), EnumSet.of(OpenFlag.PATH), 0)) {
                        Mounts.attach(tmpfs, target);
                        if (another) {
                            Openat.makeDirectory(tmpfs, "d", 0755);
                        }
                    }
                    return null;
                });
                // Without mappings of a root: whether this file system has them does not matter here.
                MountEntry entry = MountEntry.of(
                        0, new Mount("/a", "bind", volume + "/d", List.of("bind"), List.of(), List.of(), Map.of()));
                try (BindSource source = BindSource.open(entry)) {
                    assertThat(rootfs.<Boolean>inside(() -> source.lockedHere() == source))
                            .isTrue();
                    try (Fd file = Openat.open(source.tree(), "file", EnumSet.of(OpenFlag.RDONLY), 0)) {
                        assertThat(Files.readString(Path.of("/proc/self/fd/" + file.number())))
                                .isEqualTo("of the host");
                    }
                }
            }
        }
    }
}
