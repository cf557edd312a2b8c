package dev.fairlead.streaming;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** A client with channels in WebSocket messages. */
final class WebSocketClient implements WebSocket.Listener, AutoCloseable {
    private final Map<Integer, ByteArrayOutputStream> channels = new ConcurrentHashMap<>();
    private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;

    WebSocketClient(String url, String protocol) throws Exception {
        socket = http.newWebSocketBuilder()
                .subprotocols(protocol)
                .buildAsync(URI.create(url.replaceFirst("^http", "ws")), this)
                .get(10, TimeUnit.SECONDS);
    }

    String protocol() {
        return socket.getSubprotocol();
    }

    void send(int channel, byte[] data) throws Exception {
        ByteBuffer message = ByteBuffer.allocate(data.length + 1);
        message.put((byte) channel).put(data).flip();
        var _ = socket.sendBinary(message, true).get(30, TimeUnit.SECONDS);
    }

    /** What came on a channel until the connection was closed. */
    byte[] all(int channel) throws Exception {
        closed.get(30, TimeUnit.SECONDS);
        return soFar(channel);
    }

    byte[] soFar(int channel) {
        ByteArrayOutputStream data = channels.get(channel);
        return data == null ? new byte[0] : data.toByteArray();
    }

    CompletableFuture<Integer> closed() {
        return closed;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket webSocket, ByteBuffer data, boolean last) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        partial.writeBytes(bytes);
        if (last) {
            byte[] message = partial.toByteArray();
            partial.reset();
            channels.computeIfAbsent((int) message[0], _ -> new ByteArrayOutputStream())
                    .write(message, 1, message.length - 1);
        }
        webSocket.request(1);
        return CompletableFuture.completedStage(null);
    }

    @Override
    public CompletionStage<?> onClose(WebSocket webSocket, int status, String reason) {
        closed.complete(status);
        return CompletableFuture.completedStage(null);
    }

    @Override
    public void onError(WebSocket webSocket, Throwable error) {
        closed.completeExceptionally(error);
    }

    @Override
    public void close() {
        socket.abort();
        http.shutdownNow();
    }
}
