/**
 * Exec, Attach and PortForward with streams: what is behind the URLs that CRI's calls of these names give out. A client (kubelet, crictl)
 * upgrades an HTTP request to WebSocket or SPDY/3.1, and from then on the streams of a process, or TCP connections, go over it.
 *
 * <p>{@link dev.fairlead.streaming.StreamingServer} listens; {@link dev.fairlead.streaming.Tokens} says what a request may do;
 * {@code UpgradeHandler} chooses the protocol. {@code WebSocketWire} and {@code SpdyWire} are the protocols of a process' streams, behind one
 * {@code Wire}; {@code CommandSession} joins a wire with the process' descriptors, which are read and written on one event loop: no thread
 * belongs to a stream. Each direction holds a bounded number of bytes; what does not fit waits where it comes from.
 */
@NullMarked
package dev.fairlead.streaming;

import org.jspecify.annotations.NullMarked;
