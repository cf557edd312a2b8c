package dev.fairlead.cli.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Capabilities and limits of this process, which are those of a daemon that is started from here. */
final class LimitsArea {
    private static final String AREA = "limits";
    private static final int CAP_SYS_ADMIN = 21;
    private static final int CAP_SYS_RESOURCE = 24;
    private static final int CAP_SETUID = 7;
    private static final int CAP_NET_ADMIN = 12;
    private static final long FEW_FILES = 8192;

    private LimitsArea() {}

    static List<Finding> look() throws IOException {
        long capabilities = capabilities();
        List<Finding> findings = new ArrayList<>();
        boolean root =
                has(capabilities, CAP_SYS_ADMIN) && has(capabilities, CAP_SETUID) && has(capabilities, CAP_NET_ADMIN);
        if (!root) {
            findings.add(Finding.missing(
                    AREA,
                    "not root",
                    "namespaces, mounts and cgroups need the capabilities of root",
                    "sudo fairlead check"));
        } else if (!has(capabilities, CAP_SYS_RESOURCE)) {
            findings.add(Finding.note(
                    AREA,
                    "no CAP_SYS_RESOURCE",
                    "oom_score_adj below our own will be clamped, hard limits can't be raised"));
        }
        long files = openFiles();
        if (files < FEW_FILES) {
            findings.add(Finding.note(
                    AREA,
                    files + " open files",
                    "some hundred pods need more",
                    "LimitNOFILE=1048576 in the daemon's unit"));
        }
        if (findings.isEmpty()) {
            findings.add(Finding.good(AREA, "all capabilities", files + " open files"));
        }
        return findings;
    }

    private static boolean has(long capabilities, int capability) {
        return (capabilities & 1L << capability) != 0;
    }

    private static long capabilities() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("CapEff:")) {
                return Long.parseUnsignedLong(line.substring("CapEff:".length()).strip(), 16);
            }
        }
        throw new IOException("/proc/self/status has no CapEff");
    }

    private static long openFiles() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/limits"))) {
            if (line.startsWith("Max open files")) {
                String soft = line.substring("Max open files".length()).strip().split("\\s+", 2)[0];
                return soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft);
            }
        }
        throw new IOException("/proc/self/limits has no open files");
    }
}
