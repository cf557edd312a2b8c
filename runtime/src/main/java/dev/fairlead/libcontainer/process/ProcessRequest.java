package dev.fairlead.libcontainer.process;

import dev.fairlead.oci.Process;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A process to be: what init and execs have in common.
 *
 * @param process of the OCI configuration: args (at least one), env, cwd, user, rlimits, scheduler, ioPriority, oomScoreAdj, terminal and
 *     noNewPrivileges are taken from it as they are; capabilities and labels are not: those that follow were made for this kernel
 * @param capabilities what the process has
 * @param seccomp empty: no filter
 * @param label empty: nothing is told to a security module
 * @param personality personality(2); empty: ours
 * @param stdioOwner uid as the host sees it, given to pipes and terminals of stdio so that a program that is not root can open /dev/stderr;
 *     empty: they stay root's
 * @param sessionKeyring name of a new session keyring; empty: the daemon's session keyring is kept
 */
public record ProcessRequest(
        Process process,
        CapabilitySets capabilities,
        Optional<SeccompProgram> seccomp,
        Optional<SecurityLabel> label,
        OptionalInt personality,
        OptionalInt stdioOwner,
        Optional<String> sessionKeyring) {
    public ProcessRequest {
        if (process.args().isEmpty()) {
            throw new IllegalArgumentException("process.args is empty: there is no program to execute");
        }
    }

    /** With capabilities, and nothing else that is optional. */
    public static ProcessRequest of(Process process, CapabilitySets capabilities) {
        return new ProcessRequest(
                process,
                capabilities,
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                Optional.empty());
    }
}
