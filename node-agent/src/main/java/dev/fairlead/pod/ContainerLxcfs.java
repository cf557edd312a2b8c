package dev.fairlead.pod;

import dev.fairlead.libcontainer.process.ProcessId;
import dev.fairlead.lxcfs.Lxcfs;
import dev.fairlead.lxcfs.LxcfsMode;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Which containers have the files of lxcfs: what the daemon's setting and the pod say when a container is made stays so until it ends, as
 * programs size themselves by these files when they start. Privileged containers have them too; they are about values, not about access.
 */
public final class ContainerLxcfs {
    private final Lxcfs lxcfs;
    private final LxcfsMode byDefault;

    /** Decides by {@code byDefault} where a pod says nothing. */
    public ContainerLxcfs(Lxcfs lxcfs, LxcfsMode byDefault) {
        this.lxcfs = lxcfs;
        this.byDefault = byDefault;
    }

    /** The containers that were given the files and have not ended. */
    public static List<Lxcfs.Target> covered(PodRegistry registry) {
        return registry.containers().stream()
                .filter(PodContainer::hasLxcfs)
                .filter(container -> !(container.state() instanceof ContainerState.Exited))
                .map(container -> new Lxcfs.Target(
                        container.id(),
                        name(container.config().getMetadata().getName(), container.id()),
                        container.identity().init()))
                .toList();
    }

    /**
     * Gives a container the files, before its program runs.
     * @return whether it has them
     * @throws PodException.WrongState it must, and there are none
     */
    boolean cover(PodSandbox sandbox, String name, String id, ProcessId init) throws IOException, InterruptedException {
        LxcfsMode mode = LxcfsMode.of(sandbox.config().getAnnotationsMap(), byDefault);
        if (mode == LxcfsMode.OFF) {
            return false;
        }
        Optional<String> none = lxcfs.cover(new Lxcfs.Target(id, name(name, id), init));
        if (none.isPresent() && mode == LxcfsMode.REQUIRED) {
            throw new PodException.WrongState("lxcfs is required, and is not to be had: " + none.get()
                    + "; start lxcfs on the node (systemctl start lxcfs), or let the pod do without it (annotation "
                    + LxcfsMode.ANNOTATION + ": auto)");
        }
        return none.isEmpty();
    }

    /** To be called when a container has become known to the registry. */
    void added(PodContainer container) throws IOException {
        if (container.hasLxcfs()) {
            lxcfs.targetsChanged();
        }
    }

    private static String name(String container, String id) {
        return "container " + container + " (" + id + ")";
    }
}
