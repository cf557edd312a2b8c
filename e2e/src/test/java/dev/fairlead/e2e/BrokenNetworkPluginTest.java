package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A network plugin fails: its words reach the user, and what the plugins before it made is undone. */
@OnNode
class BrokenNetworkPluginTest {
    private static final Path PLUGIN = Path.of("/usr/lib/cni/leaky");
    private static final Path CONFIGURATION = Path.of("/etc/cni/net.d/05-leaky.conflist");

    private final Node node;

    BrokenNetworkPluginTest(Node node) {
        this.node = node;
    }

    @BeforeEach
    void breakTheNetwork() throws IOException {
        Files.writeString(PLUGIN, """
                #!/bin/sh
                if [ "$CNI_COMMAND" = ADD ]; then
                  echo '{"cniVersion": "1.0.0", "code": 999, "msg": "the hull has a leak", "details": "below the water line"}'
                  exit 1
                fi
                cat >/dev/null
                echo '{"cniVersion": "1.0.0", "supportedVersions": ["0.4.0", "1.0.0"]}'
                """);
        assertThat(PLUGIN.toFile().setExecutable(true)).isTrue();
        String pods = Files.readString(Path.of("/etc/cni/net.d/10-pods.conflist"));
        Files.writeString(
                CONFIGURATION, pods.replace("{\"type\": \"portmap\"", "{\"type\": \"leaky\"}, {\"type\": \"portmap\""));
        Wait.pause(Duration.ofSeconds(1)); // the directory is watched
    }

    @AfterEach
    void repairTheNetwork() throws IOException {
        Files.delete(CONFIGURATION);
        Files.delete(PLUGIN);
        Wait.pause(Duration.ofSeconds(1));
    }

    @Test
    void isQuotedAndUndone() {
        Refused.by(() -> node.runPod("aground"))
                .as(Status.Code.UNKNOWN, "leaky", "the hull has a leak", "below the water line");
        // links, addresses and firewall rules are compared as after every test
    }
}
