package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.Propagation;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The source of a bind mount as a detached copy of its mount, ready to be attached. From the moment that the host's mount namespace is left
 * it is a descriptor and no path.
 */
final class BindSource implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(BindSource.class.getName());

    private final MountEntry entry;
    private final Fd tree;

    private BindSource(MountEntry entry, Fd tree) {
        this.entry = entry;
        this.tree = tree;
    }

    /** Clones the mount at the entry's source, in the mount namespace that this thread is in. */
    static BindSource open(MountEntry entry) throws RootfsException {
        return new BindSource(entry, clone(entry, flags(entry)));
    }

    /** Does so for a source that somebody chose who may name it by way of a process, while this thread is in the host's mount namespace. */
    static BindSource open(MountEntry entry, RootfsPolicy policy) throws RootfsException {
        return ProcSource.isOne(entry.source())
                ? new BindSource(entry, ProcSource.open(entry, flags(entry), policy))
                : open(entry);
    }

    /**
     * Takes a copy that somebody else made.
     * @param tree owned by the source from now on
     */
    static BindSource of(MountEntry entry, Fd tree) {
        return new BindSource(entry, tree);
    }

    private static Set<TreeFlag> flags(MountEntry entry) {
        Set<TreeFlag> flags = EnumSet.of(TreeFlag.CLONE);
        if (entry.options().recursiveBind()) {
            flags.add(TreeFlag.RECURSIVE);
        }
        return flags;
    }

    /** Clones what the name of the entry's source leads to. */
    static Fd clone(MountEntry entry, Set<TreeFlag> flags) throws RootfsException {
        try {
            return Mounts.openTree(Fd.CWD, entry.source(), flags);
        } catch (ErrnoException e) {
            throw new RootfsException(entry.describe(), e, explain(entry.source(), e.errno()));
        }
    }

    /**
     * Gives a copy of the same object that was made in the mount namespace this thread is in now, where it can be found there. That of a
     * container with a user namespace is a copy of the host's in which the kernel has locked what the container may not undo; a copy made
     * on the host has no such locks, and a read-only mount of the host could be made writable.
     *
     * @return this where nothing, or something else, is at the path here
     */
    BindSource lockedHere() throws IOException {
        BindSource here;
        try {
            here = open(ProcSource.isOne(entry.source()) ? entry.from(ProcSource.pathOf(entry.source())) : entry);
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    "not to be had in the container''s mount namespace: {0}",
                    e.getMessage());
            return this;
        }
        if (here.status().isSameFileAs(status())) {
            close();
            return here;
        }
        here.close();
        return this;
    }

    /**
     * Gives the copy the mappings of a user namespace.
     * @param userNamespace borrowed
     */
    void mapIds(Fd userNamespace) throws IOException {
        AttributeChange change =
                new AttributeChange(Set.of(Attribute.IDMAP), Set.of(), Optional.empty(), Optional.of(userNamespace));
        try {
            if (entry.options().idmap() == MountOptions.Idmap.RECURSIVE) {
                Mounts.setAttributesRecursively(tree, change);
            } else {
                Mounts.setAttributes(tree, change);
            }
        } catch (ErrnoException e) {
            throw e.errno() == Errno.EINVAL ? e.explained("the file system there has no idmapped mounts") : e;
        }
    }

    /** Gives the copy all that it shall have, while no path leads to it. */
    void configure(Propagation base) throws IOException {
        BindAttributes.apply(tree, entry.options());
        if (!entry.options().recursive().isEmpty()) {
            Mounts.setAttributesRecursively(tree, entry.options().recursive());
        }
        setPropagation(tree, base, entry.options().propagation());
    }

    /**
     * Makes a copy the slave (or what the root's propagation says) of the mount it was made from, and then what its own options say, in order. A
     * copy is born in its original's peer group: what is mounted in the container would appear on the host.
     */
    static void setPropagation(Fd tree, Propagation base, List<MountOptions.PropagationChange> changes)
            throws IOException {
        boolean decided = !changes.isEmpty()
                && changes.getFirst().recursive()
                && changes.getFirst().type() != Propagation.SHARED;
        if (!decided && base != Propagation.SHARED) {
            Mounts.setAttributesRecursively(tree, AttributeChange.propagation(base));
        }
        for (MountOptions.PropagationChange change : changes) {
            if (change.recursive()) {
                Mounts.setAttributesRecursively(tree, change.change());
            } else {
                Mounts.setAttributes(tree, change.change());
            }
        }
    }

    MountEntry entry() {
        return entry;
    }

    Fd tree() {
        return tree;
    }

    Stat.Status status() throws IOException {
        return Stat.of(tree);
    }

    boolean isDirectory() throws IOException {
        return status().type() == FileType.DIRECTORY;
    }

    boolean isProcfs() throws IOException {
        return Stat.fileSystem(tree).magic() == Stat.PROC_SUPER_MAGIC;
    }

    /** Why a source cannot be cloned, in words: the kernel's EINVAL has many meanings. */
    private static String explain(String source, Errno errno) {
        return switch (errno) {
            case ENOENT ->
                "it does not exist on the host: create it, or use a volume that does (hostPath type DirectoryOrCreate)";
            case EINVAL -> explainInvalid(source);
            case EACCES -> "the daemon has no access to it";
            case ELOOP -> "symbolic links in a circle, or a link below /proc that leads to no path";
            case ENOTDIR -> "a part of the path is no directory";
            default -> "";
        };
    }

    /** EINVAL of open_tree: what it lies on is no mount of ours, or one that is not to be copied. */
    private static String explainInvalid(String source) {
        try (Fd object = Openat.open(Fd.CWD, source, EnumSet.of(OpenFlag.PATH), 0)) {
            return "it is " + ProcSource.pathOf(object)
                    + ", which lies on a mount that must not be copied (unbindable), or on none of the host's";
        } catch (IOException e) {
            return ""; // Gone meanwhile: the kernel's own word has to do.
        }
    }

    @Override
    public void close() {
        tree.close();
    }
}
