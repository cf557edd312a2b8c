package dev.fairlead.libcontainer.namespaces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.libcontainer.process.Launcher;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.oci.IdMapping;
import dev.fairlead.test.NeedsRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user namespace without a process in it, seen through a mount that uses its mappings. */
@NeedsRoot
class UserNamespacesTest {
    private Launcher launcher;

    @BeforeEach
    void load() throws IOException {
        launcher = Launcher.load();
    }

    @AfterEach
    void unload() {
        launcher.close();
    }

    @Test
    void mapsTheOwnersOfAMount(@TempDir Path directory) throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        Files.setAttribute(file, "unix:uid", 7);
        Files.setAttribute(file, "unix:gid", 8);
        try (Fd users = UserNamespaces.withMappings(
                        launcher,
                        List.of(map(0, 0, 1), map(7, 70_007, 1)),
                        List.of(map(0, 1000, 4), map(8, 80_008, 1)));
                Fd tree = Mounts.openTree(Fd.CWD, directory.toString(), EnumSet.of(TreeFlag.CLONE))) {
            Mounts.setAttributes(
                    tree, new AttributeChange(Set.of(Attribute.IDMAP), Set.of(), Optional.empty(), Optional.of(users)));
            try (Fd mapped = Openat.open(tree, "file", EnumSet.of(OpenFlag.PATH), 0)) {
                assertThat(Stat.of(mapped).uid()).isEqualTo(70_007);
                assertThat(Stat.of(mapped).gid()).isEqualTo(80_008);
            }
        }
    }

    @Test
    void isNotOurs() throws Exception {
        try (Fd users = UserNamespaces.withMappings(launcher, List.of(map(0, 0, 1)), List.of(map(0, 0, 1)))) {
            assertThat(Files.readSymbolicLink(Path.of("/proc/self/fd/" + users.number())))
                    .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/" + Kind.USER.file())));
        }
    }

    @Test
    void whatTheKernelRefusesIsSaidInWords() {
        assertThatThrownBy(() -> UserNamespaces.withMappings(
                        launcher, List.of(map(0, 100_000, 10), map(5, 200_000, 10)), List.of(map(0, 0, 1))))
                .hasMessageContaining("uid_map \"0 100000 10,5 200000 10\"")
                .hasMessageContaining("EINVAL")
                .hasMessageContaining("ranges must not overlap");
        assertThatThrownBy(
                        () -> UserNamespaces.withMappings(launcher, List.of(map(0, 0, 1)), List.of(map(0, 100_000, 0))))
                .hasMessageContaining("gid_map \"0 100000 0\"")
                .hasMessageContaining("EINVAL");
        List<IdMapping> tooMany =
                IntStream.range(0, 341).mapToObj(i -> map(i, 1000 + i, 1)).toList();
        assertThatThrownBy(() -> UserNamespaces.withMappings(launcher, tooMany, List.of(map(0, 0, 1))))
                .hasMessageContaining("340 at most");
        assertThatThrownBy(() -> UserNamespaces.withMappings(launcher, List.of(map(0, 0, 1)), List.of()))
                .hasMessageContaining("mappings of uids and of gids");
    }

    @Test
    void leavesNothingBehind() throws Exception {
        for (boolean good : new boolean[] {true, false}) {
            // Once before: what is loaded on first use stays.
            make(good);
            Set<String> before = open();
            make(good);
            assertThat(open()).isEqualTo(before);
        }
        assertThat(ProcessHandle.current().children().filter(UserNamespacesTest::isOurs))
                .isEmpty();
    }

    private void make(boolean good) {
        try {
            UserNamespaces.withMappings(launcher, List.of(map(0, 0, good ? 1 : 0)), List.of(map(0, 0, 1)))
                    .close();
        } catch (IOException e) {
            assertThat(good).as(e.getMessage()).isFalse();
        }
    }

    private static boolean isOurs(ProcessHandle child) {
        try {
            return Files.readString(Path.of("/proc/" + child.pid() + "/cmdline"))
                            .contains("fairlead-userns")
                    || Files.readString(Path.of("/proc/" + child.pid() + "/stat"))
                            .contains(") Z ");
        } catch (IOException e) {
            return false; // it went
        }
    }

    private static Set<String> open() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.filter(Files::isSymbolicLink)
                    .map(UserNamespacesTest::target)
                    .filter(target -> target.startsWith("user:") || target.startsWith("anon_inode:[pidfd]"))
                    .collect(Collectors.toSet());
        }
    }

    private static String target(Path fd) {
        try {
            return Files.readSymbolicLink(fd).toString();
        } catch (IOException e) {
            return ""; // the directory's own
        }
    }

    private static IdMapping map(long container, long host, long size) {
        return new IdMapping(container, host, size, Map.of());
    }
}
