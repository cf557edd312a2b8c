package dev.fairlead.cri;

import com.google.protobuf.ByteString;
import dev.fairlead.cri.v1.Metric;
import dev.fairlead.cri.v1.MetricDescriptor;
import dev.fairlead.cri.v1.MetricType;
import dev.fairlead.cri.v1.UInt64Value;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * One row of the table of metrics.
 *
 * @param labels beside those that all have ({@link #COMMON_LABELS})
 * @param samples what a source gives: none where the node does not count it
 */
record MetricKind<S>(
        String name, MetricType type, String help, List<String> labels, Function<S, Stream<Sample>> samples) {
    /** As cAdvisor labels what the kubelet publishes; {@code id} is a cgroup path, {@code name} the id of the container or sandbox. */
    static final List<String> COMMON_LABELS = List.of("container", "id", "image", "name", "namespace", "pod");

    MetricKind {
        labels = List.copyOf(labels);
    }

    /**
     * A number of a metric.
     * @param value unsigned, in {@code parts} of the metric's unit
     * @param labels one for each of the metric's own
     */
    record Sample(long value, long parts, List<String> labels) {
        Sample {
            labels = List.copyOf(labels);
        }

        static Sample of(long value, String... labels) {
            return new Sample(value, 1, List.of(labels));
        }

        /** Of a value that is counted more finely than the metric says: nanoseconds of one in seconds have 1,000,000,000 parts. */
        static Sample inParts(long value, long parts, String... labels) {
            return new Sample(value, parts, List.of(labels));
        }

        /** As CRI carries it. */
        long whole() {
            return Long.divideUnsigned(value, parts);
        }
    }

    MetricDescriptor descriptor() {
        return MetricDescriptor.newBuilder()
                .setName(name)
                .setHelp(help)
                .addAllLabelKeys(COMMON_LABELS)
                .addAllLabelKeys(labels)
                .build();
    }

    /**
     * What the metrics of one container or pod have in common, encoded once: they are some seventy.
     * @param commonLabels values of {@link #COMMON_LABELS}
     */
    static Metric labelled(List<String> commonLabels) {
        Metric.Builder labelled = Metric.newBuilder();
        commonLabels.forEach(label -> labelled.addLabelValuesBytes(ByteString.copyFromUtf8(label)));
        return labelled.build();
    }

    /**
     * The metrics of a source; without a time, as they are of now.
     * @param labelled of {@link #labelled}
     */
    Stream<Metric> of(S source, Metric labelled) {
        return samples.apply(source)
                .map(sample -> labelled.toBuilder()
                        .setName(name)
                        .setMetricType(type)
                        .addAllLabelValues(sample.labels())
                        .setValue(UInt64Value.newBuilder().setValue(sample.whole()))
                        .build());
    }
}
