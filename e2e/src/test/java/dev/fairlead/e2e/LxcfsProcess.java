package dev.fairlead.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Debian's lxcfs in the node, started, killed and started again as its service would be. */
final class LxcfsProcess {
    static final Path MOUNT = Path.of("/var/lib/lxcfs");

    private final Process process;

    private LxcfsProcess(Process process) {
        this.process = process;
    }

    /** Starts it, and waits until its files can be read. */
    static LxcfsProcess start() throws IOException {
        Process process = new ProcessBuilder("lxcfs", "-f", MOUNT.toString())
                .redirectErrorStream(true)
                .redirectOutput(
                        Daemon.directory("e2e.logs").resolve("lxcfs.log").toFile())
                .start();
        process.getOutputStream().close();
        Wait.until(
                "lxcfs serves",
                Duration.ofSeconds(20),
                () -> Files.exists(MOUNT.resolve("proc/meminfo")),
                served -> served);
        return new LxcfsProcess(process);
    }

    /** SIGKILL: its mount stays, dead. */
    void kill() throws InterruptedException {
        if (!process.destroyForcibly().waitFor(10, TimeUnit.SECONDS)) {
            throw new AssertionError("lxcfs does not end");
        }
    }

    /** Takes its mount away, as the unit's ExecStopPost does: without, no other lxcfs can start there. */
    static void unmount() {
        Command.run("umount", "-l", MOUNT.toString()).output();
    }

    /** Of its file system, as mountinfo has it. */
    static String device() {
        return Command.run("findmnt", "--noheadings", "--output", "MAJ:MIN", MOUNT.toString())
                .output()
                .strip();
    }

    /** It is alive, and answers nobody. */
    void suspend() {
        Command.run("kill", "-STOP", Long.toString(process.pid())).output();
    }

    void resume() {
        Command.run("kill", "-CONT", Long.toString(process.pid())).output();
    }

    boolean isAlive() {
        return process.isAlive();
    }
}
