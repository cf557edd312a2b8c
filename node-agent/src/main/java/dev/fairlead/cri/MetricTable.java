package dev.fairlead.cri;

import dev.fairlead.cri.v1.MetricType;
import dev.fairlead.libcontainer.cgroups.CgroupStatistics;
import dev.fairlead.libcontainer.namespaces.InterfaceCounters;
import dev.fairlead.pod.ContainerDetails;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * The metrics of containers and pods, under the names, types and labels that cAdvisor gives them: the kubelet publishes them at
 * /metrics/cadvisor in its stead (KEP 2371), and dashboards know them.
 *
 * <p>CRI carries whole numbers: seconds lose their fraction there, which {@link MetricsText} keeps; "unlimited" is the largest number, or 0 where cAdvisor
 * says so.
 */
final class MetricTable {
    private static final long NANOS = 1_000_000_000;
    private static final long MICROS = 1_000_000;

    /** Of each container that runs. */
    static final List<MetricKind<ContainerDetails>> OF_CONTAINERS = List.of(
            number(
                    "container_last_seen",
                    "When this container was measured, in seconds since 1970.",
                    c -> Instant.now().getEpochSecond()),
            number(
                    "container_start_time_seconds",
                    "When this container was started, in seconds since 1970.",
                    c -> c.container().state().startedAt() / NANOS),

            // CPU time.
            counter(
                    "container_cpu_usage_seconds_total",
                    "CPU time used, in seconds.",
                    List.of("cpu"),
                    cpu(used -> MetricKind.Sample.inParts(used.usageNanos(), NANOS, "total"))),
            counter(
                    "container_cpu_user_seconds_total",
                    "CPU time used by programs, in seconds.",
                    cpu(used -> MetricKind.Sample.inParts(used.userNanos(), NANOS))),
            counter(
                    "container_cpu_system_seconds_total",
                    "CPU time used by the kernel for programs, in seconds.",
                    cpu(used -> MetricKind.Sample.inParts(used.systemNanos(), NANOS))),
            counter(
                    "container_cpu_cfs_periods_total",
                    "Periods in which the quota of CPU time was enforced.",
                    quota(CgroupStatistics.Cpu::periods, 1)),
            counter(
                    "container_cpu_cfs_throttled_periods_total",
                    "Periods in which the quota of CPU time ran out.",
                    quota(CgroupStatistics.Cpu::throttledPeriods, 1)),
            counter(
                    "container_cpu_cfs_throttled_seconds_total",
                    "Time for which the quota of CPU time held programs up, in seconds, summed over CPUs.",
                    quota(CgroupStatistics.Cpu::throttledNanos, NANOS)),

            // Memory.
            gauge(
                    "container_memory_usage_bytes",
                    "Memory in use, page cache included, in bytes.",
                    memory(used -> some(used.usageBytes()))),
            gauge(
                    "container_memory_working_set_bytes",
                    "Memory in use without page cache that was not used lately, in bytes: what eviction goes by.",
                    memory(used -> some(used.workingSetBytes()))),
            gauge("container_memory_rss", "Anonymous memory, in bytes.", memory(used -> some(used.rssBytes()))),
            gauge("container_memory_cache", "Page cache, in bytes.", memory(used -> some(used.cacheBytes()))),
            gauge(
                    "container_memory_mapped_file",
                    "Page cache that is mapped into programs, in bytes.",
                    memory(used -> some(used.mappedFileBytes()))),
            gauge(
                    "container_memory_swap",
                    "Swap in use, in bytes.",
                    memory(used -> some(
                            used.swap().map(CgroupStatistics.Swap::usageBytes).orElse(0L)))),
            gauge(
                    "container_memory_max_usage_bytes",
                    "The most memory that was in use so far, in bytes.",
                    details(CgroupStatistics.MemoryDetails::peakBytes)),
            gauge(
                    "container_memory_kernel_usage",
                    "Memory that the kernel uses for programs, in bytes.",
                    details(CgroupStatistics.MemoryDetails::kernelBytes)),
            gauge(
                    "container_memory_total_active_file_bytes",
                    "Page cache that was used lately, in bytes.",
                    details(used -> OptionalLong.of(used.activeFileBytes()))),
            gauge(
                    "container_memory_total_inactive_file_bytes",
                    "Page cache that was not used lately, in bytes.",
                    details(used -> OptionalLong.of(used.inactiveFileBytes()))),
            counter(
                    "container_memory_failcnt",
                    "How often the limit kept memory from being had at once.",
                    details(used -> OptionalLong.of(used.limitHits()))),
            counter(
                    "container_memory_failures_total",
                    "Page faults: pgmajfault had to wait for a disk, pgfault are all. Scope hierarchy counts cgroups below as well.",
                    List.of("failure_type", "scope"),
                    MetricTable::pageFaults),
            counter(
                    "container_oom_events_total",
                    "Processes that the kernel's out-of-memory killer has ended.",
                    c -> one(c.oomKills())),
            gauge(
                    "container_hugetlb_usage_bytes",
                    "Huge pages in use, in bytes.",
                    List.of("pagesize"),
                    c -> c.used().hugetlb().stream()
                            .map(pages -> MetricKind.Sample.of(pages.usageBytes(), pages.pageSize()))),
            gauge(
                    "container_hugetlb_max_usage_bytes",
                    "The most huge pages that were in use so far, in bytes.",
                    List.of("pagesize"),
                    c -> c.used().hugetlb().stream()
                            .filter(pages -> pages.peakBytes().isPresent())
                            .map(pages -> MetricKind.Sample.of(pages.peakBytes().getAsLong(), pages.pageSize()))),

            // Pressure: "stalled" is the kernel's "full", "waiting" its "some".
            counter(
                    "container_pressure_cpu_stalled_seconds_total",
                    "Time in which all programs waited for a CPU, in seconds.",
                    pressure(all -> all.cpu().full())),
            counter(
                    "container_pressure_cpu_waiting_seconds_total",
                    "Time in which a program waited for a CPU, in seconds.",
                    pressure(all -> all.cpu().some())),
            counter(
                    "container_pressure_memory_stalled_seconds_total",
                    "Time in which all programs waited for memory, in seconds.",
                    pressure(all -> all.memory().full())),
            counter(
                    "container_pressure_memory_waiting_seconds_total",
                    "Time in which a program waited for memory, in seconds.",
                    pressure(all -> all.memory().some())),
            counter(
                    "container_pressure_io_stalled_seconds_total",
                    "Time in which all programs waited for I/O, in seconds.",
                    pressure(all -> all.io().full())),
            counter(
                    "container_pressure_io_waiting_seconds_total",
                    "Time in which a program waited for I/O, in seconds.",
                    pressure(all -> all.io().some())),

            // The file system that the container writes to, and block devices.
            gauge(
                    "container_fs_usage_bytes",
                    "What the container has written to its root file system, in bytes.",
                    List.of("device"),
                    space(c -> c.writableLayer().bytes())),
            gauge(
                    "container_fs_limit_bytes",
                    "Size of the file system that its root file system is written to, in bytes.",
                    List.of("device"),
                    space(c -> c.space().bytes())),
            gauge(
                    "container_fs_inodes_total",
                    "Inodes of the file system that its root file system is written to; 0: it makes them as needed.",
                    List.of("device"),
                    space(c -> c.space().inodes())),
            gauge(
                    "container_fs_inodes_free",
                    "Inodes of that file system that are free.",
                    List.of("device"),
                    space(c -> c.space().inodesFree())),
            counter(
                    "container_fs_reads_bytes_total",
                    "Read from block devices, in bytes.",
                    List.of("device"),
                    io(CgroupStatistics.DeviceIo::readBytes)),
            counter(
                    "container_fs_reads_total",
                    "Reads from block devices.",
                    List.of("device"),
                    io(CgroupStatistics.DeviceIo::reads)),
            counter(
                    "container_fs_writes_bytes_total",
                    "Written to block devices, in bytes.",
                    List.of("device"),
                    io(CgroupStatistics.DeviceIo::writtenBytes)),
            counter(
                    "container_fs_writes_total",
                    "Writes to block devices.",
                    List.of("device"),
                    io(CgroupStatistics.DeviceIo::writes)),
            counter(
                    "container_blkio_device_usage_total",
                    "Read from and written to block devices, in bytes.",
                    List.of("device", "major", "minor", "operation"),
                    c -> devices(c)
                            .flatMap(device -> Stream.of(
                                    blkio(c, device, "Read", device.readBytes()),
                                    blkio(c, device, "Write", device.writtenBytes())))),

            // Processes.
            number("container_processes", "Processes.", ContainerDetails::processes),
            gauge(
                    "container_threads",
                    "Threads, those that are their process's only one included.",
                    c -> c.used().pids().stream().map(pids -> MetricKind.Sample.of(pids.current()))),
            gauge(
                    "container_threads_max",
                    "How many threads there may be; 0: any number.",
                    c -> c.used().pids().stream()
                            .map(pids -> MetricKind.Sample.of(pids.limit().orElse(0)))),
            number(
                    "container_file_descriptors",
                    "Open file descriptors of all processes.",
                    ContainerDetails::descriptors),
            number("container_sockets", "Open sockets of all processes.", ContainerDetails::sockets),
            gauge(
                    "container_ulimits_soft",
                    "Soft resource limits of the first process; unlimited is the largest number.",
                    List.of("ulimit"),
                    c -> c.openFilesLimit().stream().mapToObj(limit -> MetricKind.Sample.of(limit, "max_open_files"))),

            // What was asked for, as the kernel has it.
            gauge(
                    "container_spec_cpu_period",
                    "Period of the quota of CPU time, in microseconds.",
                    c -> present(c.limits().cpuPeriodMicros())),
            gauge(
                    "container_spec_cpu_quota",
                    "CPU time that may be used a period, in microseconds; missing where any may be.",
                    c -> present(c.limits().cpuQuotaMicros())),
            gauge(
                    "container_spec_cpu_shares",
                    "Share of CPU time where CPUs are short: a container's number to the sum of all.",
                    c -> present(c.limits().cpuShares())),
            gauge(
                    "container_spec_memory_limit_bytes",
                    "Limit of memory, in bytes; 0: none.",
                    c -> one(c.limits().memoryBytes().orElse(0))),
            gauge(
                    "container_spec_memory_reservation_limit_bytes",
                    "Memory that is left to the container when it is short, in bytes; 0: none.",
                    c -> one(c.limits().memoryReservationBytes().orElse(0))),
            gauge(
                    "container_spec_memory_swap_limit_bytes",
                    "Limit of swap, in bytes, on cgroup v1 of memory and swap together; 0: none.",
                    c -> one(c.limits().swapBytes().orElse(0))));

