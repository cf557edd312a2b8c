package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProgramPagesTest {
    /** Code and constants of the program come back from the page cache, and what was written stays. */
    @Test
    void whatIsUnmappedIsFoundAgain() throws Exception {
        assertThat(ProgramPages.release()).isPositive();
        assertThat(ProgramPages.release()).as("they are mapped still").isPositive();
        assertThat(ProcessHandle.current().pid()).isPositive();
    }
}
