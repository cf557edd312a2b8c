package dev.fairlead.lxcfs;

import dev.fairlead.linux.Fd;
import java.util.LinkedHashMap;
import java.util.Map;

/** Mounts of lxcfs' files for one container, owned, by the path they belong at. */
final class LxcfsFiles implements AutoCloseable {
    private final Map<String, Fd> mounts = new LinkedHashMap<>();

    void put(String path, Fd mount) {
        mounts.put(path, mount);
    }

    /** Borrowed. */
    Map<String, Fd> mounts() {
        return mounts;
    }

    /** Drops those that were not attached. */
    @Override
    public void close() {
        mounts.values().forEach(Fd::close);
    }
}
