package dev.fairlead.image.store;

import dev.fairlead.image.Digest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Blobs and layers that somebody works with, so that they are not collected although no image names them yet. */
final class Holds {
    private final Map<Digest, Integer> held = new HashMap<>();

    /** What one piece of work holds; let go with {@link #close}. */
    final class Hold implements AutoCloseable {
        private final List<Digest> mine = new ArrayList<>();

        private Hold() {}

        /** To be called before one looks whether they are there. */
        void add(List<Digest> digests) {
            synchronized (Holds.this) {
                mine.addAll(digests);
                digests.forEach(digest -> held.merge(digest, 1, Integer::sum));
            }
        }

        @Override
        public void close() {
            synchronized (Holds.this) {
                mine.forEach(digest -> held.computeIfPresent(digest, (d, count) -> count == 1 ? null : count - 1));
                mine.clear();
            }
        }
    }

    Hold hold() {
        return new Hold();
    }

    /** Runs {@code removal} for a digest that nobody holds; nobody can take hold of it meanwhile. */
    <E extends Exception> void ifFree(Digest digest, Removal<E> removal) throws E {
        synchronized (this) {
            if (!held.containsKey(digest)) {
                removal.run();
            }
        }
    }

    /** Takes something away. */
    interface Removal<E extends Exception> {
        void run() throws E;
    }
}
