package dev.fairlead.streaming;

import java.util.Arrays;
import java.util.Optional;

/** A stream of a process over one connection (kubernetes, remotecommand). */
enum StreamName {
    STDIN("stdin", 0),
    STDOUT("stdout", 1),
    STDERR("stderr", 2),
    /** How the command ended, once, at the end. */
    ERROR("error", 3),
    /** Sizes of the client's terminal, {@code {"Width":80,"Height":24}}. */
    RESIZE("resize", 4);

    private final String word;
    private final int channel;

    StreamName(String word, int channel) {
        this.word = word;
        this.channel = channel;
    }

    /** In SPDY's header {@code streamType}. */
    String word() {
        return word;
    }

    /** First byte of a WebSocket message. */
    int channel() {
        return channel;
    }

    static Optional<StreamName> ofWord(String word) {
        return Arrays.stream(values()).filter(name -> name.word.equals(word)).findFirst();
    }

    static Optional<StreamName> ofChannel(int channel) {
        return Arrays.stream(values()).filter(name -> name.channel == channel).findFirst();
    }
}
