package dev.fairlead.libcontainer;

import dev.fairlead.libcontainer.capabilities.HostCapabilities;
import dev.fairlead.libcontainer.process.CapabilitySets;
import dev.fairlead.libcontainer.process.ProcessRequest;
import dev.fairlead.libcontainer.process.SeccompProgram;
import dev.fairlead.libcontainer.process.SecurityLabel;
import dev.fairlead.libcontainer.rootfs.IdMap;
import dev.fairlead.libcontainer.seccomp.SeccompProfile;
import dev.fairlead.linux.KernelFiles;
import dev.fairlead.oci.Capabilities;
import dev.fairlead.oci.Linux;
import dev.fairlead.oci.Personality;
import dev.fairlead.oci.Process;
import dev.fairlead.oci.Seccomp;
import dev.fairlead.oci.Spec;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Makes of a process in an OCI configuration what the launcher takes: cut to what this node can give. */
public final class Processes {
    private static final int CAP_SYS_RESOURCE = 24;
    private static final int PER_LINUX = 0x0000;
    private static final int PER_LINUX32 = 0x0008;
    private static final String OWN_SCORE = "/proc/self/oom_score_adj";

    private Processes() {}

    /**
     * Makes the request.
     * @param id of the container: its processes share a session keyring of that name, and none of the daemon's keys
     * @param process of {@code spec}, or a further one
     * @throws IOException a seccomp filter or personality that cannot be had
     */
    public static ProcessRequest request(HostCapabilities host, String id, Spec spec, Process process)
            throws IOException {
        Linux linux = spec.linux();
        boolean userNamespace = linux != null && !linux.uidMappings().isEmpty();
        return new ProcessRequest(
                clamped(host, process, spec.process()),
                capabilities(host, process.capabilities(), userNamespace),
                seccomp(linux == null ? null : linux.seccomp()),
                label(process),
                personality(linux == null ? null : linux.personality()),
                owner(process, Optional.ofNullable(linux).flatMap(IdMap::of)),
                Optional.of("_ses." + id));
    }

    private static CapabilitySets capabilities(
            HostCapabilities host, @Nullable Capabilities wanted, boolean userNamespace) {
        return wanted == null ? CapabilitySets.NONE : host.grant(wanted, userNamespace);
    }

    private static Optional<SeccompProgram> seccomp(@Nullable Seccomp seccomp) throws IOException {
        return seccomp == null ? Optional.empty() : Optional.of(SeccompProfile.compile(seccomp));
    }

    private static Optional<SecurityLabel> label(Process process) {
        String profile = process.apparmorProfile();
        if (profile != null && !profile.isEmpty()) {
            return Optional.of(SecurityLabel.appArmor(profile));
        }
        String context = process.selinuxLabel();
        return context == null || context.isEmpty() ? Optional.empty() : Optional.of(SecurityLabel.seLinux(context));
    }

    private static OptionalInt personality(@Nullable Personality personality) throws IOException {
        if (personality == null) {
            return OptionalInt.empty();
        }
        return switch (personality.domain()) {
            case "LINUX" -> OptionalInt.of(PER_LINUX);
            case "LINUX32" -> OptionalInt.of(PER_LINUX32);
            default ->
                throw new IOException(
                        "linux.personality.domain: \"" + personality.domain() + "\" is not LINUX or LINUX32");
        };
    }

    /** So that a program that is not root can open /dev/stderr, which leads to the pipe. */
    private static OptionalInt owner(Process process, Optional<IdMap> ids) throws IOException {
        if (process.user() == null) {
            return OptionalInt.empty();
        }
        long uid = process.user().uid();
        return OptionalInt.of(ids.isPresent() ? ids.get().uid(uid) : Math.toIntExact(uid));
    }

    /**
     * A process without an oom_score_adj has the container's: it would else be the daemon's, which no container should have.
     * Without CAP_SYS_RESOURCE no process can be made less likely to be killed than we are: it becomes as likely then.
     */
    private static Process clamped(HostCapabilities host, Process process, @Nullable Process first) throws IOException {
        Integer wanted = process.oomScoreAdj() == null && first != null ? first.oomScoreAdj() : process.oomScoreAdj();
        if (wanted == null) {
            return process;
        }
        if ((host.permitted() & 1L << CAP_SYS_RESOURCE) != 0) {
            return withOomScoreAdj(process, wanted);
        }
        int own = Integer.parseInt(KernelFiles.readValue(OWN_SCORE).strip());
        return withOomScoreAdj(process, Math.max(wanted, own));
    }

    private static Process withOomScoreAdj(Process process, int score) {
        return new Process(
                process.terminal(),
                process.consoleSize(),
                process.user(),
                process.args(),
                process.commandLine(),
                process.env(),
                process.cwd(),
                process.capabilities(),
                process.rlimits(),
                process.noNewPrivileges(),
                process.apparmorProfile(),
                score,
                process.scheduler(),
                process.selinuxLabel(),
                process.ioPriority(),
                process.execCPUAffinity(),
                process.unknown());
    }
}
