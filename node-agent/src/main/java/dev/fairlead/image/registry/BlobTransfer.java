package dev.fairlead.image.registry;

import dev.fairlead.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The bytes of one blob, in order, from however many answers; hashed as they pass. */
final class BlobTransfer {
    private static final int BUFFER = 128 << 10;
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes ([0-9]{1,18})-.*");
    /** A connection that brings nothing for so long is given up: a peer that vanished never closes it. */
    private static final Duration STALL = Duration.ofSeconds(60);

    private final Digest expected;
    private final long size;
    private final BlobTarget target;
    private final LongConsumer arrived;
    private MessageDigest hash;
    private long position;

    /** The target could not take the bytes: our disk, not the network, so nothing that another request would mend. */
    static final class TargetFailed extends IOException {
        private static final long serialVersionUID = 1L;

        private final IOException failure;

        TargetFailed(IOException failure) {
            super(failure);
            this.failure = failure;
        }

        IOException failure() {
            return failure;
        }
    }

    BlobTransfer(Digest expected, long size, BlobTarget target, LongConsumer arrived) {
        this.expected = expected;
        this.size = size;
        this.target = target;
        this.arrived = arrived;
        this.hash = expected.algorithm().hash();
    }

    /** Bytes that are here. */
    long position() {
        return position;
    }

    /** Of all bytes; to be asked once. */
    Digest digest() {
        return Digest.of(expected.algorithm(), hash);
    }

    void restart() throws IOException {
        hash = expected.algorithm().hash();
        position = 0;
        target.restart();
    }

    /**
     * Takes what an answer has.
     * @return whether the blob is whole; what comes after its last byte is not read
     */
    boolean take(Answer answer) throws IOException {
        long start = startOf(answer);
        try (StallGuard guard = new StallGuard(answer.body(), STALL)) {
            InputStream body = answer.body();
            // A registry without ranges sends all of it again: pass over what we have. The digest judges the whole.
            body.skipNBytes(position - start);
            byte[] buffer = new byte[BUFFER];
            while (position < size) {
                int read = body.read(buffer, 0, (int) Math.min(buffer.length, size - position));
                if (read < 0) {
                    return false;
                }
                guard.progress();
                hash.update(buffer, 0, read);
                try {
                    target.write(buffer, read);
                } catch (IOException e) {
                    throw new TargetFailed(e);
                }
                position += read;
                arrived.accept(position);
            }
            return true;
        }
    }

    private long startOf(Answer answer) throws IOException {
        if (!answer.isPart()) {
            return 0;
        }
        Matcher range = CONTENT_RANGE.matcher(answer.header("Content-Range"));
        if (!range.matches() || Long.parseLong(range.group(1)) > position) {
            throw new IOException(
                    "asked for bytes from " + position + " and got \"" + answer.header("Content-Range") + '"');
        }
        return Long.parseLong(range.group(1));
    }
}
