package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.oci.CpuLimits;
import dev.fairlead.oci.Resources;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** CPUs and memory nodes: cpuset.cpus and cpuset.mems, named alike on v1 and v2. */
record Cpuset(CgroupDirectory directory) implements Controller {
    /**
     * Fills the two lists of v1 from the nearest ancestor that has them: a new cpuset there is empty, and takes no process until it is not.
     * @param root where the hierarchy begins, as far as we can see it
     */
    void inherit(Path root) throws CgroupException {
        inherit(root, directory, "cpuset.cpus");
        inherit(root, directory, "cpuset.mems");
    }

    private static String inherit(Path root, CgroupDirectory directory, String file) throws CgroupException {
        String list = directory.read(file);
        Path parent = directory.path().getParent();
        if (!list.isEmpty() || directory.path().equals(root) || parent == null) {
            return list;
        }
        String inherited = inherit(root, new CgroupDirectory(parent), file);
        directory.write(file, inherited);
        return inherited;
    }

    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException {
        CpuLimits cpu = limits.cpu();
        if (cpu == null) {
            return;
        }
        write("cpuset.cpus", cpu.cpus());
        write("cpuset.mems", cpu.mems());
    }

    private void write(String file, @Nullable String list) throws CgroupException {
        if (list != null && !list.isEmpty()) {
            directory.write(file, list);
        }
    }
}
