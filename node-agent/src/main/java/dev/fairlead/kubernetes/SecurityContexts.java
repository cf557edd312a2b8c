package dev.fairlead.kubernetes;

import dev.fairlead.cri.v1.Capability;
import dev.fairlead.cri.v1.Int64Value;
import dev.fairlead.cri.v1.LinuxContainerSecurityContext;
import dev.fairlead.cri.v1.LinuxSandboxSecurityContext;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.NamespaceOption;
import dev.fairlead.cri.v1.SELinuxOption;
import dev.fairlead.cri.v1.SecurityProfile;
import dev.fairlead.cri.v1.SecurityProfile.ProfileType;
import dev.fairlead.cri.v1.SupplementalGroupsPolicy;
import dev.fairlead.cri.v1.UserNamespace;
import io.fabric8.kubernetes.api.model.AppArmorProfile;
import io.fabric8.kubernetes.api.model.Capabilities;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SELinuxOptions;
import io.fabric8.kubernetes.api.model.SeccompProfile;
import io.fabric8.kubernetes.api.model.SecurityContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The security contexts of pod and container as one: what a container says wins. */
final class SecurityContexts {
    private static final List<String> MASKED = List.of(
            "/proc/asound",
            "/proc/acpi",
            "/proc/interrupts",
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/proc/sched_debug",
            "/proc/scsi",
            "/sys/firmware",
            "/sys/devices/virtual/powercap");
    private static final List<String> READ_ONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    private final Pod pod;
    private final PodSecurityContext ofPod;
    private final Node node;
    private final Path seccompProfiles;
    private final UserNamespace users;

    /**
     * For one pod.
     * @param seccompProfiles the directory that localhost profiles are relative to
     * @param users of the pod where it has a user namespace of its own
     */
    SecurityContexts(Pod pod, Node node, Path seccompProfiles, UserNamespace users) {
        this.pod = pod;
        this.ofPod = pod.getSpec().getSecurityContext() == null
                ? new PodSecurityContext()
                : pod.getSpec().getSecurityContext();
        this.node = node;
        this.seccompProfiles = seccompProfiles;
        this.users = users;
    }

    LinuxSandboxSecurityContext ofSandbox() {
        LinuxSandboxSecurityContext.Builder context = LinuxSandboxSecurityContext.newBuilder()
                .setNamespaceOptions(namespaces())
                .setPrivileged(Containers.all(pod).stream().anyMatch(Containers::isPrivileged))
                .setSeccomp(SecurityProfile.newBuilder().setProfileType(ProfileType.RuntimeDefault))
                .addAllSupplementalGroups(supplementalGroups())
                .setSupplementalGroupsPolicy(groupsPolicy());
        if (ofPod.getRunAsUser() != null) {
            context.setRunAsUser(number(ofPod.getRunAsUser()));
        }
        if (ofPod.getRunAsGroup() != null) {
            context.setRunAsGroup(number(ofPod.getRunAsGroup()));
        }
        if (ofPod.getSeLinuxOptions() != null) {
            context.setSelinuxOptions(selinux(ofPod.getSeLinuxOptions()));
        }
        return context.build();
    }

    LinuxContainerSecurityContext of(Container container, ImageUser imageUser) {
        SecurityContext own =
                container.getSecurityContext() == null ? new SecurityContext() : container.getSecurityContext();
        LinuxContainerSecurityContext.Builder context = LinuxContainerSecurityContext.newBuilder()
                .setPrivileged(isTrue(own.getPrivileged()))
                .setReadonlyRootfs(isTrue(own.getReadOnlyRootFilesystem()))
                .setNoNewPrivs(Boolean.FALSE.equals(own.getAllowPrivilegeEscalation()))
                .setNamespaceOptions(namespaces())
                .addAllSupplementalGroups(supplementalGroups())
                .setSupplementalGroupsPolicy(groupsPolicy())
                .setSeccomp(seccomp(container, own));
        user(context, container, own, imageUser);
        Long group = own.getRunAsGroup() == null ? ofPod.getRunAsGroup() : own.getRunAsGroup();
        if (group != null) {
            context.setRunAsGroup(number(group));
        }
        if (own.getCapabilities() != null) {
            context.setCapabilities(capabilities(own.getCapabilities()));
        }
        SELinuxOptions selinux = own.getSeLinuxOptions() == null ? ofPod.getSeLinuxOptions() : own.getSeLinuxOptions();
        if (selinux != null) {
            context.setSelinuxOptions(selinux(selinux));
        }
        AppArmorProfile apparmor =
                own.getAppArmorProfile() == null ? ofPod.getAppArmorProfile() : own.getAppArmorProfile();
        if (apparmor != null) {
            context.setApparmor(profile(apparmor.getType(), apparmor.getLocalhostProfile()));
        }
        if (!"Unmasked".equals(own.getProcMount())) {
            context.addAllMaskedPaths(MASKED)
                    .addAllMaskedPaths(node.maskedThrottles())
                    .addAllReadonlyPaths(READ_ONLY);
        }
        return context.build();
    }

