package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many tasks.
 *
 * @param limit -1 is no limit; 0 means "max" where the specification is older
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record PidsLimit(
        @Nullable Long limit, @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public PidsLimit {
        unknown = Absent.map(unknown);
    }
}
