package dev.fairlead.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.kubernetes.FakeCri.Script;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PodRunnerTest {
    @TempDir
    Path directory;

    private FakeCri cri;
    private final List<PodEvent> events = new ArrayList<>();
    private final List<String> pulled = new ArrayList<>();
    private Consumer<PodEvent> onEvent = _ -> {};

    @BeforeEach
    void serve() throws IOException {
        cri = new FakeCri(directory.resolve("cri.sock"));
        cri.images.add("app:1");
    }

    @AfterEach
    void stopServing() throws InterruptedException {
        cri.stop();
    }

    @AfterEach
    void nothingIsLeftOnTheHost() {
        assertThat(directory.resolve("pods/0b2c")).doesNotExist();
    }

    @Test
    void startsInitContainersOneAfterAnotherThenTheOthersAndRemovesThePod() throws Exception {
        cri.script("one", Script.exits(0));
        cri.script("two", Script.exits(0));
        cri.script("a", Script.exits(0));
        cri.script("b", Script.exits(0));
        assertThat(run("""
                        restartPolicy: Never
                        initContainers: [{name: one, image: app:1}, {name: two, image: app:1}]
                        containers: [{name: a, image: app:1}, {name: b, image: app:1}]
                        """)).hasValue(0);
        assertThat(cri.calls)
                .containsExactly(
                        "run sandbox",
                        "start one-0",
                        "start two-0",
                        "start a-0",
                        "start b-0",
                        "stop sandbox",
                        "remove sandbox");
        assertThat(events.getFirst()).isEqualTo(new PodEvent.SandboxStarted(List.of("10.88.0.7")));
        assertThat(events.getLast()).isEqualTo(new PodEvent.Removed());
    }

    @Test
    void endsWithTheExitCodeOfTheFirstThatFailed() throws Exception {
        cri.script("a", Script.exits(0));
        cri.script("b", Script.exits(3));
        cri.script("c", Script.exits(4));
        assertThat(
                        run(
                                "restartPolicy: Never\ncontainers: [{name: a, image: app:1}, {name: b, image: app:1}, {name: c, image: app:1}]"))
                .hasValue(3);
    }

    @Test
    void anInitContainerThatFailsForGoodEndsThePod() throws Exception {
        cri.script("init", Script.exits(9));
        assertThat(run("""
                        restartPolicy: Never
                        initContainers: [{name: init, image: app:1}]
                        containers: [{name: app, image: app:1}]
                        """)).hasValue(9);
        assertThat(cri.calls).doesNotContain("start app-0").endsWith("stop sandbox", "remove sandbox");
    }

    @Test
    void restartsWhatFailedUntilItSucceeds() throws Exception {
        cri.script("app", Script.exits(1, "first"), Script.exits(0, "second"));
        assertThat(run("restartPolicy: OnFailure\ncontainers: [{name: app, image: app:1}]"))
                .hasValue(0);
        assertThat(cri.calls).contains("start app-0", "start app-1");
        assertThat(lines()).containsExactly("app: first", "app: second");
        assertThat(events).contains(new PodEvent.BackingOff("app", PodEvent.Kind.MAIN, 1, Duration.ZERO));
    }

    @Test
    void aSidecarIsUpBeforeTheOthersStartAndStoppedAfterThem() throws Exception {
        cri.script("side", Script.runs("up"));
        cri.script("app", Script.exits(0));
        assertThat(run("""
                        restartPolicy: Never
                        initContainers:
                        - name: side
                          image: app:1
                          restartPolicy: Always
                          startupProbe: {exec: {command: [started]}, periodSeconds: 1}
                        containers: [{name: app, image: app:1}]
                        """)).hasValue(0);
        assertThat(cri.calls).containsSubsequence("start side-0", "exec side-0:started", "start app-0", "stop sandbox");
        assertThat(cri.calls).anyMatch(call -> call.startsWith("stop side-0 within"));
    }

    @Test
    void aSidecarThatCrashesIsStartedAgainWhateverThePodsPolicy() throws Exception {
        cri.script("side", Script.exits(1), Script.runs());
        cri.script("app", new Script(List.of(), Optional.of(Duration.ofSeconds(1)), 0));
        assertThat(run("""
                        restartPolicy: Never
                        initContainers: [{name: side, image: app:1, restartPolicy: Always}]
                        containers: [{name: app, image: app:1}]
                        """)).hasValue(0);
        assertThat(cri.calls).contains("start side-0", "start side-1");
    }

    @Test
    void aContainerThatIsNotAliveIsStoppedAndStartedAgain() throws Exception {
        cri.script("app", Script.runs(), Script.exits(0));
        cri.execExitCodes.put("app-0:alive", 1);
        assertThat(run("""
                        restartPolicy: OnFailure
                        terminationGracePeriodSeconds: 7
                        containers:
                        - name: app
                          image: app:1
                          livenessProbe: {exec: {command: [alive]}, periodSeconds: 1, failureThreshold: 1}
                        """)).hasValue(0);
        assertThat(cri.calls).containsSubsequence("exec app-0:alive", "start app-1");
        assertThat(cri.calls).anyMatch(call -> call.matches("stop app-0 within [67]"));
        assertThat(events).contains(new PodEvent.ProbeFailed("app", PodEvent.Kind.MAIN, "liveness", "exit 1", true));
    }

    @Test
    void tellsWhenAContainerIsReadyAndRunsItsHooks() throws Exception {
        cri.script("app", Script.runs());
        onEvent = event -> {
            if (event instanceof PodEvent.Ready) {
                throw new StopTest();
            }
        };
        assertThatThrownBy(() -> run("""
                        containers:
                        - name: app
                          image: app:1
                          readinessProbe: {exec: {command: [ready]}}
                          lifecycle: {postStart: {exec: {command: [hello]}}, preStop: {exec: {command: [bye]}}}
                        """)).isInstanceOf(StopTest.class);
        assertThat(cri.calls)
                .containsSubsequence(
                        "start app-0", "exec app-0:hello", "exec app-0:ready", "exec app-0:bye", "stop sandbox");
    }

    @Test
    void stopsOnRequestWithTheGracePeriod() throws Exception {
        cri.script("app", Script.runs("up"));
        PodRunner runner = runner("terminationGracePeriodSeconds: 5\ncontainers: [{name: app, image: app:1}]");
        onEvent = event -> {
            if (event instanceof PodEvent.Output) {
                runner.stop();
            }
        };
        assertThat(runner.run()).isEmpty();
        assertThat(cri.calls).anyMatch(call -> call.matches("stop app-0 within [45]"));
        assertThat(cri.calls).endsWith("stop sandbox", "remove sandbox");
    }

    @Test
    void killsAtOnceWhereThereIsNoGrace() throws Exception {
        cri.script("app", Script.runs("up"));
        PodRunner runner = runner("terminationGracePeriodSeconds: 0\ncontainers: [{name: app, image: app:1}]");
        onEvent = event -> {
            if (event instanceof PodEvent.Output) {
                runner.stop();
            }
        };
        assertThat(runner.run()).isEmpty();
        assertThat(cri.calls).contains("stop app-0 within 0");
    }

    @Test
    void pullsWhatIsMissingOnce() throws Exception {
        cri.script("a", Script.exits(0));
        cri.script("b", Script.exits(0));
        assertThat(run("restartPolicy: Never\ncontainers: [{name: a, image: new:1}, {name: b, image: new:1}]"))
                .hasValue(0);
        assertThat(pulled).containsExactly("new:1");
        assertThat(cri.config("a-0").getImage().getImage()).isEqualTo("sha256:new:1");
    }

    @Test
    void refusesAnImageThatMustBeHereAndIsNot() {
        assertThatThrownBy(() -> run("containers: [{name: app, image: new:1, imagePullPolicy: Never}]"))
                .isInstanceOf(ManifestException.class)
                .hasMessageContaining("spec.containers[0].image: new:1 is not on this node");
        assertThat(cri.calls).isEmpty();
    }

    @Test
    void aContainerThatCannotBeMadeEndsTheRunAndThePod() {
        assertThatThrownBy(() -> run("containers: [{name: unknown, image: app:1}]"))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("no script for unknown");
        assertThat(cri.calls).endsWith("stop sandbox", "remove sandbox");
    }

    @Test
    void aContainerThatSomebodyRemovedIsNotWaitedFor() throws Exception {
        cri.script("app", Script.runs("up"));
        onEvent = event -> {
            if (event instanceof PodEvent.Output) {
                cri.lose("app-0");
            }
        };
        assertThat(run("containers: [{name: app, image: app:1}]")).hasValue(255);
    }

    @Test
    void givesContainersTheirHostsFileAndReadsTheirLastWords() throws Exception {
        cri.script("app", Script.runs("up"));
        Path pod = directory.resolve("pods/0b2c");
        PodRunner runner = runner("containers: [{name: app, image: app:1}]");
        onEvent = event -> {
            if (event instanceof PodEvent.Output) {
                assertThat(pod.resolve("etc-hosts")).content().contains("10.88.0.7\tweb\n");
                assertThat(pod.resolve("containers/app/0")).isEmptyFile();
                runner.stop();
            }
        };
        assertThat(runner.run()).isEmpty();
    }

    @Test
    void tellsATerminationMessage() throws Exception {
        cri.script("app", Script.exits(1, "up"));
        Path message = directory.resolve("pods/0b2c/containers/app/0");
        onEvent = event -> {
            if (event instanceof PodEvent.Started) {
                write(message, "no database\n");
            }
        };
        assertThat(run("restartPolicy: Never\ncontainers: [{name: app, image: app:1}]"))
                .hasValue(1);
        assertThat(events)
                .anySatisfy(event -> assertThat(event)
                        .isInstanceOfSatisfying(
                                PodEvent.Ended.class,
                                ended -> assertThat(ended.message()).isEqualTo("no database")));
    }

    private static final class StopTest extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> lines() {
        return events.stream()
                .filter(PodEvent.Output.class::isInstance)
                .map(PodEvent.Output.class::cast)
                .map(output -> output.container() + ": " + output.line().text().toStringUtf8())
                .toList();
    }

    private OptionalInt run(String spec) throws IOException, InterruptedException {
        return runner(spec).run();
    }

    private PodRunner runner(String spec) throws IOException {
        Manifest manifest = Manifests.spec(spec);
        PodTranslation translation = new PodTranslation(
                manifest,
                Manifests.NODE,
                new PodTranslation.Settings(directory.resolve("pods"), directory.resolve("resolv.conf"), directory));
        return new PodRunner(manifest, translation, cri.runtime(), cri.imageService(), this::pull, event -> {
            events.add(event);
            onEvent.accept(event);
        });
    }

    private String pull(String image) {
        pulled.add(image);
        cri.images.add(image);
        return image;
    }
}
