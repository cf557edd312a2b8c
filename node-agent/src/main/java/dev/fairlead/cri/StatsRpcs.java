package dev.fairlead.cri;

import dev.fairlead.cri.v1.ContainerAttributes;
import dev.fairlead.cri.v1.ContainerStats;
import dev.fairlead.cri.v1.ContainerStatsFilter;
import dev.fairlead.cri.v1.ContainerStatsRequest;
import dev.fairlead.cri.v1.ContainerStatsResponse;
import dev.fairlead.cri.v1.CpuUsage;
import dev.fairlead.cri.v1.FilesystemIdentifier;
import dev.fairlead.cri.v1.FilesystemUsage;
import dev.fairlead.cri.v1.ListContainerStatsRequest;
import dev.fairlead.cri.v1.ListContainerStatsResponse;
import dev.fairlead.cri.v1.MemoryUsage;
import dev.fairlead.cri.v1.PsiData;
import dev.fairlead.cri.v1.PsiStats;
import dev.fairlead.cri.v1.SwapUsage;
import dev.fairlead.cri.v1.UInt64Value;
import dev.fairlead.image.FsUsage;
import dev.fairlead.libcontainer.cgroups.CgroupStatistics;
import dev.fairlead.pod.ContainerMeasurement;
import dev.fairlead.pod.ContainerMeasurements;
import dev.fairlead.pod.ContainerState;
import dev.fairlead.pod.PodContainer;
import dev.fairlead.pod.PodException;
import dev.fairlead.pod.PodRegistry;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalLong;

/** The calls of RuntimeService that tell what containers use. */
final class StatsRpcs {
    private final PodRegistry registry;
    private final ContainerMeasurements measurements;

    StatsRpcs(PodRegistry registry, ContainerMeasurements measurements) {
        this.registry = registry;
        this.measurements = measurements;
    }

    ContainerStatsResponse one(ContainerStatsRequest request) throws IOException {
        PodContainer container = registry.container(request.getContainerId());
        ContainerMeasurement measured = measurements
                .of(container)
                .orElseThrow(() -> new PodException.WrongState(
                        "container " + container.id() + " has ended: there is nothing left to measure"));
        return ContainerStatsResponse.newBuilder()
                .setStats(message(container, measured))
                .build();
    }

    /** Containers that end while they are measured are left out. */
    ListContainerStatsResponse list(ListContainerStatsRequest request) throws IOException {
        ContainerStatsFilter filter = request.getFilter();
        ListContainerStatsResponse.Builder response = ListContainerStatsResponse.newBuilder();
        for (PodContainer container : registry.containers()) {
            if (container.state() instanceof ContainerState.Running
                    && Filters.matchesId(filter.getId(), container.id())
                    && Filters.matchesId(filter.getPodSandboxId(), container.sandboxId())
                    && Filters.matches(
                            filter.getLabelSelectorMap(), container.config().getLabelsMap())) {
                measurements.of(container).ifPresent(measured -> response.addStats(message(container, measured)));
            }
        }
        return response.build();
    }

    private static ContainerStats message(PodContainer container, ContainerMeasurement measured) {
        CgroupStatistics used = measured.cgroup();
        long timestamp = nanos(used.takenAt());
        ContainerStats.Builder stats = ContainerStats.newBuilder()
                .setAttributes(ContainerAttributes.newBuilder()
                        .setId(container.id())
                        .setMetadata(container.config().getMetadata())
                        .putAllLabels(container.config().getLabelsMap())
                        .putAllAnnotations(container.config().getAnnotationsMap()));
        used.cpu().ifPresent(cpu -> stats.setCpu(cpu(timestamp, cpu, measured.nanoCores(), used.pressure())));
        used.memory().ifPresent(memory -> {
            stats.setMemory(memory(timestamp, memory, used.pressure()));
            memory.swap().ifPresent(swap -> stats.setSwap(swap(timestamp, swap)));
        });
        stats.setWritableLayer(writableLayer(measured.writableLayer()));
        return stats.build();
    }

    private static CpuUsage cpu(
            long timestamp,
            CgroupStatistics.Cpu cpu,
            OptionalLong nanoCores,
            Optional<CgroupStatistics.Pressures> pressure) {
        CpuUsage.Builder usage =
                CpuUsage.newBuilder().setTimestamp(timestamp).setUsageCoreNanoSeconds(value(cpu.usageNanos()));
        nanoCores.ifPresent(rate -> usage.setUsageNanoCores(value(rate)));
        pressure.ifPresent(all -> usage.setPsi(psi(all.cpu())));
        return usage.build();
    }

    private static MemoryUsage memory(
            long timestamp, CgroupStatistics.Memory memory, Optional<CgroupStatistics.Pressures> pressure) {
        MemoryUsage.Builder usage = MemoryUsage.newBuilder()
                .setTimestamp(timestamp)
                .setWorkingSetBytes(value(memory.workingSetBytes()))
                .setUsageBytes(value(memory.usageBytes()))
                .setRssBytes(value(memory.rssBytes()))
                .setPageFaults(value(memory.pageFaults()))
                .setMajorPageFaults(value(memory.majorPageFaults()));
        memory.availableBytes().ifPresent(bytes -> usage.setAvailableBytes(value(bytes)));
        pressure.ifPresent(all -> usage.setPsi(psi(all.memory())));
        return usage.build();
    }

    private static SwapUsage swap(long timestamp, CgroupStatistics.Swap swap) {
        SwapUsage.Builder usage =
                SwapUsage.newBuilder().setTimestamp(timestamp).setSwapUsageBytes(value(swap.usageBytes()));
        swap.limitBytes()
                .ifPresent(limit -> usage.setSwapAvailableBytes(value(Math.max(0, limit - swap.usageBytes()))));
        return usage.build();
    }

    private static FilesystemUsage writableLayer(FsUsage usage) {
        return FilesystemUsage.newBuilder()
                .setTimestamp(nanos(usage.measuredAt()))
                .setFsId(FilesystemIdentifier.newBuilder()
                        .setMountpoint(usage.directory().toString()))
                .setUsedBytes(value(usage.bytes()))
                .setInodesUsed(value(usage.inodes()))
                .build();
    }

    private static PsiStats psi(CgroupStatistics.Pressure pressure) {
        return PsiStats.newBuilder()
                .setSome(psi(pressure.some()))
                .setFull(psi(pressure.full()))
                .build();
    }

    private static PsiData psi(CgroupStatistics.Stall stall) {
        return PsiData.newBuilder()
                .setTotal(stall.totalMicros())
                .setAvg10(stall.average10())
                .setAvg60(stall.average60())
                .setAvg300(stall.average300())
                .build();
    }

    private static UInt64Value value(long number) {
        return UInt64Value.newBuilder().setValue(number).build();
    }

    private static long nanos(Instant time) {
        return ChronoUnit.NANOS.between(Instant.EPOCH, time);
    }
}
