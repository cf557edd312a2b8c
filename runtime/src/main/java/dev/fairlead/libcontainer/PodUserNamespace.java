package dev.fairlead.libcontainer;

import dev.fairlead.libcontainer.namespaces.PodNamespaces;
import dev.fairlead.libcontainer.namespaces.Sysctl;
import dev.fairlead.libcontainer.namespaces.UserNamespaces;
import dev.fairlead.libcontainer.process.ExitRecord;
import dev.fairlead.libcontainer.process.InitProcess;
import dev.fairlead.libcontainer.process.InitRequest;
import dev.fairlead.libcontainer.process.Launcher;
import dev.fairlead.libcontainer.process.Warden;
import dev.fairlead.libcontainer.rootfs.IdMap;
import dev.fairlead.libcontainer.rootfs.MappedRoot;
import dev.fairlead.linux.Fd;
import dev.fairlead.oci.IdMapping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes the namespaces of a pod with a user namespace, which owns the others. No thread of a JVM can enter it: the launcher clones a process
 * that is in all of them, and ends as soon as they are pinned.
 */
public final class PodUserNamespace {
    private static final Duration STEP_LIMIT = Duration.ofSeconds(30);
    private static final List<IdMapping> SOME_IDS = List.of(new IdMapping(0, 65536, 65536, Map.of()));

    private PodUserNamespace() {}

    /**
     * Makes all namespaces of a pod, and pins them.
     *
     * @param id of the pod
     * @param directory of the process, to be made; gone afterwards
     * @param pins as in {@link PodNamespaces#adopt}
     */
    public static void create(
            ContainerContext context, String id, Path directory, Path pins, PodNamespaces.Plan plan, IdMap ids)
            throws IOException {
        List<Sysctl> sysctls = new ArrayList<>();
        for (Sysctl sysctl : plan.sysctls()) {
            sysctls.add(PingGroups.ofHost(sysctl, ids));
        }
        PodNamespaces.Plan translated = new PodNamespaces.Plan(plan.own(), plan.hostname(), sysctls);
        int root = ids.uid(0);
        Undo undo = new Undo();
        Files.createDirectory(directory);
        undo.push(() -> removeDirectory(directory));
        try (Fd users = UserNamespaces.withMappings(context.launcher(), ids.uids(), ids.gids())) {
            InitRequest request = InitRequest.namespaces(plan.own(), users, context.devNull());
            Warden warden = Warden.start(context.launcher(), context.loop(), id, directory, request);
            undo.push(warden::close);
            undo.push(() -> warden.abort(STEP_LIMIT));
            InitProcess process = warden.awaitInit(STEP_LIMIT);
            PodNamespaces.adopt(pins, translated, process.pidfd(), process.id().pid(), root);
        } catch (IOException | RuntimeException e) {
            undo.run(e);
            throw e;
        }
        undo.run("ending the process that made the namespaces of pod " + id);
    }

    /** Ends a process that a daemon left behind that was killed meanwhile; nothing happens where there is none. */
    public static void clear(ContainerContext context, String id, Path directory) throws IOException {
        if (Files.exists(directory)) {
            Container.clear(context, id, directory, Optional.empty());
            removeDirectory(directory);
        }
    }

    private static void removeDirectory(Path directory) throws IOException {
        Files.deleteIfExists(directory.resolve(Warden.SOCKET));
        Files.deleteIfExists(directory.resolve(ExitRecord.FILE));
        Files.deleteIfExists(directory);
    }

    /**
     * Finds out whether a container with a user namespace can have its root in a directory: one is made, and dropped.
     *
     * @param directory where layers and what containers write will lie
     * @throws IOException it can't be had; the text says which step failed
     */
    public static void attempt(Launcher launcher, Path directory) throws IOException {
        try (Fd users = UserNamespaces.withMappings(launcher, SOME_IDS, SOME_IDS)) {
            MappedRoot.attempt(directory, users);
        }
    }
}
