package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Directories;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A look into the layers of an image, with either way that kernels have. */
@NeedsRoot
class LayerViewTest {
    @TempDir
    Path dir;

    @Test
    void oneLayerIsItself() throws Exception {
        Path layer = layer("only", "a");
        assertThat(LayerView.look(List.of(layer), LayerViewTest::names)).containsExactly("a");
    }

    @Test
    void severalLayersAreOneTreeThatNobodyElseSees() throws Exception {
        Path top = layer("top", "a");
        Path bottom = layer("bottom", "b");
        List<String> before = PrivateMounts.table();
        List<String> names = LayerView.look(List.of(top, bottom), root -> {
            assertThat(PrivateMounts.table()).noneMatch(line -> line.contains(dir.toString()) && !isOwnThread());
            assertThatThrownBy(() -> Openat.makeDirectory(root, "new", 0755)).hasMessageContaining("EROFS");
            return names(root);
        });
        assertThat(names).containsExactlyInAnyOrder("a", "b");
        assertThat(PrivateMounts.table()).isEqualTo(before);
        assertThat(top.toFile().list()).containsExactly("a");
    }

    @Test
    void aLayerThatIsNotThereIsNamed() throws Exception {
        Path top = layer("top", "a");
        Path missing = dir.resolve("missing");
        assertThatThrownBy(() -> LayerView.look(List.of(missing), LayerViewTest::names))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("ENOENT");
        assertThatThrownBy(() -> LayerView.look(List.of(top, missing), LayerViewTest::names))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("ENOENT");
    }

    /** Before Linux 6.7 the look is on a thread with a mount namespace that ends with it. */
    private static boolean isOwnThread() {
        return Thread.currentThread().getName().equals("look into an image");
    }

    private Path layer(String name, String file) throws IOException {
        Path layer = Files.createDirectory(dir.resolve(name));
        Files.createFile(layer.resolve(file));
        return layer;
    }

    private static List<String> names(Fd root) throws IOException {
        try (Fd readable = Openat.open(root, ".", EnumSet.of(OpenFlag.RDONLY, OpenFlag.DIRECTORY), 0)) {
            return Directories.list(readable);
        }
    }
}
