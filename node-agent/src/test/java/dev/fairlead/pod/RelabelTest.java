package dev.fairlead.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.cri.v1.Mount;
import dev.fairlead.linux.Xattrs;
import dev.fairlead.spec.InvalidConfigException;
import dev.fairlead.test.NeedsRoot;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A kernel without SELinux keeps its attribute all the same, for whoever may set it. */
@NeedsRoot
class RelabelTest {
    private static final String CONTEXT = "system_u:object_r:container_file_t:s0:c1,c2";

    private static String contextOf(Path path) throws Exception {
        return new String(Xattrs.get(path.toString(), "security.selinux"), StandardCharsets.UTF_8).replace("\0", "");
    }

    @Test
    void allOfATreeAndNothingThatALinkLeadsTo(@TempDir Path directory) throws Exception {
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Files.createFile(outside.resolve("file"));
        Path volume = Files.createDirectory(directory.resolve("volume"));
        Path deep = Files.createDirectories(volume.resolve("a/b"));
        Files.createFile(deep.resolve("file"));
        Path link = Files.createSymbolicLink(volume.resolve("link"), outside);
        Relabel.volumes(
                List.of(
                        Mount.newBuilder()
                                .setHostPath(volume.toString())
                                .setSelinuxRelabel(true)
                                .build(),
                        Mount.newBuilder().setHostPath(outside.toString()).build()),
                Optional.of(CONTEXT));
        for (Path path : List.of(volume, deep, deep.resolve("file"), link)) {
            assertThat(contextOf(path)).as("%s", path).isEqualTo(CONTEXT);
        }
        for (Path path : List.of(outside, outside.resolve("file"))) {
            assertThatThrownBy(() -> contextOf(path)).as("%s", path).hasMessageContaining("ENODATA");
        }
    }

    @Test
    void theNodesOwnDirectoriesAreRefused() {
        assertThatThrownBy(() -> Relabel.volumes(
                        List.of(Mount.newBuilder()
                                .setHostPath("/proc/../etc")
                                .setSelinuxRelabel(true)
                                .build()),
                        Optional.of(CONTEXT)))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("mounts[0].selinux_relabel")
                .hasMessageContaining("/etc");
    }
}
