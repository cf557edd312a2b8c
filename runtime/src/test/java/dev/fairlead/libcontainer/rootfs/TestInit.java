package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.libcontainer.process.InitProcess;
import dev.fairlead.libcontainer.process.ProcessId;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.LibC;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** A process with the namespaces of a container's init, which only sleeps; util-linux' unshare makes it. */
final class TestInit implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int PIDFD_OPEN = 434;

    /** With {@code --user}: what 0 inside is on the host. 65536 ids are mapped. */
    static final int FIRST_HOST_ID = 100_000;

    /** The same in a configuration. */
    static final String MAPPINGS = """
            'uidMappings': [{'containerID': 0, 'hostID': 100000, 'size': 65536}],
            'gidMappings': [{'containerID': 0, 'hostID': 100000, 'size': 65536}]
            """;

    private final Process process;
    private final InitProcess init;

    private TestInit(Process process, InitProcess init) {
        this.process = process;
        this.init = init;
    }

    /** Starts one with mount, net, ipc and uts namespaces of its own, and those that further options of unshare(1) name. */
    static TestInit start(String... options) throws Exception {
        return start(List.of(), options);
    }

    /** Starts one in a cgroup, of which a cgroup namespace then has it as its root. */
    static TestInit startIn(Path cgroup, String... options) throws Exception {
        return start(List.of("sh", "-c", "echo 0 >\"$0\"/cgroup.procs && exec \"$@\"", cgroup.toString()), options);
    }

    /** Starts one in the mount namespace of the calling thread. */
    static TestInit withoutMountNamespace() throws Exception {
        return run(List.of("unshare", "--net", "--ipc", "--uts"));
    }

    private static TestInit start(List<String> before, String... options) throws Exception {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of("unshare", "--mount", "--net", "--ipc", "--uts", "--propagation", "unchanged"));
        command.addAll(List.of(options));
        return run(command);
    }

    private static TestInit run(List<String> unshare) throws Exception {
        List<String> command = new ArrayList<>(unshare);
        command.addAll(List.of("sleep", "300"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        int pid = (int) process.pid();
        try {
            awaitSleep(process, pid);
            if (command.contains("--user")) {
                for (String map : List.of("uid_map", "gid_map")) {
                    Files.writeString(Path.of("/proc/" + pid + "/" + map), "0 " + FIRST_HOST_ID + " 65536");
                }
            }
            int fd = (int) LibC.get().syscall(PIDFD_OPEN, pid, 0, 0, 0, 0);
            return new TestInit(
                    process,
                    new InitProcess(ProcessId.of(pid).orElseThrow(), Fd.owned(fd, "process " + pid), Optional.empty()));
        } catch (Exception e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private static void awaitSleep(Process process, int pid) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.readString(Path.of("/proc/" + pid + "/comm")).strip().equals("sleep")) {
            if (System.nanoTime() > end || !process.isAlive()) {
                throw new IOException("unshare did not get to sleep: "
                        + (process.isAlive()
                                ? ""
                                : new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)));
            }
            Thread.sleep(2);
        }
    }

    InitProcess process() {
        return init;
    }

    /** Runs a job in its mount namespace. */
    <T> T inside(Callable<T> job) throws IOException {
        return JobThread.call("inside", () -> {
            Namespaces.unshareFileSystem();
            Namespaces.joinProcess(init.pidfd(), EnumSet.of(Kind.MOUNT));
            return job.call();
        });
    }

    /** Kills it and waits until it is gone. */
    void end() throws IOException {
        process.destroyForcibly();
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException("process " + process.pid() + " does not end");
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        init.pidfd().close();
        end();
    }
}
