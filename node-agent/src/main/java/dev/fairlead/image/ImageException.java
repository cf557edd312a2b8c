package dev.fairlead.image;

import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Why an image could not be had, kept or unpacked. One class for each answer that a caller gives; the message says what to do. */
public abstract sealed class ImageException extends IOException {
    private static final long serialVersionUID = 1L;

    private ImageException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Never null. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    /** The text does not name an image: gRPC INVALID_ARGUMENT. */
    public static final class InvalidReference extends ImageException {
        private static final long serialVersionUID = 1L;

        public InvalidReference(String message) {
            super(message, null);
        }
    }

    /** No such image, here or at the registry: gRPC NOT_FOUND. */
    public static final class NotFound extends ImageException {
        private static final long serialVersionUID = 1L;

        public NotFound(String message) {
            super(message, null);
        }
    }

    /** The registry does not know us: credentials are missing or wrong (401). gRPC UNAUTHENTICATED. */
    public static final class Unauthenticated extends ImageException {
        private static final long serialVersionUID = 1L;

        public Unauthenticated(String message) {
            super(message, null);
        }
    }

    /** The registry knows us and refuses (403): gRPC PERMISSION_DENIED. */
    public static final class Denied extends ImageException {
        private static final long serialVersionUID = 1L;

        public Denied(String message) {
            super(message, null);
        }
    }

    /** The registry wants fewer requests (429), and went on wanting that for longer than we wait: gRPC RESOURCE_EXHAUSTED. */
    public static final class TooManyRequests extends ImageException {
        private static final long serialVersionUID = 1L;

        private final @Nullable Duration retryAfter;

        public TooManyRequests(String message, @Nullable Duration retryAfter) {
            super(message, null);
            this.retryAfter = retryAfter;
        }

        /** What the registry asked for, where it did. */
        public Optional<Duration> retryAfter() {
            return Optional.ofNullable(retryAfter);
        }
    }

    /** No answer, half an answer, or 5xx, after all retries: gRPC UNAVAILABLE. */
    public static final class Unavailable extends ImageException {
        private static final long serialVersionUID = 1L;

        public Unavailable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** The content is not what its digest says: gRPC DATA_LOSS. */
    public static final class DigestMismatch extends ImageException {
        private static final long serialVersionUID = 1L;

        private final Digest expected;
        private final Digest actual;

        public DigestMismatch(String message, Digest expected, Digest actual) {
            super(message, null);
            this.expected = expected;
            this.actual = actual;
        }

        public Digest expected() {
            return expected;
        }

        public Digest actual() {
            return actual;
        }
    }

    /** Content that its digest vouches for, and that is damaged, hostile or made for another machine: gRPC FAILED_PRECONDITION. */
    public static final class BadImage extends ImageException {
        private static final long serialVersionUID = 1L;

        public BadImage(String message, @Nullable Throwable cause) {
            super(message, cause);
        }

        public BadImage(String message) {
            this(message, null);
        }
    }

    /** The disk is full, or a quota is used up: gRPC RESOURCE_EXHAUSTED. What was unpacked so far is gone again. */
    public static final class NoSpace extends ImageException {
        private static final long serialVersionUID = 1L;

        public NoSpace(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** A file of {@code certs.d} that cannot be used: gRPC FAILED_PRECONDITION. */
    public static final class BadConfiguration extends ImageException {
        private static final long serialVersionUID = 1L;

        public BadConfiguration(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
