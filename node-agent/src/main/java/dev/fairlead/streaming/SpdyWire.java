package dev.fairlead.streaming;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyGoAwayFrame;
import io.netty.handler.codec.spdy.SpdyHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * A process' streams as streams of SPDY/3.1, each opened by the client with a header that names it. The process is started when the client has
 * opened all that it asked for.
 */
final class SpdyWire extends SpdyHandler implements Wire {
    private static final int RESIZE_MAX = 4096;

    private final Channel channel;
    private final boolean statusAsJson;
    private final Set<StreamName> expected;
    private final Runnable whenComplete;
    private final Listener listener;
    private final AtomicBoolean finished = new AtomicBoolean();

    // Only on the connection's thread.
    private final Map<StreamName, Integer> ids = new EnumMap<>(StreamName.class);
    private final ByteArrayOutputStream sizes = new ByteArrayOutputStream();
    private boolean told;

    /**
     * Speaks on an upgraded connection.
     * @param protocol one of {@link Protocols#SPDY}, or empty: the oldest
     * @param whenComplete called when all streams are there
     */
    SpdyWire(
            Channel channel,
            String protocol,
            StreamRequest.Streams streams,
            Function<Wire, Listener> session,
            Runnable whenComplete) {
        this.channel = channel;
        this.whenComplete = whenComplete;
        statusAsJson = protocol.equals(Protocols.V4);
        expected = expected(streams, statusAsJson || protocol.equals(Protocols.V3));
        listener = session.apply(this);
    }

    private static Set<StreamName> expected(StreamRequest.Streams streams, boolean resizable) {
        Set<StreamName> names = EnumSet.of(StreamName.ERROR);
        if (streams.stdin()) {
            names.add(StreamName.STDIN);
        }
        if (streams.stdout()) {
            names.add(StreamName.STDOUT);
        }
        if (streams.stderr()) {
            names.add(StreamName.STDERR);
        }
        if (streams.terminal() && resizable) {
            names.add(StreamName.RESIZE);
        }
        return names;
    }

    @Override
    Optional<String> opened(int id, SpdyHeaders headers) {
        String word = headers.getAsString("streamtype");
        Optional<StreamName> name = Optional.ofNullable(word).flatMap(StreamName::ofWord);
        if (name.isEmpty() || !expected.contains(name.get()) || ids.containsKey(name.get())) {
            return Optional.of("a stream of type \"" + word + "\", where " + expected + " are expected, each once");
        }
        ids.put(name.get(), id);
        return Optional.empty();
    }

    /** After the reply to the stream is written: the client waits for it before it goes on. */
    @Override
    void replied() {
        if (ids.size() == expected.size()) {
            complete();
            whenComplete.run();
        }
    }

    @Override
    void received(int id, byte[] data, boolean last) {
        if (isStream(StreamName.STDIN, id)) {
            if (data.length > 0) {
                listener.input(data);
            }
            if (last) {
                listener.inputEnded();
            }
        } else if (isStream(StreamName.RESIZE, id)) {
            resize(data);
        }
    }

    /** A message may be cut in two by a frame's end. */
    private void resize(byte[] data) {
        sizes.writeBytes(data);
        try {
            WindowSizes.parse(sizes.toByteArray()).ifPresent(listener::resized);
            sizes.reset();
        } catch (JsonProcessingException e) {
            if (sizes.size() > RESIZE_MAX) {
                refuse("window sizes that are no JSON");
            }
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory", e);
        }
    }

    @Override
    void reset(int id) {
        if (isStream(StreamName.STDIN, id)) {
            listener.inputEnded();
        }
    }

    private boolean isStream(StreamName name, int id) {
        Integer found = ids.get(name);
        return found != null && found == id;
    }

    @Override
    public void send(StreamName stream, byte[] data, Runnable sent) {
        channel.eventLoop().execute(() -> {
            Integer id = ids.get(stream);
            if (id == null) {
                sent.run(); // asked for by nobody
            } else {
                var _ = channel.writeAndFlush(new DefaultSpdyDataFrame(id, Unpooled.wrappedBuffer(data)))
                        .addListener(_ -> sent.run());
            }
        });
    }

    @Override
    public void pauseInput(boolean paused) {
        if (!finished.get()) {
            channel.config().setAutoRead(!paused);
        }
    }

    @Override
    public void finish(CommandEnd end) {
        if (finished.compareAndSet(false, true)) {
            channel.eventLoop().execute(() -> writeEnd(statusAsJson ? end.asStatus() : end.asText()));
        }
    }

    private void writeEnd(byte[] status) {
        for (StreamName name : ids.keySet()) {
            Integer id = ids.get(name);
            if (id != null && name != StreamName.STDIN && name != StreamName.RESIZE) {
                DefaultSpdyDataFrame frame = new DefaultSpdyDataFrame(
                        id, name == StreamName.ERROR ? Unpooled.wrappedBuffer(status) : Unpooled.EMPTY_BUFFER);
                frame.setLast(true);
                var _ = channel.write(frame);
            }
        }
        Connections.closeBehind(channel.writeAndFlush(new DefaultSpdyGoAwayFrame(lastStream())));
    }

    @Override
    void gone() {
        if (!told) {
            told = true;
            finished.set(true);
            listener.gone();
        }
    }
}
