package dev.fairlead.streaming;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Requests that were granted by a CRI call and wait for their client. A token is good once, for {@link #LIFE}: the URL that it is part of passes
 * through the kubelet and the API server, and may turn up in logs.
 */
final class Tokens {
    static final Duration LIFE = Duration.ofMinutes(1);
    static final int MAX_WAITING = 1000;

    /** 128 bits: nobody guesses one within its minute. */
    private static final int BYTES = 16;

    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();

    /** In the order in which they were made, which is that in which they expire; guarded by this. */
    private final Map<String, Waiting> waiting = new LinkedHashMap<>();

    private record Waiting(StreamRequest request, long expiresAtMillis) {}

    Tokens(InstantSource clock) {
        this.clock = clock;
    }

    /** Gives a token; empty: too many clients have not come for theirs. */
    synchronized Optional<String> issue(StreamRequest request) {
        forgetExpired();
        if (waiting.size() >= MAX_WAITING) {
            return Optional.empty();
        }
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        waiting.put(token, new Waiting(request, clock.millis() + LIFE.toMillis()));
        return Optional.of(token);
    }

    /** Takes what a token stands for; empty: it was used, has expired, or never was. */
    synchronized Optional<StreamRequest> take(String token) {
        forgetExpired();
        return Optional.ofNullable(waiting.remove(token)).map(Waiting::request);
    }

    private void forgetExpired() {
        long now = clock.millis();
        for (Iterator<Waiting> all = waiting.values().iterator(); all.hasNext(); ) {
            if (all.next().expiresAtMillis > now) {
                return;
            }
            all.remove();
        }
    }
}
