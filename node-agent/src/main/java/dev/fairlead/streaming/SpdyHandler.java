package dev.fairlead.streaming;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.spdy.DefaultSpdyGoAwayFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyHeaders;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdySessionStatus;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import io.netty.util.ReferenceCountUtil;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of a SPDY/3.1 session, as far as Kubernetes' clients use it. There is no flow control in it: their library (moby/spdystream)
 * sends no window updates and heeds none, so that Netty's own session handler would stop for ever after 64 KiB. What bounds memory is TCP.
 */
abstract class SpdyHandler extends ChannelInboundHandlerAdapter {
    private static final System.Logger LOG = System.getLogger(SpdyHandler.class.getName());

    /** As the kubelet's own server waits for a client's streams. */
    private static final int CREATION_SECONDS = 30;

    private int lastStream;
    private boolean refused;
    private @Nullable Future<?> patience;
    private @Nullable ChannelHandlerContext context;

    /** Judges a stream that the client opens; gives why it is refused, or empty. */
    abstract Optional<String> opened(int id, SpdyHeaders headers);

    /** Called when the client has been told that its stream is open. */
    abstract void replied();

    abstract void received(int id, byte[] data, boolean last);

    abstract void reset(int id);

    /** The connection has ended, or will; may be called again. */
    abstract void gone();

    final int lastStream() {
        return lastStream;
    }

    /** All streams that were expected are there. */
    final void complete() {
        if (patience != null) {
            patience.cancel(false);
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        patience = ctx.executor()
                .schedule(
                        () -> refuse("no streams within " + CREATION_SECONDS + " s"),
                        CREATION_SECONDS,
                        TimeUnit.SECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (refused) {
                return;
            }
            switch (message) {
                case SpdySynStreamFrame syn -> open(ctx, syn);
                case SpdyDataFrame data -> received(data.streamId(), Connections.bytes(data.content()), data.isLast());
                case SpdyRstStreamFrame reset -> reset(reset.streamId());
                case SpdyPingFrame ping -> {
                    if (ping.id() % 2 != 0) { // even ones would be answers to ours
                        var _ = ctx.writeAndFlush(new DefaultSpdyPingFrame(ping.id()));
                    }
                }
                // Settings, window updates and further headers change nothing here; a go-away is followed by the end.
                default -> LOG.log(System.Logger.Level.TRACE, () -> "not needed: " + message);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void open(ChannelHandlerContext ctx, SpdySynStreamFrame syn) {
        int id = syn.streamId();
        if (syn.isInvalid() || syn.isTruncated() || id % 2 == 0 || id <= lastStream) {
            refuse("stream " + id + " after " + lastStream);
            return;
        }
        lastStream = id;
        Optional<String> refusal = opened(id, syn.headers());
        if (refusal.isPresent()) {
            LOG.log(System.Logger.Level.DEBUG, () -> "a SPDY client asked for " + refusal.get());
            var _ = ctx.writeAndFlush(new DefaultSpdyRstStreamFrame(id, SpdyStreamStatus.REFUSED_STREAM));
            return;
        }
        DefaultSpdySynReplyFrame reply = new DefaultSpdySynReplyFrame(id);
        // Netty leaves the header block of a frame without headers away altogether, and Go's library then waits for it.
        reply.headers().add(":status", "200").add(":version", "HTTP/1.1");
        var _ = ctx.writeAndFlush(reply);
        replied();
        if (syn.isLast()) {
            received(id, new byte[0], true);
        }
    }

    /** Ends the session because of what the client did. */
    final void refuse(String what) {
        LOG.log(System.Logger.Level.DEBUG, () -> "a SPDY client sent " + what);
        refused = true;
        gone();
        if (context != null) {
            Connections.closeBehind(
                    context.writeAndFlush(new DefaultSpdyGoAwayFrame(lastStream, SpdySessionStatus.PROTOCOL_ERROR)));
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        complete();
        gone();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Connections.logFailure(LOG, cause);
        gone();
        var _ = ctx.close();
    }
}
