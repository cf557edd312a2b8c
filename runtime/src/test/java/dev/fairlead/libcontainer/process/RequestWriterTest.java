package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.oci.IoPriority;
import dev.fairlead.oci.Process;
import dev.fairlead.oci.Rlimit;
import dev.fairlead.oci.Scheduler;
import dev.fairlead.oci.User;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What no kernel takes is refused before anything is started, with the name of its field. */
class RequestWriterTest {
    @Test
    void namesTheFieldThatHasANul() {
        refuses(
                process(List.of("a", "b\0c"), List.of(), List.of(), null, null, 0),
                "process.args[1] has a NUL character");
        refuses(process(List.of("a"), List.of("X=1", "Y=\0"), List.of(), null, null, 0), "process.env[1] has a NUL");
    }

    @Test
    void namesTheFieldThatHasAnUnknownValue() {
        refuses(
                process(List.of("a"), List.of(), List.of(new Rlimit("RLIMIT_SPEED", 1, 1, Map.of())), null, null, 0),
                "process.rlimits: unknown type \"RLIMIT_SPEED\"");
        refuses(
                process(
                        List.of("a"),
                        List.of(),
                        List.of(),
                        new Scheduler("SCHED_FAST", null, null, List.of(), null, null, null, Map.of()),
                        null,
                        0),
                "process.scheduler.policy: unknown \"SCHED_FAST\"");
        refuses(
                process(List.of("a"), List.of(), List.of(), null, new IoPriority("IOPRIO_CLASS_BE", 8, Map.of()), 0),
                "process.ioPriority.priority: 8 is not between 0 and 7");
        refuses(
                process(List.of("a"), List.of(), List.of(), null, null, 1L << 32),
                "process.user.uid: 4294967296 is no id");
    }

    private static void refuses(Process process, String message) {
        assertThatThrownBy(
                        () -> RequestWriter.ofExec(ProcessRequest.of(process, CapabilitySets.NONE), Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    private static Process process(
            List<String> args,
            List<String> env,
            List<Rlimit> rlimits,
            @Nullable Scheduler scheduler,
            @Nullable IoPriority ioPriority,
            long uid) {
        return new Process(
                false,
                null,
                new User(uid, 0, null, List.of(), null, Map.of()),
                args,
                null,
                env,
                "/",
                null,
                rlimits,
                false,
                null,
                null,
                scheduler,
                null,
                ioPriority,
                null,
                Map.of());
    }
}
