package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.libcontainer.process.ProcessId;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.MountInfo;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.MountFlag;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.test.NeedsRoot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Covers of single files in a mount namespace that lives; the file system of the temporary directory stands for lxcfs'. */
@NeedsRoot
class KernelFileCoversTest {
    private static final String MEMORY = "/proc/meminfo";
    private static final String UPTIME = "/proc/uptime";
    private static final String ONLINE = "/sys/devices/system/cpu/online";
    private static final String OURS = "ours";

    @TempDir
    Path dir;

    private TestInit init;
    private String type;
    private String device;

    @BeforeEach
    void start() throws Exception {
        Path source = Files.writeString(dir.resolve("source"), OURS);
        Stat.Status status = Stat.ofPath(source.toString());
        device = status.device().toString();
        type = MountInfo.of("thread-self").stream()
                .filter(line -> line.id() == status.mountId())
                .findFirst()
                .orElseThrow()
                .type();
        // Private: nothing that is mounted in there may reach the machine.
        init = TestInit.start("--propagation", "private");
    }

    @AfterEach
    void end() throws Exception {
        init.close();
    }

    /** Settles with covers for these paths and no others. */
    private OptionalInt settle(String ofDevice, String... paths) throws Exception {
        return settle(init.process().id(), ofDevice, paths);
    }

    private OptionalInt settle(ProcessId process, String ofDevice, String... paths) throws Exception {
        Map<String, Fd> covers = new HashMap<>();
        try {
            for (String path : paths) {
                covers.put(path, Mounts.openTree(Fd.CWD, dir.resolve("source").toString(), EnumSet.of(TreeFlag.CLONE)));
            }
            return new KernelFileCovers(type, ofDevice).settle("test", process, covers);
        } finally {
            covers.values().forEach(Fd::close);
        }
    }

    private String read(String path) throws Exception {
        return init.inside(() -> Files.readString(Path.of(path)));
    }

    private long mountId(String path) throws Exception {
        return init.inside(() -> Stat.ofPath(path).mountId());
    }

    private void inside(TestRun run) throws Exception {
        init.inside(() -> {
            run.run();
            return true;
        });
    }

    private interface TestRun {
        void run() throws Exception;
    }

    private static void bind(Path source, String target) throws Exception {
        Mounts.mount(source.toString(), target, "", EnumSet.of(MountFlag.BIND), "");
    }

    @Test
    void coversAndUncoversInThatNamespaceAlone() throws Exception {
        assertThat(settle(device, MEMORY, ONLINE)).hasValue(2);
        assertThat(read(MEMORY)).isEqualTo(OURS);
        assertThat(read(ONLINE)).isEqualTo(OURS);
        assertThat(read(UPTIME)).isNotEqualTo(OURS);
        assertThat(Files.readString(Path.of(MEMORY))).as("the machine's").startsWith("MemTotal");
        assertThat(settle("")).hasValue(0);
        assertThat(read(MEMORY)).startsWith("MemTotal");
        assertThat(read(ONLINE)).isNotEqualTo(OURS);
    }

    @Test
    void aCoverOfTheSameDeviceStaysAndOneOfAnotherIsReplaced() throws Exception {
        assertThat(settle(device, MEMORY)).hasValue(1);
        long first = mountId(MEMORY);
        assertThat(settle(device, MEMORY)).hasValue(1);
        assertThat(mountId(MEMORY)).isEqualTo(first);
        Files.writeString(dir.resolve("source"), "changed");
        assertThat(settle("0:0", MEMORY)).hasValue(1);
        assertThat(read(MEMORY)).isEqualTo("changed");
        assertThat(settle("")).as("one layer, not two").hasValue(0);
        assertThat(read(MEMORY)).startsWith("MemTotal");
    }

    @Test
    void allLayersOfOurTypeGo() throws Exception {
        inside(() -> {
            bind(dir.resolve("source"), MEMORY);
            bind(dir.resolve("source"), MEMORY);
        });
        assertThat(settle("")).hasValue(0);
        assertThat(read(MEMORY)).startsWith("MemTotal");
    }

    @Test
    void whatIsMountedThereByOthersStaysOnTop() throws Exception {
        inside(() -> bind(Path.of("/dev/null"), UPTIME));
        assertThat(settle(device, MEMORY, UPTIME)).hasValue(1);
        assertThat(read(UPTIME)).isEmpty();
        assertThat(read(MEMORY)).isEqualTo(OURS);
    }

    @Test
    void aFalseProcIsNotMountedOn() throws Exception {
        inside(() -> {
            Mounts.mount("none", "/proc", "tmpfs", EnumSet.noneOf(MountFlag.class), "");
            Files.writeString(Path.of(MEMORY), "false");
            Files.createSymbolicLink(Path.of(UPTIME), Path.of("/etc/hostname"));
            Files.writeString(Path.of("/proc/sys"), "a file where a directory should be");
        });
        assertThat(settle(device, MEMORY, UPTIME, "/proc/stat", "/proc/sys/kernel/ns_last_pid"))
                .hasValue(0);
        assertThat(read(MEMORY)).isEqualTo("false");
        assertThat(read("/etc/hostname")).isNotEqualTo(OURS);
    }

    @Test
    void anEndedContainerIsNoFailure() throws Exception {
        ProcessId id = init.process().id();
        assertThat(settle(new ProcessId(id.pid(), id.startTicks() + 1), device, MEMORY))
                .as("another process with its pid")
                .isEmpty();
        init.end();
        assertThat(settle(device, MEMORY)).isEmpty();
    }

    @Test
    void aPidThatNobodyHasOrSomebodyElseIsNoFailureEither() throws Exception {
        int pid = init.process().id().pid();
        assertThat(settle(new ProcessId(Integer.MAX_VALUE, 1), device, MEMORY)).isEmpty();
        assertThat(settle(new ProcessId(pid, 1), device, MEMORY)).isEmpty();
        inside(() -> assertThat(Files.readString(Path.of(MEMORY))).isNotEqualTo(OURS));
    }

    @Test
    void whatIsNoMountIsAFailureThatIsToldWhileTheContainerLives() throws Exception {
        try (Fd noMount = Openat.open(Fd.CWD, dir.resolve("source").toString(), EnumSet.of(OpenFlag.PATH), 0)) {
            assertThatThrownBy(() -> new KernelFileCovers(type, device)
                            .settle("test", init.process().id(), Map.of(MEMORY, noMount)))
                    .isInstanceOf(ErrnoException.class)
                    .hasMessageContaining("EINVAL");
        }
        assertThat(read(MEMORY)).startsWith("MemTotal");
    }

    @Test
    void theCallersThreadStaysWhereItIs() throws Exception {
        String before = namespace();
        assertThat(settle(device, MEMORY)).hasValue(1);
        assertThat(namespace()).isEqualTo(before);
    }

    private static String namespace() throws Exception {
        try (Fd own = Namespaces.openOwn(Kind.MOUNT)) {
            return Long.toString(Stat.of(own).inode());
        }
    }
}
