package dev.fairlead.monitoring;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.stream.Stream;

/** What /proc says of this process (proc_pid_status(5), proc_pid_fd(5)); not a number where it says nothing. */
final class ProcessFigures {
    private static final Path SELF = Path.of("/proc/self");
    private static final ThreadMXBean THREADS = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

    double cpuSeconds() {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .map(duration -> duration.toNanos() / 1e9)
                .orElse(Double.NaN);
    }

    double startSeconds() {
        return ProcessHandle.current()
                .info()
                .startInstant()
                .map(Instant::toEpochMilli)
                .map(millis -> millis / 1e3)
                .orElse(Double.NaN);
    }

    double resident() {
        return 1024 * status("VmRSS:");
    }

    double threads() {
        return status("Threads:");
    }

    /** Of the threads that live now: a figure that goes up while none of them ends. */
    double allocated() {
        return Arrays.stream(THREADS.getThreadAllocatedBytes(threadIds()))
                .filter(bytes -> bytes > 0)
                .sum();
    }

    /** Their numbers; a native executable's ThreadMXBean knows none. */
    private static long[] threadIds() {
        ThreadGroup all = Thread.currentThread().getThreadGroup();
        while (all.getParent() != null) {
            all = all.getParent();
        }
        Thread[] threads = new Thread[2 * all.activeCount() + 16];
        return Arrays.stream(threads, 0, all.enumerate(threads))
                .mapToLong(Thread::threadId)
                .toArray();
    }

    double descriptors() {
        try (Stream<Path> open = Files.list(SELF.resolve("fd"))) {
            return open.count() - 1; // the directory that is read
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    /** The first word behind a name. */
    private static double status(String name) {
        try (Stream<String> lines = Files.lines(SELF.resolve("status"))) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> line.substring(name.length()).strip().split("\\s", 2)[0])
                    .mapToDouble(Double::parseDouble)
                    .findFirst()
                    .orElse(Double.NaN);
        } catch (IOException e) {
            return Double.NaN;
        }
    }
}
