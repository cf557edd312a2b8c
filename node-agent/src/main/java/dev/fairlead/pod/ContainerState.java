package dev.fairlead.pod;

/** Where a container stands. Times are nanoseconds since the epoch; {@code startedAt} 0 is "never started". */
public sealed interface ContainerState {
    /** When it was started; 0 before. */
    long startedAt();

    /** Its root is built, its process waits. */
    record Created() implements ContainerState {
        @Override
        public long startedAt() {
            return 0;
        }
    }

    /** Its process runs. */
    record Running(long startedAt) implements ContainerState {}

    /**
     * It ended, or never came to run.
     * @param exitCode 0 to 255; 128 + n for signal n; -1 where it could not be learned
     * @param reason one word for the kubelet: Completed, Error, OOMKilled, StartError, Unknown
     * @param message a sentence, may be empty
     */
    record Exited(long startedAt, long finishedAt, int exitCode, String reason, String message)
            implements ContainerState {}
}
