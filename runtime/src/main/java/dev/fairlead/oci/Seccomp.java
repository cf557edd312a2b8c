package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * System call filter (config-linux.md, Seccomp).
 *
 * @param defaultAction such as SCMP_ACT_ERRNO
 * @param defaultErrnoRet null: EPERM
 * @param architectures such as SCMP_ARCH_X86_64
 * @param listenerPath socket of SCMP_ACT_NOTIFY
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Seccomp(
        String defaultAction,
        @Nullable Integer defaultErrnoRet,
        List<String> architectures,
        List<String> flags,
        @Nullable String listenerPath,
        @Nullable String listenerMetadata,
        List<SeccompSyscall> syscalls,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Seccomp {
        architectures = Absent.list(architectures);
        flags = Absent.list(flags);
        syscalls = Absent.list(syscalls);
        unknown = Absent.map(unknown);
    }
}
