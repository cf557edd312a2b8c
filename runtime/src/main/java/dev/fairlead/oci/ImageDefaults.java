package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What containers of an image inherit (image-spec, config.md, config).
 *
 * @param user user[:group], names or ids
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ImageDefaults(
        @JsonProperty("User") @Nullable String user,
        @JsonProperty("ExposedPorts") Map<String, Empty> exposedPorts,
        @JsonProperty("Env") List<String> env,
        @JsonProperty("Entrypoint") List<String> entrypoint,
        @JsonProperty("Cmd") List<String> cmd,
        @JsonProperty("Volumes") Map<String, Empty> volumes,
        @JsonProperty("WorkingDir") @Nullable String workingDir,
        @JsonProperty("Labels") Map<String, String> labels,
        @JsonProperty("StopSignal") @Nullable String stopSignal,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public ImageDefaults {
        exposedPorts = Absent.map(exposedPorts);
        env = Absent.list(env);
        entrypoint = Absent.list(entrypoint);
        cmd = Absent.list(cmd);
        volumes = Absent.map(volumes);
        labels = Absent.map(labels);
        unknown = Absent.map(unknown);
    }
}
