package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * Limit of one huge page size.
 *
 * @param pageSize such as 2MB
 * @param limit bytes, unsigned
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record HugepageLimit(
        String pageSize,
        long limit,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public HugepageLimit {
        unknown = Absent.map(unknown);
    }
}
