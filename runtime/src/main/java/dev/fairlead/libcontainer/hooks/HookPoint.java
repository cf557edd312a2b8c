package dev.fairlead.libcontainer.hooks;

import dev.fairlead.oci.Hook;
import dev.fairlead.oci.Hooks;
import java.util.List;
import java.util.function.Function;

/** The points of a container's life that hooks run at, in their order. */
public enum HookPoint {
    /** Its namespaces and mounts are there, its root is the host's still; on the host. Deprecated, and before createRuntime. */
    PRESTART("prestart", "creating", Hooks::prestart),
    /** As {@link #PRESTART}. */
    CREATE_RUNTIME("createRuntime", "creating", Hooks::createRuntime),
    /** As {@link #CREATE_RUNTIME}, in the container's namespaces; the path is the host's. */
    CREATE_CONTAINER("createContainer", "creating", Hooks::createContainer),
    /** Before the program is executed, in the container; the path is the container's. */
    START_CONTAINER("startContainer", "created", Hooks::startContainer),
    /** The program was executed; on the host. */
    POSTSTART("poststart", "running", Hooks::poststart),
    /** Nothing is left of it in the kernel; on the host. */
    POSTSTOP("poststop", "stopped", Hooks::poststop);

    private final String name;
    private final String status;
    private final Function<Hooks, List<Hook>> list;

    HookPoint(String name, String status, Function<Hooks, List<Hook>> list) {
        this.name = name;
        this.status = status;
        this.list = list;
    }

    /** As config.json calls it. */
    public String ociName() {
        return name;
    }

    /** The container's status then (runtime.md, State). */
    public String status() {
        return status;
    }

    /** Its hooks in a configuration. */
    public List<Hook> of(Hooks hooks) {
        return list.apply(hooks);
    }
}
