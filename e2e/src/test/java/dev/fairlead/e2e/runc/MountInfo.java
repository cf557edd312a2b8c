package dev.fairlead.e2e.runc;

import java.util.ArrayList;
import java.util.List;

/**
 * A line of /proc/PID/mountinfo (proc_pid_mountinfo(5)).
 *
 * @param device of the superblock, major:minor
 * @param root what of the file system is mounted
 * @param propagation the optional fields
 */
record MountInfo(
        int id,
        int parent,
        String device,
        String root,
        String point,
        String options,
        List<String> propagation,
        String type,
        String source,
        String superOptions) {
    static MountInfo parse(String line) {
        String[] words = line.split(" ", -1);
        List<String> propagation = new ArrayList<>();
        int word = 6;
        while (!words[word].equals("-")) {
            propagation.add(words[word++]);
        }
        return new MountInfo(
                Integer.parseInt(words[0]),
                Integer.parseInt(words[1]),
                words[2],
                words[3],
                words[4],
                words[5],
                propagation,
                words[word + 1],
                words[word + 2],
                words[word + 3]);
    }
}
