package dev.fairlead.pod;

import java.util.List;

/** Where a sandbox stands. */
public sealed interface SandboxState {
    /** The addresses that it has or had, the primary one first; none on the host's network. */
    List<String> addresses();

    /** Containers can be made in it. */
    record Ready(List<String> addresses) implements SandboxState {
        public Ready {
            addresses = List.copyOf(addresses);
        }
    }

    /** Stopped, or broken in a way that only a new sandbox mends. Its addresses belong to others by now. */
    record NotReady() implements SandboxState {
        @Override
        public List<String> addresses() {
            return List.of();
        }
    }
}
