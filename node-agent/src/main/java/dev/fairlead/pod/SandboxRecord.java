package dev.fairlead.pod;

import java.util.List;

/**
 * What is kept of a sandbox beside its request.
 *
 * @param runtimeHandler as it was asked for
 * @param createdAt ns since the epoch
 * @param cgroupParent below the cgroup mounts
 * @param ownsCgroupParent whether we made it: a kubelet makes and removes its own
 * @param ready as opposed to stopped
 * @param addresses the primary one first
 */
record SandboxRecord(
        String runtimeHandler,
        long createdAt,
        String cgroupParent,
        boolean ownsCgroupParent,
        boolean ready,
        List<String> addresses) {}
