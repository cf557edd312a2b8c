package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.e2e.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exec, attach and port-forward with streams, by crictl and both of its protocols. */
@OnNode
class StreamingTest {
    private final Node node;
    private Pod pod;
    private Container container;

    StreamingTest(Node node) {
        this.node = node;
    }

    @BeforeEach
    void aContainerThatWaits() {
        pod = node.runPod("streams");
        container = pod.run(Node.command("sleep", "300"));
    }

    /** Runs a line of shell with crictl pointed at the daemon. */
    private Result shell(String line) {
        String endpoint = "unix://" + node.daemon().socket();
        return Command.run(
                Map.of("CONTAINER_RUNTIME_ENDPOINT", endpoint, "IMAGE_SERVICE_ENDPOINT", endpoint),
                List.of("sh", "-c", line));
    }

    @ParameterizedTest
    @ValueSource(strings = {"spdy", "websocket"})
    void stdinStdoutStderrAndExitCode(String transport) {
        Result result = shell("echo hello | timeout 60 crictl exec -r " + transport + " -i " + container.id()
                + " sh -c 'cat; echo from stderr >&2; exit 3'");
        assertThat(result.out()).isEqualTo("hello\n");
        assertThat(result.err()).contains("from stderr", "exit code 3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"spdy", "websocket"})
    void tenMegabytesEachWayByteForByte(String transport, @TempDir Path files) throws IOException {
        shell("head -c 10485760 /dev/urandom > " + files + "/sent").output();
        // Tens at once, as a node has them; all against one daemon.
        shell("for i in 1 2 3 4 5; do timeout 150 crictl exec -r " + transport + " -i " + container.id() + " cat < "
                        + files + "/sent > " + files + "/got$i & done; wait")
                .output();
        for (int i = 1; i <= 5; i++) {
            assertThat(Files.mismatch(files.resolve("sent"), files.resolve("got" + i)))
                    .as("copy " + i)
                    .isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"spdy", "websocket"})
    void aTerminalOfTheContainersOwn(String transport) {
        Result result = shell("timeout 60 script -qec \"crictl exec -r " + transport + " -it " + container.id()
                + " sh -c 'tty; test -t 0 && echo interactive; exit 4'\" /dev/null");
        assertThat(result.out()).contains("/dev/pts/0", "interactive");
    }

    @Test
    void aCommandThatIsNotThere() {
        assertThat(shell("timeout 60 crictl exec " + container.id() + " no-such-program")
                        .err())
                .contains("no-such-program", "no such program in the image");
    }

    @Test
    void aClientThatIsKilledTakesItsCommandWithIt() {
        var _ = shell("timeout -s KILL 2 crictl exec " + container.id() + " sleep 271828");
        Wait.until(
                "the command of the killed client is gone",
                Duration.ofSeconds(10),
                () -> container.exec("sh", "-c", "ps | grep -c '[s]leep 271828' || true"),
                "0"::equals);
    }

    @Test
    void attachedToAContainersOwnStreams() {
        Container cat = pod.run(Node.shell("cat; echo the end").setStdin(true).setStdinOnce(true));
        Result result = shell("(echo one; sleep 1; echo two) | timeout 60 crictl attach -i " + cat.id());
        assertThat(result.output()).isEqualTo("one\ntwo\nthe end");
        assertThat(cat.awaitExit().getExitCode()).isZero();
        assertThat(cat.log().stdout()).containsExactly("one", "two", "the end");
    }

    @ParameterizedTest
    @ValueSource(strings = {"spdy", "websocket"})
    void portsOfThePod(String transport) {
        container.exec("sh", "-c", "mkdir -p /www && echo a page > /www/index.html && httpd -p 8080 -h /www");
        Result result = shell("timeout 20 crictl port-forward -r " + transport + " " + pod.id()
                + " 18099:8080 >/dev/null 2>&1 & for i in $(seq 50); do"
                + " busybox wget -qO- http://127.0.0.1:18099/ 2>/dev/null && break; sleep 0.1; done;"
                + " busybox wget -qO- http://127.0.0.1:18099/; kill $!");
        assertThat(result.out()).isEqualTo("a page\na page\n");
    }
}
