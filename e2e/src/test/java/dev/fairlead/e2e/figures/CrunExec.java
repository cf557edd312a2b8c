package dev.fairlead.e2e.figures;

import dev.fairlead.e2e.Command;
import java.util.List;
import java.util.Map;

/**
 * The exec of crun by itself, without containerd and its shim. crun refuses to run where a v2 hierarchy with controllers is beside those of v1, so it gets
 * a mount namespace without it; its container has no cgroups of its own, which spares it some work.
 */
final class CrunExec {
    private static final String SCRIPT = """
            bundle=$(mktemp -d)
            trap 'crun --cgroup-manager=disabled delete -f figures; rm -rf "$bundle"' EXIT
            cd "$bundle"
            ! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified
            mkdir -p rootfs/bin rootfs/proc rootfs/dev rootfs/sys
            cp /bin/busybox rootfs/bin/
            for name in sh sleep true; do ln rootfs/bin/busybox rootfs/bin/$name; done
            crun spec
            sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"sleep", "100000"/' config.json
            crun --cgroup-manager=disabled run -d figures </dev/null >log 2>&1 || { cat log >&2; exit 1; }
            for round in $(seq $((ROUNDS + 3))); do
              before=${EPOCHREALTIME/./}
              crun --cgroup-manager=disabled exec figures true
              echo $((${EPOCHREALTIME/./} - before))
            done | tail -n $ROUNDS
            """;

    private CrunExec() {}

    /** How long {@code crun exec} of true takes, in ms. */
    static List<Double> measure(int rounds) {
        return Command.run(
                        Map.of("ROUNDS", Integer.toString(rounds)),
                        List.of("unshare", "--mount", "bash", "-euo", "pipefail", "-c", SCRIPT))
                .output()
                .lines()
                .map(micros -> Long.parseLong(micros) / 1000.0)
                .toList();
    }
}
