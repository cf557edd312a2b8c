package dev.fairlead.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.cri.v1.LinuxContainerSecurityContext;
import dev.fairlead.cri.v1.LinuxSandboxSecurityContext;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.SecurityProfile.ProfileType;
import dev.fairlead.cri.v1.SupplementalGroupsPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against what kubelet 1.36 sends for the same pod. */
class SecurityContextsTest {
    private static final ImageUser ROOT = new ImageUser(OptionalLong.of(0), "");
    private static final ImageUser NAMED = new ImageUser(OptionalLong.empty(), "www-data");

    @Test
    void sendsTheKubeletsDefaults() throws IOException {
        LinuxContainerSecurityContext context = of("{}", "{}", ROOT);
        assertThat(context.getRunAsUser().getValue()).isZero();
        assertThat(context.hasRunAsGroup()).isFalse();
        assertThat(context.getNoNewPrivs()).isFalse();
        assertThat(context.getSeccomp().getProfileType()).isEqualTo(ProfileType.Unconfined);
        assertThat(context.getMaskedPathsList()).contains("/proc/kcore", "/sys/firmware", "/sys/throttle");
        assertThat(context.getReadonlyPathsList()).contains("/proc/sys", "/proc/sysrq-trigger");
        assertThat(context.getNamespaceOptions().getPid()).isEqualTo(NamespaceMode.CONTAINER);
        assertThat(context.getNamespaceOptions().getNetwork()).isEqualTo(NamespaceMode.POD);
        assertThat(context.hasCapabilities()).isFalse();
    }

    @ParameterizedTest(name = "pod {0}, container {1}: user {2}, group {3}")
    @CsvSource(delimiter = '|', textBlock = """
            {runAsUser: 1000}                  | {}                 | 1000 |
            {runAsUser: 1000}                  | {runAsUser: 2000}  | 2000 |
            {runAsUser: 1000, runAsGroup: 100} | {runAsGroup: 200}  | 1000 | 200
            {}                                 | {}                 | 0    |
            """)
    void theContainersWordWins(String pod, String container, long user, Long group) throws IOException {
        LinuxContainerSecurityContext context = of(pod, container, ROOT);
        assertThat(context.getRunAsUser().getValue()).isEqualTo(user);
        assertThat(context.hasRunAsGroup()).isEqualTo(group != null);
        assertThat(context.getRunAsGroup().getValue()).isEqualTo(group == null ? 0 : group);
    }

    @Test
    void anImagesUserMayBeAName() throws IOException {
        LinuxContainerSecurityContext context = of("{}", "{}", NAMED);
        assertThat(context.hasRunAsUser()).isFalse();
        assertThat(context.getRunAsUsername()).isEqualTo("www-data");
        assertThat(of("{}", "{runAsUser: 5}", NAMED).getRunAsUsername()).isEmpty();
    }

    @Test
    void translatesEachField() throws IOException {
        LinuxContainerSecurityContext context = of(
                "{fsGroup: 2000, supplementalGroups: [10, 11], supplementalGroupsPolicy: Strict, seccompProfile: {type: RuntimeDefault}}",
                "{privileged: true, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, procMount: Unmasked,"
                        + " capabilities: {add: [NET_ADMIN], drop: [ALL]}, seLinuxOptions: {level: s0}, appArmorProfile: {type: Unconfined}}",
                ROOT);
        assertThat(context.getSupplementalGroupsList()).containsExactly(2000L, 10L, 11L);
        assertThat(context.getSupplementalGroupsPolicy()).isEqualTo(SupplementalGroupsPolicy.Strict);
        assertThat(context.getSeccomp().getProfileType()).isEqualTo(ProfileType.RuntimeDefault);
        assertThat(context.getPrivileged()).isTrue();
        assertThat(context.getReadonlyRootfs()).isTrue();
        assertThat(context.getNoNewPrivs()).isTrue();
        assertThat(context.getMaskedPathsList()).isEmpty();
        assertThat(context.getReadonlyPathsList()).isEmpty();
        assertThat(context.getCapabilities().getAddCapabilitiesList()).containsExactly("NET_ADMIN");
        assertThat(context.getCapabilities().getDropCapabilitiesList()).containsExactly("ALL");
        assertThat(context.getSelinuxOptions().getLevel()).isEqualTo("s0");
        assertThat(context.getApparmor().getProfileType()).isEqualTo(ProfileType.Unconfined);
    }

