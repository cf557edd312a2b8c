package dev.fairlead.cri;

import dev.fairlead.checkpoint.CheckpointException;
import dev.fairlead.image.ImageException;
import dev.fairlead.libcontainer.cgroups.CgroupException;
import dev.fairlead.libcontainer.process.LaunchFailure;
import dev.fairlead.libcontainer.process.LauncherException;
import dev.fairlead.libcontainer.rootfs.RootfsException;
import dev.fairlead.pod.Blame;
import dev.fairlead.pod.PodException;
import dev.fairlead.spec.InvalidConfigException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;

/** Exceptions as gRPC statuses: the one place that knows both. The message is what {@code kubectl describe pod} shows. */
public final class StatusMapper {
    private static final System.Logger LOG = System.getLogger(StatusMapper.class.getName());

    private StatusMapper() {}

    /**
     * The status of a call that failed.
     * @param method as the log names it
     */
    public static StatusRuntimeException toStatus(String method, Throwable failure) {
        Status status = status(failure);
        if (status.getCode() == Status.Code.INTERNAL) {
            LOG.log(System.Logger.Level.ERROR, method + " failed", failure);
        } else {
            LOG.log(System.Logger.Level.INFO, () -> method + ": " + status.getCode() + ": " + status.getDescription());
        }
        return status.withCause(failure).asRuntimeException();
    }

    /** The same, with what it was about before the message. */
    static StatusRuntimeException toStatus(String method, String about, Throwable failure) {
        Status status = status(failure);
        return toStatus(
                method,
                status.withDescription(about + ": " + status.getDescription())
                        .withCause(failure)
                        .asRuntimeException());
    }

    private static Status status(Throwable failure) {
        return switch (failure) {
            case PodException.NotFound e -> Status.NOT_FOUND.withDescription(e.getMessage());
            case PodException.AlreadyExists e -> Status.ALREADY_EXISTS.withDescription(e.getMessage());
            case PodException.WrongState e -> Status.FAILED_PRECONDITION.withDescription(e.getMessage());
            case PodException.TimedOut e -> Status.DEADLINE_EXCEEDED.withDescription(e.getMessage());
            case InvalidConfigException e -> Status.INVALID_ARGUMENT.withDescription(describe(e));
            case CheckpointException e -> Status.INVALID_ARGUMENT.withDescription(describe(e));
            case ImageException e -> code(e).toStatus().withDescription(describe(e));
            case LauncherException e -> code(e.failure()).toStatus().withDescription(describe(e));
            case RootfsException e ->
                (Blame.isOnTheRequest(e) ? Status.INVALID_ARGUMENT : Status.UNKNOWN).withDescription(describe(e));
            case CgroupException e ->
                (Blame.isOnTheRequest(e) ? Status.INVALID_ARGUMENT : Status.UNKNOWN).withDescription(describe(e));
            case StatusRuntimeException e -> e.getStatus();
            case InterruptedException e -> Status.CANCELLED.withDescription("the daemon is shutting down");
            case IOException e -> Status.UNKNOWN.withDescription(describe(e));
            default -> Status.INTERNAL.withDescription(failure.toString());
        };
    }

    private static Status.Code code(LaunchFailure failure) {
        if (failure.commandNotFound()) {
            return Status.Code.NOT_FOUND;
        }
        return failure.commandNotExecutable() ? Status.Code.FAILED_PRECONDITION : Status.Code.UNKNOWN;
    }

    private static Status.Code code(ImageException failure) {
        return switch (failure) {
            case ImageException.InvalidReference _ -> Status.Code.INVALID_ARGUMENT;
            case ImageException.NotFound _ -> Status.Code.NOT_FOUND;
            case ImageException.Unauthenticated _ -> Status.Code.UNAUTHENTICATED;
            case ImageException.Denied _ -> Status.Code.PERMISSION_DENIED;
            case ImageException.TooManyRequests _ -> Status.Code.RESOURCE_EXHAUSTED;
            case ImageException.Unavailable _ -> Status.Code.UNAVAILABLE;
            case ImageException.DigestMismatch _ -> Status.Code.DATA_LOSS;
            case ImageException.BadImage _, ImageException.BadConfiguration _ -> Status.Code.FAILED_PRECONDITION;
            case ImageException.NoSpace _ -> Status.Code.RESOURCE_EXHAUSTED;
        };
    }

    /** The message with those of its causes, as far as they say something of their own. */
    private static String describe(Throwable failure) {
        StringBuilder text = new StringBuilder(message(failure));
        Throwable cause = failure.getCause();
        for (int depth = 0; cause != null && depth < 5; depth++) {
            String more = message(cause);
            if (text.indexOf(more) < 0) {
                text.append(": ").append(more);
            }
            cause = cause.getCause();
        }
        return text.toString();
    }

    private static String message(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
