package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Credentials of a process (config.md, POSIX-platform user).
 *
 * @param uid user id inside
 * @param gid group id inside
 * @param umask null: 0022
 * @param additionalGids supplementary groups
 * @param username Windows alone
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record User(
        long uid,
        long gid,
        @Nullable Integer umask,
        List<Long> additionalGids,
        @Nullable String username,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public User {
        additionalGids = Absent.list(additionalGids);
        unknown = Absent.map(unknown);
    }
}
