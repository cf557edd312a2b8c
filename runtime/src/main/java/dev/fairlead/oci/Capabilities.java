package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * The five capability sets, by names such as CAP_KILL (capabilities(7)).
 *
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Capabilities(
        List<String> bounding,
        List<String> effective,
        List<String> inheritable,
        List<String> permitted,
        List<String> ambient,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Capabilities {
        bounding = Absent.list(bounding);
        effective = Absent.list(effective);
        inheritable = Absent.list(inheritable);
        permitted = Absent.list(permitted);
        ambient = Absent.list(ambient);
        unknown = Absent.map(unknown);
    }
}
