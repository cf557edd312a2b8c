package dev.fairlead.pod;

import dev.fairlead.cri.v1.LinuxContainerSecurityContext;
import dev.fairlead.cri.v1.SELinuxOption;
import dev.fairlead.cri.v1.SecurityProfile;
import dev.fairlead.spec.ContainerFacts.Labels;
import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What security contexts say of AppArmor and SELinux. Where the kernel has no AppArmor a container that demands a profile is refused: it would run
 * with less around it than its author thinks. Options for SELinux have no effect where the kernel has none, as with every other runtime: they say which
 * context to take of those that a node has, and are put into all pods of a cluster alike, by its admission controllers for one.
 */
final class SecurityLabels {
    /** Given to containers with the runtime's default where somebody has loaded one of this name. */
    static final String DEFAULT_PROFILE = "fairlead-default";

    private static final String APPARMOR = "linux.security_context.apparmor";
    private static final String SELINUX = "linux.security_context.selinux_options";
    private static final String LOCALHOST = "localhost/";

    private final Path appArmorEnabled;
    private final Path appArmorProfiles;
    private final Path seLinux;

    /**
     * Looks for the modules below one directory.
     * @param sys the mount of sysfs
     */
    SecurityLabels(Path sys) {
        this.appArmorEnabled = sys.resolve("module/apparmor/parameters/enabled");
        this.appArmorProfiles = sys.resolve("kernel/security/apparmor/profiles");
        this.seLinux = sys.resolve("fs/selinux/enforce");
    }

    static SecurityLabels ofThisNode() {
        return new SecurityLabels(Path.of("/sys"));
    }

    /**
     * The labels of a container.
     * @throws InvalidConfigException the kernel has not what is demanded
     */
    Labels of(LinuxContainerSecurityContext security) throws IOException {
        Optional<String> profile = appArmor(security);
        Optional<SELinuxOption> options = seLinux(security);
        return new Labels(
                profile,
                options.map(asked -> context(asked, "system_r", orElse(asked.getType(), "container_t"))),
                options.map(asked -> context(asked, "object_r", "container_file_t")));
    }

    @SuppressWarnings("deprecation") // apparmor_profile: clients of old say it, and must not run unconfined for that
    private Optional<String> appArmor(LinuxContainerSecurityContext security) throws IOException {
        SecurityProfile asked = security.hasApparmor()
                ? security.getApparmor()
                : DeprecatedProfiles.parse("linux.security_context.apparmor_profile", security.getApparmorProfile());
        boolean enabled = Files.exists(appArmorEnabled)
                && Files.readString(appArmorEnabled).startsWith("Y");
        return switch (asked.getProfileType()) {
            case Unconfined -> Optional.empty();
            case RuntimeDefault ->
                enabled && !security.getPrivileged() && isLoaded(DEFAULT_PROFILE)
                        ? Optional.of(DEFAULT_PROFILE)
                        : Optional.empty();
            case Localhost -> Optional.of(localhost(asked.getLocalhostRef(), enabled));
            case UNRECOGNIZED ->
                throw new InvalidConfigException(
                        APPARMOR + ".profile_type: " + asked.getProfileTypeValue() + " is no type of profile");
        };
    }

    private String localhost(String reference, boolean enabled) throws IOException {
        String name = reference.startsWith(LOCALHOST) ? reference.substring(LOCALHOST.length()) : reference;
        if (name.isEmpty()) {
            throw new InvalidConfigException(APPARMOR + ".localhost_ref: empty; name a profile that is loaded");
        }
        if (!enabled) {
            throw new InvalidConfigException(
                    APPARMOR + ": profile " + name + " is demanded, but AppArmor is not enabled"
                            + " in this node's kernel; run the pod on a node that has it, or drop the profile");
        }
        if (!isLoaded(name)) {
            throw new InvalidConfigException(APPARMOR + ".localhost_ref: no profile " + name
                    + " is loaded on this node; load it with apparmor_parser");
        }
        return name;
    }

    /** Of lines such as {@code name (enforce)}. */
    private boolean isLoaded(String profile) throws IOException {
        if (!Files.exists(appArmorProfiles)) {
            return false;
        }
        try (Stream<String> lines = Files.lines(appArmorProfiles)) {
            return lines.anyMatch(line -> line.startsWith(profile + " ("));
        }
    }

    private Optional<SELinuxOption> seLinux(LinuxContainerSecurityContext security) throws InvalidConfigException {
        SELinuxOption asked = security.getSelinuxOptions();
        String given = asked.getUser() + asked.getRole() + asked.getType() + asked.getLevel();
        if (given.isEmpty()) {
            return Optional.empty();
        }
        if (given.indexOf('\0') >= 0) {
            throw new InvalidConfigException(SELINUX + ": a NUL character is in no context; remove it");
        }
        return Files.exists(seLinux) ? Optional.of(asked) : Optional.empty();
    }

    private static String context(SELinuxOption asked, String role, String type) {
        return String.join(
                ":",
                orElse(asked.getUser(), "system_u"),
                role.equals("object_r") ? role : orElse(asked.getRole(), role),
                type,
                orElse(asked.getLevel(), "s0"));
    }

    private static String orElse(String given, String otherwise) {
        return given.isEmpty() ? otherwise : given;
    }
}
