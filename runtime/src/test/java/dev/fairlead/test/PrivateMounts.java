package dev.fairlead.test;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.Propagation;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Runs a block on a thread with a mount namespace of its own, from which nothing reaches the machine's; both end with the block. */
public final class PrivateMounts {
    private PrivateMounts() {}

    /** A block that mounts. */
    @FunctionalInterface
    public interface Block {
        void run() throws Exception;
    }

    /** Runs {@code block}; what it throws comes out here. */
    public static void run(Block block) throws Exception {
        run(EnumSet.noneOf(Kind.class), block);
    }

    /** Runs {@code block} with further namespaces of its own. */
    public static void run(Set<Kind> kinds, Block block) throws Exception {
        Set<Kind> all = EnumSet.of(Kind.MOUNT);
        all.addAll(kinds);
        Exception thrown = JobThread.call("private mounts", () -> {
            Namespaces.unshare(all);
            try (Fd root = Mounts.openTree(Fd.CWD, "/", EnumSet.noneOf(TreeFlag.class))) {
                Mounts.setAttributesRecursively(root, AttributeChange.propagation(Propagation.PRIVATE));
            }
            try {
                block.run();
                return null;
            } catch (Exception e) {
                return e;
            }
        });
        if (thrown != null) {
            throw thrown;
        }
    }

    /** The lines of the calling thread's mount table. */
    public static List<String> table() throws IOException {
        return Files.readAllLines(Path.of("/proc/thread-self/mountinfo"));
    }
}
