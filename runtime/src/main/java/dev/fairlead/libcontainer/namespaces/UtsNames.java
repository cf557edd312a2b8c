package dev.fairlead.libcontainer.namespaces;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.KernelFiles;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.concurrent.Callable;

/**
 * The names in a UTS namespace, uts_namespaces(7). Read and set by a thread in it: the files show the namespace of whoever asks.
 *
 * @param host of sethostname(2)
 * @param domain of setdomainname(2)
 */
public record UtsNames(String host, String domain) {
    private static final String HOST = "/proc/sys/kernel/hostname";
    private static final String DOMAIN = "/proc/sys/kernel/domainname";

    /** Those that it has; {@code namespace}: a file of it. */
    public static UtsNames of(Path namespace) throws IOException {
        return in(
                namespace,
                () -> new UtsNames(
                        KernelFiles.read(HOST).stripTrailing(),
                        KernelFiles.read(DOMAIN).stripTrailing()));
    }

    /** Gives it these. */
    public void setIn(Path namespace) throws IOException {
        in(namespace, () -> {
            Namespaces.setHostname(host);
            Namespaces.setDomainname(domain);
            return this;
        });
    }

    private static UtsNames in(Path namespace, Callable<UtsNames> job) throws IOException {
        return JobThread.call("names of " + namespace, () -> {
            try (Fd uts = Openat.open(Fd.CWD, namespace.toString(), EnumSet.of(OpenFlag.RDONLY), 0)) {
                Namespaces.join(uts, Kind.UTS);
            }
            return job.call();
        });
    }
}
