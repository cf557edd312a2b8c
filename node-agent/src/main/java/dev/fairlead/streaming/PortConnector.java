package dev.fairlead.streaming;

import io.netty.channel.Channel;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;

/** Connects to the ports of one pod. Joining its network namespace and waiting for an answer take a thread, which is a virtual one. */
record PortConnector(StreamTargets targets, String sandboxId) {
    /**
     * Connects, and tells on the thread of {@code client} how that went.
     * @param connected owns the socket
     * @param failed is told why, in a sentence
     */
    void connect(Channel client, int port, Consumer<SocketChannel> connected, Consumer<String> failed) {
        Thread.ofVirtual().name("port-forward-" + port).start(() -> {
            try {
                SocketChannel socket = targets.connect(sandboxId, port);
                client.eventLoop().execute(() -> connected.accept(socket));
            } catch (IOException e) {
                client.eventLoop().execute(() -> failed.accept(String.valueOf(e.getMessage())));
            }
        });
    }
}
