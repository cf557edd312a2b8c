package dev.fairlead.libcontainer.capabilities;

import dev.fairlead.linux.Flag;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The capabilities of linux/capability.h. Names of messages and OCI documents are with CAP_, of Kubernetes manifests without. */
public enum Capability implements Flag {
    CHOWN(0),
    DAC_OVERRIDE(1),
    DAC_READ_SEARCH(2),
    FOWNER(3),
    FSETID(4),
    KILL(5),
    SETGID(6),
    SETUID(7),
    SETPCAP(8),
    LINUX_IMMUTABLE(9),
    NET_BIND_SERVICE(10),
    NET_BROADCAST(11),
    NET_ADMIN(12),
    NET_RAW(13),
    IPC_LOCK(14),
    IPC_OWNER(15),
    SYS_MODULE(16),
    SYS_RAWIO(17),
    SYS_CHROOT(18),
    SYS_PTRACE(19),
    SYS_PACCT(20),
    SYS_ADMIN(21),
    SYS_BOOT(22),
    SYS_NICE(23),
    SYS_RESOURCE(24),
    SYS_TIME(25),
    SYS_TTY_CONFIG(26),
    MKNOD(27),
    LEASE(28),
    AUDIT_WRITE(29),
    AUDIT_CONTROL(30),
    SETFCAP(31),
    MAC_OVERRIDE(32),
    MAC_ADMIN(33),
    SYSLOG(34),
    WAKE_ALARM(35),
    BLOCK_SUSPEND(36),
    AUDIT_READ(37),
    PERFMON(38),
    BPF(39),
    CHECKPOINT_RESTORE(40);

    /** By both of its names, in upper case. */
    private static final Map<String, Capability> BY_NAME = Arrays.stream(values())
            .flatMap(capability ->
                    Stream.of(Map.entry(capability.name(), capability), Map.entry(capability.ociName(), capability)))
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

    private final int number;

    Capability(int number) {
        this.number = number;
    }

    /**
     * The capability of a name, with or without CAP_, in whatever case.
     * @throws IllegalArgumentException there is none of that name
     */
    public static Capability of(String name) {
        Capability capability = BY_NAME.get(name);
        if (capability == null) {
            capability = BY_NAME.get(name.toUpperCase(Locale.ROOT));
        }
        if (capability == null) {
            throw new IllegalArgumentException("unknown capability \"" + name
                    + "\": the names are those of capabilities(7), such as NET_ADMIN or CAP_NET_ADMIN");
        }
        return capability;
    }

    /** Those whose bits are set; bits of capabilities newer than this list are left out. */
    public static Set<Capability> ofMask(long mask) {
        EnumSet<Capability> capabilities = EnumSet.noneOf(Capability.class);
        for (Capability capability : values()) {
            if ((mask & capability.bits()) != 0) {
                capabilities.add(capability);
            }
        }
        return capabilities;
    }

    /** The kernel's number. */
    public int number() {
        return number;
    }

    @Override
    public long bits() {
        return 1L << number;
    }

    /** The name in an OCI document: CAP_NET_ADMIN. */
    public String ociName() {
        return "CAP_" + name();
    }
}
