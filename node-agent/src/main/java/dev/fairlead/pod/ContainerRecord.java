package dev.fairlead.pod;

import dev.fairlead.libcontainer.process.ProcessId;
import dev.fairlead.oci.User;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a container beside its request. Without one, its directory is a creation that was cut off.
 *
 * @param sandboxId its pod
 * @param createdAt ns since the epoch
 * @param imageId the image's id at creation
 * @param imageRef what the kubelet finds the image by
 * @param cgroup its cgroup below the cgroup mounts, absolute
 * @param user as whom it runs, resolved in its image
 * @param stopSignal number of the signal that asks it to end
 * @param init its first process
 * @param warden its warden
 * @param lxcfs whether it was given the files of lxcfs
 * @param startedAt ns since the epoch; 0 before
 * @param exited how it ended; null while it has not
 */
record ContainerRecord(
        String sandboxId,
        long createdAt,
        String imageId,
        String imageRef,
        String cgroup,
        User user,
        int stopSignal,
        ProcessId init,
        ProcessId warden,
        boolean lxcfs,
        long startedAt,
        @Nullable Exit exited) {

    /** {@link ContainerState.Exited}, but for what is said above. */
    record Exit(long finishedAt, int exitCode, String reason, String message) {}

    ContainerState state() {
        if (exited != null) {
            return new ContainerState.Exited(
                    startedAt, exited.finishedAt(), exited.exitCode(), exited.reason(), exited.message());
        }
        return startedAt == 0 ? new ContainerState.Created() : new ContainerState.Running(startedAt);
    }

    PodContainer.Identity identity() {
        return new PodContainer.Identity(
                sandboxId, createdAt, imageId, imageRef, cgroup, user, stopSignal, init, warden, lxcfs);
    }
}
