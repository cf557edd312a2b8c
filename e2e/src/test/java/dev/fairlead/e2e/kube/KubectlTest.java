package dev.fairlead.e2e.kube;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.e2e.Command;
import dev.fairlead.e2e.Wait;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What people do with a running pod. */
@OnCluster
@Execution(ExecutionMode.CONCURRENT)
class KubectlTest {
    private static final String SLEEPER = """
            terminationGracePeriodSeconds: 1
            containers: [{ name: main, image: '127.0.0.1:5000/busybox:1', command: [sleep, '100000'] }]
            """;

    private final Cluster cluster;

    KubectlTest(Cluster cluster) {
        this.cluster = cluster;
    }

    /** kubectl with something to read; returns how it ended. */
    private static Command.Result withInput(String input, Path directory, String... arguments)
            throws IOException, InterruptedException {
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        Process process = new ProcessBuilder(Cluster.kubectl(arguments))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(UTF_8));
        }
        assertThat(process.waitFor(60, TimeUnit.SECONDS))
                .as("kubectl %s ends", List.of(arguments))
                .isTrue();
        return new Command.Result(
                List.of(arguments), process.exitValue(), Files.readString(out), Files.readString(err));
    }

    @Test
    void logsAreFollowedToTheEnd() {
        cluster.pod("speaker", """
                restartPolicy: Never
                containers: [{ name: main, image: '127.0.0.1:5000/busybox:1', command: [sh, -c, 'for i in 1 2 3 4 5; do echo $i; sleep 0.5; done'] }]
                """);
        cluster.run("wait", "--for=jsonpath={.status.containerStatuses[0].state}", "pod/speaker", "--timeout=60s");
        cluster.pod("speaker")
                .await("has begun", status -> !status.path("phase").asText().equals("Pending"));
        assertThat(cluster.run("logs", "-f", "speaker").lines()).containsExactly("1", "2", "3", "4", "5");
        assertThat(cluster.run("logs", "--tail=2", "speaker").lines()).containsExactly("4", "5");
        assertThat(cluster.run("logs", "--timestamps", "--tail=1", "speaker")).matches("2\\d{3}-\\d\\d-\\d\\dT\\S+ 5");
    }

    @Test
    void exec(@TempDir Path files) throws Exception {
        cluster.pod("host", SLEEPER).awaitReady();
        assertThat(cluster.run("exec", "host", "--", "hostname")).isEqualTo("host");
        Command.Result failed = cluster.result("exec", "host", "--", "sh", "-c", "echo to err >&2; exit 7");
        assertThat(failed.exitCode()).isEqualTo(7);
        assertThat(failed.err()).contains("to err");
        assertThat(withInput("ahoy\n", files, "exec", "-i", "host", "--", "cat").output())
                .isEqualTo("ahoy");
        // script(1) gives kubectl the terminal that it wants
        Command.Result terminal = Command.run(
                Map.of("TERM", "xterm"),
                List.of(
                        "script",
                        "-qec",
                        String.join(" ", Cluster.kubectl("exec", "-it", "host", "--", "tty")),
                        "/dev/null"));
        assertThat(terminal.output()).contains("/dev/pts/0");
        assertThat(cluster.result("exec", "host", "--", "no-such-program").err())
                .contains("no-such-program");
    }

    @Test
    void attach(@TempDir Path files) throws Exception {
        cluster.pod("reader-of-lines", """
                terminationGracePeriodSeconds: 1
                restartPolicy: Never
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  stdin: true
                  stdinOnce: true
                  command: [sh, -c, 'while read line; do echo "got $line"; done; echo end of input']
                """).awaitReady();
        assertThat(withInput("one\ntwo\n", files, "attach", "-i", "reader-of-lines")
                        .out())
                .contains("got one", "got two");
        cluster.pod("reader-of-lines").awaitPhase("Succeeded");
        assertThat(cluster.run("logs", "reader-of-lines").lines())
                .containsExactly("got one", "got two", "end of input");
    }

    @Test
    void filesAreCopiedBothWays(@TempDir Path files) throws Exception {
        cluster.pod("store-room", SLEEPER).awaitReady();
        byte[] crate = new byte[3 << 20];
        new java.util.Random(7).nextBytes(crate);
        Path source = Files.write(files.resolve("crate"), crate);
        cluster.run("cp", source.toString(), "store-room:/tmp/crate");
        cluster.run("cp", "store-room:/tmp/crate", files.resolve("back").toString());
        assertThat(files.resolve("back")).hasBinaryContent(crate);
    }

    @Test
    void aPortIsForwarded() throws Exception {
        cluster.pod("harbour", """
                terminationGracePeriodSeconds: 1
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'mkdir /www; echo harbour >/www/index.html; exec httpd -f -p 8080 -h /www']
                  readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }
                """).awaitReady();
        Process forward = new ProcessBuilder(Cluster.kubectl("port-forward", "pod/harbour", "18181:8080"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            for (int i = 0; i < 5; i++) {
                Wait.until(
                        "the forwarded port answers",
                        Duration.ofSeconds(30),
                        () -> Command.run("curl", "-s", "-m", "5", "http://127.0.0.1:18181/")
                                .out(),
                        "harbour\n"::equals,
                        Duration.ofMillis(200));
            }
        } finally {
            forward.destroy();
        }
    }

    @Test
    void aContainerToDebugWith() {
        PodOnNode pod = cluster.pod("patient", SLEEPER);
        pod.awaitReady();
        cluster.run(
                "debug",
                "patient",
                "--quiet",
                "--image=127.0.0.1:5000/busybox:1",
                "--container=doctor",
                "--target=main",
                "--",
                "sh",
                "-c",
                "ps | grep '[s]leep 100000' && echo sees the patient");
        assertThat(pod.awaitLog("doctor", "sees the patient")).isNotEmpty();
        pod.awaitContainer(
                "doctor",
                "has ended",
                doctor -> doctor.at("/state/terminated/exitCode").asText().equals("0"));
    }

    @Test
    void aPodIsDescribed() {
        cluster.pod("described", SLEEPER).awaitReady();
        String description = Wait.until(
                "its start is told",
                Duration.ofSeconds(30),
                () -> cluster.run("describe", "pod", "described"),
                text -> text.contains("Container started"),
                Duration.ofMillis(500));
        assertThat(description)
                .contains("Container ID:", "Image ID:", "State:", "Running")
                .doesNotContain("Failed", "Error");
    }
}
