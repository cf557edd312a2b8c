package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.UnixSockets.Packet;
import dev.fairlead.linux.UnixSockets.Pair;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixSocketsTest {
    @Test
    void aPacketArrivesWholeWithItsDescriptors() throws Exception {
        Pair pair = UnixSockets.pair("test");
        try (Fd here = pair.first();
                Fd there = pair.second();
                Fd file = Memfd.of("passed", bytes("text"), Set.of())) {
            UnixSockets.send(here, bytes("first"), List.of(file, file, file));
            UnixSockets.send(here, bytes("second"), List.of());
            Packet first = UnixSockets.receive(there, 100, 3).orElseThrow();
            Packet second = UnixSockets.receive(there, 100, 3).orElseThrow();
            assertThat(text(first)).isEqualTo("first");
            assertThat(first.descriptors())
                    .hasSize(3)
                    .allSatisfy(fd -> assertThat(Files.readString(Path.of("/proc/self/fd/" + fd.number())))
                            .isEqualTo("text"));
            assertThat(text(second)).isEqualTo("second");
            assertThat(second.descriptors()).isEmpty();
            assertThat(UnixSockets.receive(there, 100, 3)).isEmpty();
            first.descriptors().forEach(Fd::close);
        }
    }

    @Test
    void aPacketWithoutBytesIsTheEnd() throws Exception {
        Pair pair = UnixSockets.pair("test");
        pair.first().close();
        try (Fd there = pair.second()) {
            assertThat(UnixSockets.receive(there, 100, 3).orElseThrow().bytes().hasRemaining())
                    .isFalse();
        }
    }

    @Test
    void moreDescriptorsThanExpectedAreClosed() throws Exception {
        Pair pair = UnixSockets.pair("test");
        try (Fd here = pair.first();
                Fd there = pair.second();
                Fd file = Memfd.of("passed", bytes("text"), Set.of())) {
            UnixSockets.send(here, bytes("too many"), List.of(file, file, file, file));
            long before = openDescriptors();
            assertThatThrownBy(() -> UnixSockets.receive(there, 100, 1)).hasMessageContaining("EMSGSIZE");
            assertThat(openDescriptors()).isEqualTo(before);
        }
    }

    @Test
    void listensWhereThePathIsLongerThanAnAddress(@TempDir Path parent) throws Exception {
        Path directory = Files.createDirectories(parent.resolve("d".repeat(100)).resolve("e".repeat(100)));
        try (Fd dir = Openat.open(Fd.CWD, directory.toString(), EnumSet.of(OpenFlag.DIRECTORY), 0);
                Fd listener = UnixSockets.listen(dir, "socket");
                Fd client = UnixSockets.connect(dir, "socket")) {
            assertThat(client.number()).isNotEqualTo(listener.number());
            assertThatThrownBy(() -> UnixSockets.listen(dir, "socket")).hasMessageContaining("EADDRINUSE");
            assertThatThrownBy(() -> UnixSockets.connect(dir, "other")).hasMessageContaining("ENOENT");
        }
    }

    private static long openDescriptors() throws Exception {
        try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.count();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(Packet packet) {
        return StandardCharsets.UTF_8.decode(packet.bytes().duplicate()).toString();
    }
}
