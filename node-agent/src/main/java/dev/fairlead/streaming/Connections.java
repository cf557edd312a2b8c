package dev.fairlead.streaming;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.spdy.SpdyProtocolException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** What is done with a client's connection in every protocol. */
final class Connections {
    /** How long a client may take to close after it was told the end. */
    private static final int CLOSE_SECONDS = 5;

    private Connections() {}

    static byte[] bytes(ByteBuf data) {
        return ByteBufUtil.getBytes(data);
    }

    /** A client that goes or sends what it should not is its own affair; anything else is a mistake of ours. */
    static void logFailure(System.Logger log, Throwable cause) {
        boolean theirs = cause instanceof IOException
                || cause instanceof CodecException
                || cause instanceof SpdyProtocolException;
        log.log(theirs ? System.Logger.Level.DEBUG : System.Logger.Level.ERROR, "a stream's connection failed", cause);
    }

    private static void close(Channel channel) {
        var _ = channel.close();
    }

    /**
     * Closes behind what was written: our side first. A close while bytes of the client are unread would reset the connection, and the reset may
     * overtake the last message.
     */
    static void closeBehind(ChannelFuture lastWrite) {
        Channel channel = lastWrite.channel();
        channel.config().setAutoRead(true);
        var _ = lastWrite.addListener(written -> {
            if (written.isSuccess() && channel instanceof DuplexChannel duplex) {
                var _ = duplex.shutdownOutput();
            } else {
                var _ = channel.close();
            }
        });
        var _ = channel.eventLoop().schedule(() -> close(channel), CLOSE_SECONDS, TimeUnit.SECONDS);
    }
}
