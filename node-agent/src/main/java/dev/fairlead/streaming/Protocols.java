package dev.fairlead.streaming;

import java.util.List;
import java.util.Optional;

/** Names of the protocols that a client and we can agree on (kubernetes, remotecommand and portforward). */
final class Protocols {
    static final String V5 = "v5.channel.k8s.io";
    static final String V4 = "v4.channel.k8s.io";
    static final String V3 = "v3.channel.k8s.io";
    static final String V2 = "v2.channel.k8s.io";
    static final String V1 = "channel.k8s.io";

    /** Of a process' streams over WebSocket. */
    static final List<String> WEBSOCKET = List.of(V5, V4, V1);

    /** Of a process' streams over SPDY. */
    static final List<String> SPDY = List.of(V4, V3, V2, V1);

    /** Of connections over SPDY. */
    static final String PORT_FORWARD = "portforward.k8s.io";

    /** SPDY in WebSocket messages, for proxies that let nothing else through. */
    static final String PORT_FORWARD_TUNNEL = "SPDY/3.1+portforward.k8s.io";

    /** Of connections over WebSocket: two channels a port. */
    static final List<String> WEBSOCKET_PORT_FORWARD = List.of(PORT_FORWARD_TUNNEL, V4);

    private Protocols() {}

    /**
     * The first of the client's that we speak.
     * @param offered none: the client knows no others than the oldest
     * @return empty: we have none in common
     */
    static Optional<String> choose(List<String> offered, List<String> spoken) {
        return offered.isEmpty()
                ? Optional.of("")
                : offered.stream().filter(spoken::contains).findFirst();
    }
}
