package dev.fairlead.monitoring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.ReadTimeoutException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Answers one request after the other. */
@Sharable
final class MonitoringHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final System.Logger LOG = System.getLogger(MonitoringHandler.class.getName());
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private final DaemonFigures figures;
    private final MetricsSource containers;
    private final List<HealthCheck> checks;

    MonitoringHandler(DaemonFigures figures, MetricsSource containers, List<HealthCheck> checks) {
        super(FullHttpRequest.class);
        this.figures = figures;
        this.containers = containers;
        this.checks = checks;
    }

    private record Answer(HttpResponseStatus status, String type, String body) {}

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) throws JsonProcessingException {
        Answer answer = answer(request);
        DefaultFullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, answer.status(), Unpooled.copiedBuffer(answer.body(), StandardCharsets.UTF_8));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, answer.type())
                .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
        boolean stays = HttpUtil.isKeepAlive(request) && request.decoderResult().isSuccess();
        HttpUtil.setKeepAlive(response, stays);
        ChannelFuture sent = context.writeAndFlush(response);
        if (!stays) {
            var _ = sent.addListener(ChannelFutureListener.CLOSE);
        }
    }

    private Answer answer(FullHttpRequest request) throws JsonProcessingException {
        if (request.decoderResult().isFailure()) {
            return text(HttpResponseStatus.BAD_REQUEST, "this is no HTTP request that can be understood");
        }
        if (!request.method().equals(HttpMethod.GET)) {
            return text(HttpResponseStatus.METHOD_NOT_ALLOWED, "GET is all that there is");
        }
        return switch (new QueryStringDecoder(request.uri()).path()) {
            case "/metrics" -> new Answer(HttpResponseStatus.OK, PROMETHEUS, figures.scrape());
            case "/metrics/cadvisor" -> ofContainers();
            case "/health/live" -> health(List.of());
            case "/health", "/health/ready" -> health(checks);
            default ->
                text(
                        HttpResponseStatus.NOT_FOUND,
                        "there are /metrics, /metrics/cadvisor, /health/live and /health/ready");
        };
    }

    private Answer ofContainers() {
        try {
            return new Answer(HttpResponseStatus.OK, PROMETHEUS, containers.scrape());
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "containers could not be measured", e);
            return text(
                    HttpResponseStatus.INTERNAL_SERVER_ERROR, "containers could not be measured: " + e.getMessage());
        }
    }

    private static Answer text(HttpResponseStatus status, String text) {
        return new Answer(status, "text/plain; charset=utf-8", text + "\n");
    }

    /** In the words of MicroProfile Health. */
    private static Answer health(List<HealthCheck> checks) throws JsonProcessingException {
        boolean up = true;
        List<Map<String, Object>> results = new ArrayList<>();
        for (HealthCheck check : checks) {
            Optional<String> problem = check.problem().get();
            up &= problem.isEmpty();
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("name", check.name());
            result.put("status", word(problem.isEmpty()));
            problem.ifPresent(why -> result.put("data", Map.of("problem", why)));
            results.add(result);
        }
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("status", word(up));
        body.put("checks", results);
        return new Answer(
                up ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE,
                "application/json",
                JSON.writeValueAsString(body) + "\n");
    }

    private static String word(boolean up) {
        return up ? "UP" : "DOWN";
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof IOException || cause instanceof ReadTimeoutException)) {
            LOG.log(System.Logger.Level.WARNING, "a request for metrics or health failed", cause);
        }
        var _ = context.close();
    }
}
