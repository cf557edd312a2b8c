package dev.fairlead.cli;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Pty;
import dev.fairlead.linux.Pty.WindowSize;
import dev.fairlead.linux.RawMode;
import dev.fairlead.streaming.CommandClient;
import dev.fairlead.streaming.StreamingServer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A command or an attachment whose streams are those of our own process, until it ends.
 * @param socket of the daemon
 * @param stdin whether it gets ours
 * @param terminal whether ours is a terminal that it is to use as its own
 */
record CommandStream(Path socket, boolean stdin, boolean terminal) {
    /** SIGWINCH is the JVM's to handle, not ours: the size is looked at. */
    private static final long RESIZE_POLL_MILLIS = 300;

    private static final Fd STDIN = Fd.borrowed(0, "stdin");

    /**
     * Runs it.
     * @param url what CRI answered
     * @return its exit code
     */
    int run(String url) throws IOException, InterruptedException {
        EventLoopGroup group = new NioEventLoopGroup(1);
        try (CommandClient command = connect(group, url)) {
            Optional<RawMode> raw = terminal ? Optional.of(RawMode.of(STDIN)) : Optional.empty();
            try {
                if (terminal) {
                    background("window size", () -> followSize(command));
                }
                if (stdin) {
                    background("stdin", () -> command.sendAll(input()));
                }
                return command.awaitExit();
            } finally {
                if (raw.isPresent()) {
                    raw.get().close();
                }
            }
        } finally {
            var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private CommandClient connect(EventLoopGroup group, String url) throws IOException, InterruptedException {
        return new CommandClient(group, StreamingServer.socketBeside(socket), url, System.out, System.err);
    }

    /** Not System.in, whose buffer would keep what was typed for the next program. */
    private static InputStream input() {
        return new FileInputStream(FileDescriptor.in);
    }

    private static void followSize(CommandClient command) throws IOException, InterruptedException {
        Pty ours = Pty.ofMaster(STDIN);
        WindowSize told = null;
        while (true) {
            WindowSize size = ours.size();
            if (!size.equals(told)) {
                command.resize(size);
                told = size;
            }
            Thread.sleep(RESIZE_POLL_MILLIS);
        }
    }

    /** What goes on beside the command and ends with the process. */
    private interface Job {
        void run() throws IOException, InterruptedException;
    }

    private static void background(String name, Job job) {
        Thread.ofPlatform().daemon().name(name).start(() -> {
            try {
                job.run();
            } catch (ErrnoException e) {
                Terminal.standardError().stream().println("warning: " + e.getMessage());
            } catch (IOException e) {
                // The command has ended, or the daemon: the one who waits for the exit code says which.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
