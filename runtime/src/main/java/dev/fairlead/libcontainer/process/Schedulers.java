package dev.fairlead.libcontainer.process;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names of sched_setattr(2) and ioprio_set(2), as config.json has them. */
final class Schedulers {
    private static final Map<String, Integer> POLICIES = Map.of(
            "SCHED_OTHER", 0,
            "SCHED_FIFO", 1,
            "SCHED_RR", 2,
            "SCHED_BATCH", 3,
            "SCHED_ISO", 4,
            "SCHED_IDLE", 5,
            "SCHED_DEADLINE", 6);

    private static final Map<String, Integer> FLAGS = Map.of(
            "SCHED_FLAG_RESET_ON_FORK", 0x01,
            "SCHED_FLAG_RECLAIM", 0x02,
            "SCHED_FLAG_DL_OVERRUN", 0x04,
            "SCHED_FLAG_KEEP_POLICY", 0x08,
            "SCHED_FLAG_KEEP_PARAMS", 0x10,
            "SCHED_FLAG_UTIL_CLAMP_MIN", 0x20,
            "SCHED_FLAG_UTIL_CLAMP_MAX", 0x40);

    private static final Map<String, Integer> IO_CLASSES =
            Map.of("IOPRIO_CLASS_RT", 1, "IOPRIO_CLASS_BE", 2, "IOPRIO_CLASS_IDLE", 3);

    private Schedulers() {}

    static int policy(String name) {
        return find(POLICIES, name, "process.scheduler.policy");
    }

    static long flags(List<String> names) {
        long flags = 0;
        for (String name : names) {
            flags |= find(FLAGS, name, "process.scheduler.flags");
        }
        return flags;
    }

    static int ioClass(@Nullable String name) {
        return find(IO_CLASSES, name, "process.ioPriority.class");
    }

    /** Bits that newer kernels have between class and level are not the configuration's to set. */
    static int ioLevel(@Nullable Integer level) {
        if (level == null) {
            return 0;
        }
        if (level < 0 || level > 7) {
            throw new IllegalArgumentException("process.ioPriority.priority: " + level + " is not between 0 and 7");
        }
        return level;
    }

    private static int find(Map<String, Integer> numbers, @Nullable String name, String field) {
        Integer number = name == null ? null : numbers.get(name);
        if (number == null) {
            throw new IllegalArgumentException(field + ": unknown \"" + name + "\"; known are "
                    + String.join(", ", numbers.keySet().stream().sorted().toList()));
        }
        return number;
    }
}
