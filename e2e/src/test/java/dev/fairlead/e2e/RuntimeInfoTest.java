package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.CgroupDriver;
import dev.fairlead.cri.v1.Container;
import dev.fairlead.cri.v1.ContainerFilter;
import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.ContainerStateValue;
import dev.fairlead.cri.v1.ListContainersRequest;
import dev.fairlead.cri.v1.ListPodSandboxRequest;
import dev.fairlead.cri.v1.PodSandbox;
import dev.fairlead.cri.v1.PodSandboxFilter;
import dev.fairlead.cri.v1.PodSandboxState;
import dev.fairlead.cri.v1.PodSandboxStateValue;
import dev.fairlead.cri.v1.RuntimeCondition;
import dev.fairlead.cri.v1.RuntimeConfigRequest;
import dev.fairlead.cri.v1.StatusRequest;
import dev.fairlead.cri.v1.StatusResponse;
import dev.fairlead.cri.v1.VersionRequest;
import dev.fairlead.cri.v1.VersionResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the kubelet asks the runtime about itself, and its lists. */
@OnNode
class RuntimeInfoTest {
    private final Node node;

    RuntimeInfoTest(Node node) {
        this.node = node;
    }

    @Test
    void versionStatusAndConfiguration() {
        VersionResponse version = node.cri().runtime().version(VersionRequest.getDefaultInstance());
        assertThat(version.getRuntimeApiVersion()).isEqualTo("v1");
        assertThat(version.getRuntimeVersion()).isNotEmpty();
        StatusResponse status = node.cri()
                .runtime()
                .status(StatusRequest.newBuilder().setVerbose(true).build());
        assertThat(status.getStatus().getConditionsList())
                .filteredOn(RuntimeCondition::getStatus)
                .extracting(RuntimeCondition::getType)
                .contains("RuntimeReady", "NetworkReady");
        assertThat(status.getInfoOrThrow("config")).contains("\"stateDir\":\"/run/");
        assertThat(node.cri()
                        .runtime()
                        .runtimeConfig(RuntimeConfigRequest.getDefaultInstance())
                        .getLinux()
                        .getCgroupDriver())
                .isEqualTo(CgroupDriver.CGROUPFS);
    }

    @Test
    void listsAreFiltered() {
        Pod first = node.runPod("listed", config -> config.putLabels("side", "port"));
        Pod second = node.runPod("listed", config -> config.putLabels("side", "starboard"));
        var running = first.run(Node.command("sleep", "1000").putLabels("deck", "upper"));
        var ended = second.run(Node.command("true").putLabels("deck", "lower"));
        ended.awaitExit();
        second.stop();

        assertThat(containers(ContainerFilter.newBuilder())).contains(running.id(), ended.id());
        assertThat(containers(ContainerFilter.newBuilder().setPodSandboxId(first.id())))
                .containsExactly(running.id());
        assertThat(containers(ContainerFilter.newBuilder().putLabelSelector("deck", "lower")))
                .containsExactly(ended.id());
        assertThat(containers(ContainerFilter.newBuilder()
                        .setState(ContainerStateValue.newBuilder().setState(ContainerState.CONTAINER_RUNNING))))
                .containsExactly(running.id());
        assertThat(containers(ContainerFilter.newBuilder().setId(ended.id().substring(0, 20))))
                .as("a prefix of an id is enough")
                .containsExactly(ended.id());
        assertThat(pods(PodSandboxFilter.newBuilder().putLabelSelector("side", "port")))
                .containsExactly(first.id());
        assertThat(pods(PodSandboxFilter.newBuilder()
                        .setState(PodSandboxStateValue.newBuilder().setState(PodSandboxState.SANDBOX_NOTREADY))))
                .containsExactly(second.id());
    }

    private List<String> containers(ContainerFilter.Builder filter) {
        return node
                .cri()
                .runtime()
                .listContainers(
                        ListContainersRequest.newBuilder().setFilter(filter).build())
                .getContainersList()
                .stream()
                .map(Container::getId)
                .toList();
    }

    private List<String> pods(PodSandboxFilter.Builder filter) {
        return node
                .cri()
                .runtime()
                .listPodSandbox(
                        ListPodSandboxRequest.newBuilder().setFilter(filter).build())
                .getItemsList()
                .stream()
                .map(PodSandbox::getId)
                .toList();
    }
}
