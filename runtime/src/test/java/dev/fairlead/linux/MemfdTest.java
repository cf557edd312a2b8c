package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Memfd.Seal;
import dev.fairlead.linux.Openat.OpenFlag;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MemfdTest {
    private static final byte[] TEXT = "contents".getBytes(StandardCharsets.UTF_8);

    @Test
    void nobodyWritesToASealedFile() throws Exception {
        try (Fd sealed = Memfd.of("sealed", TEXT, EnumSet.allOf(Seal.class));
                Fd open = Memfd.of("open", TEXT, Set.of())) {
            assertThat(Files.readAllBytes(path(sealed))).isEqualTo(TEXT);
            assertThat(LibC.get().write(sealed.number(), Memory.bytes(TEXT), TEXT.length))
                    .isEqualTo(-1);
            assertThat(LibC.errno()).isEqualTo(Errno.EPERM);
            assertThatThrownBy(() ->
                            Openat.open(Fd.CWD, path(sealed).toString(), EnumSet.of(OpenFlag.RDWR, OpenFlag.TRUNC), 0))
                    .isInstanceOf(ErrnoException.class);
            assertThat(LibC.get().write(open.number(), Memory.bytes(TEXT), TEXT.length))
                    .isEqualTo(TEXT.length);
        }
    }

    private static Path path(Fd fd) {
        return Path.of("/proc/self/fd/" + fd.number());
    }
}
