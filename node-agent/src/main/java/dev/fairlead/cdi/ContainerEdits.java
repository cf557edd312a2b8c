package dev.fairlead.cdi;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a container gets with a device (CDI, SPEC.md, OCI Edits).
 *
 * @param env {@code NAME=value}
 * @param deviceNodes made in the container
 * @param netDevices moved into the container; refused
 * @param hooks run with the container's
 * @param mounts made in the container
 * @param intelRdt cache and memory bandwidth; refused
 * @param additionalGids of the container's first process; 0 is none
 */
record ContainerEdits(
        List<String> env,
        List<DeviceNode> deviceNodes,
        List<JsonNode> netDevices,
        List<HookEdit> hooks,
        List<MountEdit> mounts,
        @Nullable JsonNode intelRdt,
        List<Long> additionalGids) {
    static final ContainerEdits NONE =
            new ContainerEdits(List.of(), List.of(), List.of(), List.of(), List.of(), null, List.of());

    ContainerEdits {
        env = list(env);
        deviceNodes = list(deviceNodes);
        netDevices = list(netDevices);
        hooks = list(hooks);
        mounts = list(mounts);
        additionalGids = list(additionalGids);
    }

    boolean isEmpty() {
        return equals(NONE);
    }

    /** What JSON leaves out comes as null. */
    static <T> List<T> list(@Nullable List<T> given) {
        return given == null ? List.of() : List.copyOf(given);
    }

    /**
     * A device node.
     *
     * @param path inside
     * @param hostPath empty or null: {@code path}
     * @param type b, c, u or p; empty or null: that of the host's node
     * @param major 0: that of the host's node
     * @param permissions of r, w and m; empty or null: all; {@code none}: the container may not open it
     * @param uid null: that of the container's process
     * @param gid null: that of the container's process
     */
    record DeviceNode(
            @Nullable String path,
            @Nullable String hostPath,
            @Nullable String type,
            long major,
            long minor,
            @Nullable Integer fileMode,
            @Nullable String permissions,
            @Nullable Long uid,
            @Nullable Long gid) {}

    /** A mount, in OCI's words. */
    record MountEdit(
            @Nullable String hostPath,
            @Nullable String containerPath,
            List<String> options,
            @Nullable String type) {
        MountEdit {
            options = list(options);
        }
    }

    /**
     * A hook.
     *
     * @param hookName when it runs, in OCI's words
     * @param timeout in seconds; null: none
     */
    record HookEdit(
            @Nullable String hookName,
            @Nullable String path,
            List<String> args,
            List<String> env,
            @Nullable Integer timeout) {
        HookEdit {
            args = list(args);
            env = list(env);
        }
    }
}
