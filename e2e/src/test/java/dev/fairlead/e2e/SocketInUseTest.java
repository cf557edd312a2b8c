package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.e2e.Command.Result;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A second daemon may not take the first one's socket away from it. */
@OnNode
@OnlyFairlead
class SocketInUseTest {
    private final Node node;

    SocketInUseTest(Node node) {
        this.node = node;
    }

    @Test
    void isLeftToTheDaemonThatLives() {
        String socket = node.daemon().socket().toString();
        Result second = Command.run(
                Map.of(),
                List.of(Daemon.directory("e2e.home").resolve("fairlead").toString(), "serve", "--socket=" + socket));
        assertThat(second.exitCode()).isNotZero();
        assertThat(second.err()).contains(socket, "in use").doesNotContain("\tat ");
        assertThat(node.crictl().run("version")).contains("fairlead");
    }
}
