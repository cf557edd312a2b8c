package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.oci.IdMapping;
import dev.fairlead.oci.Mount;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * An entry of {@code mounts}, understood.
 *
 * @param index in the configuration
 * @param destination absolute and without . or ..
 * @param type of the file system; for a bind mount whatever was said is ignored
 * @param source as it was given; for file systems without a device any word
 */
record MountEntry(
        int index,
        String destination,
        String type,
        String source,
        MountOptions options,
        List<String> words,
        List<IdMapping> uidMappings,
        List<IdMapping> gidMappings) {
    static final String BIND = "bind";

    static MountEntry of(int index, Mount mount) throws RootfsException {
        String where = "mounts[" + index + "]";
        for (String text : List.of(
                mount.destination(),
                Optional.ofNullable(mount.source()).orElse(""),
                Optional.ofNullable(mount.type()).orElse(""),
                String.join(",", mount.options()))) {
            if (text.indexOf('\0') >= 0) {
                throw new RootfsException(where, "a NUL character in \"" + text.replace("\0", "\\0") + "\"");
            }
        }
        String destination =
                Path.of("/").resolve(mount.destination()).normalize().toString();
        MountOptions options = MountOptions.parse(mount.options());
        boolean bind = options.bind() || BIND.equals(mount.type());
        String type = bind ? BIND : Optional.ofNullable(mount.type()).orElse("");
        String source = Optional.ofNullable(mount.source())
                .filter(text -> !text.isEmpty())
                .orElse(bind ? "" : type);
        if (type.isEmpty()) {
            throw new RootfsException(
                    where + " -> " + destination, "it has neither a type nor the option bind or rbind");
        }
        if (bind && !source.startsWith("/")) {
            throw new RootfsException(
                    where + " -> " + destination,
                    "the source of a bind mount must be an absolute path of the host, not \"" + source + "\"");
        }
        return new MountEntry(
                index, destination, type, source, options, mount.options(), mount.uidMappings(), mount.gidMappings());
    }

    boolean isIdMapped() {
        return options.idmap() != MountOptions.Idmap.NONE || !uidMappings.isEmpty() || !gidMappings.isEmpty();
    }

    boolean isCgroup() {
        return type.equals("cgroup");
    }

    boolean isBind() {
        return type.equals(BIND);
    }

    /** The same with another source, bound with all below it. */
    MountEntry boundFrom(String path) {
        return new MountEntry(
                index, destination, BIND, path, options.asRecursiveBind(), words, uidMappings, gidMappings);
    }

    /** The same with another source. */
    MountEntry from(String path) {
        return new MountEntry(index, destination, type, path, options, words, uidMappings, gidMappings);
    }

    /** For messages: {@code mounts[3] bind /a -> /b (rbind,ro)}. */
    String describe() {
        return "mounts[" + index + "] " + type + " " + source + " -> " + destination
                + (words.isEmpty() ? "" : " (" + String.join(",", words) + ")");
    }
}
