package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.Errno;

/**
 * Why a process of a container was not launched.
 *
 * @param detail what of the step, a number: see {@code enum step} in protocol.h
 */
public record LaunchFailure(Step step, Errno errno, int detail) {
    static LaunchFailure of(int step, int errno, int detail) {
        return new LaunchFailure(Step.of(step), Errno.of(errno), detail);
    }

    /** Whether the program named by args[0] does not exist: what shells and peers report as exit code 127. */
    public boolean commandNotFound() {
        return step == Step.EXECUTING && (errno == Errno.ENOENT || errno == Errno.ENOTDIR) && detail == 0;
    }

    /** Whether the program is there and cannot be executed: exit code 126. */
    public boolean commandNotExecutable() {
        return step == Step.EXECUTING && !commandNotFound();
    }

    /**
     * Says it in a sentence.
     * @param object what was to be launched: container, program and directory
     */
    public String describe(String object) {
        String advice = advice();
        return object + ": cannot " + step.describe(step == Step.EXECUTING ? 0 : detail) + ": " + errno.describe()
                + (advice.isEmpty() ? "" : "; " + advice);
    }

    private String advice() {
        return switch (step) {
            case EXECUTING ->
                switch (errno) {
                    case ENOENT, ENOTDIR ->
                        detail == 1
                                ? "the file is there, but the interpreter or dynamic loader that it names is not in the image"
                                : "no such program in the image: check command, args and PATH";
                    case EACCES ->
                        "it is not an executable file for this user, or lies on a noexec mount: check its mode and runAsUser";
                    case ENOEXEC -> "it is not a program of this machine's architecture, or a script without a #! line";
                    case E2BIG -> "arguments and environment are too large together";
                    default -> "";
                };
            case CHANGING_DIRECTORY -> "check workingDir and the image";
            case CHECKING_DIRECTORY ->
                "the working directory leads out of the container (CVE-2024-21626); it was refused";
            case SETTING_RLIMIT ->
                errno == Errno.EPERM ? "the hard limit is above the daemon's, which lacks CAP_SYS_RESOURCE" : "";
            case SETTING_OOM_SCORE ->
                errno == Errno.EACCES ? "it is below the daemon's own, which lacks CAP_SYS_RESOURCE" : "";
            case CLONING_USHER, CLONING_EXEC ->
                switch (errno) {
                    case EBUSY ->
                        "the cgroup delegates controllers to cgroups below it, so it cannot have processes itself";
                    case EAGAIN -> "the limit of processes is reached: pids of the pod or of the node";
                    case ENOMEM -> "out of memory, or the container's PID namespace is ending";
                    default -> "";
                };
            case CLONING_INIT ->
                switch (errno) {
                    case ENOSPC -> "the limit of namespaces is reached: user.max_*_namespaces";
                    case EAGAIN -> "the limit of processes is reached: pids of the pod or of the node";
                    default -> "";
                };
            case MOUNTING_PROC ->
                errno == Errno.EPERM
                        ? "in a user namespace, procfs can be mounted only where the daemon's own /proc is not covered in parts"
                        : "";
            case PIVOTING ->
                errno == Errno.EINVAL ? "the root must be a mount in the container's mount namespace, not shared" : "";
            case SETTING_CAPABILITIES, RAISING_AMBIENT ->
                errno == Errno.EPERM ? "it asks for capabilities that the daemon does not have" : "";
            case SETTING_LABEL -> "the security module does not know the label, or is not enabled on this node";
            case LOADING_SECCOMP -> errno == Errno.EINVAL ? "the kernel refuses the filter or its flags" : "";
            case ACCEPTING_EXEC ->
                switch (errno) {
                    case EAGAIN -> "as many execs as a container may have run already: try again later";
                    case ESRCH -> "the container does not run";
                    default -> "";
                };
            default -> "";
        };
    }
}
