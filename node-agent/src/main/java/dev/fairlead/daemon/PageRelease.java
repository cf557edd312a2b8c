package dev.fairlead.daemon;

import dev.fairlead.linux.ProgramPages;
import java.io.IOException;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Gives pages of the executable back that are in memory because something was done with them once: at the start, and when it is quiet again
 * after a burst of work. A native executable would keep most of its file resident after the first hundred pods.
 */
final class PageRelease implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(PageRelease.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(10);

    /** Whoever waits for the start is answered by then, and needs the same pages for it. */
    private static final Duration AFTER_START = Duration.ofSeconds(1);

    /** CPU time that makes a burst; it touches more pages than idling does. */
    private static final Duration BURST = Duration.ofMillis(500);

    /** CPU time between two looks below which it is quiet. */
    private static final Duration QUIET = Duration.ofMillis(200);

    private final Thread thread;

    private PageRelease() {
        thread = Thread.ofVirtual().name("fairlead-pages").unstarted(this::look);
    }

    /** Gives back what the start has needed, soon, and goes on looking. */
    static PageRelease start() {
        PageRelease release = new PageRelease();
        release.thread.start();
        return release;
    }

    private void look() {
        try {
            Thread.sleep(AFTER_START);
            var _ = ProgramPages.release();
            Duration released = used();
            Duration before = released;
            while (true) {
                Thread.sleep(LOOK_EVERY);
                Duration now = used();
                if (isDue(released, before, now)) {
                    var _ = ProgramPages.release();
                    released = now;
                }
                before = now;
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // close
        } catch (IOException e) {
            LOG.warn("memory of the executable's pages is not given back any more", e);
        }
    }

    /**
     * Whether there was a burst which is over.
     *
     * @param released CPU time used when pages were given back last
     * @param before at the look before
     * @param now at this one
     */
    static boolean isDue(Duration released, Duration before, Duration now) {
        return now.minus(released).compareTo(BURST) >= 0 && now.minus(before).compareTo(QUIET) < 0;
    }

    private static Duration used() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
