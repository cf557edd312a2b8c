package dev.fairlead.pod;

import dev.fairlead.cri.v1.IDMapping;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.NamespaceOption;
import dev.fairlead.cri.v1.UserNamespace;
import dev.fairlead.libcontainer.rootfs.IdMap;
import dev.fairlead.oci.IdMapping;
import dev.fairlead.spec.IdRanges;
import dev.fairlead.spec.InvalidConfigException;
import java.util.List;
import java.util.Optional;

/** Reads what CRI says of a pod's user namespace ({@code namespace_options.userns_options}). */
final class PodUsers {
    private static final String FIELD = "linux.security_context.namespace_options.userns_options";
    /** The last id; the one above stands for none. */
    private static final long MAX_ID = 0xffff_fffeL;

    private PodUsers() {}

    /** The ids of a pod with a user namespace of its own; empty: it is in the node's. */
    static Optional<IdMap> of(NamespaceOption options) {
        // POD is the enum's 0: only options that are there say anything.
        boolean own = options.hasUsernsOptions() && options.getUsernsOptions().getMode() == NamespaceMode.POD;
        return own
                ? Optional.of(new IdMap(
                        IdRanges.toOci(options.getUsernsOptions().getUidsList()),
                        IdRanges.toOci(options.getUsernsOptions().getGidsList())))
                : Optional.empty();
    }

    /**
     * Judges a pod's options.
     * @throws InvalidConfigException names the field and says what to do
     */
    static void validate(NamespaceOption options) throws InvalidConfigException {
        if (!options.hasUsernsOptions()) {
            return;
        }
        UserNamespace asked = options.getUsernsOptions();
        switch (asked.getMode()) {
            case NODE -> {
                if (asked.getUidsCount() > 0 || asked.getGidsCount() > 0) {
                    throw new InvalidConfigException(
                            FIELD + ": ids are mapped in a user namespace of the pod's own; mode is NODE");
                }
            }
            case POD -> {
                ranges(FIELD + ".uids", asked.getUidsList());
                ranges(FIELD + ".gids", asked.getGidsList());
                own("ipc", options.getIpc());
                own("pid", options.getPid());
            }
            case CONTAINER, TARGET, UNRECOGNIZED ->
                throw new InvalidConfigException(FIELD + ".mode: " + asked.getMode()
                        + "; a user namespace is the pod's (POD) or the node's (NODE)");
        }
    }

    /** A PID namespace that the user namespace does not own has a procfs that its root may not mount, an IPC namespace an mqueue. A network
     * namespace has a sysfs; that we mount, and the pod's root has no power over the node's network. */
    private static void own(String namespace, NamespaceMode mode) throws InvalidConfigException {
        if (mode == NamespaceMode.NODE) {
            throw new InvalidConfigException("linux.security_context.namespace_options." + namespace
                    + ": NODE, which a pod with a user namespace of its own can't have; set hostUsers: true, or give the pod its own "
                    + namespace + " namespace");
        }
    }

    private static void ranges(String field, List<IDMapping> asked) throws InvalidConfigException {
        if (asked.size() != 1) {
            throw new InvalidConfigException(field + ": " + asked.size() + " ranges; give one");
        }
        IdMapping range = IdRanges.toOci(asked).getFirst();
        if (range.containerID() != 0 || range.size() == 0) {
            throw new InvalidConfigException(field + ": " + range.size() + " ids from " + range.containerID()
                    + " on; 0, root, must be among them");
        }
        if (range.hostID() == 0) {
            throw new InvalidConfigException(
                    field + ": root would be the node's root; begin at another host_id, such as 65536");
        }
        if (range.hostID() + range.size() - 1 > MAX_ID) {
            throw new InvalidConfigException(field + ": " + range.size() + " ids from host_id " + range.hostID()
                    + " on; the last there is is " + MAX_ID);
        }
    }

    /**
     * Judges what a container says of the same.
     * @throws InvalidConfigException other ids than its pod's
     */
    static void requireSame(NamespaceOption pod, NamespaceOption container) throws InvalidConfigException {
        if (container.hasUsernsOptions() && !of(container).equals(of(pod))) {
            throw new InvalidConfigException(
                    FIELD + ": not those of the pod; all containers of a pod are in its user namespace");
        }
    }
}
