package dev.fairlead.lxcfs;

import dev.fairlead.libcontainer.process.ProcessId;
import dev.fairlead.libcontainer.rootfs.KernelFileCovers;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.MountTableWatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Brings lxcfs' files into containers and keeps them there. When lxcfs ends, its mounts answer ENOTCONN in every container ("Transport
 * endpoint is not connected"), also when another lxcfs has long begun: they are taken away, so that the kernel's own files are seen, and
 * replaced as soon as there are new ones.
 *
 * <p>One thread waits for changes of the mount table, which each start and orderly end of lxcfs is; an end that leaves its mount is found by
 * asking once a second, and only while there is a container that has the files.
 */
public final class Lxcfs implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Lxcfs.class.getName());

    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);
    /** Starting a pod changes the mount table a dozen times. */
    private static final Duration BETWEEN_CHANGES = Duration.ofMillis(50);

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);
    private static final int MOST_TRIES = 5;
    private static final String NONE = "";

    private final LxcfsMount mount;
    private final Supplier<List<Target>> running;
    private final TimeLimit limit = new TimeLimit("fairlead-lxcfs-ask", ANSWER_LIMIT);
    private final MountTableWatch watch;
    private final Thread thread;
    private final Map<String, Settled> settled = new HashMap<>();
    private LxcfsState last = new LxcfsState.Away("");
    private volatile boolean closing;

    /**
     * A container that has lxcfs' files.
     *
     * @param name for messages
     */
    public record Target(String id, String name, ProcessId init) {}

    /**
     * What was last done for a container.
     *
     * @param device of the lxcfs whose files it has; empty: none
     * @param failures in a row of trying to get there
     */
    private record Settled(String device, int failures) {}

    private Lxcfs(LxcfsMount mount, Supplier<List<Target>> running, MountTableWatch watch) {
        this.mount = mount;
        this.running = running;
        this.watch = watch;
        this.thread = Thread.ofPlatform().name("fairlead-lxcfs").daemon().unstarted(this::run);
    }

    /**
     * Prepares; {@link #start} begins the watch.
     * @param path where lxcfs is, or may be, mounted
     * @param running the containers that were given its files and have not ended
     */
    public static Lxcfs open(Path path, Supplier<List<Target>> running) throws IOException {
        return new Lxcfs(new LxcfsMount(path), running, MountTableWatch.open());
    }

    /** Begins to watch; the containers that an earlier daemon made are looked after at once. */
    public void start() {
        thread.start();
    }

    /**
     * Gives a new container the files.
     * @return why it has none; empty: it has
     * @throws IOException they are there, and could not be mounted
     */
    public Optional<String> cover(Target target) throws IOException, InterruptedException {
        LxcfsState state = look();
        if (state instanceof LxcfsState.Away(String reason)) {
            return Optional.of(reason);
        }
        OptionalInt covered = settle(target, state);
        return covered.isEmpty() || covered.getAsInt() > 0
                ? Optional.empty()
                : Optional.of("it offers no file that the container has in /proc");
    }

    /** Tells the watch that there is a container more to look after, which until then may have waited for a change without a limit. */
    public void targetsChanged() throws IOException {
        watch.wake();
    }

    private LxcfsState look() throws IOException, InterruptedException {
        try {
            return limit.call(mount::look, _ -> {});
        } catch (TimeLimit.Exceeded e) {
            return new LxcfsState.Away(String.valueOf(e.getMessage()));
        }
    }

    private OptionalInt settle(Target target, LxcfsState state) throws IOException, InterruptedException {
        KernelFileCovers covers = new KernelFileCovers(LxcfsMount.TYPE, device(state));
        return switch (state) {
            case LxcfsState.Away _ -> covers.settle(target.name(), target.init(), Map.of());
            case LxcfsState.Serving _ -> {
                try (LxcfsFiles files = limit.call(mount::files, LxcfsFiles::close)) {
                    yield covers.settle(target.name(), target.init(), files.mounts());
                }
            }
        };
    }

    private static String device(LxcfsState state) {
        return switch (state) {
            case LxcfsState.Serving(String device) -> device;
            case LxcfsState.Away _ -> NONE;
        };
    }

    private void run() {
        try {
            while (!closing) {
                List<Target> targets = running.get();
                if (!targets.isEmpty()) {
                    turn(targets);
                }
                Thread.sleep(BETWEEN_CHANGES);
                watch.await(targets.isEmpty() ? Optional.empty() : Optional.of(BETWEEN_LOOKS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closing
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "lxcfs is not watched any more; start the daemon again", e);
        }
    }

    private void turn(List<Target> targets) throws InterruptedException {
        LxcfsState state;
        try {
            state = look();
        } catch (IOException e) {
            state = new LxcfsState.Away(String.valueOf(e.getMessage()));
        }
        settled.keySet().retainAll(targets.stream().map(Target::id).collect(Collectors.toSet()));
        int changed = 0;
        for (Target target : targets) {
            changed += bringTo(target, state) ? 1 : 0;
        }
        tell(state, changed);
        last = state;
    }

    private boolean bringTo(Target target, LxcfsState state) throws InterruptedException {
        String device = device(state);
        Settled before = settled.get(target.id());
        int failures = 0;
        if (before != null && before.device().equals(device)) {
            if (before.failures() == 0 || before.failures() >= MOST_TRIES) {
                return false;
            }
            failures = before.failures();
        }
        try {
            boolean alive = settle(target, state).isPresent();
            settled.put(target.id(), new Settled(device, 0));
            return alive;
        } catch (IOException e) {
            settled.put(target.id(), new Settled(device, failures + 1));
            if (failures == 0) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        target.name() + ": lxcfs' files could not be brought up to date",
                        e);
            }
            return false;
        }
    }

    private void tell(LxcfsState state, int changed) {
        if (state.equals(last)) {
            return;
        }
        switch (state) {
            case LxcfsState.Serving _ ->
                LOG.log(
                        System.Logger.Level.INFO,
                        () -> "lxcfs serves at " + mount.path() + ": " + words(changed) + " its files");
            case LxcfsState.Away(String reason) ->
                LOG.log(
                        System.Logger.Level.INFO,
                        () -> "lxcfs is away (" + reason + "): until it is back, " + words(changed)
                                + " the kernel's own files");
        }
    }

    private static String words(int containers) {
        return containers + (containers == 1 ? " running container has" : " running containers have");
    }

    /** Ends the watch; the containers keep what they have. */
    @Override
    public void close() throws ErrnoException {
        closing = true;
        watch.wake();
        boolean interrupted = false;
        try {
            thread.interrupt();
            thread.join(ANSWER_LIMIT.multipliedBy(2));
        } catch (InterruptedException e) {
            interrupted = true;
        }
        limit.close();
        if (!thread.isAlive()) {
            watch.close();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
