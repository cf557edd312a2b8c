package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * Rate limit of one block device.
 *
 * @param rate bytes or operations a second
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ThrottleDevice(
        long major,
        long minor,
        long rate,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public ThrottleDevice {
        unknown = Absent.map(unknown);
    }
}
