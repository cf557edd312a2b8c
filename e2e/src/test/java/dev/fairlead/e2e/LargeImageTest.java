package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** An image that is larger than what a daemon may take: 1 GiB unpacked, half of which cannot be compressed. */
@OnlyFairlead
class LargeImageTest {
    private static final int LAYERS = 8;
    private static final int MIB = 1 << 20;
    private static final int LAYER = 64 * MIB;

    /** Of four layers at a time: buffers, windows of gzip, and what the collector has not come to yet. */
    private static final long MOST_KIB = 128 << 10;

    @Test
    void isPulledInBoundedMemoryAndKeptOnce() throws IOException {
        Daemon daemon = Daemon.fairlead(Path.of("/run/large"), Path.of("/var/log/pods/large-data"));
        daemon.start();
        try (TestRegistry registry = new TestRegistry();
                Cri cri = new Cri(daemon.socket())) {
            String image = registry.image("shop/large", layers());
            long before = residentKiB(daemon, "VmRSS:");
            Files.writeString(
                    Path.of("/proc/" + daemon.pid() + "/clear_refs"),
                    "5"); // the peak is counted anew, proc_pid_clear_refs(5)
            long begin = System.nanoTime();
            var _ = cri.pull(image);
            double seconds = (System.nanoTime() - begin) / 1e9;
            long most = residentKiB(daemon, "VmHWM:") - before;
            long kept = Wait.until(
                    "what the layers came from is let go of, when the disk has them",
                    Duration.ofMinutes(1),
                    () -> size(Path.of("/var/log/pods/large-data")),
                    size -> size < 1100L * MIB);
            System.out.printf(
                    "1 GiB in %.1f s, %d MiB more in memory at most, %d MiB on disk%n",
                    seconds, most >> 10, kept / MIB);
            if (Executable.nativeOne().isPresent()) {
                assertThat(most).as("KiB").isLessThan(MOST_KIB);
            }
            assertThat(kept).as("its files").isGreaterThan(1000L * MIB);
            cri.removeImage(image);
        } finally {
            daemon.stop();
        }
    }

    private static byte[][] layers() {
        List<byte[]> layers = new ArrayList<>();
        for (int i = 0; i < LAYERS; i++) {
            byte[] noise = new byte[LAYER];
            new Random(i).nextBytes(noise);
            String name = "noise" + i;
            layers.add(TestRegistry.layer(layer -> layer.file(name, noise, 0644)));
        }
        for (int i = 0; i < LAYERS; i++) {
            String name = "zeros" + i;
            layers.add(TestRegistry.layer(layer -> layer.file(name, new byte[LAYER], 0644)));
        }
        return layers.toArray(byte[][]::new);
    }

    private static long residentKiB(Daemon daemon, String key) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + daemon.pid() + "/status")).stream()
                .filter(line -> line.startsWith(key))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    private static long size(Path directory) {
        return Long.parseLong(Command.run("du", "-s", "--block-size=1", directory.toString())
                .output()
                .replaceFirst("\\s.*", ""));
    }
}
