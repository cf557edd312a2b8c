package dev.fairlead.streaming;

import java.util.List;

/** What a client may do with a URL that it was given. */
public sealed interface StreamRequest {
    /** The part of the URL that tells kinds apart for whoever reads logs. */
    String path();

    /**
     * Run a command in a container (CRI Exec).
     * @param command at least one word
     */
    record Exec(String containerId, List<String> command, Streams streams) implements StreamRequest {
        public Exec {
            command = List.copyOf(command);
        }

        @Override
        public String path() {
            return "exec";
        }
    }

    /** Join the streams of a container's first process (CRI Attach). */
    record Attach(String containerId, Streams streams) implements StreamRequest {
        @Override
        public String path() {
            return "attach";
        }
    }

    /**
     * Connect to ports of a pod (CRI PortForward).
     * @param ports that a client without streams of its own for each connection (WebSocket) may use, 1 to 65535
     */
    record PortForward(String sandboxId, List<Integer> ports) implements StreamRequest {
        public PortForward {
            ports = List.copyOf(ports);
        }

        @Override
        public String path() {
            return "portforward";
        }
    }

    /** Which streams of a process are wanted. With a terminal there is no stderr: it is the same device. */
    record Streams(boolean stdin, boolean stdout, boolean stderr, boolean terminal) {
        public Streams {
            if (terminal && stderr) {
                throw new IllegalArgumentException("tty and stderr exclude each other: a terminal has one output");
            }
            if (!stdin && !stdout && !stderr) {
                throw new IllegalArgumentException("none of stdin, stdout and stderr is asked for");
            }
        }
    }
}
