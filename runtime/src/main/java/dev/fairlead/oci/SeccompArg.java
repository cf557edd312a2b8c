package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Comparison of one argument.
 *
 * @param index 0 to 5
 * @param value unsigned
 * @param valueTwo for SCMP_CMP_MASKED_EQ
 * @param op such as SCMP_CMP_EQ
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record SeccompArg(
        int index,
        long value,
        @Nullable Long valueTwo,
        String op,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public SeccompArg {
        unknown = Absent.map(unknown);
    }
}
