package dev.fairlead.cri;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.Metric;
import dev.fairlead.cri.v1.MetricType;
import dev.fairlead.libcontainer.namespaces.InterfaceCounters;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MetricTableTest {
    private static List<MetricKind<?>> all() {
        return Stream.<MetricKind<?>>concat(MetricTable.OF_CONTAINERS.stream(), MetricTable.OF_INTERFACES.stream())
                .toList();
    }

    @Test
    void namesAreOnceInItAndTellTheType() {
        assertThat(all())
                .extracting(MetricKind::name)
                .doesNotHaveDuplicates()
                .allMatch(name -> name.startsWith("container_"));
        // What Prometheus asks of names, and cAdvisor keeps to but for one.
        assertThat(all())
                .allSatisfy(kind -> assertThat(
                                (kind.name().endsWith("_total") && !kind.name().equals("container_fs_inodes_total"))
                                        || kind.name().equals("container_memory_failcnt"))
                        .as(kind.name())
                        .isEqualTo(kind.type() == MetricType.COUNTER));
    }

    @Test
    void labelsOfItsOwnFollowThoseThatAllHave() {
        InterfaceCounters counters = new InterfaceCounters("eth0", 1, 2, 3, 4, 5, 6, 7, 8);
        List<String> common = List.of("c", "/cg", "img", "id", "ns", "pod");
        assertThat(common).hasSameSizeAs(MetricKind.COMMON_LABELS);
        List<Metric> metrics = MetricTable.OF_INTERFACES.stream()
                .flatMap(kind -> kind.of(counters, MetricKind.labelled(common)))
                .toList();
        assertThat(metrics)
                .extracting(metric -> metric.getValue().getValue())
                .as("each column once")
                .containsExactlyInAnyOrder(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
        assertThat(metrics)
                .allSatisfy(metric -> assertThat(metric.getLabelValuesList())
                        .containsExactly("c", "/cg", "img", "id", "ns", "pod", "eth0"));
        assertThat(MetricTable.OF_INTERFACES.getFirst().descriptor().getLabelKeysList())
                .containsExactly("container", "id", "image", "name", "namespace", "pod", "interface");
    }
}
