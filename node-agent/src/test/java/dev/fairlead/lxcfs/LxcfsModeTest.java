package dev.fairlead.lxcfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.spec.InvalidConfigException;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LxcfsModeTest {
    @ParameterizedTest
    @CsvSource({"auto, AUTO", "off, OFF", "required, REQUIRED"})
    void theAnnotationGoesBeforeTheSetting(String word, LxcfsMode expected) throws Exception {
        for (LxcfsMode setting : LxcfsMode.values()) {
            assertThat(LxcfsMode.of(Map.of("fairlead.dev/lxcfs", word), setting))
                    .isEqualTo(expected);
            assertThat(LxcfsMode.of(Map.of("other", word), setting)).isEqualTo(setting);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "AUTO", "on", "true", " off"})
    void otherWordsAreRefused(String word) {
        assertThatThrownBy(() -> LxcfsMode.of(Map.of("fairlead.dev/lxcfs", word), LxcfsMode.AUTO))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("fairlead.dev/lxcfs")
                .hasMessageContaining("auto, off, required");
    }
}
