package dev.fairlead.libcontainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.libcontainer.namespaces.Sysctl;
import dev.fairlead.libcontainer.rootfs.IdMap;
import dev.fairlead.oci.IdMapping;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PingGroupsTest {
    private static final List<IdMapping> RANGES =
            List.of(new IdMapping(0, 100_000, 1000, Map.of()), new IdMapping(2000, 500_000, 10, Map.of()));
    private static final IdMap IDS = new IdMap(RANGES, RANGES);

    @ParameterizedTest(name = "{0} {1}: {2}")
    @CsvSource(textBlock = """
            net.ipv4.ping_group_range,           0 2147483647, 100000 100999
            net/ipv4/ping_group_range,           5 7,          100005 100007
            net.ipv4.ping_group_range,           2001 2001,    500001 500001
            net.ipv4.ping_group_range,           1 0,          1 0
            net.ipv4.ping_group_range,           many,         many
            net.ipv4.ip_unprivileged_port_start, 80,           80
            """)
    void areThePods(String name, String value, String written) throws IOException {
        assertThat(PingGroups.ofHost(Sysctl.of(name, value), IDS).value()).isEqualTo(written);
    }

    @Test
    void aFirstGroupThatIsNotMappedIsRefused() {
        assertThatThrownBy(() -> PingGroups.ofHost(Sysctl.of("net.ipv4.ping_group_range", "1500 1600"), IDS))
                .hasMessageContaining("sysctl net.ipv4.ping_group_range = 1500 1600: group 1500 is not mapped");
    }
}
