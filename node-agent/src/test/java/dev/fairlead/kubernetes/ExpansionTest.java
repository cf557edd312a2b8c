package dev.fairlead.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpansionTest {
    private static final Map<String, String> VARIABLES = Map.of("A", "1", "B", "two", "EMPTY", "", "NESTED", "$(A)");

    @ParameterizedTest(name = "{0} -> {1}: {2}")
    @CsvSource(delimiter = '|', textBlock = """
            $(A)            | 1           | a reference
            x$(A)y$(B)z     | x1ytwoz     | among text
            $(EMPTY)        | ''          | an empty value is a value
            $(UNKNOWN)      | $(UNKNOWN)  | an unknown variable stays
            $$(A)           | $(A)        | two dollars are one
            $$$(A)          | $1          | and the next begins anew
            $A ${A}         | $A ${A}     | not the shell's syntax
            $(A             | $(A         | never closed
            100$            | 100$        | a dollar at the end
            $(NESTED)       | $(A)        | values are not expanded again
            $()             | $()         | no name
            """)
    void expandsReferences(String text, String expanded, String because) {
        assertThat(Expansion.expand(text, VARIABLES)).as(because).isEqualTo(expanded);
    }
}
