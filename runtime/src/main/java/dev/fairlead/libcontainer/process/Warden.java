package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.Fd;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A daemon's connection to the warden of one container: the process outside the container that is parent of its init and keeps what must
 * outlive the daemon. Any thread may call; waits are bounded by {@code limit}. Closing this leaves the container alone.
 */
public final class Warden implements AutoCloseable {
    /** How far the container is. */
    public enum State {
        STARTING,
        READY,
        CREATED,
        LAUNCHING,
        RUNNING,
        ENDED
    }

    private Warden() {}

    /**
     * Starts a warden, which clones init at once. Follow with {@link #awaitInit}; where that fails, with {@link #abort}.
     * @param id the container's, for messages and ps(1)
     * @param directory the container's: it gets {@code warden.sock} and in the end {@code exit}
     */
    public static Warden start(Launcher launcher, EventLoop loop, String id, Path directory, InitRequest request)
            throws IOException {
        throw new IllegalStateException("not there yet");
    }

    /**
     * Connects to a warden that an earlier daemon started.
     * @param expected the warden as {@link #id} gave it then
     * @throws IOException it is not there any more, another process has its place, or another daemon is connected
     */
    public static Warden connect(EventLoop loop, String id, Path directory, ProcessId expected, Duration limit)
            throws IOException {
        throw new IllegalStateException("not there yet");
    }

    /** The warden's process, to be remembered for {@link #connect}. */
    public ProcessId id() {
        throw new IllegalStateException("not there yet");
    }

    /** How far the container is, as last heard. */
    public State state() {
        throw new IllegalStateException("not there yet");
    }

    /**
     * Waits until init is there, in its namespaces: then its root can be built.
     * @throws LauncherException init could not be made
     */
    public InitProcess awaitInit(Duration limit) throws IOException {
        throw new IllegalStateException("not there yet");
    }

    /**
     * Gives init its root and waits until it is in it (OCI: created).
     * @param root borrowed; a mount in init's mount namespace. Not for a pause process, which is created once it is ready
     */
    public void enterRoot(Fd root, Duration limit) throws IOException {
        throw new IllegalStateException("not there yet");
    }

    /** Lets init execute its program, and waits until it has (OCI: running). */
    public void launch(Duration limit) throws IOException {
        throw new IllegalStateException("not there yet");
    }

    /** Starts a process in the running container; returns as soon as it has a pid. */
    public Exec exec(ExecRequest request, Duration limit) throws IOException {
        throw new IllegalStateException("not there yet");
    }

    /** How init ended. Completed on the event loop: what depends on it must not block. Fails with an IOException where the warden is gone. */
    public CompletableFuture<ExitRecord> exit() {
        throw new IllegalStateException("not there yet");
    }

    /** A copy of a descriptor that the warden keeps; owned by the caller. */
    public Fd fetch(KeptDescriptor descriptor) throws IOException {
        throw new IllegalStateException("not there yet");
    }

    /** Closes the warden's copy of stdin's write end: the container reads the end once ours is closed too. */
    public void closeStdin() throws IOException {
        throw new IllegalStateException("not there yet");
    }

    /**
     * Lets the warden end, with all it keeps.
     * @throws IOException EBUSY: init lives
     */
    public void release(Duration limit) throws IOException {
        throw new IllegalStateException("not there yet");
    }

    /** Undoes whatever there is of a container: kills init, waits for its end, and releases the warden. */
    public void abort(Duration limit) throws IOException {
        throw new IllegalStateException("not there yet");
    }

    @Override
    public void close() {}
}
