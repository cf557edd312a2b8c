package dev.fairlead.e2e;

import dev.fairlead.cri.v1.CheckpointContainerRequest;
import io.grpc.Status;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CheckpointContainer: what keeps this node from it is told. */
@OnNode
@OnlyFairlead
class CheckpointTest {
    private final Node node;

    CheckpointTest(Node node) {
        this.node = node;
    }

    private void checkpoint(Container container, String location) {
        var _ = node.cri()
                .runtime()
                .checkpointContainer(CheckpointContainerRequest.newBuilder()
                        .setContainerId(container.id())
                        .setLocation(location)
                        .build());
    }

    @Test
    void whyThereIsNoneIsTold(@TempDir Path directory) {
        String archive = directory.resolve("checkpoint.tar").toString();
        Pod pod = node.runPod("checkpoint");
        Container container = pod.run(Node.command("sleep", "1000"));
        Refused.by(() -> checkpoint(container, archive)).as(Status.Code.FAILED_PRECONDITION, "criu");
        Refused.by(() -> checkpoint(container, "here.tar")).as(Status.Code.INVALID_ARGUMENT, "location", "here.tar");
        Container idle = pod.create(Node.command("sleep", "1000"));
        Refused.by(() -> checkpoint(idle, archive)).as(Status.Code.FAILED_PRECONDITION, idle.id(), "created");
    }
}
