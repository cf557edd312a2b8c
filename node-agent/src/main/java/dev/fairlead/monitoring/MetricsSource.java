package dev.fairlead.monitoring;

import java.io.IOException;

/** Something that is measured when it is asked for. */
@FunctionalInterface
public interface MetricsSource {
    /**
     * Its metrics in Prometheus' text format, 0.0.4.
     * @throws IOException it could not be measured
     */
    String scrape() throws IOException;
}
