package dev.fairlead.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A line of /proc/PID/mountinfo (proc_pid_mountinfo(5)). Reading it asks no file system anything, so a dead or hanging one is no hindrance.
 *
 * @param id of the mount, as statx(2) and /proc/PID/fdinfo give it
 * @param device of the file system
 * @param type of the file system with its subtype, such as {@code fuse.lxcfs}
 */
public record MountLine(long id, String device, String type) {
    private static final int FIELDS_BEFORE_SEPARATOR = 6;

    /** The mounts that a process can reach from its root, in its mount namespace. */
    public static List<MountLine> of(int pid) throws IOException {
        return all(Path.of("/proc/" + pid + "/mountinfo"));
    }

    /** The mounts that the calling thread can reach. */
    public static List<MountLine> own() throws IOException {
        return all(Path.of("/proc/thread-self/mountinfo"));
    }

    private static List<MountLine> all(Path mountinfo) throws IOException {
        return Files.readAllLines(mountinfo).stream().map(MountLine::parse).toList();
    }

    static MountLine parse(String line) {
        String[] halves = line.split(" - ", 2);
        String[] mount = halves[0].split(" ", -1);
        if (halves.length < 2 || mount.length < FIELDS_BEFORE_SEPARATOR) {
            throw new IllegalArgumentException("no line of mountinfo: " + line);
        }
        return new MountLine(Long.parseLong(mount[0]), mount[2], halves[1].substring(0, halves[1].indexOf(' ')));
    }
}
