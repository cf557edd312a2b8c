package dev.fairlead.libcontainer.rootfs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Spec;
import dev.fairlead.test.NeedsRoot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How long the root file system of an ordinary pod's container takes: 25 mounts, 6 devices, 16 masked and 7 read-only paths. Prints
 * figures and judges nothing; run it by name: {@code mvn -pl runtime test -Dtest=RootfsFigures}.
 */
@NeedsRoot
class RootfsFigures {
    private static final int WARM_UP = 30;
    private static final int RUNS = 60;

    @Test
    void timeOfAnOrdinaryContainer(@TempDir Path dir, @TempDir Path volume) throws Exception {
        Files.writeString(volume.resolve("hosts"), "127.0.0.1 localhost\n");
        Spec spec = OciJson.mapper().treeToValue(configuration(volume), Spec.class);
        long[] micros = new long[RUNS];
        for (int run = -WARM_UP; run < RUNS; run++) {
            try (TestRootfs rootfs = TestRootfs.in(Files.createDirectories(dir.resolve("run" + run)))) {
                RootfsRequest request =
                        RootfsRequest.of("figures", spec, rootfs.overlay(), rootfs.attachPoint, RootfsPolicy.DEFAULT);
                long start = System.nanoTime();
                RootfsThread.build(request, rootfs.init().process(), Optional.empty())
                        .close();
                if (run >= 0) {
                    micros[run] = (System.nanoTime() - start) / 1000;
                }
            }
        }
        Arrays.sort(micros);
        System.out.printf(
                "root file system of an ordinary container: median %d us, fastest %d us, 90th percentile %d us%n",
                micros[RUNS / 2], micros[0], micros[RUNS * 9 / 10]);
    }

    private static ObjectNode configuration(Path volume) throws Exception {
        ObjectNode json = (ObjectNode) OciJson.mapper()
                .readTree(RootfsThreadTest.ORDINARY.replace('\'', '"').replace("VOLUME", volume.toString()));
        for (int i = json.withArray("mounts").size(); i < 25; i++) {
            json.withArray("mounts")
                    .addObject()
                    .put("destination", "/volumes/v" + i)
                    .put("type", "bind")
                    .put("source", volume.toString())
                    .putArray("options")
                    .add("rbind")
                    .add("rprivate")
                    .add("rw");
        }
        var masked = json.withObject("linux").withArray("maskedPaths").removeAll();
        for (String path : new String[] {
            "asound",
            "acpi",
            "interrupts",
            "kcore",
            "keys",
            "latency_stats",
            "timer_list",
            "timer_stats",
            "sched_debug",
            "scsi"
        }) {
            masked.add("/proc/" + path);
        }
        for (String path :
                new String[] {"firmware", "devices/virtual/powercap", "kernel/debug", "fs/bpf", "fs/fuse", "module"}) {
            masked.add("/sys/" + path);
        }
        var readOnly = json.withObject("linux").withArray("readonlyPaths").removeAll();
        for (String path : new String[] {"bus", "fs", "irq", "sys", "sysrq-trigger", "driver", "tty"}) {
            readOnly.add("/proc/" + path);
        }
        return json;
    }
}
