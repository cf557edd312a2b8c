package dev.fairlead.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.cri.v1.Signal;
import dev.fairlead.spec.InvalidConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StopSignalTest {
    @ParameterizedTest
    @CsvSource(textBlock = """
            SIGTERM,     15
            QUIT,         3
            9,            9
            sigusr1,     10
            SIGRTMIN+3,  37
            SIGRTMAX-14, 50
            """)
    void imagesNameSignalsInManyWays(String text, int number) throws Exception {
        assertThat(StopSignal.choose(Signal.RUNTIME_DEFAULT, text)).isEqualTo(number);
    }

    @Test
    void thePodDecidesBeforeTheImage() throws Exception {
        assertThat(StopSignal.choose(Signal.SIGINT, "SIGQUIT")).isEqualTo(2);
        assertThat(StopSignal.choose(Signal.RUNTIME_DEFAULT, null)).isEqualTo(15);
    }

    @ParameterizedTest
    @EnumSource(
            value = Signal.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"RUNTIME_DEFAULT", "UNRECOGNIZED"})
    void everySignalOfTheApiHasANumberThatLeadsBackToIt(Signal signal) throws Exception {
        int number = StopSignal.choose(signal, null);
        assertThat(StopSignal.choose(Signal.forNumber(StopSignal.criNumber(number)), null))
                .isEqualTo(number);
    }

    @ParameterizedTest
    @CsvSource({"SIGFOO", "0", "65", "-1"})
    void nonsenseIsRefusedByName(String text) {
        assertThatThrownBy(() -> StopSignal.choose(Signal.RUNTIME_DEFAULT, text))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining(text);
    }
}
