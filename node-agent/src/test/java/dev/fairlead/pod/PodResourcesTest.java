package dev.fairlead.pod;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.LinuxContainerResources;
import org.junit.jupiter.api.Test;

class PodResourcesTest {
    private static final LinuxContainerResources NONE = LinuxContainerResources.getDefaultInstance();

    @Test
    void bothTogetherAreTheLimitsOfThePod() {
        LinuxContainerResources sum = PodResources.of(
                        LinuxContainerResources.newBuilder()
                                .setCpuShares(102)
                                .setCpuPeriod(50_000)
                                .setCpuQuota(5_000)
                                .setMemoryLimitInBytes(1000)
                                .build(),
                        LinuxContainerResources.newBuilder()
                                .setCpuShares(512)
                                .setCpuPeriod(100_000)
                                .setCpuQuota(200_000)
                                .setMemoryLimitInBytes(5000)
                                .setMemorySwapLimitInBytes(6000)
                                .setCpusetCpus("0")
                                .build())
                .sum();
        assertThat(sum.getCpuShares()).isEqualTo(614);
        assertThat(sum.getCpuPeriod()).isEqualTo(100_000);
        assertThat(sum.getCpuQuota()).as("a tenth of a CPU more").isEqualTo(210_000);
        assertThat(sum.getMemoryLimitInBytes()).isEqualTo(6000);
        assertThat(sum.getMemorySwapLimitInBytes()).isEqualTo(7000);
        assertThat(sum.getCpusetCpus()).isEqualTo("0");
    }

    @Test
    void whatTheContainersMayUseWithoutLimitThePodMayToo() {
        LinuxContainerResources overhead = LinuxContainerResources.newBuilder()
                .setCpuPeriod(100_000)
                .setCpuQuota(5_000)
                .setMemoryLimitInBytes(1000)
                .build();
        assertThat(PodResources.of(overhead, NONE).sum()).isEqualTo(NONE);
        LinuxContainerResources unlimited =
                LinuxContainerResources.newBuilder().setCpuQuota(-1).build();
        assertThat(PodResources.of(overhead, unlimited).sum().getCpuQuota()).isEqualTo(-1);
    }
}
