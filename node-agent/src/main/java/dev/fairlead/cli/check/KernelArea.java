package dev.fairlead.cli.check;

import dev.fairlead.linux.KernelFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The system calls that containers are made with. */
final class KernelArea {
    private static final String AREA = "kernel";

    private KernelArea() {}

    static List<Finding> look() throws IOException {
        String release = Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
        Set<String> present = new LinkedHashSet<>();
        List<Finding> absent = new ArrayList<>();
        for (KernelFeature feature : KernelFeature.values()) {
            if (feature.isPresent()) {
                present.add(describe(feature));
            } else {
                absent.add(absence(feature));
            }
        }
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.good(AREA, release, String.join(", ", present)));
        findings.addAll(absent);
        return findings;
    }

    private static String describe(KernelFeature feature) {
        return switch (feature) {
            case OPEN_TREE, MOVE_MOUNT, FSOPEN -> "new mount API";
            case PIDFD_OPEN, PIDFD_GETFD -> "pidfd";
            case MOUNT_SETATTR -> "idmapped mounts";
            case CLONE3, CLOSE_RANGE, OPENAT2, STATMOUNT -> feature.call();
        };
    }

    private static Finding absence(KernelFeature feature) {
        String since = "needs Linux " + feature.since();
        return switch (feature) {
            case STATMOUNT ->
                Finding.note(
                        AREA,
                        "no " + feature.call(),
                        "mounts are looked up in /proc/self/mountinfo, which takes longer; " + since);
            case OPEN_TREE, MOVE_MOUNT, FSOPEN, PIDFD_OPEN, PIDFD_GETFD, MOUNT_SETATTR, CLONE3, CLOSE_RANGE, OPENAT2 ->
                Finding.missing(AREA, "no " + feature.call(), since + "; Fairlead runs on 5.15 and later");
        };
    }
}
