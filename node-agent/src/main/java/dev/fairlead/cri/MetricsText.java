package dev.fairlead.cri;

import java.util.List;
import java.util.Locale;

/**
 * Metrics in Prometheus' text format 0.0.4, with the names, types and labels of {@link MetricTable}: what the kubelet's /metrics/cadvisor has of a runtime
 * that cAdvisor knows.
 */
final class MetricsText {
    private final StringBuilder text = new StringBuilder();

    /**
     * Something that is measured.
     * @param labels values of {@link MetricKind#COMMON_LABELS}
     */
    record Subject<S>(List<String> labels, S measured) {
        Subject {
            labels = List.copyOf(labels);
        }
    }

    /** Adds a metric of all that are measured; nothing if none of them has it. */
    <S> void add(MetricKind<S> kind, List<Subject<S>> subjects) {
        int begin = text.length();
        text.append("# HELP ").append(kind.name()).append(' ').append(escaped(kind.help()));
        text.append("\n# TYPE ").append(kind.name()).append(' ');
        text.append(kind.type().name().toLowerCase(Locale.ROOT)).append('\n');
        int head = text.length();
        for (Subject<S> subject : subjects) {
            kind.samples().apply(subject.measured()).forEach(sample -> add(kind, subject.labels(), sample));
        }
        if (text.length() == head) {
            text.setLength(begin);
        }
    }

    private void add(MetricKind<?> kind, List<String> labels, MetricKind.Sample sample) {
        text.append(kind.name());
        char before = '{';
        for (int i = 0; i < labels.size(); i++) {
            label(before, MetricKind.COMMON_LABELS.get(i), labels.get(i));
            before = ',';
        }
        for (int i = 0; i < sample.labels().size(); i++) {
            label(before, kind.labels().get(i), sample.labels().get(i));
        }
        text.append("} ");
        if (sample.parts() == 1) {
            text.append(Long.toUnsignedString(sample.value()));
        } else {
            text.append((double) sample.value() / sample.parts());
        }
        text.append('\n');
    }

    private void label(char before, String name, String value) {
        text.append(before).append(name).append("=\"");
        text.append(escaped(value).replace("\"", "\\\"")).append('"');
    }

    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("\n", "\\n");
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
