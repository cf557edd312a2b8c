package dev.fairlead.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.IDMapping;
import dev.fairlead.cri.v1.KeyValue;
import dev.fairlead.cri.v1.LinuxContainerConfig;
import dev.fairlead.cri.v1.LinuxContainerSecurityContext;
import dev.fairlead.cri.v1.Mount;
import dev.fairlead.cri.v1.MountPropagation;
import dev.fairlead.libcontainer.capabilities.Capability;
import dev.fairlead.oci.ImageDefaults;
import dev.fairlead.oci.Spec;
import dev.fairlead.oci.User;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerSpecsTest {
    private static final ContainerSpecs SPECS =
            new ContainerSpecs(EnumSet.of(Capability.NET_ADMIN, Capability.KILL, Capability.CHOWN));

    @ParameterizedTest(name = "entrypoint {0}, cmd {1}, command {2}, args {3}")
    @CsvSource(textBlock = """
            e, c, '', '', e c
            e, c, x,  '', x
            e, c, '', y,  e y
            e, c, x,  y,  x y
            '', c, '', '', c
            """)
    void commandReplacesBothAndArgsReplaceTheDefaultArguments(
            String entrypoint, String cmd, String command, String args, String expected) throws Exception {
        ContainerConfig config = config(c -> {
            words(command).forEach(c::addCommand);
            words(args).forEach(c::addArgs);
        });
        assertThat(ContainerSpecs.args(config, image(words(entrypoint), words(cmd))))
                .isEqualTo(words(expected));
    }

    @Test
    void nothingToRunNamesTheImageAndSaysWhatToDo() {
        assertThatThrownBy(() -> ContainerSpecs.args(config(c -> {}), image(List.of(), List.of())))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("img:1")
                .hasMessageContaining("set command or args");
    }

    @Test
    void environmentOfTheContainerComesAfterThatOfTheImageAndHomeIsTheUsers() throws Exception {
        Spec spec = create(config(c -> c.addCommand("sh").addEnvs(env("A", "container"))));
        assertThat(process(spec).env())
                .containsExactly(
                        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                        "HOSTNAME=pod-1",
                        "A=container",
                        "B=image=b",
                        "HOME=/home/user");
    }

    @Test
    void environmentWithANulIsRefusedWithItsName() {
        assertThatThrownBy(() -> create(config(c -> c.addCommand("sh").addEnvs(env("SECRET", "x\0y")))))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("envs SECRET")
                .hasMessageContaining("NUL");
    }

    @Test
    void aPrivilegedContainerHasAllThatTheNodeKnows() throws Exception {
        Spec spec = create(config(c -> c.addCommand("sh").setLinux(security(s -> s.setPrivileged(true)))));
        assertThat(Objects.requireNonNull(process(spec).capabilities()).bounding())
                .containsExactlyInAnyOrder("CAP_NET_ADMIN", "CAP_KILL", "CAP_CHOWN");
    }

    @Test
    void anUnknownCapabilityIsRefusedByName() {
        assertThatThrownBy(() -> create(config(c -> c.addCommand("sh")
                        .setLinux(security(s -> s.setCapabilities(
                                dev.fairlead.cri.v1.Capability.newBuilder().addAddCapabilities("FLY")))))))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("linux.security_context.capabilities")
                .hasMessageContaining("FLY");
    }

    @Test
    void mountsOfTheContainerReplaceDefaultsOfTheSameDestinationAndParentsComeFirst() throws Exception {
        Spec spec = create(config(c -> c.addCommand("sh")
                .addMounts(mount("/data/deep/er", "/h1"))
                .addMounts(mount("/data", "/h2"))
                .addMounts(mount("/etc/hosts", "/h3"))));
        List<String> destinations =
                spec.mounts().stream().map(dev.fairlead.oci.Mount::destination).toList();
        assertThat(destinations).containsOnlyOnce("/etc/hosts", "/data", "/data/deep/er");
        assertThat(destinations.indexOf("/data")).isLessThan(destinations.indexOf("/data/deep/er"));
        assertThat(spec.mounts())
                .filteredOn(mount -> mount.destination().equals("/etc/hosts"))
                .singleElement()
                .satisfies(mount -> assertThat(mount.source()).isEqualTo("/h3"));
    }

    @Test
    void recursiveReadOnlyNeedsReadOnlyAndPrivatePropagation() {
        Mount recursive =
                mount("/data", "/h").toBuilder().setRecursiveReadOnly(true).build();
        assertThatThrownBy(() -> create(config(c -> c.addCommand("sh").addMounts(recursive))))
                .hasMessageContaining("mounts[0].recursive_read_only");
        Mount shared = recursive.toBuilder()
                .setReadonly(true)
                .setPropagation(MountPropagation.PROPAGATION_HOST_TO_CONTAINER)
                .build();
        assertThatThrownBy(() -> create(config(c -> c.addCommand("sh").addMounts(shared))))
                .hasMessageContaining("PROPAGATION_PRIVATE");
    }

    /** The kubelet gives pods ids from the whole range of uint32. */
    @Test
    void idsOfAMountAreUnsigned() throws Exception {
        IDMapping range = IDMapping.newBuilder()
                .setContainerId(0)
                .setHostId((int) 3_315_925_000L)
                .setLength(65536)
                .build();
        Spec spec = create(config(c -> c.addCommand("sh")
                .addMounts(Mount.newBuilder()
                        .setHostPath("/srv")
                        .setContainerPath("/volume")
                        .addUidMappings(range)
                        .addGidMappings(range))));
        assertThat(spec.mounts()).anySatisfy(mount -> {
            assertThat(mount.destination()).isEqualTo("/volume");
            assertThat(mount.uidMappings().getFirst().hostID()).isEqualTo(3_315_925_000L);
            assertThat(mount.gidMappings().getFirst().hostID()).isEqualTo(3_315_925_000L);
        });
    }

    @Test
    void aBidirectionalMountMakesTheRootShared() throws Exception {
        Mount shared = mount("/data", "/h").toBuilder()
                .setPropagation(MountPropagation.PROPAGATION_BIDIRECTIONAL)
                .build();
        Spec spec = create(config(c -> c.addCommand("sh").addMounts(shared)));
        assertThat(Objects.requireNonNull(spec.linux()).rootfsPropagation()).isEqualTo("rshared");
    }

    @Test
    void aRelativeWorkingDirectoryIsRefused() {
        assertThatThrownBy(() -> create(config(c -> c.addCommand("sh").setWorkingDir("tmp"))))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("working_dir");
    }

    private static Spec create(ContainerConfig config) throws InvalidConfigException {
        return SPECS.create(config, image(List.of(), List.of()), facts());
    }

    private static dev.fairlead.oci.Process process(Spec spec) {
        return Objects.requireNonNull(spec.process());
    }

    private static ContainerFacts facts() {
        return new ContainerFacts(
                "/fairlead/pod/ctr",
                new User(1000, 1000, null, List.of(), null, Map.of()),
                "/home/user",
                "pod-1",
                List.of(),
                Path.of("/run/shm"),
                List.of(new ContainerFacts.PodFile(Path.of("/run/hosts"), "/etc/hosts")),
                Optional.empty(),
                Optional.empty(),
                ContainerFacts.Labels.NONE,
                Map.of());
    }

    private static ImageDefaults image(List<String> entrypoint, List<String> cmd) {
        return new ImageDefaults(
                null,
                Map.of(),
                List.of("A=image", "B=image=b"),
                entrypoint,
                cmd,
                Map.of(),
                null,
                Map.of(),
                null,
                Map.of());
    }

    private static ContainerConfig config(Consumer<ContainerConfig.Builder> change) {
        ContainerConfig.Builder config = ContainerConfig.newBuilder();
        config.getImageBuilder().setImage("img:1");
        change.accept(config);
        return config.build();
    }

    private static LinuxContainerConfig security(Consumer<LinuxContainerSecurityContext.Builder> change) {
        LinuxContainerSecurityContext.Builder security = LinuxContainerSecurityContext.newBuilder();
        change.accept(security);
        return LinuxContainerConfig.newBuilder().setSecurityContext(security).build();
    }

    private static Mount mount(String inside, String host) {
        return Mount.newBuilder().setContainerPath(inside).setHostPath(host).build();
    }

    private static KeyValue env(String name, String value) {
        return KeyValue.newBuilder().setKey(name).setValue(value).build();
    }

    private static List<String> words(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(" "));
    }
}
