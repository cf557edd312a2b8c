package dev.fairlead.streaming;

import dev.fairlead.linux.Pty.WindowSize;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoopGroup;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;

/** A command, or an attachment, seen from the client: its streams are ours until it ends. */
public final class CommandClient implements AutoCloseable {
    private static final int CLOSE_STREAM = 255;
    private static final int CHUNK = 32 * 1024;

    private final OutputStream stdout;
    private final OutputStream stderr;
    private final ByteArrayOutputStream end = new ByteArrayOutputStream();
    private final ClientConnection connection;

    /**
     * Connects; the command begins to run.
     * @param group one thread or more; borrowed
     * @param socket see {@link StreamingServer#socketBeside}
     * @param url what Exec or Attach of CRI answered
     * @param stdout written and flushed as output comes; not closed
     * @throws IOException the daemon refuses, or is not there
     */
    public CommandClient(EventLoopGroup group, Path socket, String url, OutputStream stdout, OutputStream stderr)
            throws IOException, InterruptedException {
        this.stdout = stdout;
        this.stderr = stderr;
        connection = ClientConnection.open(group, socket, url, Protocols.V5, this::receive);
    }

    private void receive(int channel, ByteBuf data) throws IOException {
        switch (StreamName.ofChannel(channel).orElse(StreamName.STDIN)) {
            case STDOUT -> pass(data, stdout);
            case STDERR -> pass(data, stderr);
            case ERROR -> data.readBytes(end, data.readableBytes());
            case STDIN, RESIZE -> throw new IOException("the daemon sent something on channel " + channel);
        }
    }

    private static void pass(ByteBuf data, OutputStream to) throws IOException {
        data.readBytes(to, data.readableBytes());
        to.flush();
    }

    /** Sends all of {@code input}, then says that it has ended. Returns early, without an error, when the command has ended first. */
    public void sendAll(InputStream input) throws IOException, InterruptedException {
        byte[] buffer = new byte[CHUNK];
        for (int n = input.read(buffer); n >= 0; n = input.read(buffer)) {
            if (connection.isClosed()) {
                return;
            }
            connection.send(StreamName.STDIN.channel(), buffer, n);
        }
        if (!connection.isClosed()) {
            connection.send(CLOSE_STREAM, new byte[] {(byte) StreamName.STDIN.channel()}, 1);
        }
    }

    /** Tells the size of our terminal. */
    public void resize(WindowSize size) throws IOException, InterruptedException {
        byte[] message = WindowSizes.write(size);
        connection.send(StreamName.RESIZE.channel(), message, message.length);
    }

    /**
     * Waits until the command has ended and all of its output is written.
     * @return its exit code
     * @throws IOException it could not be run, or the daemon went away before it ended: what became of it is not known
     */
    public int awaitExit() throws IOException, InterruptedException {
        connection.awaitClose();
        if (end.size() == 0) {
            throw new IOException(
                    "the daemon closed the stream before the command ended; a command ends with its stream");
        }
        return switch (CommandEnd.parse(end.toByteArray())) {
            case CommandEnd.Succeeded _ -> 0;
            case CommandEnd.Exited(int code) -> code;
            case CommandEnd.Failed(String message) -> throw new IOException(message);
        };
    }

    @Override
    public void close() {
        connection.close();
    }
}
