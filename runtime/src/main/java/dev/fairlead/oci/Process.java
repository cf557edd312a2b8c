package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a container runs (config.md, process).
 *
 * @param terminal on a pseudo-terminal
 * @param consoleSize of the terminal
 * @param user root where absent
 * @param args program and arguments
 * @param commandLine Windows alone
 * @param env NAME=VALUE
 * @param cwd absolute working directory
 * @param capabilities null: those of the caller
 * @param rlimits limits, each type once
 * @param noNewPrivileges PR_SET_NO_NEW_PRIVS
 * @param apparmorProfile AppArmor profile
 * @param oomScoreAdj -1000 to 1000
 * @param scheduler sched_setattr(2)
 * @param selinuxLabel SELinux label
 * @param ioPriority ioprio_set(2)
 * @param execCPUAffinity of processes that join later
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Process(
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean terminal,
        @Nullable ConsoleSize consoleSize,
        @Nullable User user,
        List<String> args,
        @Nullable String commandLine,
        List<String> env,
        String cwd,
        @Nullable Capabilities capabilities,
        List<Rlimit> rlimits,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean noNewPrivileges,
        @Nullable String apparmorProfile,
        @Nullable Integer oomScoreAdj,
        @Nullable Scheduler scheduler,
        @Nullable String selinuxLabel,
        @Nullable IoPriority ioPriority,
        @Nullable ExecCpuAffinity execCPUAffinity,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Process {
        args = Absent.list(args);
        env = Absent.list(env);
        rlimits = Absent.list(rlimits);
        unknown = Absent.map(unknown);
    }
}
