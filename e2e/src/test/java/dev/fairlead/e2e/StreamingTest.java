package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.e2e.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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

    private Result shell(String line) {
        return node.crictl().shell(line);
    }

    @ParameterizedTest
    @ValueSource(strings = {"spdy", "websocket"})
    void stdinStdoutStderrAndExitCode(String transport) {
        Result result = shell("echo hello | timeout 60 crictl exec -r " + transport + " -i " + container.id()
                + " sh -c 'cat; echo from stderr >&2; exit 3'");
        assertThat(result.out()).isEqualTo("hello\n");
        assertThat(result.err()).contains("from stderr", "exit code 3");
    }

    /** Half of them by each protocol, all at once. */
    @Test
    void fiftyTimesTenMegabytesEachWayByteForByte(@TempDir Path files) throws IOException {
        shell("head -c 10485760 /dev/urandom > " + files + "/sent").output();
        shell("for i in $(seq 25); do for transport in spdy websocket; do"
                        + " timeout 200 crictl exec -r $transport -i " + container.id() + " cat"
                        + " < " + files + "/sent > " + files + "/$transport-$i & done; done; wait")
                .output();
        for (int i = 1; i <= 25; i++) {
            for (String transport : List.of("spdy", "websocket")) {
                Path got = files.resolve(transport + "-" + i);
                assertThat(Files.mismatch(files.resolve("sent"), got))
                        .as(got.toString())
                        .isEqualTo(-1);
                Files.delete(got);
            }
        }
    }

    @Test
    void aClientThatDoesNotReadHoldsUpNobody() {
        Result result = shell("timeout -s KILL 20 crictl exec " + container.id() + " yes | sleep 8 & sleep 2;"
                + " timeout 5 crictl exec " + container.id() + " echo quick");
        assertThat(result.out()).isEqualTo("quick\n");
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

    /** Our own client's command line, for a minute at most; it goes by the UNIX socket beside the daemon's. */
    private static String fairlead(String arguments) {
        return "timeout 60 " + unlimited(arguments);
    }

    private static String unlimited(String arguments) {
        return Daemon.directory("e2e.home").resolve("fairlead") + " " + arguments;
    }

    @Test
    void fairleadExecPassesStdinOutputAndExitCodeOn() {
        Result result = shell("printf 'one\ntwo\n' | "
                + fairlead("exec -i " + container.id() + " -- sh -c 'cat; echo bad >&2; exit 7'"));
        assertThat(result.out()).isEqualTo("one\ntwo\n");
        assertThat(result.err()).isEqualTo("bad\n");
        assertThat(result.exitCode()).isEqualTo(7);
    }

    @Test
    void fairleadExecInATerminal() {
        // timeout(1) makes its command a background process group, which a terminal's change stops: it stands outside
        // of the terminal.
        Result result = shell("timeout 60 script -qec \"stty rows 31 cols 97; "
                + unlimited("exec -it " + container.id() + " -- sh -c 'sleep 1; stty size; exit 3'") + "\" /dev/null");
        assertThat(result.out()).contains("31 97");
        assertThat(result.exitCode()).isEqualTo(3);
    }

    @Test
    void fairleadExecOfWhatIsNotThere() {
        Result result = shell(fairlead("exec " + container.id() + " -- no-such-program"));
        assertThat(result.exitCode()).isEqualTo(125);
        assertThat(result.err()).contains("no-such-program", "no such program in the image");
    }

    @Test
    void fairleadAttach() {
        Container cat = pod.run(Node.shell("cat; echo the end").setStdin(true).setStdinOnce(true));
        Result result = shell("(echo one; sleep 3; echo two) | " + fairlead("attach -i " + cat.id()));
        assertThat(result.output()).isEqualTo("one\ntwo\nthe end");
        assertThat(result.exitCode()).isZero();
    }

    @Test
    void fairleadPortForward() {
        container.exec("sh", "-c", "mkdir -p /www && echo a page > /www/index.html && httpd -p 8080 -h /www");
        Result result = shell(fairlead("port-forward " + pod.id() + " 18098:8080 18097:81")
                + " > /dev/null 2> /tmp/forward-errors & for i in $(seq 100); do"
                + " busybox wget -qO- http://127.0.0.1:18098/ 2>/dev/null && break; sleep 0.1; done;"
                + " busybox wget -qO- http://127.0.0.1:18098/; busybox wget -qO- http://127.0.0.1:18097/ 2>/dev/null;"
                + " sleep 0.5; kill $!; cat /tmp/forward-errors >&2");
        assertThat(result.out()).isEqualTo("a page\na page\n");
        assertThat(result.err()).contains("nobody listens on localhost:81");
    }
}
