package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** In the order of execvp(3), without what would mean the working directory. */
class SearchPathTest {
    @Test
    void aNameWithASlashIsTheFile() {
        assertThat(SearchPath.candidates("bin/sh", List.of("PATH=/bin"))).containsExactly("bin/sh");
    }

    @Test
    void aNameIsLookedForInTheFirstPath() {
        assertThat(SearchPath.candidates("sh", List.of("MYPATH=/x", "PATH=/bin:/usr/bin", "PATH=/late")))
                .containsExactly("/bin/sh", "/usr/bin/sh");
    }

    @Test
    void emptyElementsArePassedOver() {
        assertThat(SearchPath.candidates("sh", List.of("PATH=:/bin::"))).containsExactly("/bin/sh");
        assertThat(SearchPath.candidates("sh", List.of("PATH="))).isEmpty();
        assertThat(SearchPath.candidates("sh", List.of())).isEmpty();
        assertThat(SearchPath.candidates("", List.of("PATH=/bin"))).isEmpty();
    }

    @Test
    void aPathThatNoKernelTakesIsPassedOver() {
        String longest = "/" + "x".repeat(4091);
        assertThat(SearchPath.candidates("sh", List.of("PATH=" + longest + "x:" + longest + ":/bin")))
                .containsExactly(longest + "/sh", "/bin/sh");
    }
}
