package dev.fairlead.e2e.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fairlead.e2e.Cgroups;
import dev.fairlead.e2e.Command;
import dev.fairlead.e2e.ContainerLog;
import dev.fairlead.e2e.Wait;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What a pod's manifest may ask for, each with a static pod of a kubelet that has no cluster. */
@Tag("kubelet")
@Execution(ExecutionMode.CONCURRENT)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StandaloneKubeletTest {
    private KubeletAlone alone;
    private StaticPods pods;

    @BeforeAll
    void start() throws IOException {
        alone = new KubeletAlone("""
                containerLogMaxSize: 20Ki
                containerLogMaxFiles: 3
                containerLogMonitorInterval: 3s
                crashLoopBackOff: { maxContainerRestartPeriod: 3s }
                """);
        pods = alone.pods;
    }

    @AfterAll
    void stop() throws IOException {
        alone.close();
    }

    @Test
    void theManifestOfTheQuickstart() throws IOException {
        Path manifest = Path.of(System.getProperty("e2e.home")).resolve("pods/hello.yaml");
        PodOnNode pod = pods.put("hello", Files.readString(manifest));
        pod.awaitPhase("Succeeded");
        assertThat(pod.log("client"))
                .contains("hello from node fairlead-node", "the root is read-only, as it should be");
        assertThat(pod.log("web")).contains("the client is done");
    }

    @Test
    void initContainersThenSidecarsThenTheOthers() {
        PodOnNode pod = pods.run("order", """
                restartPolicy: Never
                terminationGracePeriodSeconds: 5
                volumes: [{ name: shared, emptyDir: {} }]
                initContainers:
                - name: first
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'echo first >>/shared/order']
                  volumeMounts: [{ name: shared, mountPath: /shared }]
                - name: sidecar
                  restartPolicy: Always
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'trap "echo sidecar ends; exit 0" TERM; echo sidecar >>/shared/order; touch /shared/up; while :; do sleep 0.1; done']
                  startupProbe: { exec: { command: [test, -e, /shared/up] }, periodSeconds: 1 }
                  volumeMounts: [{ name: shared, mountPath: /shared }]
                - name: last
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'echo last >>/shared/order']
                  volumeMounts: [{ name: shared, mountPath: /shared }]
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'cat /shared/order; sleep 1; echo main ends']
                  volumeMounts: [{ name: shared, mountPath: /shared }]
                """);
        JsonNode status = pod.awaitPhase("Succeeded");
        assertThat(pod.log("main")).containsExactly("first", "sidecar", "last", "main ends");
        assertThat(pod.log("sidecar")).containsExactly("sidecar ends");
        assertThat(finished(PodOnNode.container(status, "sidecar")))
                .as("a sidecar ends after the others")
                .isAfterOrEqualTo(finished(PodOnNode.container(status, "main")));
    }

    private static Instant finished(JsonNode container) {
        return Instant.parse(container.at("/state/terminated/finishedAt").asText());
    }

    @Test
    void hooksAfterTheStartAndBeforeTheStop(@TempDir Path host) throws IOException {
        PodOnNode pod = pods.run("hooks", """
                terminationGracePeriodSeconds: 10
                volumes: [{ name: host, hostPath: { path: %s } }]
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'trap "echo term >>/host/events; exit 0" TERM; while :; do sleep 0.1; done']
                  volumeMounts: [{ name: host, mountPath: /host }]
                  lifecycle:
                    postStart: { exec: { command: [sh, -c, 'echo started >>/host/events'] } }
                    preStop: { exec: { command: [sh, -c, 'echo stopping >>/host/events; sleep 1'] } }
                """.formatted(host));
        pod.awaitReady();
        pods.remove("hooks");
        Path events = host.resolve("events");
        Wait.until("it has ended", Duration.ofSeconds(30), () -> lines(events), lines -> lines.contains("term"));
        assertThat(lines(events)).containsExactly("started", "stopping", "term");
        pod.awaitGone();
    }

    @Test
    void aHookThatFailsIsToldWithWhatItPrinted() {
        PodOnNode pod = pods.run("bad-hook", """
                terminationGracePeriodSeconds: 1
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sleep, '1000']
                  lifecycle: { postStart: { exec: { command: [sh, -c, 'echo no such quay; exit 4'] } } }
                """);
        JsonNode main = pod.awaitContainer(
                "main",
                "was restarted",
                container -> container.path("restartCount").asInt() > 0);
        assertThat(main.at("/lastState/terminated/exitCode").asInt()).isEqualTo(137);
        assertThat(lines(alone.kubelet.log()))
                .anySatisfy(line -> assertThat(line).contains("bad-hook").contains("no such quay"));
    }

    @Test
    void probesByExecHttpAndTcp() {
        PodOnNode pod = pods.run("probes", """
                terminationGracePeriodSeconds: 1
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'sleep 1; mkdir /www; touch /www/ready; echo up >/tmp/up; httpd -f -p 8080 -h /www']
                  startupProbe: { exec: { command: [cat, /tmp/up] }, periodSeconds: 1, failureThreshold: 60 }
                  readinessProbe: { httpGet: { port: 8080, path: /ready }, periodSeconds: 1 }
                  livenessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }
                """);
        JsonNode status = pod.awaitReady();
        assertThat(PodOnNode.container(status, "main").path("started").asBoolean())
                .isTrue();
        String id = pod.containerId("main");
        Wait.pause(Duration.ofSeconds(3));
        assertThat(pod.containerId("main")).as("three good probes later").isEqualTo(id);

        alone.node.crictl().run("exec", "-s", id, "rm", "/www/ready");
        pod.await("is not ready any more", now -> !PodOnNode.condition(now, "Ready"));
        assertThat(pod.containerId("main")).isEqualTo(id);
    }

    /** Served by Kubernetes' own collection of servers, which can be told to say NOT_SERVING. */
    @Test
    void probesByGrpc() {
        PodOnNode pod = pods.run("grpc", """
                terminationGracePeriodSeconds: 1
                containers:
                - name: main
                  image: registry.k8s.io/e2e-test-images/agnhost:2.55
                  args: [grpc-health-checking, --port=5000, --http-port=8080]
                  readinessProbe: { grpc: { port: 5000 }, periodSeconds: 1 }
                  livenessProbe: { grpc: { port: 5000 }, periodSeconds: 1, failureThreshold: 3 }
                """);
        pod.awaitReady();
        String id = pod.containerId("main");
        Wait.pause(Duration.ofSeconds(3));
        assertThat(pod.containerId("main")).as("three good probes later").isEqualTo(id);

        alone.node.crictl().run("exec", "-s", id, "curl", "-sf", "http://127.0.0.1:8080/make-not-serving");
        pod.await("is not ready any more", now -> !PodOnNode.condition(now, "Ready"));
        pod.awaitContainer(
                "main",
                "was restarted",
                container -> container.path("restartCount").asInt() > 0);
    }

    @Test
    void aFailingLivenessProbeRestartsTheContainer() {
        PodOnNode pod = pods.run("liveness", """
                terminationGracePeriodSeconds: 1
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'touch /tmp/alive; sleep 2; rm /tmp/alive; exec sleep 1000']
                  livenessProbe: { exec: { command: [test, -e, /tmp/alive] }, periodSeconds: 1, failureThreshold: 2 }
                """);
        JsonNode main = pod.awaitContainer(
                "main",
                "was restarted",
                container -> container.path("restartCount").asInt() > 0);
        assertThat(main.at("/lastState/terminated/exitCode").asInt())
                .isEqualTo(137); // sleep is pid 1 and has no handler
    }

    @Test
    void aProbeThatHangsFailsAfterItsTimeout() {
        PodOnNode pod = pods.run("hanging", """
                terminationGracePeriodSeconds: 1
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sleep, '1000']
                  livenessProbe: { exec: { command: [sleep, '100'] }, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1 }
                """);
        pod.awaitContainer(
                "main",
                "was restarted",
                container -> container.path("restartCount").asInt() > 0);
    }

    @Test
    void whoCrashesIsStartedAgainAfterAWhileWithItsLastWords() {
        PodOnNode pod = pods.run("crash", """
                terminationGracePeriodSeconds: 1
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'echo "boom at $(date +%s)"; echo last words >/dev/termination-log; exit 3']
                - name: custom
                  image: 127.0.0.1:5000/busybox:1
                  terminationMessagePath: /tmp/words
                  command: [sh, -c, 'echo own words >/tmp/words; exit 4']
                - name: fallback
                  image: 127.0.0.1:5000/busybox:1
                  terminationMessagePolicy: FallbackToLogsOnError
                  command: [sh, -c, 'echo a log line; exit 5']
                """);
        for (var expected : List.of(
                List.of("main", "3", "last words\n"),
                List.of("custom", "4", "own words\n"),
                List.of("fallback", "5", "a log line\n"))) {
            JsonNode terminated = pod.awaitContainer(
                            expected.getFirst(),
                            "waits before its third start",
                            container -> container.path("restartCount").asInt() > 0
                                    && container
                                            .at("/state/waiting/reason")
                                            .asText()
                                            .equals("CrashLoopBackOff"))
                    .at("/lastState/terminated");
            assertThat(terminated.path("exitCode").asText()).isEqualTo(expected.get(1));
            assertThat(terminated.path("reason").asText()).isEqualTo("Error");
            assertThat(terminated.path("message").asText()).isEqualTo(expected.get(2));
        }
        pod.awaitContainer(
                "main",
                "was restarted",
                container -> container.path("restartCount").asInt() >= 3);
        assertThat(files(pod.logDirectory().resolve("main")))
                .as("the kubelet keeps one dead container, and removes those before")
                .hasSizeBetween(1, 2);
    }

    @Test
    void whoNeedsTooMuchMemoryIsSaidToBeOomKilled() {
        PodOnNode pod = pods.run("greedy", """
                restartPolicy: Never
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [dd, if=/dev/zero, of=/dev/null, bs=200M, count=1]
                  resources: { limits: { memory: 32Mi } }
                """);
        JsonNode status = pod.awaitPhase("Failed");
        JsonNode terminated = PodOnNode.container(status, "main").at("/state/terminated");
        assertThat(terminated.path("reason").asText()).isEqualTo("OOMKilled");
        assertThat(terminated.path("exitCode").asInt()).isEqualTo(137);
    }

    @Test
    void whoIgnoresItsSignalIsKilledAfterTheGracePeriod() {
        PodOnNode pod = pods.run("deaf", """
                terminationGracePeriodSeconds: 3
                containers:
                - name: deaf
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'trap "" TERM; while :; do sleep 1; done']
                """);
        pod.awaitReady();
        Instant removed = Instant.now();
        pods.remove("deaf");
        Wait.until(
                "it is killed",
                Duration.ofSeconds(30),
                () -> alone.node.crictl().run("ps", "-q", "--name", "deaf"),
                String::isEmpty,
                Duration.ofMillis(100));
        assertThat(Duration.between(removed, Instant.now())).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(15));
    }

    @Test
    void volumesOfEachKind(@TempDir Path host) throws IOException {
        Files.writeString(host.resolve("file"), "of the node\n");
        PodOnNode pod = pods.run("volumes", "{ app: volumes, tier: front }", """
                restartPolicy: Never
                volumes:
                - name: downward
                  downwardAPI:
                    items:
                    - { path: labels, fieldRef: { fieldPath: metadata.labels } }
                    - { path: limit, resourceFieldRef: { containerName: main, resource: limits.memory, divisor: 1Mi } }
                - { name: memory, emptyDir: { medium: Memory, sizeLimit: 8Mi } }
                - { name: shared, emptyDir: {} }
                - { name: file, hostPath: { path: %1$s/file, type: File } }
                - { name: directory, hostPath: { path: %1$s, type: Directory } }
                - { name: made, hostPath: { path: %1$s/made/deep, type: DirectoryOrCreate } }
                - { name: touched, hostPath: { path: %1$s/touched, type: FileOrCreate } }
                - { name: device, hostPath: { path: /dev/zero, type: CharDevice } }
                - { name: image, image: { reference: '127.0.0.1:5000/volume:1' } }
                initContainers:
                - name: prepare
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'mkdir -p /shared/a/b /shared/volumes; echo below >/shared/a/b/file; echo by name >/shared/volumes/file']
                  volumeMounts: [{ name: shared, mountPath: /shared }]
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  env: [{ name: APP, valueFrom: { fieldRef: { fieldPath: 'metadata.labels[''app'']' } } }]
                  command:
                  - sh
                  - -c
                  - |
                    grep tier /downward/labels
                    cat /downward/limit; echo
                    grep ' /memory ' /proc/mounts | cut -d' ' -f3
                    df -m /memory | tail -1 | tr -s ' ' | cut -d' ' -f2
                    cat /sub/file /expanded/file /file
                    ls /directory
                    echo written >/made/file; echo written >/touched
                    head -c 3 /device | wc -c
                    cat /image/data/file
                    touch /image/new 2>&1
                    touch /sub/new 2>&1
                  resources: { limits: { memory: 32Mi } }
                  volumeMounts:
                  - { name: downward, mountPath: /downward }
                  - { name: memory, mountPath: /memory }
                  - { name: shared, mountPath: /sub, subPath: a/b, readOnly: true }
                  - { name: shared, mountPath: /expanded, subPathExpr: $(APP) }
                  - { name: file, mountPath: /file }
                  - { name: directory, mountPath: /directory, readOnly: true }
                  - { name: made, mountPath: /made }
                  - { name: touched, mountPath: /touched }
                  - { name: device, mountPath: /device }
                  - { name: image, mountPath: /image }
                """.formatted(host));
        pod.await("ends", status -> status.path("phase").asText().matches("Succeeded|Failed"));
        assertThat(pod.log("main"))
                .containsExactly(
                        "tier=\"front\"",
                        "32",
                        "tmpfs",
                        "8",
                        "below",
                        "by name",
                        "of the node",
                        "file",
                        "made",
                        "touched",
                        "3",
                        "of the upper layer",
                        "touch: /image/new: Read-only file system",
                        "touch: /sub/new: Read-only file system");
        assertThat(host.resolve("made/deep/file")).hasContent("written");
        assertThat(host.resolve("touched")).hasContent("written");
    }

    @Test
    void aHostPathThatIsNotThereIsNamed() {
        PodOnNode pod = pods.run("no-path", """
                volumes: [{ name: missing, hostPath: { path: /no/such/quay, type: Directory } }]
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sleep, '1000']
                  volumeMounts: [{ name: missing, mountPath: /missing }]
                """);
        Wait.until(
                "the kubelet says so",
                Duration.ofSeconds(30),
                () -> lines(alone.kubelet.log()),
                lines -> lines.stream().anyMatch(line -> line.contains("hostPath type check failed: /no/such/quay")));
        pods.remove("no-path");
        pod.awaitGone();
    }

    @Test
    void aProcessNamespaceForThePod() {
        PodOnNode pod = pods.run("shared-processes", """
                restartPolicy: Never
                shareProcessNamespace: true
                containers:
                - name: sleeper
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'trap "exit 0" USR1; while :; do sleep 0.1; done', the-sleeper]
                - name: watcher
                  image: 127.0.0.1:5000/busybox:1
                  command:
                  - sh
                  - -c
                  - |
                    [ $$ = 1 ] || echo process 1 is another
                    until p=$(ps | grep '[t]he-sleeper'); do sleep 0.1; done
                    kill -USR1 $(echo "$p" | awk '{ print $1 }')
                """);
        pod.awaitPhase("Succeeded");
        assertThat(pod.log("watcher")).containsExactly("process 1 is another");
    }

    @Test
    void theNodesNamespaces() {
        PodOnNode pod = pods.run("of-the-node", """
                restartPolicy: Never
                hostNetwork: true
                hostPID: true
                hostIPC: true
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'hostname; ip -4 -o address show eth0 | grep -o "10[.]111[.]0[.]1"; ps | grep -q "[k]ube/kubelet.yaml" && echo sees the kubelet']
                """);
        pod.awaitPhase("Succeeded");
        assertThat(pod.log("main")).containsExactly("fairlead-node", "10.111.0.1", "sees the kubelet");
    }

    @Test
    void aPortOfTheNode() {
        PodOnNode pod = pods.run("port", """
                terminationGracePeriodSeconds: 1
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'mkdir /www; echo ahoy >/www/index.html; exec httpd -f -p 8080 -h /www']
                  ports: [{ containerPort: 8080, hostPort: 18099 }]
                """);
        pod.awaitReady();
        Wait.until(
                "somebody answers at the node's port",
                Duration.ofSeconds(30),
                () -> Command.run("curl", "-s", "-m", "5", "http://10.111.0.1:18099/")
                        .out(),
                "ahoy\n"::equals,
                Duration.ofMillis(200));
    }

    @Test
    void aUserNamespace() {
        PodOnNode pod = pods.run("users", """
                restartPolicy: Never
                hostUsers: false
                volumes: [{ name: shared, emptyDir: {} }]
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'id -u; tr -s " " </proc/self/uid_map; touch /shared/mine; stat -c %u /shared/mine']
                  volumeMounts: [{ name: shared, mountPath: /shared }]
                """);
        pod.await("ends", status -> status.path("phase").asText().matches("Succeeded|Failed"));
        List<String> lines = pod.log("main");
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0)).isEqualTo("0");
        assertThat(lines.get(1)).as("root is somebody else outside").matches(" 0 [1-9][0-9]{4,} 65536");
        assertThat(lines.get(2)).isEqualTo("0");
    }

    @Test
    void securitySettings() {
        PodOnNode pod = pods.run("confined", """
                restartPolicy: Never
                securityContext:
                  runAsUser: 1000
                  runAsGroup: 3000
                  fsGroup: 2000
                  supplementalGroups: [4000]
                  seccompProfile: { type: RuntimeDefault }
                volumes: [{ name: shared, emptyDir: {} }]
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'id -u; id -G; grep -E "^(Seccomp|NoNewPrivs|CapBnd):" /proc/self/status; touch /new; stat -c %g /shared']
                  securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
                  volumeMounts: [{ name: shared, mountPath: /shared }]
                """);
        pod.awaitPhase("Succeeded");
        assertThat(pod.log("main"))
                .containsExactly(
                        "1000",
                        "3000 2000 2001 4000",
                        "CapBnd:\t0000000000000000",
                        "NoNewPrivs:\t1",
                        "Seccomp:\t2",
                        "2000");
    }

    @Test
    void requestsAndLimitsReachTheCgroups() throws IOException {
        PodOnNode pod = pods.run("resources", """
                terminationGracePeriodSeconds: 1
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sleep, '1000']
                  resources: { requests: { cpu: 250m, memory: 16Mi }, limits: { cpu: 500m, memory: 32Mi } }
                """);
        pod.awaitReady();
        String id = pod.containerId("main");
        assertThat(Cgroups.read("/kubepods", id, "memory", "memory.limit_in_bytes", "memory.max"))
                .isEqualTo(Long.toString(32 << 20));
        if (Cgroups.unified()) {
            assertThat(Cgroups.read("/kubepods", id, "cpu", "", "cpu.max")).isEqualTo("50000 100000");
        } else {
            assertThat(Cgroups.read("/kubepods", id, "cpu", "cpu.cfs_quota_us", ""))
                    .isEqualTo("50000");
            assertThat(Cgroups.read("/kubepods", id, "cpu", "cpu.shares", "")).isEqualTo("256");
        }
    }

    @Test
    void theKubeletRotatesLogsAndNoLineIsLost() {
        PodOnNode pod = pods.run("talker", """
                terminationGracePeriodSeconds: 1
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'i=0; while [ $i -lt 600 ]; do i=$((i + 1)); echo "$i of a talker who has a lot to say, and all of it matters"; sleep 0.02; done; sleep 1000']
                """);
        pod.awaitReady();
        Path directory = pod.logDirectory().resolve("main");
        Wait.until("all is said", Duration.ofSeconds(60), () -> numbers(directory), numbers -> numbers.contains(600));
        List<Integer> numbers = numbers(directory);
        assertThat(files(directory)).as("rotated, and at most three").hasSizeBetween(2, 3);
        for (int i = 1; i < numbers.size(); i++) {
            assertThat(numbers.get(i)).isEqualTo(numbers.get(i - 1) + 1);
        }
    }

    /** The numbers that the lines of all files there begin with, of the oldest file first; none while the kubelet is just exchanging files. */
    private static List<Integer> numbers(Path directory) {
        List<Integer> numbers = new ArrayList<>();
        List<Path> files = new ArrayList<>(files(directory));
        files.sort(
                Comparator.comparing((Path file) -> file.endsWith("0.log")).thenComparing(Comparator.naturalOrder()));
        for (Path file : files) {
            for (String line : logLines(file)) {
                numbers.add(Integer.valueOf(line.substring(0, line.indexOf(' '))));
            }
        }
        return numbers;
    }

    private static List<String> logLines(Path file) {
        if (!file.toString().endsWith(".gz")) {
            return ContainerLog.read(file).stdout();
        }
        try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            return ContainerLog.of(file, new String(in.readAllBytes(), StandardCharsets.UTF_8))
                    .stdout();
        } catch (java.nio.file.NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<Path> files(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> !file.toString().endsWith(".tmp")).toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