    /** Of each network interface of a pod that has a network of its own. */
    static final List<MetricKind<InterfaceCounters>> OF_INTERFACES = List.of(
            network(
                    "container_network_receive_bytes_total",
                    "Bytes that the pod has received.",
                    InterfaceCounters::receivedBytes),
            network(
                    "container_network_receive_packets_total",
                    "Packets that the pod has received.",
                    InterfaceCounters::receivedPackets),
            network(
                    "container_network_receive_packets_dropped_total",
                    "Packets to the pod that were dropped.",
                    InterfaceCounters::receiveDrops),
            network(
                    "container_network_receive_errors_total",
                    "Packets to the pod that were damaged.",
                    InterfaceCounters::receiveErrors),
            network(
                    "container_network_transmit_bytes_total",
                    "Bytes that the pod has sent.",
                    InterfaceCounters::transmittedBytes),
            network(
                    "container_network_transmit_packets_total",
                    "Packets that the pod has sent.",
                    InterfaceCounters::transmittedPackets),
            network(
                    "container_network_transmit_packets_dropped_total",
                    "Packets of the pod that were dropped.",
                    InterfaceCounters::transmitDrops),
            network(
                    "container_network_transmit_errors_total",
                    "Packets of the pod that could not be sent.",
                    InterfaceCounters::transmitErrors));

