package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Name servers of a node may be pods of it, so nothing may wait for them before there is a daemon. */
@OnlyFairlead
class NameServerTest {
    private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf"); // the node's own copy

    private final Path state = Path.of("/run/no-names");
    private final Daemon daemon = Daemon.fairlead(state, Path.of("/var/log/pods/no-names-data"));
    private byte[] before;

    @BeforeEach
    void rememberServers() throws IOException {
        before = Files.readAllBytes(RESOLV_CONF);
    }

    @AfterEach
    void restoreServers() throws IOException {
        Files.write(RESOLV_CONF, before);
    }

    @Test
    void aStartAsksNone() throws IOException {
        try (DatagramChannel server = DatagramChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 53))
                    .configureBlocking(false);
            Files.writeString(RESOLV_CONF, "nameserver 127.0.0.1\n");
            daemon.start();
            daemon.stop();
            assertThat(server.receive(ByteBuffer.allocate(512)))
                    .as("who asked for a name")
                    .isNull();
        }
    }
}
