package dev.fairlead.libcontainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.libcontainer.capabilities.HostCapabilities;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Process;
import dev.fairlead.oci.Spec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ProcessesTest {
    @Test
    void aFurtherProcessHasTheOomScoreOfTheContainer() throws Exception {
        Spec spec = OciJson.mapper().readValue("""
                {"ociVersion": "1.3.0", "process": {"args": ["a"], "cwd": "/", "oomScoreAdj": 900}}
                """, Spec.class);
        assertThat(scoreOf(spec, "{\"args\": [\"b\"], \"cwd\": \"/\"}")).isEqualTo(900);
        assertThat(scoreOf(spec, "{\"args\": [\"b\"], \"cwd\": \"/\", \"oomScoreAdj\": 950}"))
                .isEqualTo(950);
    }

    private static @Nullable Integer scoreOf(Spec spec, String process) throws Exception {
        Process further = OciJson.mapper().readValue(process, Process.class);
        return Processes.request(HostCapabilities.read(), "test", spec, further)
                .process()
                .oomScoreAdj();
    }
}
