package dev.fairlead.libcontainer.cgroups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.oci.DeviceRule;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values of v1 on v2's scales, and lists of device rules. */
class LimitsTest {
    @ParameterizedTest(name = "{0} shares are weight {1}")
    @CsvSource({"2,1", "1,1", "102,17", "512,59", "1024,100", "2048,174", "262144,10000", "9999999,10000"})
    void sharesBecomeWeights(long shares, long weight) {
        assertThat(CpuV2.weight(shares)).isEqualTo(weight);
    }

    @ParameterizedTest(name = "{0} shares come back from their weight as about as many")
    @ValueSource(longs = {2, 102, 512, 1024, 2048, 20_000, 262_144})
    void weightsBecomeShares(long shares) {
        long back = CpuV2.shares(CpuV2.weight(shares));
        assertThat(CpuV2.weight(back)).isEqualTo(CpuV2.weight(shares));
    }

    @Test
    void aNumberIsFoundByItsWholeWord() {
        StatFile file = new StatFile("anon 4096\nfile 8192\ninactive_file 7\nworkingset_refault_file 3\ntotal_file 5");
        assertThat(file.value("anon")).isEqualTo(4096);
        assertThat(file.value("file")).isEqualTo(8192);
        assertThat(file.value("total_file")).isEqualTo(5);
        assertThat(file.find("refault_file")).isEmpty();
        assertThat(new StatFile("").find("anon")).isEmpty();
    }

    @Test
    void pressureIsReadByName() {
        CgroupStatistics.Pressure pressure = PressureFiles.parse(
                "some avg10=0.12 avg60=1.50 avg300=2.00 total=5912\nfull avg10=0.00 avg60=0.25 avg300=0.00 total=77");
        assertThat(pressure.some()).isEqualTo(new CgroupStatistics.Stall(0.12, 1.5, 2, 5912));
        assertThat(pressure.full()).isEqualTo(new CgroupStatistics.Stall(0, 0.25, 0, 77));
    }

    @ParameterizedTest(name = "weight {0} is {1}")
    @CsvSource({"10,1", "500,4950", "1000,10000", "5,1", "2000,10000"})
    void weightsOfBlockIoAreSpread(int weight, long scaled) {
        assertThat(IoV2.scaled(weight)).isEqualTo(scaled);
    }

    private static DeviceRule rule(
            boolean allow, @Nullable String type, @Nullable Long major, @Nullable Long minor, @Nullable String access) {
        return new DeviceRule(allow, type, major, minor, access, Map.of());
    }

    private static String list(DeviceRule... rules) throws CgroupException {
        DeviceList list = DeviceList.of(List.of(rules));
        StringBuilder text = new StringBuilder(list.allowAll() ? "all but" : "only");
        list.exceptions()
                .forEach((devices, access) -> text.append(" [")
                        .append(devices)
                        .append(' ')
                        .append(DeviceList.text(access))
                        .append(']'));
        return text.toString();
    }

    private static final DeviceRule DENY_ALL = rule(false, null, null, null, null);

    @Test
    void theLastRuleThatMatchesDecides() throws Exception {
        assertThat(list()).isEqualTo("only");
        assertThat(list(DENY_ALL, rule(true, "c", 1L, 3L, "rwm"))).isEqualTo("only [c 1:3 rwm]");
        assertThat(list(rule(true, "c", 1L, 3L, "rwm"), DENY_ALL)).isEqualTo("only");
        assertThat(list(DENY_ALL, rule(true, "c", 1L, 3L, "r"), rule(true, "c", 1L, 3L, "w")))
                .isEqualTo("only [c 1:3 rw]");
        assertThat(list(DENY_ALL, rule(true, "c", 1L, 3L, "rwm"), rule(false, "c", 1L, 3L, "w")))
                .isEqualTo("only [c 1:3 rm]");
        assertThat(list(DENY_ALL, rule(true, "c", 1L, 3L, "rwm"), rule(false, "c", 1L, null, "rwm")))
                .isEqualTo("only");
        assertThat(list(rule(true, "a", null, null, "rwm"), rule(false, "b", 8L, -1L, "w")))
                .isEqualTo("all but [b 8:* w]");
        assertThat(list(DENY_ALL, rule(true, "a", null, null, "m"))).isEqualTo("only [b *:* m] [c *:* m]");
    }

    @Test
    void whatAListCannotSayIsRefusedByItsField() {
        assertThatThrownBy(() -> list(DENY_ALL, rule(true, "c", 1L, null, "rwm"), rule(false, "c", 1L, 3L, "w")))
                .isInstanceOf(CgroupException.class)
                .hasMessageContainingAll("linux.resources.devices[2]", "deny c 1:3 w", "hole in the rule for c 1:*");
        assertThatThrownBy(() -> list(rule(true, "x", null, null, null)))
                .hasMessageContaining("linux.resources.devices[0].type: \"x\"");
        assertThatThrownBy(() -> list(rule(true, "c", null, null, "rx")))
                .hasMessageContaining("linux.resources.devices[0].access: \"rx\"");
        assertThatThrownBy(() -> list(rule(true, "c", -2L, null, "r"))).hasMessageContaining("major: -2");
    }

    @Test
    void theKernelsListIsReadBack() throws Exception {
        assertThat(DeviceList.parse("a *:* rwm\n").allowAll()).isTrue();
        assertThat(DeviceList.parse("c 1:3 rwm\nb *:* m\n").exceptions()).hasSize(2);
        assertThat(DeviceList.parse("").exceptions()).isEmpty();
    }
}
