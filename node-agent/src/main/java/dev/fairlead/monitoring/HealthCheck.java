package dev.fairlead.monitoring;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * One of the things that must be right for pods to be run.
 *
 * @param name as CRI calls the condition, such as {@code NetworkReady}
 * @param problem what is wrong, in words; empty: nothing. Asked each time
 */
public record HealthCheck(String name, Supplier<Optional<String>> problem) {}
