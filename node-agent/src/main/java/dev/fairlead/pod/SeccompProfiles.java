package dev.fairlead.pod;

import dev.fairlead.cri.v1.LinuxContainerSecurityContext;
import dev.fairlead.cri.v1.SecurityProfile;
import dev.fairlead.libcontainer.capabilities.ContainerCapabilities;
import dev.fairlead.libcontainer.seccomp.DefaultSeccompProfile;
import dev.fairlead.libcontainer.seccomp.SeccompException;
import dev.fairlead.libcontainer.seccomp.SeccompProfile;
import dev.fairlead.libcontainer.seccomp.SeccompProfileFile;
import dev.fairlead.oci.Capabilities;
import dev.fairlead.oci.Seccomp;
import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** The seccomp filters that security contexts name. */
public final class SeccompProfiles {
    private static final String FIELD = "linux.security_context.seccomp";

    private final Path root;

    /**
     * Looks for files in one place.
     * @param root where relative localhost profiles lie
     */
    public SeccompProfiles(Path root) {
        this.root = root;
    }

    /**
     * The filter of a container; empty: it runs unconfined, as privileged ones do and those that ask for nothing.
     * @throws InvalidConfigException a profile that is not there or cannot be compiled
     */
    @SuppressWarnings(
            "deprecation") // seccomp_profile_path: clients of old say it, and must not run unconfined for that
    Optional<Seccomp> of(LinuxContainerSecurityContext security, Capabilities capabilities) throws IOException {
        if (security.getPrivileged()) {
            return Optional.empty();
        }
        SecurityProfile asked = security.hasSeccomp()
                ? security.getSeccomp()
                : DeprecatedProfiles.parse(
                        "linux.security_context.seccomp_profile_path", security.getSeccompProfilePath());
        return switch (asked.getProfileType()) {
            case Unconfined -> Optional.empty();
            case RuntimeDefault -> Optional.of(DefaultSeccompProfile.of(ContainerCapabilities.bounding(capabilities)));
            case Localhost -> Optional.of(localhost(asked.getLocalhostRef(), capabilities));
            case UNRECOGNIZED ->
                throw new InvalidConfigException(
                        FIELD + ".profile_type: " + asked.getProfileTypeValue() + " is no type of profile");
        };
    }

    private Seccomp localhost(String reference, Capabilities capabilities) throws InvalidConfigException {
        if (reference.isEmpty()) {
            throw new InvalidConfigException(FIELD + ".localhost_ref: empty; name the profile's file");
        }
        Path file = root.resolve(reference);
        try {
            Seccomp profile = SeccompProfileFile.load(file, ContainerCapabilities.bounding(capabilities));
            // Here rather than when the process is started: the message should name the field.
            SeccompProfile.compile(profile);
            return profile;
        } catch (SeccompException e) {
            throw new InvalidConfigException(FIELD + ".localhost_ref " + file + ": " + e.getMessage(), e);
        }
    }
}
