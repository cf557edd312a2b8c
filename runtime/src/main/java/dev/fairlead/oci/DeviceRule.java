package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An entry of the device list (config-linux.md, Allowed device list).
 *
 * @param type a, b or c; null: a
 * @param major null: all
 * @param minor null: all
 * @param access of r, w, m
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record DeviceRule(
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean allow,
        @Nullable String type,
        @Nullable Long major,
        @Nullable Long minor,
        @Nullable String access,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public DeviceRule {
        unknown = Absent.map(unknown);
    }
}
