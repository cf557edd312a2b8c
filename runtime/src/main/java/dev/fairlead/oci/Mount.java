package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An entry of {@code mounts} (config.md, Mounts). A relative destination is legal: it starts at /.
 *
 * @param destination path inside the container
 * @param type file system type
 * @param source device, file or directory
 * @param options as in fstab(5)
 * @param uidMappings of an idmapped mount
 * @param gidMappings of an idmapped mount
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Mount(
        String destination,
        @Nullable String type,
        @Nullable String source,
        List<String> options,
        List<IdMapping> uidMappings,
        List<IdMapping> gidMappings,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Mount {
        options = Absent.list(options);
        uidMappings = Absent.list(uidMappings);
        gidMappings = Absent.list(gidMappings);
        unknown = Absent.map(unknown);
    }
}
