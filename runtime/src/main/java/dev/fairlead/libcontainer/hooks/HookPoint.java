package dev.fairlead.libcontainer.hooks;

import dev.fairlead.oci.Hook;
import dev.fairlead.oci.Hooks;
import java.util.List;

/** The points of a container's life that hooks run at, in their order. */
public enum HookPoint {
    /** Its namespaces and mounts are there, its root is the host's still; on the host. Deprecated, and before createRuntime. */
    PRESTART("prestart", "creating"),
    /** As {@link #PRESTART}. */
    CREATE_RUNTIME("createRuntime", "creating"),
    /** As {@link #CREATE_RUNTIME}, in the container's namespaces; the path is the host's. */
    CREATE_CONTAINER("createContainer", "creating"),
    /** Before the program is executed, in the container; the path is the container's. */
    START_CONTAINER("startContainer", "created"),
    /** The program was executed; on the host. */
    POSTSTART("poststart", "running"),
    /** Nothing is left of it in the kernel; on the host. */
    POSTSTOP("poststop", "stopped");

    private final String name;
    private final String status;

    HookPoint(String name, String status) {
        this.name = name;
        this.status = status;
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
        return switch (this) {
            case PRESTART -> hooks.prestart();
            case CREATE_RUNTIME -> hooks.createRuntime();
            case CREATE_CONTAINER -> hooks.createContainer();
            case START_CONTAINER -> hooks.startContainer();
            case POSTSTART -> hooks.poststart();
            case POSTSTOP -> hooks.poststop();
        };
    }
}
