package dev.fairlead.cri;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.MetricType;
import java.util.List;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MetricsTextTest {
    private static final List<String> LABELS = List.of("web", "/pod/id", "busybox:1", "id", "default", "shop");
    private static final String COMMON =
            "container=\"web\",id=\"/pod/id\",image=\"busybox:1\",name=\"id\",namespace=\"default\",pod=\"shop\"";

    private static MetricKind<Long> kind(Function<Long, Stream<MetricKind.Sample>> samples, String... labels) {
        return new MetricKind<>("container_it_total", MetricType.COUNTER, "What\nit is.", List.of(labels), samples);
    }

    private static String text(MetricKind<Long> kind, long... measured) {
        MetricsText text = new MetricsText();
        text.add(
                kind,
                LongStream.of(measured)
                        .mapToObj(value -> new MetricsText.Subject<>(LABELS, value))
                        .toList());
        return text.toString();
    }

    @Test
    void oneHeadAndALineForEach() {
        assertThat(text(kind(value -> Stream.of(MetricKind.Sample.of(value))), 3, 4))
                .isEqualTo("""
                # HELP container_it_total What\\nit is.
                # TYPE container_it_total counter
                container_it_total{%1$s} 3
                container_it_total{%1$s} 4
                """.formatted(COMMON));
    }

    @Test
    void ownLabelsFollowAndAreEscaped() {
        assertThat(text(kind(value -> Stream.of(MetricKind.Sample.of(value, "a\\b\"c\nd")), "device"), 3))
                .endsWith("container_it_total{" + COMMON + ",device=\"a\\\\b\\\"c\\nd\"} 3\n");
    }

    @Test
    void fractionsAreKept() {
        assertThat(text(kind(value -> Stream.of(MetricKind.Sample.inParts(value, 1000))), 1234))
                .endsWith("} 1.234\n");
        assertThat(MetricKind.Sample.inParts(1999, 1000).whole()).isEqualTo(1);
    }

    @Test
    void theLargestNumberIsNotNegative() {
        assertThat(text(kind(value -> Stream.of(MetricKind.Sample.of(value))), -1))
                .endsWith("} 18446744073709551615\n");
    }

    @Test
    void whatNobodyHasIsNotNamed() {
        assertThat(text(kind(_ -> Stream.empty()), 3)).isEmpty();
    }
}