    private MetricTable() {}

    private static MetricKind<ContainerDetails> number(
            String name, String help, ToLongFunction<ContainerDetails> value) {
        return gauge(name, help, List.of(), c -> one(value.applyAsLong(c)));
    }

    private static MetricKind<ContainerDetails> gauge(
            String name, String help, Function<ContainerDetails, Stream<MetricKind.Sample>> samples) {
        return gauge(name, help, List.of(), samples);
    }

    private static MetricKind<ContainerDetails> gauge(
            String name,
            String help,
            List<String> labels,
            Function<ContainerDetails, Stream<MetricKind.Sample>> samples) {
        return new MetricKind<>(name, MetricType.GAUGE, help, labels, samples);
    }

    private static MetricKind<ContainerDetails> counter(
            String name, String help, Function<ContainerDetails, Stream<MetricKind.Sample>> samples) {
        return counter(name, help, List.of(), samples);
    }

    private static MetricKind<ContainerDetails> counter(
            String name,
            String help,
            List<String> labels,
            Function<ContainerDetails, Stream<MetricKind.Sample>> samples) {
        return new MetricKind<>(name, MetricType.COUNTER, help, labels, samples);
    }

    private static MetricKind<InterfaceCounters> network(
            String name, String help, ToLongFunction<InterfaceCounters> value) {
        return new MetricKind<>(
                name,
                MetricType.COUNTER,
                help,
                List.of("interface"),
                counters -> Stream.of(MetricKind.Sample.of(value.applyAsLong(counters), counters.name())));
    }

