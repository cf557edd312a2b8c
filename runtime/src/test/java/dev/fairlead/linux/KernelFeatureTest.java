package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KernelFeatureTest {
    @ParameterizedTest
    @EnumSource(KernelFeature.class)
    void agreesWithTheKernelsVersion(KernelFeature feature) throws IOException {
        String release = Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
        assertThat(feature.isPresent())
                .as("%s since %s, this is %s", feature.call(), feature.since(), release)
                .isEqualTo(number(release) >= number(feature.since()));
    }

    /** 6.18.44-cloud is 6018. */
    private static int number(String release) {
        String[] parts = release.split("[^0-9]", -1);
        return Integer.parseInt(parts[0]) * 1000 + Integer.parseInt(parts[1]);
    }
}
