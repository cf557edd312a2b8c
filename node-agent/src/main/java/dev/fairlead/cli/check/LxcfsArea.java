package dev.fairlead.cli.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whether lxcfs can show containers their own memory and processors in /proc. */
final class LxcfsArea {
    private LxcfsArea() {}

    static List<Finding> look() throws IOException {
        for (String mount : Files.readAllLines(Path.of("/proc/self/mounts"))) {
            String[] fields = mount.split(" ", -1);
            if (fields.length > 2 && fields[2].equals("fuse.lxcfs")) {
                return List.of(Finding.good("lxcfs", fields[1], "containers can see their own limits in /proc"));
            }
        }
        return List.of(Finding.note(
                "lxcfs",
                "not running",
                "/proc shows the node's memory and CPUs to containers",
                "apt-get install lxcfs"));
    }
}