    private void user(
            LinuxContainerSecurityContext.Builder context,
            Container container,
            SecurityContext own,
            ImageUser imageUser) {
        Long uid = own.getRunAsUser() == null ? ofPod.getRunAsUser() : own.getRunAsUser();
        Boolean nonRoot = own.getRunAsNonRoot() == null ? ofPod.getRunAsNonRoot() : own.getRunAsNonRoot();
        if (isTrue(nonRoot)) {
            refuseRoot(container, uid, imageUser);
        }
        if (uid != null) {
            context.setRunAsUser(number(uid));
        } else {
            imageUser.uid().ifPresent(number -> context.setRunAsUser(number(number)));
            context.setRunAsUsername(imageUser.name());
        }
    }

    private void refuseRoot(Container container, @Nullable Long uid, ImageUser imageUser) {
        String field = Containers.field(pod, container) + ".securityContext.runAsNonRoot";
        if (uid != null) {
            if (uid == 0) {
                throw new ManifestException(field, "runAsUser is 0, which is root");
            }
        } else if (imageUser.uid().isEmpty()) {
            throw new ManifestException(
                    field,
                    "the image's user \"" + imageUser.name()
                            + "\" is a name, which may be root's: set runAsUser to a number");
        } else if (imageUser.uid().getAsLong() == 0) {
            throw new ManifestException(field, "the image runs as root: set runAsUser to another user's number");
        }
    }

    private NamespaceOption namespaces() {
        PodSpec spec = pod.getSpec();
        NamespaceOption.Builder options = NamespaceOption.newBuilder()
                .setNetwork(spec.getHostNetwork() ? NamespaceMode.NODE : NamespaceMode.POD)
                .setIpc(spec.getHostIPC() ? NamespaceMode.NODE : NamespaceMode.POD)
                .setPid(pidMode(spec));
        if (Boolean.FALSE.equals(spec.getHostUsers())) {
            options.setUsernsOptions(users);
        }
        return options.build();
    }

    private static NamespaceMode pidMode(PodSpec spec) {
        if (spec.getHostPID()) {
            return NamespaceMode.NODE;
        }
        return isTrue(spec.getShareProcessNamespace()) ? NamespaceMode.POD : NamespaceMode.CONTAINER;
    }

    private List<Long> supplementalGroups() {
        List<Long> groups = new ArrayList<>();
        if (ofPod.getFsGroup() != null) {
            groups.add(ofPod.getFsGroup());
        }
        groups.addAll(ofPod.getSupplementalGroups());
        return groups;
    }

    private SupplementalGroupsPolicy groupsPolicy() {
        return switch (ofPod.getSupplementalGroupsPolicy()) {
            case null -> SupplementalGroupsPolicy.Merge;
            case "Merge" -> SupplementalGroupsPolicy.Merge;
            case "Strict" -> SupplementalGroupsPolicy.Strict;
            case String other ->
                throw new ManifestException(
                        "spec.securityContext.supplementalGroupsPolicy",
                        "\"" + other + "\" is neither Merge nor Strict");
        };
    }

    /** Unconfined unless asked: so the kubelet sends it where its seccompDefault is off, which is its default. */
    private SecurityProfile seccomp(Container container, SecurityContext own) {
        SeccompProfile profile = Stream.of(own.getSeccompProfile(), ofPod.getSeccompProfile())
                .filter(set -> set != null)
                .findFirst()
                .orElse(null);
        if (profile == null) {
            return SecurityProfile.newBuilder()
                    .setProfileType(ProfileType.Unconfined)
                    .build();
        }
        String reference = profile.getLocalhostProfile();
        if ("Localhost".equals(profile.getType())) {
            if (reference == null || reference.isEmpty()) {
                throw new ManifestException(
                        Containers.field(pod, container) + ".securityContext.seccompProfile.localhostProfile",
                        "type Localhost needs the name of a file below " + seccompProfiles);
            }
            reference = seccompProfiles.resolve(reference).toString();
        }
        return profile(profile.getType(), reference);
    }

    private static SecurityProfile profile(@Nullable String type, @Nullable String reference) {
        return switch (type) {
            case "RuntimeDefault" ->
                SecurityProfile.newBuilder()
                        .setProfileType(ProfileType.RuntimeDefault)
                        .build();
            case "Localhost" ->
                SecurityProfile.newBuilder()
                        .setProfileType(ProfileType.Localhost)
                        .setLocalhostRef(reference == null ? "" : reference)
                        .build();
            case "Unconfined" ->
                SecurityProfile.newBuilder()
                        .setProfileType(ProfileType.Unconfined)
                        .build();
            case null, default ->
                throw new ManifestException(
                        "securityContext",
                        "profile type \"" + type + "\" is none of RuntimeDefault, Localhost, Unconfined");
        };
    }

    private static Capability capabilities(Capabilities capabilities) {
        return Capability.newBuilder()
                .addAllAddCapabilities(capabilities.getAdd())
                .addAllDropCapabilities(capabilities.getDrop())
                .build();
    }

    private static SELinuxOption selinux(SELinuxOptions options) {
        SELinuxOption.Builder label = SELinuxOption.newBuilder();
        if (options.getUser() != null) {
            label.setUser(options.getUser());
        }
        if (options.getRole() != null) {
            label.setRole(options.getRole());
        }
        if (options.getType() != null) {
            label.setType(options.getType());
        }
        if (options.getLevel() != null) {
            label.setLevel(options.getLevel());
        }
        return label.build();
    }

    private static Int64Value number(long value) {
        return Int64Value.newBuilder().setValue(value).build();
    }

    private static boolean isTrue(@Nullable Boolean value) {
        return Boolean.TRUE.equals(value);
    }
}
