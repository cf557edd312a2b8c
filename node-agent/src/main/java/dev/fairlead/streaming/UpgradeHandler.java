package dev.fairlead.streaming;

import dev.fairlead.linux.EventLoop;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Turns one HTTP request into streams: the token in its path says which, its headers in which protocol. */
final class UpgradeHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final System.Logger LOG = System.getLogger(UpgradeHandler.class.getName());
    private static final String VERSIONS = "X-Stream-Protocol-Version";
    private static final String ACCEPTED_VERSIONS = "X-Accepted-Stream-Protocol-Versions";
    private static final String SPDY = "SPDY/3.1";

    /** A client's message; kubectl's are at most 32 KiB. */
    private static final int MESSAGE_MAX = 1 << 20;

    private final Tokens tokens;
    private final StreamTargets targets;
    private final EventLoop loop;

    /** Answers one connection's first request. */
    UpgradeHandler(Tokens tokens, StreamTargets targets, EventLoop loop) {
        super(FullHttpRequest.class);
        this.tokens = tokens;
        this.targets = targets;
        this.loop = loop;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        if (!request.decoderResult().isSuccess()) {
            refuse(ctx, HttpResponseStatus.BAD_REQUEST, "this is no HTTP request that can be understood");
            return;
        }
        boolean upgrade = request.headers().containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true);
        String wanted = String.valueOf(request.headers().get(HttpHeaderNames.UPGRADE));
        boolean webSocket = wanted.equalsIgnoreCase("websocket");
        if (!upgrade || !(webSocket || wanted.equalsIgnoreCase(SPDY))) {
            refuse(ctx, HttpResponseStatus.BAD_REQUEST, "upgrade the connection to WebSocket or " + SPDY);
            return;
        }
        // Judged before the token is used up: a client may try WebSocket first and fall back to SPDY.
        Optional<String> protocol = Protocols.choose(offered(request, webSocket), spoken(request, webSocket));
        if (protocol.isEmpty()) {
            refuseProtocols(ctx, request, webSocket);
            return;
        }
        Optional<StreamRequest> granted = tokens.take(token(request));
        if (granted.isEmpty() || !isPathOf(granted.get(), request)) {
            refuse(
                    ctx,
                    HttpResponseStatus.NOT_FOUND,
                    "no such token: each is good once, within " + Tokens.LIFE.toSeconds()
                            + " s of the call that gave it");
            return;
        }
        if (webSocket) {
            toWebSocket(ctx, request, granted.get(), protocol.get());
        } else {
            toSpdy(ctx, granted.get(), protocol.get());
        }
    }

    private static List<String> segments(FullHttpRequest request) {
        return Arrays.asList(new QueryStringDecoder(request.uri()).path().split("/", -1));
    }

    private static String token(FullHttpRequest request) {
        return segments(request).getLast();
    }

    private static boolean isPathOf(StreamRequest granted, FullHttpRequest request) {
        return segments(request).equals(List.of("", granted.path(), token(request)));
    }

    private static boolean isPortForward(FullHttpRequest request) {
        return segments(request).contains("portforward");
    }

    private static List<String> offered(FullHttpRequest request, boolean webSocket) {
        CharSequence header = webSocket ? HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL : VERSIONS;
        return request.headers().getAllAsString(header).stream()
                .flatMap(line -> Arrays.stream(line.split(",", -1)))
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .toList();
    }

    private static List<String> spoken(FullHttpRequest request, boolean webSocket) {
        if (isPortForward(request)) {
            return webSocket ? Protocols.WEBSOCKET_PORT_FORWARD : List.of(Protocols.PORT_FORWARD);
        }
        return webSocket ? Protocols.WEBSOCKET : Protocols.SPDY;
    }

    private static void refuseProtocols(ChannelHandlerContext ctx, FullHttpRequest request, boolean webSocket) {
        List<String> spoken = spoken(request, webSocket);
        DefaultFullHttpResponse response = response(
                HttpResponseStatus.FORBIDDEN,
                "unable to upgrade: the client speaks " + offered(request, webSocket) + ", this server " + spoken);
        spoken.forEach(word -> response.headers().add(ACCEPTED_VERSIONS, word));
        var _ = ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    private static void refuse(ChannelHandlerContext ctx, HttpResponseStatus status, String why) {
        var _ = ctx.writeAndFlush(response(status, why)).addListener(ChannelFutureListener.CLOSE);
    }

    private static DefaultFullHttpResponse response(HttpResponseStatus status, String text) {
        DefaultFullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(text + "\n", StandardCharsets.UTF_8));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes())
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        return response;
    }

    private void toWebSocket(
            ChannelHandlerContext ctx, FullHttpRequest request, StreamRequest granted, String protocol) {
        WebSocketDecoderConfig config = WebSocketDecoderConfig.newBuilder()
                .maxFramePayloadLength(MESSAGE_MAX)
                .allowExtensions(false)
                .build();
        WebSocketServerHandshaker handshaker = new WebSocketServerHandshakerFactory(
                        "ws://" + request.headers().get(HttpHeaderNames.HOST),
                        protocol.isEmpty() ? null : protocol,
                        config)
                .newHandshaker(request);
        if (handshaker == null) {
            refuse(ctx, HttpResponseStatus.UPGRADE_REQUIRED, "WebSocket 13 is what this server speaks");
            return;
        }
        // Before the answer: what the client sends right after it must find its handlers.
        Channel channel = ctx.channel();
        ctx.pipeline().addLast(new WebSocketFrameAggregator(MESSAGE_MAX));
        Runnable begin = switch (granted) {
            case StreamRequest.Exec exec -> webSocketCommand(channel, protocol, exec.streams(), run(exec));
            case StreamRequest.Attach attach -> webSocketCommand(channel, protocol, attach.streams(), run(attach));
            case StreamRequest.PortForward forward -> webSocketForward(channel, protocol, forward);
        };
        var _ = handshaker.handshake(channel, request).addListener(answered -> {
            if (answered.isSuccess()) {
                ctx.pipeline().remove(this);
                begin.run();
            } else {
                var _ = ctx.close();
            }
        });
    }

    private Runnable webSocketCommand(
            Channel channel, String protocol, StreamRequest.Streams streams, Consumer<CommandSession> start) {
        CommandSession[] session = new CommandSession[1];
        WebSocketWire wire = new WebSocketWire(channel, protocol, made -> {
            session[0] = new CommandSession(loop, made);
            return session[0];
        });
        channel.pipeline().addLast(wire);
        StreamName lowest =
                streams.stdout() ? StreamName.STDOUT : streams.stderr() ? StreamName.STDERR : StreamName.ERROR;
        return () -> {
            wire.greet(lowest);
            start.accept(session[0]);
        };
    }

    private Runnable webSocketForward(Channel channel, String protocol, StreamRequest.PortForward forward) {
        PortConnector connector = new PortConnector(targets, forward.sandboxId());
        if (protocol.equals(Protocols.PORT_FORWARD_TUNNEL)) {
            // Not before the answer to the upgrade is through: they would take that for SPDY.
            return () -> addAll(
                    channel,
                    new WebSocketTunnel(),
                    new SpdyFrameCodec(SpdyVersion.SPDY_3_1),
                    new SpdyPortForward(channel, connector));
        }
        WebSocketPortForward handler = new WebSocketPortForward(channel, forward.ports());
        channel.pipeline().addLast(handler);
        return () -> handler.begin(connector);
    }

    private void toSpdy(ChannelHandlerContext ctx, StreamRequest granted, String protocol) {
        DefaultFullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS);
        response.headers()
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
                .set(HttpHeaderNames.UPGRADE, SPDY);
        if (!protocol.isEmpty()) {
            response.headers().set(VERSIONS, protocol);
        }
        Channel channel = ctx.channel();
        ChannelFuture answered = ctx.writeAndFlush(response);
        ctx.pipeline().remove(HttpObjectAggregator.class);
        addAll(
                channel,
                new SpdyFrameCodec(SpdyVersion.SPDY_3_1),
                switch (granted) {
                    case StreamRequest.Exec exec -> spdyCommand(channel, protocol, exec.streams(), run(exec));
                    case StreamRequest.Attach attach -> spdyCommand(channel, protocol, attach.streams(), run(attach));
                    case StreamRequest.PortForward forward ->
                        new SpdyPortForward(channel, new PortConnector(targets, forward.sandboxId()));
                });
        ctx.pipeline().remove(this);
        // Last: what it has read beyond the request goes to the handlers that are there now.
        ctx.pipeline().remove(HttpServerCodec.class);
        var _ = answered.addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    }

    private SpdyWire spdyCommand(
            Channel channel, String protocol, StreamRequest.Streams streams, Consumer<CommandSession> start) {
        CommandSession[] session = new CommandSession[1];
        return new SpdyWire(
                channel,
                protocol,
                streams,
                made -> {
                    session[0] = new CommandSession(loop, made);
                    return session[0];
                },
                () -> start.accept(session[0]));
    }

    private static void addAll(Channel channel, ChannelHandler... handlers) {
        channel.pipeline().addLast(handlers);
    }

    private Consumer<CommandSession> run(StreamRequest.Exec request) {
        return session -> start(session, () -> targets.exec(request));
    }

    private Consumer<CommandSession> run(StreamRequest.Attach request) {
        return session -> start(session, () -> targets.attach(request));
    }

    /** How a process is come by. */
    private interface Start {
        CommandStreams get() throws IOException, InterruptedException;
    }

    /** On a thread of its own: the daemon may have to wait for a warden. */
    private static void start(CommandSession session, Start how) {
        Thread.ofVirtual().name("stream").start(() -> {
            try {
                session.begin(how.get());
            } catch (IOException e) {
                session.failed(String.valueOf(e.getMessage()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                session.failed("the daemon is shutting down");
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "a stream could not be begun", e);
                session.failed("internal error: " + e);
            }
        });
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Connections.logFailure(LOG, cause);
        var _ = ctx.close();
    }
}
