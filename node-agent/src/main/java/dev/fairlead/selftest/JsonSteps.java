package dev.fairlead.selftest;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.fairlead.cdi.CdiDevices;
import dev.fairlead.oci.ImageConfig;
import dev.fairlead.oci.ImageIndex;
import dev.fairlead.oci.ImageManifest;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Spec;
import dev.fairlead.oci.State;
import dev.fairlead.pod.PodRegistry;
import dev.fairlead.selftest.SelfTest.Step;
import java.util.List;
import java.util.stream.Stream;

/** Documents that become records: OCI's, CDI's, and what is kept of pods and containers. */
final class JsonSteps {
    private JsonSteps() {}

    /** From these all others are reached. */
    static Stream<Class<? extends Record>> roots() {
        return Stream.of(
                        List.<Class<? extends Record>>of(
                                Spec.class, State.class, ImageConfig.class, ImageIndex.class, ImageManifest.class),
                        PodRegistry.RECORDS,
                        CdiDevices.RECORDS)
                .flatMap(List::stream);
    }

    static List<Step> steps() {
        return roots().map(type -> new Step("JSON: " + type.getSimpleName(), () -> roundTrip(type)))
                .toList();
    }

    private static void roundTrip(Class<? extends Record> type) throws Exception {
        JsonMapper mapper = OciJson.mapper();
        Record sample = new RecordSamples().of(type);
        String written = mapper.writeValueAsString(sample);
        Record read = mapper.readValue(written, type);
        SelfTest.require(sample.equals(read), written + " became " + read);
    }
}
