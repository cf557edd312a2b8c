package dev.fairlead.libcontainer.capabilities;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.libcontainer.process.CapabilitySets;
import dev.fairlead.oci.Capabilities;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CapabilitiesTest {
    private static final Set<Capability> ALL = EnumSet.allOf(Capability.class);

    private static List<String> words(String text) {
        return text == null || text.isBlank()
                ? List.of()
                : Arrays.asList(text.strip().split(" ", -1));
    }

    @ParameterizedTest(name = "add [{0}] drop [{1}]: has {2}, lacks {3}")
    @CsvSource(nullValues = "-", textBlock = """
            -,              -,              'CHOWN KILL NET_RAW',  'NET_ADMIN SYS_ADMIN'
            NET_ADMIN,      -,              'NET_ADMIN CHOWN',     SYS_ADMIN
            cap_net_admin,  -,              'NET_ADMIN CHOWN',     SYS_ADMIN
            -,              Chown,          KILL,                  CHOWN
            ALL,            -,              'SYS_ADMIN CHOWN BPF', -
            all,            NET_RAW,        'SYS_ADMIN CHOWN',     NET_RAW
            -,              ALL,            -,                     'CHOWN KILL'
            NET_BIND_SERVICE, all,          NET_BIND_SERVICE,      'CHOWN KILL'
            ALL,            ALL,            -,                     'CHOWN SYS_ADMIN'
            KILL,           KILL,           CHOWN,                 KILL
            """)
    void addsAndDropsAsContainerdDoes(String add, String drop, String has, String lacks) {
        Capabilities sets = ContainerCapabilities.of(words(add), words(drop), List.of(), ALL);
        assertThat(sets.bounding())
                .containsAll(words(has).stream().map("CAP_"::concat).toList());
        assertThat(sets.bounding())
                .doesNotContainAnyElementsOf(
                        lacks == null
                                ? List.of("CAP_NONE")
                                : words(lacks).stream().map("CAP_"::concat).toList());
        assertThat(sets.permitted()).isEqualTo(sets.bounding()).isEqualTo(sets.effective());
        assertThat(sets.inheritable()).as("CVE-2022-24769").isEmpty();
        assertThat(sets.ambient()).isEmpty();
    }

    @Test
    void anAmbientCapabilityIsInheritableAndMustBeAmongTheOthers() {
        Capabilities sets =
                ContainerCapabilities.of(List.of("NET_BIND_SERVICE"), List.of("ALL"), List.of("NET_BIND_SERVICE"), ALL);
        assertThat(sets.ambient()).containsExactly("CAP_NET_BIND_SERVICE").isEqualTo(sets.inheritable());
        assertThatThrownBy(() -> ContainerCapabilities.of(List.of(), List.of(), List.of("SYS_ADMIN"), ALL))
                .hasMessageContaining("ambient capabilities [CAP_SYS_ADMIN] are not among those of the container");
    }

    @Test
    void anUnknownNameIsToldWithTheListItStoodIn() {
        assertThatThrownBy(() -> ContainerCapabilities.of(List.of("NET_ADMIM"), List.of(), List.of(), ALL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("capabilities to add: unknown capability \"NET_ADMIM\": the names are those of"
                        + " capabilities(7), such as NET_ADMIN or CAP_NET_ADMIN");
    }

    @Test
    void numbersAreThoseOfTheKernel() {
        assertThat(Capability.values()).hasSize(41);
        assertThat(Capability.values())
                .extracting(Capability::number)
                .doesNotHaveDuplicates()
                .allMatch(number -> number <= 40);
        assertThat(Capability.of("SYS_ADMIN").number()).isEqualTo(21);
        assertThat(Capability.of("CHECKPOINT_RESTORE").number()).isEqualTo(40);
    }

    @Test
    void theSetsAreCutToWhatThisProcessHolds() throws Exception {
        long held = Capability.CHOWN.bits() | Capability.KILL.bits();
        HostCapabilities host = new HostCapabilities(held, held | Capability.SYS_ADMIN.bits(), 40);
        Capabilities wanted = ContainerCapabilities.of(List.of("SYS_ADMIN"), List.of("ALL"), List.of(), ALL);
        wanted = new Capabilities(
                List.of("CAP_CHOWN", "CAP_SYS_ADMIN"),
                List.of("CAP_CHOWN", "CAP_KILL"),
                List.of("CAP_CHOWN"),
                List.of("CAP_CHOWN", "CAP_SYS_ADMIN"),
                List.of("CAP_CHOWN", "CAP_KILL"),
                wanted.unknown());
        long chown = Capability.CHOWN.bits();
        assertThat(host.grant(wanted, false)).isEqualTo(new CapabilitySets(chown, chown, chown, chown, chown));
        assertThat(host.grant(wanted, true))
                .as("a user namespace begins with all")
                .extracting(CapabilitySets::bounding, CapabilitySets::permitted)
                .containsExactly(chown | Capability.SYS_ADMIN.bits(), chown | Capability.SYS_ADMIN.bits());
        assertThat(new HostCapabilities(-1, -1, 37)
                        .grant(ContainerCapabilities.all(ALL), false)
                        .bounding())
                .as("without those that are newer than the kernel")
                .isEqualTo((1L << 38) - 1);
        HostCapabilities here = HostCapabilities.read();
        assertThat(here.last()).isGreaterThanOrEqualTo(40);
        assertThat(here.known()).hasSize(41).containsAll(here.grantable());
    }
}
