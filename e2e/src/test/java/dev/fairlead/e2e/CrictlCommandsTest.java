package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fairlead.e2e.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every subcommand of crictl against the daemon's socket, and none forgotten. CrictlScenarioTest looks closer at those of a pod's life. */
@OnNode
class CrictlCommandsTest {
    /** A line of the list of commands: a name, others that it goes by, and what it does. */
    private static final Pattern COMMAND = Pattern.compile("   ([a-z-]+)(?:, [a-z]+)*  +\\S.*");

    private final Crictl crictl;
    private final Set<String> used = new TreeSet<>();

    CrictlCommandsTest(Node node) {
        crictl = node.crictl();
    }

    private String run(String... arguments) {
        used.add(arguments[0]);
        return crictl.run(arguments);
    }

    private JsonNode json(String... arguments) {
        used.add(arguments[0]);
        return crictl.json(arguments);
    }

    /** For those that go on until they are ended: what they have printed by then. */
    private String runFor(String time, String line) {
        used.add(line.replaceFirst(" .*", ""));
        return crictl.shell("timeout -k 5 " + time + " crictl " + line).out();
    }

    @Test
    void eachOfThem(@TempDir Path files) throws IOException {
        Path podFile = Files.writeString(files.resolve("pod.json"), """
                {"metadata": {"name": "all", "uid": "a11", "namespace": "default"}, "log_directory": "%s", "linux": {}}""".formatted(files));
        Path file = Files.writeString(files.resolve("container.json"), """
                {"metadata": {"name": "cat"}, "image": {"image": "%s"}, "command": ["cat"], "stdin": true, "log_path": "cat.log",
                 "linux": {"resources": {"memory_limit_in_bytes": 67108864}}}""".formatted(Node.BUSYBOX));
        String pod = theNodeAndItsImages(podFile);
        String id = aContainer(pod, file, podFile);
        itsFigures(pod, id);
        itsStreams(pod, id);
        theEnd(pod, id, file, podFile);
        assertThat(used).as("subcommands of crictl").containsAll(commands());
    }

    private String theNodeAndItsImages(Path podFile) {
        assertThat(run("version")).contains("RuntimeName", "v1");
        assertThat(json("info").at("/status/conditions/0/status").asBoolean()).isTrue();
        assertThat(run("runtime-config")).contains("CGROUPFS");
        run("update-runtime-config", "--pod-cidr", "10.88.0.0/16");
        assertThat(run("pull", Node.BUSYBOX)).contains("sha256:");
        assertThat(json("images", "-o", "json").at("/images").size()).isPositive();
        assertThat(json("inspecti", Node.BUSYBOX).at("/status/repoTags/0").asText())
                .isEqualTo(Node.BUSYBOX);
        assertThat(json("imagefsinfo")
                        .at("/status/imageFilesystems/0/usedBytes/value")
                        .asLong())
                .isPositive();
        String pod = run("runp", podFile.toString());
        assertThat(run("pods", "-q")).contains(pod);
        assertThat(json("inspectp", pod).at("/status/state").asText()).isEqualTo("SANDBOX_READY");
        return pod;
    }

    private String aContainer(String pod, Path file, Path podFile) {
        String id = run("create", pod, file.toString(), podFile.toString());
        run("start", id);
        assertThat(run("ps", "-q")).isEqualTo(id);
        run("update", "--memory", "134217728", id);
        assertThat(json("inspect", id)
                        .at("/status/resources/linux/memoryLimitInBytes")
                        .asLong())
                .isEqualTo(134217728);
        return id;
    }

    private void itsFigures(String pod, String id) {
        assertThat(json("stats", "-o", "json", id)
                        .at("/stats/0/memory/workingSetBytes/value")
                        .asLong())
                .isPositive();
        assertThat(json("statsp", "-o", "json", pod)
                        .at("/stats/0/linux/process/processCount/value")
                        .asLong())
                .isPositive();
        assertThat(json("metricdescs").at("/descriptors").size()).isPositive();
        assertThat(json("metricsp", "-o", "json")
                        .at("/podMetrics/0/podSandboxId")
                        .asText())
                .isEqualTo(pod);
    }

    private void itsStreams(String pod, String id) {
        assertThat(run("exec", id, "echo", "from exec")).isEqualTo("from exec");
        assertThat(runFor("5", "attach -i " + id + " < /dev/null")).isEmpty();
        assertThat(runFor("3", "port-forward " + pod + " :8080")).contains("8080");
        assertThat(run("logs", id)).isEmpty();
        assertThat(crictl.shell("timeout -k 5 5 crictl events > events & sleep 2; crictl exec " + id + " true;"
                                + " crictl stop -t 0 " + id + "; wait; cat events; rm events")
                        .out())
                .contains("CONTAINER_STOPPED_EVENT", id);
        used.addAll(List.of("events", "stop"));
    }

    private void theEnd(String pod, String id, Path file, Path podFile) {
        run("rm", id);
        // On a node without CRIU a sentence that says so; what is made with it is CheckpointTest's.
        Result refused = crictl.result("checkpoint", "--export", "/nowhere/checkpoint.tar", id);
        used.add("checkpoint");
        assertThat(refused.exitCode()).isNotZero();
        assertThat(refused.err()).contains("no container has the id");
        run("stopp", pod);
        run("rmp", pod);
        String another = run("run", "--no-pull", file.toString(), podFile.toString());
        assertThat(another).hasSize(64);
        run("rmp", "-f", json("inspect", another).at("/info/sandboxID").asText());
        run("rmi", "127.0.0.1:5000/busybox:1");
        run("pull", Node.BUSYBOX); // the node's other scenarios want it
        assertThat(run("completion")).contains("complete");
        assertThat(run("config", "--list")).contains("timeout");
    }

    private Set<String> commands() {
        Set<String> names = new TreeSet<>();
        Arrays.stream(crictl.run("--help").split("\n", -1))
                .dropWhile(line -> !line.equals("COMMANDS:"))
                .skip(1)
                .takeWhile(line -> !line.isBlank())
                .map(COMMAND::matcher)
                .filter(java.util.regex.Matcher::matches)
                .forEach(line -> names.add(line.group(1)));
        names.remove("help");
        assertThat(names).hasSizeGreaterThan(30);
        return names;
    }
}
