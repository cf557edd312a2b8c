package dev.fairlead.pod;

/** States in words, for messages. */
final class StateNames {
    private StateNames() {}

    static String of(ContainerState state) {
        return switch (state) {
            case ContainerState.Created _ -> "created";
            case ContainerState.Running _ -> "running already";
            case ContainerState.Exited exited -> "exited (" + exited.exitCode() + ")";
        };
    }
}
