package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One hook.
 *
 * @param path absolute
 * @param timeout seconds, above 0
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Hook(
        String path,
        List<String> args,
        List<String> env,
        @Nullable Integer timeout,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Hook {
        args = Absent.list(args);
        env = Absent.list(env);
        unknown = Absent.map(unknown);
    }
}
