package dev.fairlead.libcontainer.namespaces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Stat;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NeedsRoot
class PodNamespacesTest {
    private static final Set<Kind> ALL = EnumSet.of(Kind.NETWORK, Kind.IPC, Kind.UTS);

    /** Pins lie in the machine's mount table, as the thread that makes them is not the test's: each test takes its own away. */
    private static final class Pinned implements AutoCloseable {
        final PodNamespaces namespaces;

        Pinned(Path dir, PodNamespaces.Plan plan) throws IOException {
            namespaces = PodNamespaces.create(dir, plan);
        }

        @Override
        public void close() throws IOException {
            namespaces.remove();
        }
    }

    @Test
    void hasLoopbackHostnameAndSysctlsOfItsOwn(@TempDir Path dir) throws Exception {
        List<String> before = PrivateMounts.table();
        String hostname = read("/proc/sys/kernel/hostname");
        Map<String, String> sysctls = new LinkedHashMap<>();
        sysctls.put("net.ipv4.ip_unprivileged_port_start", "80");
        sysctls.put("kernel.shmmni", "77");
        sysctls.put("fs.mqueue.msg_max", "33");
        try (Pinned pod = new Pinned(dir, PodNamespaces.Plan.of(ALL, Optional.of("web-0"), sysctls))) {
            List<String> seen = inside(
                    pod.namespaces,
                    () -> List.of(
                            read("/proc/sys/kernel/hostname"),
                            read("/proc/sys/net/ipv4/ip_unprivileged_port_start"),
                            read("/proc/sys/kernel/shmmni"),
                            read("/proc/sys/fs/mqueue/msg_max"),
                            read("/proc/thread-self/net/fib_trie"),
                            read("/proc/thread-self/net/if_inet6")));
            assertThat(seen).startsWith("web-0", "80", "77", "33");
            assertThat(seen.get(4)).contains("127.0.0.1");
            assertThat(seen.get(5)).contains("00000000000000000000000000000001").contains("lo");
            assertThat(read("/proc/sys/kernel/hostname")).isEqualTo(hostname);
        }
        assertThat(PrivateMounts.table()).isEqualTo(before);
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void whatIsSharedWithTheHostHasNoFile(@TempDir Path dir) throws Exception {
        try (Pinned pod = new Pinned(dir, PodNamespaces.Plan.of(Set.of(Kind.IPC), Optional.empty(), Map.of()))) {
            assertThat(pod.namespaces.open(Kind.NETWORK)).isEmpty();
            try (Fd ipc = pod.namespaces.open(Kind.IPC).orElseThrow()) {
                assertThat(Stat.fileSystem(ipc).magic()).isEqualTo(Stat.NSFS_MAGIC);
            }
            // A process' namespace can be pinned beside those made here.
            pod.namespaces.pin(Kind.PID, (int) ProcessHandle.current().pid());
            try (Fd own = Namespaces.openOwn(Kind.PID);
                    Fd pinned = PodNamespaces.at(dir).open(Kind.PID).orElseThrow()) {
                assertThat(Stat.of(pinned).isSameFileAs(Stat.of(own))).isTrue();
            }
        }
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void removingIsIdempotentAndAFileThatPinsNothingIsNoNamespace(@TempDir Path dir) throws Exception {
        PodNamespaces namespaces = PodNamespaces.at(dir);
        namespaces.remove();
        Files.createFile(dir.resolve("net"));
        assertThatThrownBy(() -> namespaces.open(Kind.NETWORK)).hasMessageContaining("pins no namespace");
        namespaces.remove();
        namespaces.remove();
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void whatTheKernelRefusesLeavesNothing(@TempDir Path dir) throws Exception {
        List<String> before = PrivateMounts.table();
        assertThatThrownBy(() -> PodNamespaces.create(
                        dir, PodNamespaces.Plan.of(ALL, Optional.empty(), Map.of("net.ipv4.no_such", "1"))))
                .hasMessage("sysctl net.ipv4.no_such: this kernel has no such parameter");
        assertThatThrownBy(() -> PodNamespaces.create(
                        dir, PodNamespaces.Plan.of(ALL, Optional.empty(), Map.of("net.ipv4.ip_forward", "many"))))
                .hasMessageContaining("sysctl net.ipv4.ip_forward = many")
                .hasMessageContaining("Invalid argument");
        assertThatThrownBy(() -> PodNamespaces.create(
                        dir.resolve("absent"), PodNamespaces.Plan.of(ALL, Optional.empty(), Map.of())))
                .hasMessageContaining("ENOENT");
        assertThat(PrivateMounts.table()).isEqualTo(before);
        assertThat(dir).isEmptyDirectory();
    }

    private static <T> T inside(PodNamespaces namespaces, Callable<T> job) throws IOException {
        return JobThread.call("inside", () -> {
            for (Kind kind : ALL) {
                try (Fd fd = namespaces.open(kind).orElseThrow()) {
                    Namespaces.join(fd, kind);
                }
            }
            return job.call();
        });
    }

    private static String read(String path) throws IOException {
        // In one read(2): a sysctl gives a number to the first alone, and Files.readString reads a file of size 0 byte
        // by byte.
        try (InputStream file = Files.newInputStream(Path.of(path))) {
            return new String(file.readNBytes(65536), StandardCharsets.UTF_8).strip();
        }
    }
}
