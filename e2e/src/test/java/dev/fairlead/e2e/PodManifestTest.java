package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.e2e.Command.Result;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Kubernetes manifests, run by the command {@code fairlead run}. */
@OnNode
@OnlyFairlead
class PodManifestTest {
    private final Node node;

    PodManifestTest(Node node) {
        this.node = node;
    }

    private Result fairlead(String... arguments) {
        List<String> command = new ArrayList<>(
                List.of(Daemon.directory("e2e.home").resolve("fairlead").toString()));
        command.addAll(List.of(arguments));
        return Command.run(Map.of("FAIRLEAD_SOCKET", node.daemon().socket().toString()), command);
    }

    @Test
    void theOneOfTheQuickstart() {
        Result run = fairlead(
                "run",
                "-f",
                Daemon.directory("e2e.home").resolve("pods/hello.yaml").toString());
        assertThat(run.output())
                .contains("hello from node fairlead-node")
                .contains("I am user 1000")
                .contains("web may use 32 MiB")
                .contains("the root is read-only")
                .contains("the client is done");
    }

    @Test
    void itsExitCodeIsPassedOn(@TempDir Path files) throws IOException {
        Path manifest = Files.writeString(files.resolve("pod.yaml"), """
                apiVersion: v1
                kind: Pod
                metadata: {name: failing}
                spec:
                  restartPolicy: Never
                  containers:
                  - {name: main, image: "127.0.0.1:5000/busybox:1", command: [sh, -c, "echo goodbye; exit 17"]}
                """);
        Result run = fairlead("run", "-f", manifest.toString());
        assertThat(run.out()).contains("goodbye");
        assertThat(run.exitCode()).isEqualTo(17);
    }

    @Test
    void usersOfItsOwn(@TempDir Path files) throws IOException {
        assumeTrue(
                ModuleDescriptor.Version.parse(System.getProperty("os.version"))
                                .compareTo(ModuleDescriptor.Version.parse("6.3"))
                        >= 0,
                "a volume in memory needs idmapped mounts of tmpfs, which came with Linux 6.3");
        Path manifest = Files.writeString(files.resolve("pod.yaml"), """
                apiVersion: v1
                kind: Pod
                metadata: {name: others}
                spec:
                  hostUsers: false
                  restartPolicy: Never
                  securityContext: {fsGroup: 3000}
                  volumes: [{name: shared, emptyDir: {}}, {name: memory, emptyDir: {medium: Memory}}]
                  containers:
                  - name: main
                    image: "127.0.0.1:5000/busybox:1"
                    securityContext: {runAsUser: 1000}
                    command: [sh, -c, "cat /proc/self/uid_map; id -u; touch /s/f /m/f && stat -c %u:%g /s/f /m/f; stat -c %u /etc/hosts"]
                    volumeMounts: [{name: shared, mountPath: /s}, {name: memory, mountPath: /m}]
                """);
        Result run = fairlead("run", "-f", manifest.toString());
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.out().replaceAll(" +", " "))
                .containsPattern("0 (18|19|20|21)\\d{8} 65536")
                .containsPattern("1000\\n.*1000:3000\\n.*1000:3000\\n.*\\| 0\\n");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            a deployment           | apiVersion: apps/v1\\nkind: Deployment\\nmetadata: {name: x} | Deployment
            no containers          | apiVersion: v1\\nkind: Pod\\nmetadata: {name: x}\\nspec: {} | containers
            no YAML at all         | : : : [                                                    | pod.yaml
            a misspelled field     | apiVersion: v1\\nkind: Pod\\nmetadata: {name: x}\\nspec: {containers: [{name: a, image: b, comand: [c]}]} | comand
            a negative memory size | apiVersion: v1\\nkind: Pod\\nmetadata: {name: x}\\nspec: {containers: [{name: a, image: b, resources: {limits: {memory: -5}}}]} | memory
            """)
    void whatIsNoPodIsRefused(String name, String text, String word, @TempDir Path files) throws IOException {
        Path manifest = Files.writeString(files.resolve("pod.yaml"), text.replace("\\n", "\n"));
        Result run = fairlead("run", "-f", manifest.toString());
        assertThat(run.exitCode()).as(name).isNotZero();
        assertThat(run.err()).contains("pod.yaml", word).doesNotContain("\tat ");
    }
}
