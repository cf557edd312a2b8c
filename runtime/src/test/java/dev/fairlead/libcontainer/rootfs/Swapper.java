package dev.fairlead.libcontainer.rootfs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The attacker of a race: another process, as in a container that shares a volume, which exchanges two names without a moment in between
 * (renameat2(2), RENAME_EXCHANGE), again and again. It ends by itself after a minute.
 */
final class Swapper implements AutoCloseable {
    private static final int LIMIT_SECONDS = 60;

    /**
     * 316 is renameat2 on x86-64, -100 AT_FDCWD, 2 RENAME_EXCHANGE. By turns it works without a pause, for a machine on which it has a processor
     * of its own, and sleeps after each exchange, to wake up in the middle of whatever is being done where it has not. perl(1) is part of
     * every Debian.
     */
    private static final String PROGRAM = """
            alarm %d; $SIG{TERM} = sub { print $n; exit }; $| = 1; print "\\n";
            while (1) {
                syscall(316, -100, $ARGV[0], -100, $ARGV[1], 2) == 0 or die "renameat2: $!";
                $n++ %% 1000 < 500 or select(undef, undef, undef, 0.00001);
            }
            """.formatted(LIMIT_SECONDS);

    private final Process process;

    private Swapper(Process process) {
        this.process = process;
    }

    /** Starts it; returns when it is at work. */
    static Swapper exchanging(Path one, Path other) throws IOException {
        Process process = new ProcessBuilder("perl", "-e", PROGRAM, one.toString(), other.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (process.getInputStream().read() != '\n') {
            process.destroyForcibly();
            throw new IOException("the swapping process did not start");
        }
        return new Swapper(process);
    }

    /** Stops it; returns how many exchanges it made. */
    long stop() throws IOException, InterruptedException {
        // Process.destroy would close the stream, too.
        process.toHandle().destroy();
        String count = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || count.isEmpty()) {
            throw new IOException("the swapping process ended early, with " + process.exitValue());
        }
        return Long.parseLong(count);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
