package dev.fairlead.image.registry;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in capitals or not, as nodes have them set for containerd. This machine is never proxied. */
final class EnvironmentProxies extends ProxySelector {
    private static final List<Proxy> DIRECT = List.of(Proxy.NO_PROXY);

    private final Map<String, String> environment;

    EnvironmentProxies(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    @Override
    public List<Proxy> select(@Nullable URI uri) {
        if (uri == null || uri.getHost() == null || isExempt(uri.getHost().toLowerCase(Locale.ROOT))) {
            return DIRECT;
        }
        String proxy = variable("https".equals(uri.getScheme()) ? "HTTPS_PROXY" : "HTTP_PROXY");
        if (proxy.isEmpty()) {
            return DIRECT;
        }
        URI address = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
        int port = address.getPort() < 0 ? 80 : address.getPort();
        return List.of(new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(address.getHost(), port)));
    }

    private boolean isExempt(String host) {
        if (HostsDirectory.isLoopback(host)) {
            return true;
        }
        for (String entry : variable("NO_PROXY").toLowerCase(Locale.ROOT).split(",", -1)) {
            String name = entry.strip().replaceFirst(":[0-9]+$", "").replaceFirst("^\\*?\\.", "");
            if (name.equals("*") || (!name.isEmpty() && (host.equals(name) || host.endsWith('.' + name)))) {
                return true;
            }
        }
        return false;
    }

    private String variable(String name) {
        String value = environment.get(name);
        return value != null ? value : environment.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    }

    /** The transport reports and retries. */
    @Override
    public void connectFailed(@Nullable URI uri, @Nullable SocketAddress address, @Nullable IOException failure) {}
}
