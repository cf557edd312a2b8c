package dev.fairlead.log;

import dev.fairlead.linux.EventLoop;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The streams that print more than a batch takes. One of them gets one batch a turn of the loop, and all others that are ready come first:
 * the line of a quiet container waits for one batch, not for one of each that floods.
 */
final class Backlog {
    private final EventLoop loop;
    private final Queue<LogStream> streams = new ArrayDeque<>();

    Backlog(EventLoop loop) {
        this.loop = loop;
    }

    /** Gives {@code stream}, which the loop does not watch meanwhile, its turns until it has caught up. */
    void add(LogStream stream) {
        streams.add(stream);
        if (streams.size() == 1) {
            loop.execute(this::turn);
        }
    }

    private void turn() {
        LogStream stream = streams.remove();
        if (stream.catchUp()) {
            streams.add(stream);
        }
        if (!streams.isEmpty()) {
            loop.execute(this::turn);
        }
    }
}
