package dev.fairlead.pod;

import dev.fairlead.libcontainer.process.ExitRecord;
import dev.fairlead.libcontainer.process.ExitStatus;
import dev.fairlead.libcontainer.process.LaunchFailure;
import dev.fairlead.oci.Process;
import java.io.IOException;
import java.util.Optional;

/** How the end of a process is told to the kubelet. */
final class Exits {
    /** Of a container whose program could not be executed: what containerd reports, and the kubelet's StartError. */
    private static final int NOT_STARTED = 128;

    private static final int UNKNOWN = 255;

    private Exits() {}

    static ContainerState.Exited of(PodContainer container, ExitRecord record, boolean oomKilled) {
        long finishedAt = Clocks.nanos(record.finishedAt());
        if (record.failure().isPresent()) {
            LaunchFailure failure = record.failure().get();
            return new ContainerState.Exited(
                    0, finishedAt, NOT_STARTED, "StartError", failure.describe(object(container, failure)));
        }
        long startedAt = container.state().startedAt();
        return switch (record.status()) {
            case ExitStatus.Code(int code)
            when code == 0 -> new ContainerState.Exited(startedAt, finishedAt, 0, "Completed", "");
            case ExitStatus.Code _, ExitStatus.Signal _ ->
                new ContainerState.Exited(
                        startedAt, finishedAt, record.status().asExitCode(), oomKilled ? "OOMKilled" : "Error", "");
            case ExitStatus.Unknown(String why) ->
                new ContainerState.Exited(startedAt, finishedAt, UNKNOWN, "Unknown", why);
        };
    }

    /** What a launch failed on, as a person knows it: the command where it is that, else the container. */
    static String object(PodContainer container, LaunchFailure failure) {
        String name = "container " + container.config().getMetadata().getName();
        if (!failure.commandNotFound() && !failure.commandNotExecutable()) {
            return name;
        }
        try {
            Process process = container.spec().process();
            return process == null ? name : name + ", \"" + process.args().getFirst() + '"';
        } catch (IOException e) {
            // Its configuration cannot be read any more: the failure is told without the command's name.
            return name;
        }
    }

    /** Of a container whose warden is gone without a word: an exit code would be a guess. */
    static ContainerState.Exited unseen(PodContainer container, Optional<Throwable> failure) {
        return new ContainerState.Exited(
                container.state().startedAt(),
                Clocks.now(),
                UNKNOWN,
                "Unknown",
                "its warden is gone, and with it the exit status"
                        + failure.map(Throwable::getMessage)
                                .map(text -> ": " + text)
                                .orElse(""));
    }
}
