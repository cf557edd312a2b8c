package dev.fairlead.linux;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One thread that serves many descriptors: whoever is ready is called, in turn. Nothing that runs on it may wait: read and write
 * without blocking, a bounded amount a turn, and leave the rest to the next turn, which comes at once while a descriptor stays ready.
 *
 * <p>A turn: due timers, the tasks that were there when it began, then at most {@value #EVENTS_A_TURN} ready descriptors. All methods may
 * be called from any thread, from handlers and tasks too.
 */
public final class EventLoop implements Executor, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(EventLoop.class.getName());

    private static final int EVENTS_A_TURN = 64;
    private static final long WAKE_UP = 0;
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

    private final Epoll epoll;
    private final EventFd wakeUp;
    private final Thread thread;

    private final Map<Long, Watch> watches = new ConcurrentHashMap<>();
    private final AtomicLong lastToken = new AtomicLong(WAKE_UP);

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final PriorityQueue<Alarm> alarms = new PriorityQueue<>();

    /** A signal is on its way to the loop: a second one would tell it nothing. */
    private final AtomicBoolean signalled = new AtomicBoolean();

    private volatile boolean closing;

    /** Called by the loop when a descriptor is ready. */
    @FunctionalInterface
    public interface Handler {
        /**
         * Reads or writes a bounded amount.
         * @param registration the handler's own, to modify or close it
         * @throws Exception closes the registration, is logged, and given to {@link #failed}
         */
        void ready(Registration registration, Set<Readiness> ready) throws Exception;

        /** Told, on the loop's thread, that {@link #ready} threw and that no more events will come. */
        default void failed(Throwable failure) {}
    }

    /** A descriptor that the loop watches. Close it before the descriptor: see {@link Epoll}. */
    public interface Registration extends AutoCloseable {
        /**
         * Waits for other things from now on; with none at all the descriptor is not watched, not for errors and hang-ups either,
         * until the next call.
         */
        void modify(Set<Interest> interests) throws ErrnoException;

        /**
         * Ends it; a second call does nothing. Called on the loop's thread, the handler is never called again; called on another, a call that
         * has begun may still be running.
         */
        @Override
        void close();
    }

    /** Something to be run later. */
    public interface Timer {
        /** Lets it not run, unless it runs already; a second call does nothing. */
        void cancel();
    }

    private EventLoop(String name, Epoll epoll, EventFd wakeUp) {
        this.epoll = epoll;
        this.wakeUp = wakeUp;
        thread = Thread.ofPlatform().name(name).daemon(true).unstarted(this::run);
    }

    /** Starts a loop on a thread of this name. */
    public static EventLoop start(String name) throws ErrnoException {
        Epoll epoll = Epoll.open(EVENTS_A_TURN);
        try {
            EventFd wakeUp = EventFd.open();
            try {
                epoll.add(wakeUp.fd(), EnumSet.of(Interest.READ), WAKE_UP);
                EventLoop loop = new EventLoop(name, epoll, wakeUp);
                loop.thread.start();
                return loop;
            } catch (ErrnoException e) {
                wakeUp.close();
                throw e;
            }
        } catch (ErrnoException e) {
            epoll.close();
            throw e;
        }
    }

    /**
     * Watches {@code fd}, borrowed until the registration is closed.
     * @param interests none: nothing is watched until {@link Registration#modify}
     * @throws ErrnoException EPERM: nothing that can be waited for. EEXIST: the loop watches it already
     */
    public Registration register(Fd fd, Set<Interest> interests, Handler handler) throws ErrnoException {
        Watch watch = new Watch(lastToken.incrementAndGet(), fd, handler);
        // First the map: the event may come before we return.
        watches.put(watch.token, watch);
        try {
            watch.modify(interests);
        } catch (ErrnoException e) {
            watches.remove(watch.token);
            throw e;
        }
        return watch;
    }

    /**
     * Runs {@code task} on the loop's thread, after those given before.
     * @throws RejectedExecutionException after {@link #close}; a task that is given while the loop closes may be dropped
     */
    @Override
    public void execute(Runnable task) {
        if (closing) {
            throw new RejectedExecutionException("event loop " + thread.getName() + " is closed");
        }
        tasks.add(task);
        wake();
    }

    /** Runs {@code task} on the loop's thread when {@code delay} is over, or up to a millisecond later. */
    public Timer schedule(Duration delay, Runnable task) {
        Alarm alarm = new Alarm(System.nanoTime() + delay.toNanos(), task);
        boolean first;
        synchronized (alarms) {
            alarms.add(alarm);
            first = alarms.peek() == alarm;
        }
        if (first) {
            wake();
        }
        return alarm;
    }

    /** Whether the caller is the loop's own thread. */
    public boolean isLoopThread() {
        return Thread.currentThread().equals(thread);
    }

    /** Ends the loop after the tasks it was given; waits for that unless called on the loop. Descriptors stay open, unwatched. */
    @Override
    public void close() {
        closing = true;
        if (isLoopThread()) {
            return;
        }
        if (thread.isAlive()) {
            wake();
        }
        boolean interrupted = false;
        long end = System.nanoTime() + CLOSE_LIMIT.toNanos();
        while (thread.isAlive() && System.nanoTime() < end) {
            try {
                if (!thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())))) {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            "event loop {0} does not end: a handler blocks",
                            thread.getName());
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void wake() {
        if (isLoopThread() || !signalled.compareAndSet(false, true)) {
            return;
        }
        try {
            wakeUp.signal();
        } catch (ErrnoException | IllegalStateException e) {
            // The loop has ended between the look and the call: nothing to wake.
            LOG.log(System.Logger.Level.DEBUG, "event loop is gone", e);
        }
    }

    private void run() {
        try (epoll;
                wakeUp) {
            while (!closing || !tasks.isEmpty()) {
                runAlarms();
                runTasks();
                serve(epoll.await(timeoutMillis()));
            }
        } catch (ErrnoException e) {
            // epoll_wait on our own valid descriptor: a bug here, or memory we do not own was written to.
            LOG.log(System.Logger.Level.ERROR, "event loop " + thread.getName() + " ends", e);
        } finally {
            closing = true;
        }
    }

    private int timeoutMillis() {
        if (closing || !tasks.isEmpty()) {
            return 0;
        }
        synchronized (alarms) {
            Alarm next = alarms.peek();
            if (next == null) {
                return -1;
            }
            long nanos = next.due - System.nanoTime();
            return nanos <= 0 ? 0 : (int) Math.min(Integer.MAX_VALUE, nanos / 1_000_000 + 1);
        }
    }

    private void runAlarms() {
        List<Alarm> due = null;
        synchronized (alarms) {
            long now = System.nanoTime();
            for (Alarm next = alarms.peek(); next != null && next.due - now <= 0; next = alarms.peek()) {
                alarms.remove();
                due = due == null ? new ArrayList<>() : due;
                due.add(next);
            }
        }
        if (due != null) {
            due.forEach(alarm -> {
                if (!alarm.cancelled) {
                    runSafely(alarm.task);
                }
            });
        }
    }

    private void runTasks() {
        // Those that a task adds wait for the next turn, lest descriptors starve.
        for (int left = tasks.size(); left > 0; left--) {
            Runnable task = tasks.poll();
            if (task != null) {
                runSafely(task);
            }
        }
    }

    private void serve(int events) throws ErrnoException {
        for (int i = 0; i < events; i++) {
            long token = epoll.token(i);
            if (token == WAKE_UP) {
                // In this order: what is added until the flag falls is seen when the turn begins, and needs no signal.
                wakeUp.drain();
                signalled.set(false);
                continue;
            }
            Watch watch = watches.get(token);
            if (watch != null) {
                watch.deliver(epoll.ready(i));
            }
        }
    }

    private static void runSafely(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) { // one task's bug is not everybody's
            LOG.log(System.Logger.Level.ERROR, "a task of the event loop failed", e);
        }
    }

    /** One registration. {@code watched}, guarded by this: whether epoll knows of it. */
    private final class Watch implements Registration {
        private final long token;
        private final Fd fd;
        private final Handler handler;
        private boolean watched;
        private volatile boolean closed;

        Watch(long token, Fd fd, Handler handler) {
            this.token = token;
            this.fd = fd;
            this.handler = handler;
        }

        @Override
        public synchronized void modify(Set<Interest> interests) throws ErrnoException {
            if (closed) {
                throw new IllegalStateException("the registration of " + fd.name() + " is closed");
            }
            if (interests.isEmpty()) {
                // Not just an empty mask: epoll reports a hang-up unasked, and would do so in every turn.
                unwatch();
            } else if (watched) {
                epoll.modify(fd, interests, token);
            } else {
                epoll.add(fd, interests, token);
                watched = true;
            }
        }

        @Override
        public synchronized void close() {
            if (closed) {
                return;
            }
            closed = true;
            watches.remove(token);
            try {
                unwatch();
            } catch (ErrnoException e) {
                throw new IllegalStateException("descriptor closed before its registration: " + fd.name(), e);
            }
        }

        private void unwatch() throws ErrnoException {
            if (watched) {
                watched = false;
                epoll.remove(fd);
            }
        }

        void deliver(Set<Readiness> ready) {
            if (closed) {
                return;
            }
            try {
                handler.ready(this, ready);
            } catch (Throwable e) { // an error of one handler too: the loop serves everybody else
                LOG.log(
                        System.Logger.Level.ERROR,
                        "the handler of " + fd.name() + " failed; it gets no more events",
                        e);
                runSafely(this::close);
                runSafely(() -> handler.failed(e));
            }
        }
    }

    private final class Alarm implements Timer, Comparable<Alarm> {
        private final long due;
        private final Runnable task;
        private volatile boolean cancelled;

        Alarm(long due, Runnable task) {
            this.due = due;
            this.task = task;
        }

        /** By difference: the clock of nanoTime may wrap. */
        @Override
        public int compareTo(Alarm other) {
            return Long.compare(due - other.due, 0);
        }

        @Override
        public void cancel() {
            cancelled = true;
            synchronized (alarms) {
                alarms.remove(this);
            }
        }
    }
}
