package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.Pty.WindowSize;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PtyTest {
    @Test
    void thePeerIsATerminalOfTheSizeThatWasSet() throws Exception {
        try (Pty pty = Pty.open();
                Fd peer = pty.openPeer()) {
            pty.resize(new WindowSize(50, 132));
            assertThat(pty.size()).isEqualTo(new WindowSize(50, 132));
            assertThat(Pty.ofMaster(Fd.borrowed(peer.number(), "peer")).size()).isEqualTo(new WindowSize(50, 132));
            assertThat(Files.readSymbolicLink(Path.of("/proc/self/fd/" + peer.number()))
                            .toString())
                    .startsWith("/dev/pts/");
        }
    }
}
