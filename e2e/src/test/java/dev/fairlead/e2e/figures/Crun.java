package dev.fairlead.e2e.figures;

import dev.fairlead.e2e.Command;
import dev.fairlead.e2e.Strace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * crun by itself, without containerd and its shim. crun refuses to run where a v2 hierarchy with controllers is beside those of v1, so it gets
 * a mount namespace without it; its container has no cgroups of its own, which spares it some work.
 */
final class Crun {
    private static final String SCRIPT = """
            bundle=$(mktemp -d)
            crun() { command crun --cgroup-manager=disabled "$@"; }
            trap 'crun delete -f figures; rm -rf "$bundle"' EXIT
            cd "$bundle"
            ! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified
            mkdir -p rootfs/bin rootfs/proc rootfs/dev rootfs/sys
            cp /bin/busybox rootfs/bin/
            for name in sh sleep true; do ln rootfs/bin/busybox rootfs/bin/$name; done
            crun spec
            sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"sleep", "100000"/' config.json
            crun run -d figures </dev/null >log 2>&1 || { cat log >&2; exit 1; }
            crun exec figures true
            strace -f -o "$TRACES/exec" crun --cgroup-manager=disabled exec figures true
            for round in $(seq $((ROUNDS + 3))); do
              before=${EPOCHREALTIME/./}
              command crun --cgroup-manager=disabled exec figures true
              echo $((${EPOCHREALTIME/./} - before))
            done | tail -n $ROUNDS
            """;

    private Crun() {}

    /** How long {@code crun exec} of true takes, and what it asks the kernel for. */
    static void measure(int rounds, Report report) throws IOException {
        Path traces = Files.createTempDirectory("crun");
        List<Double> execs = Command.run(
                        Map.of("ROUNDS", Integer.toString(rounds), "TRACES", traces.toString()),
                        List.of("unshare", "--mount", "bash", "-euo", "pipefail", "-c", SCRIPT))
                .output()
                .lines()
                .map(micros -> Long.parseLong(micros) / 1000.0)
                .toList();
        report.samples(Calls.EXEC, Peer.CRUN, execs);
        SystemCalls.add(
                SystemCalls.EXEC,
                Peer.CRUN,
                Strace.of(Files.readAllLines(traces.resolve("exec"), StandardCharsets.ISO_8859_1)),
                report);
        Command.run("rm", "-r", traces.toString());
    }
}
