package dev.fairlead.selftest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fairlead.linux.SeccompFilter;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Spec;
import dev.fairlead.selftest.SelfTest.Step;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** On the JVM nothing is missing, so each step must be right in itself. */
class SelfTestTest {
    @TestFactory
    List<DynamicTest> eachStepPassesOnTheJvm() {
        return SelfTest.steps().stream()
                .map(step -> DynamicTest.dynamicTest(step.name(), () -> {
                    Assumptions.assumeTrue(
                            !step.name().equals("libseccomp") || SeccompFilter.missing() == null,
                            "there is no libseccomp");
                    step.action().run();
                }))
                .toList();
    }

    @Test
    void samplesReachWhatIsNestedAndLeaveNothingEmpty() throws ReflectiveOperationException {
        RecordSamples samples = new RecordSamples();
        var spec = samples.of(Spec.class);
        assertThat(samples.made()).hasSizeGreaterThan(30);
        JsonNode json = OciJson.mapper().valueToTree(spec);
        assertThat(json.at("/linux/seccomp/syscalls/0/names/0").asText()).isEqualTo("text");
        assertThat(json.at("/hooks/prestart/0/path").asText()).isEqualTo("text");
    }

    @Test
    void aStepThatFailsIsReportedAndTheOthersAreTried() throws InterruptedException {
        Step broken = new Step("broken", () -> SelfTest.require(false, "as it should"));
        assertThat(SelfTest.run(List.of(broken, new Step("right", () -> {}))))
                .extracting(SelfTest.Result::name, result -> result.failure().map(Throwable::getMessage))
                .containsExactly(tuple("broken", Optional.of("as it should")), tuple("right", Optional.empty()));
    }
}
