package dev.fairlead.linux;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A line of /proc/PID/mountinfo (proc_pid_mountinfo(5)), names unescaped. Reading it asks no file system anything, so a dead or hanging one is no
 * hindrance.
 *
 * @param id of the mount, as statx(2) and /proc/PID/fdinfo give it
 * @param device major:minor of the file system
 * @param root what of the file system is mounted
 * @param mountPoint as the process sees it from its root
 * @param type of the file system with its subtype, such as {@code fuse.lxcfs}
 * @param superOptions of the file system
 */
public record MountInfo(
        long id, String device, String root, String mountPoint, String type, String source, List<String> superOptions) {
    private static final int FIELDS = 6;

    public MountInfo {
        superOptions = List.copyOf(superOptions);
    }

    /**
     * Reads the mounts that a process sees, in the order of the table.
     * @param process its PID, or {@code thread-self}
     */
    public static List<MountInfo> of(String process) throws ErrnoException {
        List<MountInfo> mounts = new ArrayList<>();
        for (String line : KernelFiles.read("/proc/" + process + "/mountinfo").split("\n", -1)) {
            parse(line).ifPresent(mounts::add);
        }
        return mounts;
    }

    /** Understands one line; empty: it is none. */
    public static Optional<MountInfo> parse(String line) {
        int separator = line.indexOf(" - ");
        if (separator < 0) {
            return Optional.empty();
        }
        String[] mount = line.substring(0, separator).split(" ", -1);
        String[] fileSystem = line.substring(separator + 3).split(" ", 3);
        if (mount.length < FIELDS || fileSystem.length < 3) {
            return Optional.empty();
        }
        return Optional.of(new MountInfo(
                Long.parseLong(mount[0]),
                mount[2],
                unescape(mount[3]),
                unescape(mount[4]),
                fileSystem[0],
                unescape(fileSystem[1]),
                Arrays.asList(fileSystem[2].split(",", -1))));
    }

    /** Blank, tab, newline and backslash are octal there. */
    private static String unescape(String field) {
        if (field.indexOf('\\') < 0) {
            return field;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            if (c == '\\' && i + 3 < field.length()) {
                text.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }
}
