package dev.fairlead.libcontainer;

import dev.fairlead.libcontainer.cgroups.Cgroup;
import dev.fairlead.libcontainer.process.InitProcess;
import dev.fairlead.libcontainer.process.InitRequest;
import dev.fairlead.libcontainer.process.Warden;
import dev.fairlead.libcontainer.rootfs.EmptyRoot;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.oci.Resources;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The first process of a PID namespace that several containers share: it reaps what they leave, and when it ends, the kernel ends them. Only
 * pods that ask for a shared PID namespace have one.
 */
public final class PauseContainer {
    private static final Duration STEP_LIMIT = Duration.ofSeconds(30);

    private PauseContainer() {}

    /**
     * Starts one in a cgroup of its own.
     * @param users the pod's user namespace, borrowed; empty: it is in the host's
     * @param directory of the pod; it gets the warden's socket
     * @return process 1 of the namespace, as the node sees it
     */
    public static int start(
            ContainerContext context,
            String id,
            Optional<Fd> users,
            Path directory,
            String cgroupsPath,
            Resources limits,
            Consumer<String> warnings)
            throws IOException {
        Undo undo = new Undo();
        try (Borrowed borrowed = new Borrowed()) {
            Cgroup cgroup = context.cgroups().create(cgroupsPath, limits, warnings);
            undo.push(cgroup::remove);
            undo.push(cgroup::kill);
            InitRequest request = InitRequest.pause(
                    users.map(fd -> Map.of(Kind.USER, fd)).orElse(Map.of()),
                    borrowed.membership(cgroup),
                    context.devNull());
            try (Warden warden = Warden.start(context.launcher(), context.loop(), id, directory, request)) {
                undo.push(() -> Warden.abortForgotten(context.loop(), id, directory, STEP_LIMIT));
                InitProcess init = warden.awaitInit(STEP_LIMIT);
                try (Fd root = EmptyRoot.attach(init)) {
                    warden.enterRoot(root, STEP_LIMIT);
                }
                warden.launch(STEP_LIMIT);
                return init.id().pid();
            }
        } catch (IOException | RuntimeException e) {
            undo.run(e);
            throw e;
        }
    }

    /** Ends it with its namespace, warden and cgroup; nothing happens for what is gone or was never there. */
    public static void end(ContainerContext context, String id, Path directory, String cgroupsPath) throws IOException {
        Container.clear(context, id, directory, Optional.of(cgroupsPath));
    }
}
