package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.linux.Fd;
import dev.fairlead.oci.Resources;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** A cgroup below the test's own, with real processes in it; everything is gone at its end. */
final class TestCgroup implements AutoCloseable {
    private final Cgroup cgroup;
    private final List<Process> started = new ArrayList<>();

    private TestCgroup(Cgroup cgroup) {
        this.cgroup = cgroup;
    }

    static String newName() {
        return "fairlead-test-" + UUID.randomUUID().toString().substring(0, 8);
    }

    static TestCgroup create(CgroupHierarchies hierarchies, Resources limits) throws IOException {
        return new TestCgroup(hierarchies.create(newName(), limits, warning -> {}));
    }

    Cgroup cgroup() {
        return cgroup;
    }

    /** Starts a command that is inside before it begins. */
    Process start(String... command) throws IOException {
        return start(cgroup, command);
    }

    Process start(Cgroup group, String... command) throws IOException {
        List<String> files = new ArrayList<>();
        for (Fd tasks : group.tasksFiles()) {
            try (tasks) {
                files.add(tasks.name());
            }
        }
        Fd v2 = group.v2Directory().orElse(null);
        if (v2 != null) {
            try (v2) {
                files.add(v2.name() + "/cgroup.procs");
            }
        }
        List<String> words = new ArrayList<>(List.of(
                "sh",
                "-c",
                "n=$1; shift; while [ $n -gt 0 ]; do echo 0 >\"$1\" || exit 99; shift; n=$((n-1)); done; exec \"$@\"",
                "sh",
                Integer.toString(files.size())));
        words.addAll(files);
        words.addAll(Arrays.asList(command));
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        started.add(process);
        return process;
    }

    /** Starts a command, waits for its end and gives what it printed, with "exit N" as the last line. */
    String run(String... command) throws Exception {
        Process process = start(command);
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            throw new AssertionError("still running after 20 s: " + List.of(command));
        }
        return output + "exit " + process.exitValue();
    }

    @Override
    public void close() throws IOException {
        cgroup.kill();
        for (Process process : started) {
            process.destroyForcibly();
            Waiting.until(Duration.ofSeconds(10), () -> !process.isAlive());
        }
        cgroup.remove();
    }
}
