package dev.fairlead.monitoring;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;

/** Where to listen: {@code HOST:PORT}, with an IPv6 address in brackets, or {@code unix:FILE}. */
public sealed interface ListenAddress {
    /** A port of this host. */
    record Tcp(InetSocketAddress address) implements ListenAddress {
        @Override
        public String toString() {
            String host = address.getHostString();
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
        }
    }

    /** A UNIX socket, for root alone. */
    record Unix(Path file) implements ListenAddress {
        @Override
        public String toString() {
            return UNIX + file;
        }
    }

    /** How the address of a UNIX socket begins. */
    String UNIX = "unix:";

    /**
     * Reads one.
     * @throws IllegalArgumentException it is none; the message says what one looks like
     */
    static ListenAddress parse(String text) {
        if (text.startsWith(UNIX) && text.length() > UNIX.length()) {
            return new Unix(Path.of(text.substring(UNIX.length())));
        }
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon).replaceFirst("^\\[(.*)]$", "$1");
        String port = text.substring(colon + 1);
        if (host.isEmpty() || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 0xffff) {
            throw new IllegalArgumentException("\"" + text + "\" is no address: HOST:PORT or unix:FILE");
        }
        return new Tcp(new InetSocketAddress(host, Integer.parseInt(port)));
    }

    /** As a server binds it. */
    default SocketAddress toSocketAddress() {
        return switch (this) {
            case Tcp tcp -> tcp.address();
            case Unix unix -> UnixDomainSocketAddress.of(unix.file());
        };
    }
}
