package dev.fairlead.kubernetes;

import dev.fairlead.cri.v1.IDMapping;
import dev.fairlead.cri.v1.ListPodSandboxRequest;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.PodSandbox;
import dev.fairlead.cri.v1.PodSandboxStatusRequest;
import dev.fairlead.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import dev.fairlead.cri.v1.UserNamespace;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;

/**
 * Chooses the ids of the node that the users of a pod with {@code hostUsers: false} get: 65536 from a multiple of it, as the kubelet does,
 * but far above its ranges, those of /etc/subuid and those that systemd gives out (its UIDS-GIDS document calls these unused).
 */
public final class HostUsers {
    /** How many a pod gets, of users and of groups. */
    static final int LENGTH = 65536;

    private static final int FIRST_BLOCK = 0x7000;
    private static final int BLOCKS = 0xffe;
    private static final long ANSWER_SECONDS = 10;

    /** For a look at what would be sent: the first ids there are. */
    static final UserNamespace EXAMPLE = block(FIRST_BLOCK);

    private HostUsers() {}

    /**
     * Chooses some that no pod of the server has. By chance among those: two runs that look at the same moment hardly choose the same.
     */
    public static UserNamespace choose(RuntimeServiceBlockingStub runtime) {
        Set<Integer> taken = new HashSet<>();
        for (PodSandbox sandbox : runtime.withDeadlineAfter(ANSWER_SECONDS, TimeUnit.SECONDS)
                .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                .getItemsList()) {
            UserNamespace users = runtime.withDeadlineAfter(ANSWER_SECONDS, TimeUnit.SECONDS)
                    .podSandboxStatus(PodSandboxStatusRequest.newBuilder()
                            .setPodSandboxId(sandbox.getId())
                            .build())
                    .getStatus()
                    .getLinux()
                    .getNamespaces()
                    .getOptions()
                    .getUsernsOptions();
            users.getUidsList().forEach(range -> taken.addAll(blocks(range)));
            users.getGidsList().forEach(range -> taken.addAll(blocks(range)));
        }
        return free(taken, ThreadLocalRandom.current()::nextInt);
    }

    /** {@code random}: a number from 0 to below its argument. */
    static UserNamespace free(Set<Integer> taken, IntUnaryOperator random) {
        int first = random.applyAsInt(BLOCKS);
        for (int i = 0; i < BLOCKS; i++) {
            int block = FIRST_BLOCK + (first + i) % BLOCKS;
            if (!taken.contains(block)) {
                return block(block);
            }
        }
        throw new ManifestException(
                "spec.hostUsers",
                "all " + BLOCKS + " ranges of ids for pods are in use: remove pods that are not needed");
    }

    /** The blocks that a range touches. */
    static Set<Integer> blocks(IDMapping range) {
        Set<Integer> blocks = new HashSet<>();
        long first = Integer.toUnsignedLong(range.getHostId());
        long last = first + Math.max(1, Integer.toUnsignedLong(range.getLength())) - 1;
        for (long block = first / LENGTH; block <= last / LENGTH; block++) {
            blocks.add((int) block);
        }
        return blocks;
    }

    private static UserNamespace block(int block) {
        IDMapping ids = IDMapping.newBuilder()
                .setHostId(block * LENGTH)
                .setLength(LENGTH)
                .build();
        return UserNamespace.newBuilder()
                .setMode(NamespaceMode.POD)
                .addUids(ids)
                .addGids(ids)
                .build();
    }
}
