package dev.fairlead.image.registry;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.URI;
import java.util.List;

/** Why a server cannot be talked to, in words. */
final class ConnectionFailure {
    /** The client has waited for its own connection already. */
    private static final int PATIENCE_MILLIS = 3000;

    private ConnectionFailure() {}

    /**
     * Says it. Of a connection that could not be made the JDK's client often says nothing more: then a plain one is tried, which tells.
     * @param server that was to be reached, through a proxy perhaps
     */
    static String reason(IOException failure, URI server) {
        if (failure instanceof ConnectException && failure.getMessage() == null) {
            return tried(address(server));
        }
        String name = failure.getClass().getSimpleName();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause.getMessage() != null) {
                return name + ": " + cause.getMessage();
            }
        }
        return name;
    }

    private static InetSocketAddress address(URI server) {
        List<Proxy> proxies = new EnvironmentProxies(System.getenv()).select(server);
        if (proxies.getFirst().address() instanceof InetSocketAddress proxy) {
            return proxy;
        }
        int port = server.getPort() >= 0 ? server.getPort() : "https".equals(server.getScheme()) ? 443 : 80;
        return InetSocketAddress.createUnresolved(server.getHost(), port);
    }

    private static String tried(InetSocketAddress unresolved) {
        String name = unresolved.getHostString() + ":" + unresolved.getPort();
        InetSocketAddress address = new InetSocketAddress(unresolved.getHostString(), unresolved.getPort());
        if (address.isUnresolved()) {
            return "the name " + unresolved.getHostString() + " cannot be resolved";
        }
        try (Socket socket = new Socket()) {
            socket.connect(address, PATIENCE_MILLIS);
            return "no connection to " + name + " could be made at first";
        } catch (IOException e) {
            return "no connection to " + name + ": " + e.getMessage();
        }
    }
}
