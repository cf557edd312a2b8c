package dev.fairlead.cli.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Seccomp and the security modules. */
final class SecurityArea {
    private static final Path ACTIONS = Path.of("/proc/sys/kernel/seccomp/actions_avail");
    private static final Path MODULES = Path.of("/sys/kernel/security/lsm");
    private static final Path APPARMOR = Path.of("/sys/module/apparmor/parameters/enabled");
    private static final Path SELINUX = Path.of("/sys/fs/selinux/enforce");
    private static final List<Path> LIBRARIES = List.of(
            Path.of("/usr/lib/x86_64-linux-gnu/libseccomp.so.2"),
            Path.of("/usr/lib/aarch64-linux-gnu/libseccomp.so.2"),
            Path.of("/lib/x86_64-linux-gnu/libseccomp.so.2"),
            Path.of("/usr/lib64/libseccomp.so.2"),
            Path.of("/usr/lib/libseccomp.so.2"));

    private SecurityArea() {}

    static List<Finding> seccomp() throws IOException {
        if (!Files.exists(ACTIONS)) {
            return List.of(
                    Finding.missing("seccomp", "none", "the kernel has no seccomp filters (CONFIG_SECCOMP_FILTER)"));
        }
        Optional<Path> library = LIBRARIES.stream().filter(Files::exists).findFirst();
        if (library.isEmpty()) {
            return List.of(Finding.missing(
                    "seccomp",
                    "no libseccomp",
                    "profiles can't be compiled: every pod has at least one",
                    "apt-get install libseccomp2"));
        }
        boolean notify = Files.readString(ACTIONS).contains("user_notif");
        String version = library.get().toRealPath().getFileName().toString().replaceFirst("libseccomp\\.so\\.", "");
        return List.of(Finding.good("seccomp", "libseccomp " + version, "filter" + (notify ? " + notify" : "")));
    }

    static List<Finding> lsm() throws IOException {
        List<Finding> findings = new ArrayList<>();
        if (Files.exists(APPARMOR) && Files.readString(APPARMOR).startsWith("Y")) {
            findings.add(Finding.good("lsm", "AppArmor", "profiles by name"));
        }
        if (Files.exists(SELINUX)) {
            boolean enforcing = Files.readString(SELINUX).startsWith("1");
            findings.add(Finding.good("lsm", "SELinux", enforcing ? "enforcing" : "permissive"));
        }
        if (findings.isEmpty()) {
            String modules = Files.exists(MODULES) ? Files.readString(MODULES).strip() : "none";
            findings.add(Finding.note("lsm", modules, "pods that ask for an AppArmor profile will be refused"));
        }
        return findings;
    }
}