    @Test
    void aLocalProfileIsAFileOfItsDirectory() throws IOException {
        LinuxContainerSecurityContext context =
                of("{}", "{seccompProfile: {type: Localhost, localhostProfile: audit.json}}", ROOT);
        assertThat(context.getSeccomp().getProfileType()).isEqualTo(ProfileType.Localhost);
        assertThat(context.getSeccomp().getLocalhostRef()).isEqualTo("/seccomp/audit.json");
    }

    @ParameterizedTest(name = "{0} {1} {2}: {3}")
    @CsvSource(delimiter = '|', textBlock = """
            {runAsNonRoot: true}  | {}                   |          | the image runs as root
            {runAsNonRoot: true}  | {}                   | www-data | "www-data" is a name
            {runAsNonRoot: true}  | {runAsUser: 0}       |          | runAsUser is 0
            {}                    | {runAsNonRoot: true} |          | the image runs as root
            {}                    | {seccompProfile: {type: Localhost}} | | type Localhost needs the name of a file
            {}                    | {seccompProfile: {type: Default}}   | | none of RuntimeDefault, Localhost, Unconfined
            {supplementalGroupsPolicy: Both} | {}        |          | neither Merge nor Strict
            """)
    void refuses(String pod, String container, String user, String message) {
        ImageUser image = user == null ? ROOT : new ImageUser(OptionalLong.empty(), user);
        assertThatThrownBy(() -> of(pod, container, image))
                .isInstanceOf(ManifestException.class)
                .hasMessageContaining(message);
    }

    @Test
    void nonRootIsFineWhereTheUserIsANumber() throws IOException {
        assertThat(of("{runAsNonRoot: true, runAsUser: 7}", "{}", NAMED)
                        .getRunAsUser()
                        .getValue())
                .isEqualTo(7);
        assertThat(of("{runAsNonRoot: true}", "{runAsNonRoot: false}", ROOT)
                        .getRunAsUser()
                        .getValue())
                .isZero();
    }

    @Test
    void theSandboxIsAlwaysUnderTheDefaultProfile() throws IOException {
        Manifest manifest = Manifests.spec("""
                hostNetwork: true
                hostIPC: true
                shareProcessNamespace: true
                securityContext: {runAsUser: 5, fsGroup: 6, seccompProfile: {type: Unconfined}}
                containers: [{name: app, image: a:1, securityContext: {privileged: true}}]
                """);
        LinuxSandboxSecurityContext context = contexts(manifest).ofSandbox();
        assertThat(context.getSeccomp().getProfileType()).isEqualTo(ProfileType.RuntimeDefault);
        assertThat(context.getPrivileged()).isTrue();
        assertThat(context.getRunAsUser().getValue()).isEqualTo(5);
        assertThat(context.getSupplementalGroupsList()).containsExactly(6L);
        assertThat(context.getNamespaceOptions().getNetwork()).isEqualTo(NamespaceMode.NODE);
        assertThat(context.getNamespaceOptions().getIpc()).isEqualTo(NamespaceMode.NODE);
        assertThat(context.getNamespaceOptions().getPid()).isEqualTo(NamespaceMode.POD);
    }

    private static LinuxContainerSecurityContext of(String pod, String container, ImageUser image) throws IOException {
        Manifest manifest = Manifests.spec("securityContext: " + pod
                + "\ncontainers: [{name: app, image: app:1, securityContext: " + container + "}]");
        return contexts(manifest).of(manifest.pod().getSpec().getContainers().getFirst(), image);
    }

    private static SecurityContexts contexts(Manifest manifest) {
        return new SecurityContexts(manifest.pod(), Manifests.NODE, Path.of("/seccomp"), HostUsers.EXAMPLE);
    }
}
