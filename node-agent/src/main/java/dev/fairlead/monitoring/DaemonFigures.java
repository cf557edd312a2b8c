package dev.fairlead.monitoring;

import io.grpc.ServerInterceptor;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.grpc.MetricCollectingServerInterceptor;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** What is counted of the daemon itself. Of its containers CRI tells, see {@code ListPodSandboxMetrics}. */
public final class DaemonFigures implements AutoCloseable {
    /** From a call that asks for what is known to one that starts a program and waits for it; the kubelet gives most of them up after two minutes. */
    private static final Duration[] BUCKETS = LongStream.of(
                    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 120_000)
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    /** A field, for meters hold what they ask weakly. */
    private final ProcessFigures process = new ProcessFigures();

    /**
     * Starts counting, with what there is to say of the process.
     * @param version of Fairlead, in the label of {@code fairlead_info}
     */
    public DaemonFigures(String version) {
        Gauge.builder("fairlead.info", () -> 1)
                .description("The version that runs.")
                .tags(Tags.of("version", version))
                .register(registry);
        FunctionCounter.builder("process.cpu", process, ProcessFigures::cpuSeconds)
                .baseUnit("seconds")
                .description("CPU time of the daemon, user and system.")
                .register(registry);
        processGauge(
                "process.resident.memory",
                "bytes",
                "Resident memory of the daemon.",
                process,
                ProcessFigures::resident);
        processGauge(
                "process.open.fds",
                null,
                "File descriptors that the daemon has open.",
                process,
                ProcessFigures::descriptors);
        processGauge(
                "fairlead.threads.allocated",
                "bytes",
                "Memory that the threads which live now have taken from the heap since they started.",
                process,
                ProcessFigures::allocated);
        processGauge("process.threads", null, "Threads of the daemon.", process, ProcessFigures::threads);
        processGauge(
                "process.start.time",
                "seconds",
                "Start of the daemon, since the epoch.",
                process,
                ProcessFigures::startSeconds);
    }

    private void processGauge(
            String name,
            @Nullable String unit,
            String description,
            ProcessFigures process,
            ToDoubleFunction<ProcessFigures> value) {
        Gauge.builder(name, process, value)
                .baseUnit(unit)
                .description(description)
                .register(registry);
    }

    /**
     * Adds a number that goes up and down.
     * @param name in lower case, with dots where Prometheus has underscores
     * @param subject held weakly: somebody else must hold it
     */
    public <T> void gauge(String name, String description, T subject, ToDoubleFunction<T> value) {
        Gauge.builder(name, subject, value).description(description).register(registry);
    }

    /** Counts calls by method and status code, and how long they took. */
    public ServerInterceptor calls() {
        return new MetricCollectingServerInterceptor(
                registry, UnaryOperator.identity(), timer -> timer.serviceLevelObjectives(BUCKETS));
    }

    /** All of it in Prometheus' text format, 0.0.4. */
    String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        registry.close();
    }
}
