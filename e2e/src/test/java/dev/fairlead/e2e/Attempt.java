package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerConfig;
import io.grpc.StatusRuntimeException;
import java.util.Optional;

/**
 * What became of a container that somebody with bad intentions asked for: it runs, or the daemon refused to make or to start it.
 *
 * @param container that was started
 * @param refusal the daemon's sentence; empty: none
 */
record Attempt(Optional<Container> container, String refusal) {
    static Attempt at(Pod pod, ContainerConfig.Builder config) {
        try {
            return new Attempt(Optional.of(pod.run(config)), "");
        } catch (StatusRuntimeException e) {
            return new Attempt(Optional.empty(), String.valueOf(e.getStatus().getDescription()));
        }
    }

    boolean refused() {
        return container.isEmpty();
    }

    /** It must have been refused, in these words; those of the peer are its own. */
    void assertRefused(String... words) {
        assertThat(refused()).as("the container is refused").isTrue();
        System.out.printf("    %s%n", refusal);
        if (Daemon.isFairlead()) {
            assertThat(refusal).contains(words);
        }
    }
}
