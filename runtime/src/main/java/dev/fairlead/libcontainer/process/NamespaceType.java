package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.Flag;
import java.util.Arrays;
import java.util.Optional;

/** The kinds of namespaces(7). The order is that of the launcher's {@code JOIN_ORDER}. */
public enum NamespaceType implements Flag {
    NETWORK("network", "net", 0x40000000),
    IPC("ipc", "ipc", 0x08000000),
    UTS("uts", "uts", 0x04000000),
    PID("pid", "pid", 0x20000000),
    CGROUP("cgroup", "cgroup", 0x02000000),
    TIME("time", "time", 0x00000080),
    MOUNT("mount", "mnt", 0x00020000),
    USER("user", "user", 0x10000000);

    private final String ociName;
    private final String procName;
    private final int flag;

    NamespaceType(String ociName, String procName, int flag) {
        this.ociName = ociName;
        this.procName = procName;
        this.flag = flag;
    }

    /** The kind that config.json calls {@code name}; empty where it is none. */
    public static Optional<NamespaceType> ofOciName(String name) {
        return Arrays.stream(values()).filter(type -> type.ociName.equals(name)).findFirst();
    }

    /** As config.json calls it: {@code network}. */
    public String ociName() {
        return ociName;
    }

    /** As /proc/PID/ns calls it: {@code net}. */
    public String procName() {
        return procName;
    }

    /** CLONE_NEW*. */
    @Override
    public long bits() {
        return flag;
    }
}
