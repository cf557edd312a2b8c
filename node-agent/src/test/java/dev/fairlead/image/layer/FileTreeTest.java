package dev.fairlead.image.layer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileTreeTest {
    @TempDir
    private Path directory;

    @Test
    void linksAreRemovedAndNotFollowed() throws Exception {
        Path tree = directory.resolve("tree");
        Files.createDirectories(tree.resolve("a/b"));
        Path kept = Files.writeString(directory.resolve("kept"), "x");
        Files.createSymbolicLink(tree.resolve("a/link"), directory);
        Files.createSymbolicLink(tree.resolve("broken"), Path.of("nowhere"));

        FileTree.remove(tree);
        FileTree.remove(tree);

        assertThat(tree).doesNotExist();
        assertThat(kept).exists();
    }

    @Test
    void treesDeeperThanAPathCanSayAreRemoved() throws Exception {
        Path tree = Files.createDirectory(directory.resolve("tree"));
        String name = "d".repeat(200);
        EnumSet<OpenFlag> flags = EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY);
        Fd at = Openat.open(Fd.CWD, tree.toString(), flags, 0);
        for (int depth = 0; depth < 100; depth++) {
            Openat.makeDirectory(at, name, 0700);
            Openat.makeLink("x", at, "link");
            Fd below = Openat.open(at, name, flags, 0);
            at.close();
            at = below;
        }
        at.close();

        FileTree.remove(tree);

        try (var left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
    }
}
