package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A device node to make (config-linux.md, Devices).
 *
 * @param path inside
 * @param type b, c, u or p
 * @param fileMode permission bits
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Device(
        String path,
        String type,
        @Nullable Long major,
        @Nullable Long minor,
        @Nullable Integer fileMode,
        @Nullable Long uid,
        @Nullable Long gid,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Device {
        unknown = Absent.map(unknown);
    }
}
