package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;

/** A call that the daemon must refuse: with which code, and in which words. */
record Refused(Status.Code code, String message) {
    /** Makes the call, which must fail. */
    static Refused by(Runnable call) {
        try {
            call.run();
        } catch (StatusRuntimeException e) {
            String description = e.getStatus().getDescription();
            return new Refused(e.getStatus().getCode(), description == null ? "" : description);
        }
        throw new AssertionError("the call succeeded, and should have been refused");
    }

    void as(Status.Code expected, String... words) {
        as(expected, List.of(words));
    }

    /** The peer's words and codes are its own: of it only the refusal is asked. */
    void as(Status.Code expected, List<String> words) {
        System.out.printf("    %s: %s%n", code, message);
        if (Daemon.isFairlead()) {
            if (!words.isEmpty()) {
                assertThat(message).as("says what is wrong, and where").contains(words);
            }
            assertThat(code).as(message).isEqualTo(expected);
        }
    }
}
