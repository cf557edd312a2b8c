package dev.fairlead.cri;

import dev.fairlead.cri.v1.ContainerAttributes;
import dev.fairlead.cri.v1.ContainerStats;
import dev.fairlead.cri.v1.CpuUsage;
import dev.fairlead.cri.v1.FilesystemIdentifier;
import dev.fairlead.cri.v1.FilesystemUsage;
import dev.fairlead.cri.v1.IoUsage;
import dev.fairlead.cri.v1.LinuxPodSandboxStats;
import dev.fairlead.cri.v1.MemoryUsage;
import dev.fairlead.cri.v1.NetworkInterfaceUsage;
import dev.fairlead.cri.v1.NetworkUsage;
import dev.fairlead.cri.v1.PodSandboxAttributes;
import dev.fairlead.cri.v1.PodSandboxStats;
import dev.fairlead.cri.v1.ProcessUsage;
import dev.fairlead.cri.v1.PsiData;
import dev.fairlead.cri.v1.PsiStats;
import dev.fairlead.cri.v1.SwapUsage;
import dev.fairlead.cri.v1.UInt64Value;
import dev.fairlead.image.FsUsage;
import dev.fairlead.libcontainer.cgroups.CgroupStatistics;
import dev.fairlead.libcontainer.cgroups.CgroupUsage;
import dev.fairlead.libcontainer.namespaces.InterfaceCounters;
import dev.fairlead.pod.ContainerMeasurement;
import dev.fairlead.pod.PodContainer;
import dev.fairlead.pod.PodMeasurement;
import dev.fairlead.pod.PodSandbox;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Measurements in the words of CRI. */
final class StatsMessages {
    private StatsMessages() {}

    static ContainerStats of(ContainerMeasurement measured) {
        PodContainer container = measured.container();
        CgroupUsage used = measured.used();
        long timestamp = nanos(used.takenAt());
        ContainerStats.Builder stats = ContainerStats.newBuilder()
                .setAttributes(ContainerAttributes.newBuilder()
                        .setId(container.id())
                        .setMetadata(container.config().getMetadata())
                        .putAllLabels(container.config().getLabelsMap())
                        .putAllAnnotations(container.config().getAnnotationsMap()))
                .setWritableLayer(writableLayer(measured.writableLayer()));
        cpu(timestamp, used, measured.nanoCores()).ifPresent(stats::setCpu);
        used.memory().ifPresent(memory -> {
            stats.setMemory(memory(timestamp, memory, used.pressure()));
            memory.swap().ifPresent(swap -> stats.setSwap(swap(timestamp, swap)));
        });
        used.pressure().ifPresent(pressure -> stats.setIo(io(timestamp, pressure)));
        return stats.build();
    }

    static PodSandboxStats of(PodMeasurement measured) {
        PodSandbox sandbox = measured.sandbox();
        CgroupUsage used = measured.used();
        long timestamp = nanos(measured.takenAt());
        LinuxPodSandboxStats.Builder linux = LinuxPodSandboxStats.newBuilder()
                .setProcess(
                        ProcessUsage.newBuilder().setTimestamp(timestamp).setProcessCount(value(measured.processes())));
        measured.containers().forEach(container -> linux.addContainers(of(container)));
        cpu(nanos(used.takenAt()), used, measured.nanoCores()).ifPresent(linux::setCpu);
        used.memory().ifPresent(memory -> linux.setMemory(memory(nanos(used.takenAt()), memory, used.pressure())));
        used.pressure().ifPresent(pressure -> linux.setIo(io(nanos(used.takenAt()), pressure)));
        measured.network()
                .ifPresent(interfaces -> linux.setNetwork(network(timestamp, interfaces, measured.defaultInterface())));
        return PodSandboxStats.newBuilder()
                .setAttributes(PodSandboxAttributes.newBuilder()
                        .setId(sandbox.id())
                        .setMetadata(sandbox.config().getMetadata())
                        .putAllLabels(sandbox.config().getLabelsMap())
                        .putAllAnnotations(sandbox.config().getAnnotationsMap()))
                .setLinux(linux)
                .build();
    }

    private static Optional<CpuUsage> cpu(long timestamp, CgroupUsage used, OptionalLong nanoCores) {
        if (used.cpuNanos().isEmpty()) {
            return Optional.empty();
        }
        CpuUsage.Builder usage = CpuUsage.newBuilder()
                .setTimestamp(timestamp)
                .setUsageCoreNanoSeconds(value(used.cpuNanos().getAsLong()));
        nanoCores.ifPresent(rate -> usage.setUsageNanoCores(value(rate)));
        used.pressure().ifPresent(all -> usage.setPsi(psi(all.cpu())));
        return Optional.of(usage.build());
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

    private static IoUsage io(long timestamp, CgroupStatistics.Pressures pressure) {
        return IoUsage.newBuilder()
                .setTimestamp(timestamp)
                .setPsi(psi(pressure.io()))
                .build();
    }

    private static NetworkUsage network(
            long timestamp, List<InterfaceCounters> interfaces, Optional<InterfaceCounters> main) {
        NetworkUsage.Builder usage = NetworkUsage.newBuilder().setTimestamp(timestamp);
        main.ifPresent(counters -> usage.setDefaultInterface(network(counters)));
        interfaces.stream()
                .filter(counters -> !main.equals(Optional.of(counters)))
                .forEach(counters -> usage.addInterfaces(network(counters)));
        return usage.build();
    }

    private static NetworkInterfaceUsage network(InterfaceCounters counters) {
        return NetworkInterfaceUsage.newBuilder()
                .setName(counters.name())
                .setRxBytes(value(counters.receivedBytes()))
                .setRxErrors(value(counters.receiveErrors()))
                .setTxBytes(value(counters.transmittedBytes()))
                .setTxErrors(value(counters.transmitErrors()))
                .build();
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
