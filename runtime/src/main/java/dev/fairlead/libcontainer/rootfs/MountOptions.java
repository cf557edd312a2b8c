package dev.fairlead.libcontainer.rootfs;

import static java.util.Map.entry;

import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.Propagation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The options of a mount, sorted by whom they are for (config.md, Mounts; the table there is the one below).
 *
 * @param requested generic options that shall be
 * @param cleared generic options that shall not be, as {@code rw} or {@code exec} say
 * @param recursive attributes of the mount and all below it, as {@code rro} says
 * @param propagation changes in their order
 * @param data what is left, for the file system: {@code size=64m}
 * @param bind an existing file or directory is mounted
 * @param recursiveBind with what is mounted below it
 * @param copyUp a tmpfs begins with what the image has in its place
 * @param idmap whose mappings a mount gets
 */
record MountOptions(
        Set<MountOption> requested,
        Set<MountOption> cleared,
        AttributeChange recursive,
        List<PropagationChange> propagation,
        List<String> data,
        boolean bind,
        boolean recursiveBind,
        boolean copyUp,
        Idmap idmap) {
    /** Which mounts are id-mapped. */
    enum Idmap {
        NONE,
        TOP,
        RECURSIVE
    }

    /** One change of the propagation type. */
    record PropagationChange(Propagation type, boolean recursive) {
        AttributeChange change() {
            return AttributeChange.propagation(type);
        }
    }

    /** An option, and whether its word clears it. */
    private record Generic(MountOption option, boolean clears) {}

    /** An attribute for all mounts of a tree, and whether the word clears it. */
    private record Recursive(Attribute attribute, boolean clears) {}

    private static final Map<String, Generic> GENERIC = Map.ofEntries(
            entry("ro", new Generic(MountOption.RDONLY, false)),
            entry("rw", new Generic(MountOption.RDONLY, true)),
            entry("nosuid", new Generic(MountOption.NOSUID, false)),
            entry("suid", new Generic(MountOption.NOSUID, true)),
            entry("nodev", new Generic(MountOption.NODEV, false)),
            entry("dev", new Generic(MountOption.NODEV, true)),
            entry("noexec", new Generic(MountOption.NOEXEC, false)),
            entry("exec", new Generic(MountOption.NOEXEC, true)),
            entry("nosymfollow", new Generic(MountOption.NOSYMFOLLOW, false)),
            entry("symfollow", new Generic(MountOption.NOSYMFOLLOW, true)),
            entry("noatime", new Generic(MountOption.NOATIME, false)),
            entry("atime", new Generic(MountOption.NOATIME, true)),
            entry("nodiratime", new Generic(MountOption.NODIRATIME, false)),
            entry("diratime", new Generic(MountOption.NODIRATIME, true)),
            entry("relatime", new Generic(MountOption.RELATIME, false)),
            entry("norelatime", new Generic(MountOption.RELATIME, true)),
            entry("strictatime", new Generic(MountOption.STRICTATIME, false)),
            entry("nostrictatime", new Generic(MountOption.STRICTATIME, true)),
            entry("sync", new Generic(MountOption.SYNCHRONOUS, false)),
            entry("async", new Generic(MountOption.SYNCHRONOUS, true)),
            entry("dirsync", new Generic(MountOption.DIRSYNC, false)),
            entry("mand", new Generic(MountOption.MANDLOCK, false)),
            entry("nomand", new Generic(MountOption.MANDLOCK, true)),
            entry("lazytime", new Generic(MountOption.LAZYTIME, false)),
            entry("nolazytime", new Generic(MountOption.LAZYTIME, true)),
            entry("silent", new Generic(MountOption.SILENT, false)),
            entry("loud", new Generic(MountOption.SILENT, true)),
            entry("iversion", new Generic(MountOption.IVERSION, false)),
            entry("noiversion", new Generic(MountOption.IVERSION, true)),
            entry("acl", new Generic(MountOption.POSIXACL, false)),
            entry("noacl", new Generic(MountOption.POSIXACL, true)));

    private static final Map<String, PropagationChange> PROPAGATION = Map.of(
            "private", new PropagationChange(Propagation.PRIVATE, false),
            "rprivate", new PropagationChange(Propagation.PRIVATE, true),
            "slave", new PropagationChange(Propagation.SLAVE, false),
            "rslave", new PropagationChange(Propagation.SLAVE, true),
            "shared", new PropagationChange(Propagation.SHARED, false),
            "rshared", new PropagationChange(Propagation.SHARED, true),
            "unbindable", new PropagationChange(Propagation.UNBINDABLE, false),
            "runbindable", new PropagationChange(Propagation.UNBINDABLE, true));

    /**
     * To clear one way of access times is to return to the kernel's own, relatime: mount_setattr(2) takes the field as a whole and answers
     * EINVAL to a single bit of it.
     */
    private static final Map<String, Recursive> RECURSIVE = Map.ofEntries(
            entry("rro", new Recursive(Attribute.RDONLY, false)),
            entry("rrw", new Recursive(Attribute.RDONLY, true)),
            entry("rnosuid", new Recursive(Attribute.NOSUID, false)),
            entry("rsuid", new Recursive(Attribute.NOSUID, true)),
            entry("rnodev", new Recursive(Attribute.NODEV, false)),
            entry("rdev", new Recursive(Attribute.NODEV, true)),
            entry("rnoexec", new Recursive(Attribute.NOEXEC, false)),
            entry("rexec", new Recursive(Attribute.NOEXEC, true)),
            entry("rnodiratime", new Recursive(Attribute.NODIRATIME, false)),
            entry("rdiratime", new Recursive(Attribute.NODIRATIME, true)),
            entry("rnosymfollow", new Recursive(Attribute.NOSYMFOLLOW, false)),
            entry("rsymfollow", new Recursive(Attribute.NOSYMFOLLOW, true)),
            entry("rrelatime", new Recursive(Attribute.RELATIME, false)),
            entry("rnorelatime", new Recursive(Attribute.STRICTATIME, false)),
            entry("rnoatime", new Recursive(Attribute.NOATIME, false)),
            entry("ratime", new Recursive(Attribute.RELATIME, false)),
            entry("rstrictatime", new Recursive(Attribute.STRICTATIME, false)),
            entry("rnostrictatime", new Recursive(Attribute.RELATIME, false)));

    private static final Set<Attribute> ACCESS_TIME_WAYS =
            EnumSet.of(Attribute.RELATIME, Attribute.NOATIME, Attribute.STRICTATIME);

    MountOptions {
        requested = Set.copyOf(requested);
        cleared = Set.copyOf(cleared);
        propagation = List.copyOf(propagation);
        data = List.copyOf(data);
    }

    /** Sorts the words; of two that contradict each other the later one holds. */
    static MountOptions parse(List<String> words) {
        Set<MountOption> requested = EnumSet.noneOf(MountOption.class);
        Set<MountOption> cleared = EnumSet.noneOf(MountOption.class);
        Set<Attribute> recursiveSet = EnumSet.noneOf(Attribute.class);
        Set<Attribute> recursiveClear = EnumSet.noneOf(Attribute.class);
        List<PropagationChange> propagation = new ArrayList<>();
        List<String> data = new ArrayList<>();
        boolean bind = false;
        boolean recursiveBind = false;
        boolean copyUp = false;
        Idmap idmap = Idmap.NONE;
        for (String word : words) {
            Generic generic = GENERIC.get(word);
            PropagationChange change = PROPAGATION.get(word);
            Recursive recursive = RECURSIVE.get(word);
            if (generic != null) {
                (generic.clears ? cleared : requested).add(generic.option);
                (generic.clears ? requested : cleared).remove(generic.option);
            } else if (change != null) {
                propagation.add(change);
            } else if (recursive != null) {
                if (ACCESS_TIME_WAYS.contains(recursive.attribute)) {
                    recursiveSet.removeAll(ACCESS_TIME_WAYS);
                }
                (recursive.clears ? recursiveClear : recursiveSet).add(recursive.attribute);
                (recursive.clears ? recursiveSet : recursiveClear).remove(recursive.attribute);
            } else {
                switch (word) {
                    case "bind" -> bind = true;
                    case "rbind" -> {
                        bind = true;
                        recursiveBind = true;
                    }
                    case "tmpcopyup" -> copyUp = true;
                    case "idmap" -> idmap = Idmap.TOP;
                    case "ridmap" -> idmap = Idmap.RECURSIVE;
                    // What we do anyway: a bind's options are set on the copy, nothing is mounted in two steps.
                    case "", "defaults", "remount" -> {}
                    default -> data.add(word);
                }
            }
        }
        AttributeChange recursive =
                new AttributeChange(recursiveSet, recursiveClear, Optional.empty(), Optional.empty());
        return new MountOptions(requested, cleared, recursive, propagation, data, bind, recursiveBind, copyUp, idmap);
    }

    /** The propagation type that a word means; empty: it is none. */
    static Optional<PropagationChange> propagationOf(String word) {
        return Optional.ofNullable(PROPAGATION.get(word));
    }

    MountOptions asRecursiveBind() {
        return new MountOptions(requested, cleared, recursive, propagation, data, true, true, copyUp, idmap);
    }

    /** The attributes of a new mount that is asked for with these options. */
    Set<Attribute> attributes() {
        return attributesOf(requested);
    }

    /** As mount(2) reads its flags: strictatime overrides noatime, and without either it is relatime. */
    static Set<Attribute> attributesOf(Set<MountOption> options) {
        Set<Attribute> attributes = EnumSet.noneOf(Attribute.class);
        for (MountOption option : options) {
            if (!MountOption.ACCESS_TIME_WAYS.contains(option)) {
                option.attribute().ifPresent(attributes::add);
            }
        }
        attributes.add(
                options.contains(MountOption.STRICTATIME)
                        ? Attribute.STRICTATIME
                        : options.contains(MountOption.NOATIME) ? Attribute.NOATIME : Attribute.RELATIME);
        return attributes;
    }
}
