package dev.fairlead.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.LinuxContainerResources;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against what kubelet 1.36 sends for the same pod. */
class ResourcesTest {
    private static final Node UNIFIED =
            new Node("worker-3", "192.0.2.3", 16L << 30, 4, true, true, List.of(), List.of());

    @ParameterizedTest(name = "requests {0}, limits {1}")
    @CsvSource(delimiter = '|', textBlock = """
            # requests               | limits                   | shares | quota  | memory   | oom
            {}                       | {}                       | 2      | 0      | 0        | 1000
            {cpu: 250m}              | {}                       | 256    | 0      | 0        | 999
            {}                       | {cpu: 1}                 | 1024   | 100000 | 0        | 999
            {cpu: 100m}              | {cpu: 500m}              | 102    | 50000  | 0        | 999
            {cpu: 1m}                | {cpu: 1m}                | 2      | 1000   | 0        | 999
            {cpu: 1000}              | {}                       | 262144 | 0      | 0        | 999
            {memory: 1Gi}            | {memory: 2Gi}            | 2      | 0      | 2147483648 | 938
            {}                       | {cpu: 1, memory: 64Mi}   | 1024   | 100000 | 67108864 | -997
            {cpu: 1, memory: 64Mi}   | {cpu: 1, memory: 64Mi}   | 1024   | 100000 | 67108864 | -997
            {memory: 100M}           | {}                       | 2      | 0      | 0        | 995
            {memory: 16Gi}           | {}                       | 2      | 0      | 0        | 3
            """)
    void computesTheCgroup(String requests, String limits, long shares, long quota, long memory, long oom)
            throws IOException {
        LinuxContainerResources resources = of(Manifests.NODE, requests, limits);
        assertThat(resources.getCpuShares()).isEqualTo(shares);
        assertThat(resources.getCpuPeriod()).isEqualTo(100_000);
        assertThat(resources.getCpuQuota()).isEqualTo(quota);
        assertThat(resources.getMemoryLimitInBytes()).isEqualTo(memory);
        assertThat(resources.getMemorySwapLimitInBytes())
                .as("no swap beyond memory")
                .isEqualTo(memory);
        assertThat(resources.getOomScoreAdj()).isEqualTo(oom);
    }

    @Test
    void limitsEveryHugePageSize() throws IOException {
        LinuxContainerResources none = of(Manifests.NODE, "{}", "{}");
        assertThat(none.getHugepageLimits(0).getPageSize()).isEqualTo("2MB");
        assertThat(none.getHugepageLimits(0).getLimit()).isZero();
        LinuxContainerResources some = of(Manifests.NODE, "{}", "{hugepages-2Mi: 8Mi, cpu: 1, memory: 1Gi}");
        assertThat(some.getHugepageLimits(0).getLimit()).isEqualTo(8 << 20);
    }

    @Test
    void saysOnTheUnifiedHierarchyWhatHasNoFieldOfItsOwn() throws IOException {
        LinuxContainerResources resources = of(UNIFIED, "{}", "{memory: 64Mi}");
        assertThat(resources.getUnifiedMap())
                .containsEntry("memory.oom.group", "1")
                .containsEntry("memory.swap.max", "0");
        assertThat(resources.getMemorySwapLimitInBytes()).isZero();
    }

    @Test
    void thePodNeedsItsContainersOrItsLargestInitContainer() throws IOException {
        Pod pod = Manifests.spec("""
                        initContainers:
                        - {name: one, image: a:1, resources: {limits: {cpu: 3, memory: 10Mi}}}
                        - {name: side, image: a:1, restartPolicy: Always, resources: {limits: {cpu: 1, memory: 20Mi}}}
                        - {name: two, image: a:1, resources: {limits: {cpu: 1, memory: 100Mi}}}
                        containers:
                        - {name: a, image: a:1, resources: {limits: {cpu: 500m, memory: 30Mi}}}
                        - {name: b, image: a:1, resources: {limits: {cpu: 500m, memory: 40Mi}}}
                        """).pod();
        LinuxContainerResources resources = new Resources(Manifests.NODE).of(pod);
        assertThat(resources.getCpuQuota()).as("init container one alone").isEqualTo(300_000);
        assertThat(resources.getMemoryLimitInBytes()).as("side and two").isEqualTo(120 << 20);
    }

    @Test
    void aSidecarIsKilledAfterTheContainersThatNeedIt() throws IOException {
        Pod pod = Manifests.spec("""
                        initContainers:
                        - {name: side, image: a:1, restartPolicy: Always}
                        containers:
                        - {name: app, image: a:1, resources: {requests: {memory: 4Gi}}}
                        """).pod();
        Resources resources = new Resources(Manifests.NODE);
        assertThat(resources.oomScoreAdjustment(
                        pod, pod.getSpec().getContainers().getFirst()))
                .isEqualTo(750);
        assertThat(resources.oomScoreAdjustment(
                        pod, pod.getSpec().getInitContainers().getFirst()))
                .isEqualTo(750);
    }

    private static LinuxContainerResources of(Node node, String requests, String limits) throws IOException {
        Pod pod = Manifests.container("resources: {requests: " + requests + ", limits: " + limits + "}")
                .pod();
        return new Resources(node).of(pod, pod.getSpec().getContainers().getFirst());
    }
}
