package dev.fairlead.streaming;

import java.io.IOException;
import java.nio.channels.SocketChannel;

/** What streams lead to: containers and pods. Calls may block, and run on a thread of their own. */
public interface StreamTargets {
    /**
     * Starts a command.
     * @throws IOException its message is for whoever typed the command
     */
    CommandStreams exec(StreamRequest.Exec request) throws IOException, InterruptedException;

    /** Joins a container's first process. */
    CommandStreams attach(StreamRequest.Attach request) throws IOException;

    /**
     * Connects to a port of a pod on its loopback interface, IPv4 before IPv6.
     * @return connected, does not block; owned by the caller
     */
    SocketChannel connect(String sandboxId, int port) throws IOException;
}
