package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The life of a pod as an operator lives it with crictl, from pull to rmi. */
@OnNode
class CrictlScenarioTest {
    private static final String IMAGE = "127.0.0.1:5000/configured:1";

    private final Crictl crictl;

    CrictlScenarioTest(Node node) {
        crictl = node.crictl();
    }

    @Test
    void aPodFromPullToRemoval(@TempDir Path files) throws Exception {
        Path pod = Files.writeString(files.resolve("pod.json"), """
                {"metadata": {"name": "shop", "uid": "3a1", "namespace": "default", "attempt": 1}, "hostname": "shop",
                 "log_directory": "%s/logs", "labels": {"app": "shop"}, "annotations": {"note": "by hand"},
                 "linux": {"cgroup_parent": "/e2e"}}""".formatted(files));
        Path web = Files.writeString(files.resolve("web.json"), """
                {"metadata": {"name": "web", "attempt": 0}, "image": {"image": "%s"}, "envs": [{"key": "PLACE", "value": "quay 7"}],
                 "args": ["echo started at $PLACE; trap 'echo bye; exit 3' USR1; while :; do sleep 0.05; done"],
                 "log_path": "web.log", "labels": {"tier": "front"}, "linux": {}}""".formatted(IMAGE));

        crictl.run("pull", IMAGE);
        assertThat(crictl.run("images")).contains("127.0.0.1:5000/configured");
        JsonNode image = crictl.json("inspecti", IMAGE);
        assertThat(image.at("/status/repoTags/0").asText()).isEqualTo(IMAGE);
        assertThat(image.at("/status/repoDigests/0").asText()).startsWith("127.0.0.1:5000/configured@sha256:");
        assertThat(image.at("/status/username").asText()).isEqualTo("app");

        String podId = crictl.run("runp", pod.toString());
        assertThat(crictl.run("pods", "--state", "ready", "--label", "app=shop", "-q"))
                .isEqualTo(podId);
        JsonNode sandbox = crictl.json("inspectp", podId);
        assertThat(sandbox.at("/status/state").asText()).isEqualTo("SANDBOX_READY");
        assertThat(sandbox.at("/status/network/ip").asText()).startsWith("10.88.");
        assertThat(sandbox.at("/status/annotations/note").asText()).isEqualTo("by hand");

        String id = crictl.run("create", podId, web.toString(), pod.toString());
        assertThat(crictl.json("inspect", id).at("/status/state").asText()).isEqualTo("CONTAINER_CREATED");
        assertThat(crictl.run("start", id)).isEqualTo(id);
        assertThat(crictl.run("ps", "-q", "--name", "web")).isEqualTo(id);
        JsonNode running = crictl.json("inspect", id);
        assertThat(running.at("/status/state").asText()).isEqualTo("CONTAINER_RUNNING");
        assertThat(running.at("/status/labels/tier").asText()).isEqualTo("front");
        assertThat(running.at("/status/logPath").asText()).isEqualTo(files + "/logs/web.log");

        Wait.until(
                "the log is there", Duration.ofSeconds(5), () -> crictl.run("logs", id), "started at quay 7"::equals);
        assertThat(crictl.run("exec", "-s", id, "pwd")).isEqualTo("/srv/made/by/runtime");
        assertThat(crictl.run("exec", "-s", id, "id", "-u")).isEqualTo("1000");
        assertThat(crictl.result("exec", "-s", id, "sh", "-c", "exit 9").exitCode())
                .isNotZero();
        assertThat(crictl.run("stats", id)).contains("web");

        // rotation, as the kubelet does it: move the file away, then ask the runtime to open the name again
        Path log = files.resolve("logs/web.log");
        Files.move(log, files.resolve("logs/web.log.1"));
        assertThat(crictl.run("logs", "-r", id)).isEmpty();
        assertThat(log).exists();

        crictl.run("stop", "--timeout", "10", id);
        JsonNode stopped = crictl.json("inspect", id);
        assertThat(stopped.at("/status/state").asText()).isEqualTo("CONTAINER_EXITED");
        assertThat(stopped.at("/status/exitCode").asInt())
                .as("the image's STOPSIGNAL arrived")
                .isEqualTo(3);
        assertThat(ContainerLog.read(log).stdout()).as("after the rotation").containsExactly("bye");
        assertThat(ContainerLog.read(files.resolve("logs/web.log.1")).stdout()).containsExactly("started at quay 7");

        crictl.run("rm", id);
        assertThat(crictl.run("ps", "-a", "-q")).isEmpty();
        crictl.run("stopp", podId);
        assertThat(crictl.json("inspectp", podId).at("/status/state").asText()).isEqualTo("SANDBOX_NOTREADY");
        crictl.run("rmp", podId);
        assertThat(crictl.run("pods", "-q")).isEmpty();
        crictl.run("rmi", IMAGE);
        assertThat(crictl.run("images")).doesNotContain("configured");
    }
}
