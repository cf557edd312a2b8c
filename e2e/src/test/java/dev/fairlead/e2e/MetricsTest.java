package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ContainerMetrics;
import dev.fairlead.cri.v1.LinuxContainerResources;
import dev.fairlead.cri.v1.ListMetricDescriptorsRequest;
import dev.fairlead.cri.v1.ListPodSandboxMetricsRequest;
import dev.fairlead.cri.v1.Metric;
import dev.fairlead.cri.v1.MetricDescriptor;
import dev.fairlead.cri.v1.PodSandboxMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the kubelet publishes as metrics of containers and pods: all that it had from cAdvisor, and the kernel's values. */
@OnNode
@OnlyFairlead // containerd 2.4 has neither all of them nor cAdvisor's labels
class MetricsTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    /** Names that the kubelet publishes from cAdvisor (Kubernetes 1.36 and 1.37). */
    private static final List<String> CADVISORS = List.of("""
            blkio_device_usage_total cpu_cfs_periods_total cpu_cfs_throttled_periods_total cpu_cfs_throttled_seconds_total
            cpu_system_seconds_total cpu_usage_seconds_total cpu_user_seconds_total file_descriptors fs_inodes_free fs_inodes_total
            fs_limit_bytes fs_reads_bytes_total fs_reads_total fs_usage_bytes fs_writes_bytes_total fs_writes_total
            hugetlb_max_usage_bytes hugetlb_usage_bytes last_seen memory_cache memory_failcnt memory_failures_total
            memory_kernel_usage memory_mapped_file memory_max_usage_bytes memory_rss memory_swap memory_usage_bytes
            memory_working_set_bytes network_receive_bytes_total network_receive_errors_total
            network_receive_packets_dropped_total network_receive_packets_total network_transmit_bytes_total
            network_transmit_errors_total network_transmit_packets_dropped_total network_transmit_packets_total
            oom_events_total pressure_cpu_stalled_seconds_total pressure_cpu_waiting_seconds_total
            pressure_io_stalled_seconds_total pressure_io_waiting_seconds_total pressure_memory_stalled_seconds_total
            pressure_memory_waiting_seconds_total processes sockets spec_cpu_period spec_cpu_quota spec_cpu_shares
            spec_memory_limit_bytes spec_memory_reservation_limit_bytes spec_memory_swap_limit_bytes start_time_seconds threads
            threads_max ulimits_soft
            """.split("\\s+"));

    /** Those that some kernels and disks do not count: block I/O, huge pages and pressure, and on v2 peaks and kernel memory. */
    private static final Set<String> NOT_EVERYWHERE = Set.of("blkio", "fs_reads", "fs_writes", "hugetlb", "pressure");

    private final Node node;

    MetricsTest(Node node) {
        this.node = node;
    }

    private Map<String, MetricDescriptor> descriptors() {
        return node
                .cri()
                .runtime()
                .listMetricDescriptors(ListMetricDescriptorsRequest.getDefaultInstance())
                .getDescriptorsList()
                .stream()
                .collect(Collectors.toMap(MetricDescriptor::getName, Function.identity()));
    }

    private PodSandboxMetrics metrics(Pod pod) {
        return node
                .cri()
                .runtime()
                .listPodSandboxMetrics(ListPodSandboxMetricsRequest.getDefaultInstance())
                .getPodMetricsList()
                .stream()
                .filter(metrics -> metrics.getPodSandboxId().equals(pod.id()))
                .findFirst()
                .orElseThrow();
    }

    private static Container working(Pod pod) {
        ContainerConfig.Builder config = Node.shell("dd if=/dev/zero of=/file bs=1M count=5 2>/dev/null; sync; "
                + "exec 7</dev/null 8</dev/null; nc -l -p 1000 & sleep 1000 & "
                + "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; wait");
        config.getLinuxBuilder()
                .setResources(LinuxContainerResources.newBuilder()
                        .setCpuPeriod(100_000)
                        .setCpuQuota(40_000)
                        .setCpuShares(1024)
                        .setMemoryLimitInBytes(64 << 20)
                        .setMemorySwapLimitInBytes(64 << 20));
        return pod.run(config);
    }

    @Test
    void eachHasADescriptorWithItsLabelsAndAValue() {
        Pod pod = node.runPod("metered");
        Container container = working(pod);
        Map<String, MetricDescriptor> descriptors = descriptors();
        assertThat(descriptors.keySet())
                .containsAll(CADVISORS.stream().map(name -> "container_" + name).toList());
        assertThat(descriptors.values()).allSatisfy(descriptor -> {
            assertThat(descriptor.getHelp()).isNotEmpty();
            assertThat(descriptor.getLabelKeysList())
                    .doesNotHaveDuplicates()
                    .startsWith("container", "id", "image", "name", "namespace", "pod");
        });
        PodSandboxMetrics metrics = metrics(pod);
        List<Metric> all = Stream.concat(
                        metrics.getMetricsList().stream(),
                        metrics.getContainerMetricsList().stream().flatMap(each -> each.getMetricsList().stream()))
                .toList();
        assertThat(all).allSatisfy(metric -> {
            MetricDescriptor descriptor = descriptors.get(metric.getName());
            assertThat(descriptor).as(metric.getName()).isNotNull();
            assertThat(metric.getLabelValuesCount())
                    .as(metric.getName())
                    .isEqualTo(descriptor == null ? -1 : descriptor.getLabelKeysCount());
            assertThat(metric.hasValue()).as(metric.getName()).isTrue();
        });
        assertThat(all.stream().map(metric -> metric.getName() + metric.getLabelValuesList()))
                .as("no two of the same name and labels")
                .doesNotHaveDuplicates();
        Set<String> given = all.stream().map(Metric::getName).collect(Collectors.toSet());
        assertThat(descriptors.keySet().stream()
                        .filter(name ->
                                NOT_EVERYWHERE.stream().noneMatch(part -> name.startsWith("container_" + part))))
                .allMatch(given::contains);
        assertThat(labels(descriptors, metrics.getContainerMetrics(0).getMetrics(0)))
                .containsAllEntriesOf(Map.of(
                        "container",
                        "c1",
                        "image",
                        Node.BUSYBOX,
                        "name",
                        container.id(),
                        "namespace",
                        "e2e",
                        "pod",
                        pod.config().getMetadata().getName()))
                .hasEntrySatisfying("id", id -> assertThat(id).isEqualTo("/e2e/" + container.id()));
    }

    private static Map<String, String> labels(Map<String, MetricDescriptor> descriptors, Metric metric) {
        MetricDescriptor descriptor = descriptors.getOrDefault(metric.getName(), MetricDescriptor.getDefaultInstance());
        Map<String, String> labels = new LinkedHashMap<>();
        for (int i = 0; i < descriptor.getLabelKeysCount(); i++) {
            labels.put(descriptor.getLabelKeys(i), metric.getLabelValues(i));
        }
        return labels;
    }

    private Map<String, Long> values(Pod pod, Container container) {
        Map<String, Long> values = new HashMap<>();
        for (ContainerMetrics metrics : metrics(pod).getContainerMetricsList()) {
            if (metrics.getContainerId().equals(container.id())) {
                metrics.getMetricsList()
                        .forEach(metric -> values.put(
                                metric.getName().replace("container_", ""),
                                metric.getValue().getValue()));
            }
        }
        return values;
    }

    @Test
    void valuesAreTheKernels() throws IOException {
        Instant before = Instant.now();
        Pod pod = node.runPod("metered");
        Container container = working(pod);
        Map<String, Long> values = Wait.until(
                "it has done its work",
                SOON,
                () -> values(pod, container),
                seen -> seen.getOrDefault("processes", 0L) == 3
                        && seen.getOrDefault("sockets", 0L) == 1 // nc listens
                        && seen.getOrDefault("cpu_cfs_periods_total", 0L) > 0
                        && seen.getOrDefault("fs_usage_bytes", 0L) >= 5 << 20);
        assertThat(values.get("start_time_seconds")).isBetween(before.getEpochSecond(), before.getEpochSecond() + 60);
        assertThat(values.get("last_seen"))
                .isBetween(before.getEpochSecond(), Instant.now().getEpochSecond());
        assertThat(values.get("threads"))
                .isEqualTo(Long.parseLong(Cgroups.read(container, "pids", "pids.current", "pids.current")));
        assertThat(values.get("file_descriptors"))
                .isEqualTo(descriptorsOf(container))
                .isGreaterThan(3 * 3);
        assertThat(values.get("ulimits_soft")).isEqualTo(Long.parseLong(container.exec("sh", "-c", "ulimit -Sn")));
        assertThat(values.get("spec_cpu_quota")).isEqualTo(40_000);
        assertThat(values.get("spec_cpu_period")).isEqualTo(100_000);
        assertThat(values.get("spec_cpu_shares")).isBetween(1000L, 1048L);
        assertThat(values.get("spec_memory_limit_bytes")).isEqualTo(64 << 20);
        assertThat(values.get("spec_memory_reservation_limit_bytes")).isZero();
        assertThat(values.get("memory_failures_total")).isNotNull();
        assertThat(values.get("memory_max_usage_bytes")).isBetween(5L << 20, 64L << 20);
        long usage = Long.parseLong(Cgroups.read(container, "memory", "memory.usage_in_bytes", "memory.current"));
        assertThat(values.get("memory_usage_bytes")).isBetween(usage - (1 << 20), usage + (1 << 20));
        assertThat(values.get("fs_limit_bytes")).isGreaterThan(100L << 20);
        assertThat(values.get("oom_events_total")).isZero();
    }

    private static long descriptorsOf(Container container) throws IOException {
        long open = 0;
        for (String pid :
                Cgroups.read(container, "pids", "cgroup.procs", "cgroup.procs").split("\n", -1)) {
            try (Stream<Path> files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
                open += files.count();
            }
        }
        return open;
    }

    @Test
    void aPodsNetworkHasTheCountersOfEachInterface() {
        Pod pod = node.runPod("metered");
        Container container = pod.run(Node.command("sleep", "1000"));
        container.exec("sh", "-c", "ping -c 3 -s 1000 $(ip route | grep default | cut -d' ' -f3)");
        Map<String, MetricDescriptor> descriptors = descriptors();
        List<Metric> sent = metrics(pod).getMetricsList().stream()
                .filter(metric -> metric.getName().equals("container_network_transmit_bytes_total"))
                .toList();
        assertThat(sent).anySatisfy(metric -> {
            assertThat(labels(descriptors, metric))
                    .containsEntry("interface", "eth0")
                    .containsEntry("container", "")
                    .containsEntry("name", pod.id())
                    .containsEntry("pod", pod.config().getMetadata().getName());
            assertThat(metric.getValue().getValue()).isBetween(3000L, 100_000L);
        });
        assertThat(sent).noneMatch(metric -> labels(descriptors, metric).containsValue("lo"));
    }
}
