package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A file system that is made, or found by its type: fsopen(2) to fsmount(2). It takes the namespaces of the calling thread. */
final class NewFileSystem {
    /** One superblock a namespace: made read-only it would be so for every container that shares the namespace. */
    private static final Set<String> SHARED_SUPERBLOCK = Set.of("proc", "sysfs", "mqueue", "cgroup", "cgroup2");

    private NewFileSystem() {}

    /** An option of the file system; an empty value: a mere word. */
    record Option(String key, String value) {
        static Option of(String text) {
            int equals = text.indexOf('=');
            return equals < 0
                    ? new Option(text, "")
                    : new Option(text.substring(0, equals), unquoted(text.substring(equals + 1)));
        }

        /** In one string a value with commas, as an SELinux context, needs quotes; here it is a string of its own. */
        private static String unquoted(String value) {
            boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
            return quoted ? value.substring(1, value.length() - 1) : value;
        }
    }

    /** The file system options among a mount's words, each for itself. */
    static List<Option> options(MountOptions options, String type) {
        List<Option> list = new ArrayList<>();
        for (MountOption option : options.requested()) {
            boolean shared = option == MountOption.RDONLY && SHARED_SUPERBLOCK.contains(type);
            if (!option.superblockFlag().isEmpty() && !shared) {
                list.add(new Option(option.superblockFlag(), ""));
            }
        }
        for (String text : split(String.join(",", options.data()))) {
            list.add(Option.of(text));
        }
        return list;
    }

    /** Splits at the commas outside of quotes. */
    static List<String> split(String data) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < data.length(); i++) {
            char c = data.charAt(i);
            quoted ^= c == '"';
            if (c == ',' && !quoted) {
                parts.add(part.toString());
                part.setLength(0);
            } else {
                part.append(c);
            }
        }
        parts.add(part.toString());
        parts.removeIf(String::isEmpty);
        return parts;
    }

    /**
     * Gives a detached mount.
     *
     * @return owned
     * @throws IOException with what the kernel says of the options, where it says anything
     */
    static Fd mount(String type, String source, List<Option> options, Set<Attribute> attributes) throws IOException {
        try (Fd context = Mounts.fsopen(type)) {
            try {
                Mounts.setString(context, "source", source);
                set(context, options);
                Mounts.createSuperblock(context);
                return Mounts.fsmount(context, attributes);
            } catch (ErrnoException e) {
                throw withKernelsWords(e, context);
            }
        }
    }

    /** Changes the options of a mounted file system. */
    static void reconfigure(Fd mount, List<Option> options) throws IOException {
        try (Fd context = Mounts.fspick(mount)) {
            try {
                set(context, options);
                Mounts.reconfigure(context);
            } catch (ErrnoException e) {
                throw withKernelsWords(e, context);
            }
        }
    }

    private static void set(Fd context, List<Option> options) throws ErrnoException {
        for (Option option : options) {
            if (option.value().isEmpty()) {
                Mounts.setFlag(context, option.key());
            } else {
                Mounts.setString(context, option.key(), option.value());
            }
        }
    }

    /** The same error with the kernel's explanation behind it. */
    static ErrnoException withKernelsWords(ErrnoException e, Fd context) {
        String words = Mounts.log(context).replaceAll("(?m)^[ewi] ", "").replace('\n', ';');
        return words.isEmpty() ? e : e.explained(words);
    }
}
