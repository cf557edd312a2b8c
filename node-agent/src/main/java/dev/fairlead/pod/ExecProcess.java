package dev.fairlead.pod;

import dev.fairlead.oci.Process;
import dev.fairlead.spec.InvalidConfigException;
import java.util.List;
import java.util.Map;

/** A further process of a container: like its first one, but for the command and the terminal. */
final class ExecProcess {
    private ExecProcess() {}

    static Process of(Process first, List<String> command, boolean terminal) throws InvalidConfigException {
        for (String word : command) {
            if (word.indexOf('\0') >= 0) {
                throw new InvalidConfigException("cmd: \"" + word.replace("\0", "\\0") + "\" has a NUL character");
            }
        }
        return new Process(
                terminal,
                null,
                first.user(),
                command,
                null,
                first.env(),
                first.cwd(),
                first.capabilities(),
                first.rlimits(),
                first.noNewPrivileges(),
                first.apparmorProfile(),
                first.oomScoreAdj(),
                first.scheduler(),
                first.selinuxLabel(),
                first.ioPriority(),
                first.execCPUAffinity(),
                Map.of());
    }
}
