package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Action for some system calls.
 *
 * @param args all must hold
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record SeccompSyscall(
        List<String> names,
        String action,
        @Nullable Integer errnoRet,
        List<SeccompArg> args,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public SeccompSyscall {
        names = Absent.list(names);
        args = Absent.list(args);
        unknown = Absent.map(unknown);
    }
}
