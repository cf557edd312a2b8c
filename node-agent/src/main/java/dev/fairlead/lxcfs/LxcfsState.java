package dev.fairlead.lxcfs;

/** Whether lxcfs serves its files. */
public sealed interface LxcfsState {
    /**
     * It does.
     * @param device of its file system, as mountinfo has it: another one after each start of lxcfs, as long as a mount of the last is left
     */
    record Serving(String device) implements LxcfsState {}

    /**
     * It does not.
     * @param reason for messages, what there is instead
     */
    record Away(String reason) implements LxcfsState {}
}
