package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Signals;
import java.time.Duration;
import java.util.List;

/** The processes of a cgroup and of those below it, as one: stopped, let go, killed. */
sealed interface Processes {
    /** No process takes longer to be stopped, unless it sleeps uninterruptibly. */
    Duration FREEZE_LIMIT = Duration.ofSeconds(5);

    /** A fork bomb may outrun a round; frozen, it cannot, so few are needed. */
    int KILL_ROUNDS = 10;

    CgroupDirectory directory();

    /**
     * Stops all, and returns when they are.
     * @throws CgroupException not all within {@link #FREEZE_LIMIT}; they run again then
     */
    void freeze() throws CgroupException;

    void thaw() throws CgroupException;

    /** Sends SIGKILL to all, frozen or not; they may need a moment to be gone. */
    void kill() throws CgroupException;

    /** As {@link #kill}, for a kernel that cannot do it at once. */
    default void killOneByOne() throws CgroupException {
        for (int round = 0; round < KILL_ROUNDS; round++) {
            List<Integer> processes = directory().processesOfTree();
            if (processes.isEmpty()) {
                return;
            }
            try {
                freeze();
                processes = directory().processesOfTree();
            } catch (CgroupException e) {
                if (e.isGone()) {
                    return;
                }
                // One of them sleeps in the kernel: kill those that we see, and look again.
            }
            for (int process : processes) {
                kill(process);
            }
            thaw();
            Waiting.pause(Duration.ofMillis(1L << Math.min(round, 6)));
        }
    }

    private static void kill(int process) throws CgroupException {
        // 0 stands for a process outside of our pid namespace; as an argument it would mean our own process group.
        if (process <= 0) {
            return;
        }
        try {
            Signals.send(process, Signals.KILL);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ESRCH) {
                throw CgroupException.because("a process of the cgroup cannot be ended", e);
            }
        }
    }

    /** cgroup.freeze and cgroup.kill of the v2 hierarchy. */
    record Unified(CgroupDirectory directory) implements Processes {
        @Override
        public void freeze() throws CgroupException {
            directory.write("cgroup.freeze", 1);
            if (!Waiting.until(
                    FREEZE_LIMIT, () -> directory.pairs("cgroup.events").getOrDefault("frozen", 0L) == 1)) {
                thaw();
                throw new CgroupException(directory + ": not frozen within " + FREEZE_LIMIT.toSeconds()
                        + " s; a process sleeps uninterruptibly (state D in ps)");
            }
        }

        @Override
        public void thaw() throws CgroupException {
            directory.write("cgroup.freeze", 0);
        }

        @Override
        public void kill() throws CgroupException {
            try {
                if (!directory.writeIfPresent("cgroup.kill", "1")) {
                    killOneByOne();
                }
            } catch (CgroupException e) {
                if (!e.isGone()) {
                    throw e;
                }
            }
        }
    }

    /** The freezer hierarchy of v1. A process killed while frozen there dies when it is thawed. */
    record Freezer(CgroupDirectory directory) implements Processes {
        @Override
        public void freeze() throws CgroupException {
            directory.write("freezer.state", "FROZEN");
            // The kernel tries again at each write: a process born meanwhile would otherwise keep the state at
            // FREEZING.
            boolean frozen = Waiting.until(FREEZE_LIMIT, () -> {
                if (directory.read("freezer.state").equals("FROZEN")) {
                    return true;
                }
                directory.write("freezer.state", "FROZEN");
                return false;
            });
            if (!frozen) {
                thaw();
                throw new CgroupException(directory + ": not frozen within " + FREEZE_LIMIT.toSeconds()
                        + " s; a process sleeps uninterruptibly (state D in ps)");
            }
        }

        @Override
        public void thaw() throws CgroupException {
            directory.write("freezer.state", "THAWED");
        }

        @Override
        public void kill() throws CgroupException {
            try {
                killOneByOne();
            } catch (CgroupException e) {
                if (!e.isGone()) {
                    throw e;
                }
            }
        }
    }

    /** A hierarchy that can neither stop nor kill: what is left where v1 has no freezer. */
    record Listed(CgroupDirectory directory) implements Processes {
        @Override
        public void freeze() throws CgroupException {
            throw new CgroupException(
                    directory + ": cannot freeze: this node has neither a cgroup v2 hierarchy nor v1's freezer");
        }

        @Override
        public void thaw() {}

        @Override
        public void kill() throws CgroupException {
            killOneByOne();
        }
    }
}
