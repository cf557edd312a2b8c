package dev.fairlead.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.ContainerStatus;
import dev.fairlead.cri.v1.ContainerStatusRequest;
import dev.fairlead.cri.v1.ExecSyncRequest;
import dev.fairlead.cri.v1.ExecSyncResponse;
import dev.fairlead.cri.v1.RemoveContainerRequest;
import dev.fairlead.cri.v1.StartContainerRequest;
import dev.fairlead.cri.v1.StopContainerRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A container of a pod, from its creation on. */
public record Container(Cri cri, String id, Pod pod, ContainerConfig config) {
    private static final Duration LONGEST_LIFE = Duration.ofSeconds(60);

    public void start() {
        var _ = cri.runtime()
                .startContainer(
                        StartContainerRequest.newBuilder().setContainerId(id).build());
    }

    public void stop(Duration grace) {
        var _ = cri.runtime()
                .stopContainer(StopContainerRequest.newBuilder()
                        .setContainerId(id)
                        .setTimeout(grace.toSeconds())
                        .build());
    }

    public void remove() {
        var _ = cri.runtime()
                .removeContainer(
                        RemoveContainerRequest.newBuilder().setContainerId(id).build());
    }

    public ContainerStatus status() {
        return cri.runtime()
                .containerStatus(
                        ContainerStatusRequest.newBuilder().setContainerId(id).build())
                .getStatus();
    }

    /** Waits until it has ended by itself; returns how. */
    public ContainerStatus awaitExit() {
        return awaitExit(LONGEST_LIFE);
    }

    public ContainerStatus awaitExit(Duration atMost) {
        return Wait.until(
                "container " + config.getMetadata().getName() + " has exited",
                atMost,
                this::status,
                status -> status.getState() == ContainerState.CONTAINER_EXITED);
    }

    /** Runs {@code command} in it; returns standard output without the last newline. The command must succeed. */
    public String exec(String... command) {
        ExecSyncResponse response = execSync(Duration.ofSeconds(30), command);
        if (response.getExitCode() != 0) {
            throw new AssertionError("exec of " + List.of(command) + ": exit code " + response.getExitCode() + ", "
                    + response.getStderr().toString(UTF_8));
        }
        return response.getStdout().toString(UTF_8).stripTrailing();
    }

    public ExecSyncResponse execSync(Duration timeout, String... command) {
        return cri.runtime()
                .execSync(ExecSyncRequest.newBuilder()
                        .setContainerId(id)
                        .addAllCmd(List.of(command))
                        .setTimeout(timeout.toSeconds())
                        .build());
    }

    public Path logFile() {
        return Path.of(pod.config().getLogDirectory(), config.getLogPath());
    }

    public ContainerLog log() {
        return ContainerLog.read(logFile());
    }
}
