package dev.fairlead.linux;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Tells virtual threads that a {@link JobThread} has ended, on a thread that is in the daemon's own namespaces: a carrier that is started to
 * run them inherits those. Started by a job's thread, it would be in a pod's network namespace, or in a container's mount namespace, for as
 * long as it lives, and so would be all that it happens to carry.
 */
final class JobEnds {
    private static final Object LOCK = new Object();
    private static volatile boolean started;
    private static final BlockingQueue<CompletableFuture<?>> ENDS = new LinkedBlockingQueue<>();

    private JobEnds() {}

    /** Before the job begins, on a thread that is in the daemon's own namespaces: from then on ends can be announced. */
    static void ready() {
        if (!started) {
            synchronized (LOCK) {
                if (!started) {
                    Thread.ofPlatform().name("job-ends").daemon().start(JobEnds::tell);
                    started = true;
                }
            }
        }
    }

    /** Called by the job's thread: wakes nobody but the platform thread that tells. */
    static void announce(CompletableFuture<?> end) {
        ENDS.add(end);
    }

    private static void tell() {
        while (true) {
            try {
                ENDS.take().complete(null);
            } catch (InterruptedException e) {
                // Nobody has this thread to interrupt it; without it no job would ever be seen to end.
                throw new IllegalStateException("thread job-ends was interrupted", e);
            }
        }
    }
}