    private static Stream<MetricKind.Sample> one(long value) {
        return Stream.of(MetricKind.Sample.of(value));
    }

    private static Optional<MetricKind.Sample> some(long value) {
        return Optional.of(MetricKind.Sample.of(value));
    }

    private static Stream<MetricKind.Sample> present(OptionalLong value) {
        return value.stream().mapToObj(MetricKind.Sample::of);
    }

    private static Function<ContainerDetails, Stream<MetricKind.Sample>> cpu(
            Function<CgroupStatistics.Cpu, MetricKind.Sample> sample) {
        return c -> c.used().cpu().stream().map(sample);
    }

    /** Of containers with a quota: without one, nothing is enforced. */
    private static Function<ContainerDetails, Stream<MetricKind.Sample>> quota(
            ToLongFunction<CgroupStatistics.Cpu> value, long parts) {
        return c -> c.limits().cpuQuotaMicros().isEmpty()
                ? Stream.empty()
                : c.used().cpu().stream().map(cpu -> MetricKind.Sample.inParts(value.applyAsLong(cpu), parts));
    }

    private static Function<ContainerDetails, Stream<MetricKind.Sample>> memory(
            Function<CgroupStatistics.Memory, Optional<MetricKind.Sample>> sample) {
        return c -> c.used().memory().flatMap(sample).stream();
    }

    private static Function<ContainerDetails, Stream<MetricKind.Sample>> details(
            Function<CgroupStatistics.MemoryDetails, OptionalLong> value) {
        return c -> c.used().memoryDetails().stream().flatMap(details -> present(value.apply(details)));
    }

    private static Stream<MetricKind.Sample> pageFaults(ContainerDetails c) {
        return Stream.concat(
                c.used().memoryDetails().stream()
                        .flatMap(own -> Stream.of(
                                MetricKind.Sample.of(own.ownPageFaults(), "pgfault", "container"),
                                MetricKind.Sample.of(own.ownMajorPageFaults(), "pgmajfault", "container"))),
                c.used().memory().stream()
                        .flatMap(all -> Stream.of(
                                MetricKind.Sample.of(all.pageFaults(), "pgfault", "hierarchy"),
                                MetricKind.Sample.of(all.majorPageFaults(), "pgmajfault", "hierarchy"))));
    }

    private static Function<ContainerDetails, Stream<MetricKind.Sample>> pressure(
            Function<CgroupStatistics.Pressures, CgroupStatistics.Stall> stall) {
        return c -> c.used().pressure().stream()
                .map(all -> MetricKind.Sample.inParts(stall.apply(all).totalMicros(), MICROS));
    }

    private static Function<ContainerDetails, Stream<MetricKind.Sample>> space(ToLongFunction<ContainerDetails> value) {
        return c ->
                Stream.of(MetricKind.Sample.of(value.applyAsLong(c), c.space().device()));
    }

    private static Stream<CgroupStatistics.DeviceIo> devices(ContainerDetails c) {
        return c.used().io().stream().flatMap(io -> io.devices().stream());
    }

    private static String name(ContainerDetails c, CgroupStatistics.DeviceIo device) {
        return c.deviceNames().getOrDefault(device.device(), device.device());
    }

    private static Function<ContainerDetails, Stream<MetricKind.Sample>> io(
            ToLongFunction<CgroupStatistics.DeviceIo> value) {
        return c -> devices(c).map(device -> MetricKind.Sample.of(value.applyAsLong(device), name(c, device)));
    }

    private static MetricKind.Sample blkio(
            ContainerDetails c, CgroupStatistics.DeviceIo device, String operation, long bytes) {
        String[] number = device.device().split(":", 2);
        return MetricKind.Sample.of(bytes, name(c, device), number[0], number.length > 1 ? number[1] : "", operation);
    }
}
