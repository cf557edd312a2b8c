package dev.fairlead.pod;

import java.io.IOException;

/** Why a call on a sandbox or container cannot be carried out; each kind has a gRPC code of its own. */
public abstract sealed class PodException extends IOException {
    private static final long serialVersionUID = 1L;

    PodException(String message) {
        super(message);
    }

    /** No such sandbox, container or image. CRI: NOT_FOUND. */
    public static final class NotFound extends PodException {
        private static final long serialVersionUID = 1L;

        public NotFound(String message) {
            super(message);
        }
    }

    /** The name is taken by another sandbox or container. CRI: ALREADY_EXISTS. */
    public static final class AlreadyExists extends PodException {
        private static final long serialVersionUID = 1L;

        public AlreadyExists(String message) {
            super(message);
        }
    }

    /** It is in a state in which this cannot be done. CRI: FAILED_PRECONDITION. */
    public static final class WrongState extends PodException {
        private static final long serialVersionUID = 1L;

        public WrongState(String message) {
            super(message);
        }
    }

    /** It took longer than the caller allowed. CRI: DEADLINE_EXCEEDED. */
    public static final class TimedOut extends PodException {
        private static final long serialVersionUID = 1L;

        public TimedOut(String message) {
            super(message);
        }
    }
}
