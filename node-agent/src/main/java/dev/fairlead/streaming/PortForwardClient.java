package dev.fairlead.streaming;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoopGroup;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * One connection to a port of a pod, joined with a socket of ours. The protocol ({@code v4.channel.k8s.io}) has no end of one direction: where
 * either side has no more to send, the connection is closed when the other side is done, or when its socket is closed.
 */
public final class PortForwardClient {
    private static final int DATA = 0;
    private static final int ERROR = 1;
    private static final int PORT_LENGTH = 2;
    private static final int CHUNK = 32 * 1024;

    private final Socket local;
    private final ByteArrayOutputStream error = new ByteArrayOutputStream();
    private int dataHeader = PORT_LENGTH;
    private int errorHeader = PORT_LENGTH;

    private PortForwardClient(Socket local) {
        this.local = local;
    }

    /**
     * Carries bytes both ways until one side is done; closes {@code local}.
     * @param url what PortForward of CRI answered for one port
     * @throws IOException nobody listens in the pod, or the connection broke
     */
    public static void join(EventLoopGroup group, Path socket, String url, Socket local)
            throws IOException, InterruptedException {
        try (local) {
            new PortForwardClient(local).run(group, socket, url);
        }
    }

    private void run(EventLoopGroup group, Path socket, String url) throws IOException, InterruptedException {
        try (ClientConnection connection = ClientConnection.open(group, socket, url, Protocols.V4, this::receive)) {
            Thread sender = Thread.ofVirtual().name("port-forward").start(() -> send(connection));
            try {
                connection.awaitClose();
            } finally {
                local.close(); // wakes the sender
                sender.join();
            }
            if (error.size() > 0) {
                throw new IOException(error.toString(StandardCharsets.UTF_8));
            }
        }
    }

    private void send(ClientConnection connection) {
        byte[] buffer = new byte[CHUNK];
        try {
            InputStream input = local.getInputStream();
            for (int n = input.read(buffer); n >= 0; n = input.read(buffer)) {
                connection.send(DATA, buffer, n);
            }
        } catch (IOException e) {
            // Either end was closed, which is what ends this; the other direction says whether anything was wrong.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        connection.close();
    }

    private void receive(int channel, ByteBuf data) throws IOException {
        switch (channel) {
            case DATA -> {
                dataHeader -= skip(data, dataHeader);
                data.readBytes(local.getOutputStream(), data.readableBytes());
            }
            case ERROR -> {
                errorHeader -= skip(data, errorHeader);
                data.readBytes(error, data.readableBytes());
            }
            default -> throw new IOException("the daemon sent something on channel " + channel);
        }
    }

    /** Each channel begins with the number of its port. */
    private static int skip(ByteBuf data, int wanted) {
        int length = Math.min(wanted, data.readableBytes());
        data.skipBytes(length);
        return length;
    }
}
