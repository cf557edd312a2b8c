package dev.fairlead.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import org.junit.jupiter.api.Test;

class SpecTest {
    private static final JsonMapper JSON = OciJson.mapper();

    @Test
    void unknownFieldsSurviveARoundTripAtEveryLevel() throws Exception {
        String document = """
                {"ociVersion":"9.9.9","root":{"path":"rootfs","readonly":true,"newInRoot":[1,{"a":null}]},
                 "mounts":[{"destination":"/proc","type":"proc","options":["nosuid"],"shiny":{"b":2}}],
                 "process":{"user":{"uid":7,"gid":8,"colour":"red"},"args":["sh"],"cwd":"/"},
                 "linux":{"resources":{"memory":{"limit":1048576,"tier":"gold"}},"futureLinux":"x"},
                 "vm":{"hypervisor":{"path":"/x"}},"annotations":{"z":"1","a":"2"}}
                """;
        Spec spec = JSON.readValue(document, Spec.class);
        assertThat(JSON.readTree(JSON.writeValueAsString(spec))).isEqualTo(JSON.readTree(document));
        assertThat(spec.unknown()).containsOnlyKeys("vm");
    }

    @Test
    void absentCollectionsAreEmptyAndAbsentObjectsNull() throws Exception {
        Spec spec = JSON.readValue("{\"ociVersion\":\"1.3.0\"}", Spec.class);
        assertThat(spec.mounts()).isEmpty();
        assertThat(spec.annotations()).isEmpty();
        assertThat(spec.process()).isNull();
    }

    @Test
    void imageConfigurationKeepsTheNamesThatDockerGaveThem() throws Exception {
        String document = """
                {"architecture":"amd64","os":"linux","config":{"User":"1:2","Env":["A=b"],"Cmd":["sh"],"Volumes":{"/data":{}},
                 "StopSignal":"SIGQUIT","Healthcheck":{"Test":["NONE"]}},"rootfs":{"type":"layers","diff_ids":["sha256:00"]},
                 "history":[{"created_by":"x","empty_layer":true}]}
                """;
        ImageConfig config = JSON.readValue(document, ImageConfig.class);
        assertThat(JSON.readTree(JSON.writeValueAsString(config))).isEqualTo(JSON.readTree(document));
    }
}
