package dev.fairlead.test;

import java.io.IOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A test that mounts, makes namespaces or cgroups: without CAP_SYS_ADMIN it is skipped, and says so. */
@Tag("root")
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsRoot.Condition.class)
public @interface NeedsRoot {
    /** Reads the effective capabilities of this process. */
    final class Condition implements ExecutionCondition {
        private static final int CAP_SYS_ADMIN = 21;

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            try {
                long effective = Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("CapEff:"))
                        .mapToLong(
                                line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                        .findFirst()
                        .orElse(0);
                return (effective & 1L << CAP_SYS_ADMIN) != 0
                        ? ConditionEvaluationResult.enabled("CAP_SYS_ADMIN is held")
                        : ConditionEvaluationResult.disabled("CAP_SYS_ADMIN is missing: run the tests as root");
            } catch (IOException e) {
                return ConditionEvaluationResult.disabled("cannot read /proc/self/status: " + e);
            }
        }
    }
}
