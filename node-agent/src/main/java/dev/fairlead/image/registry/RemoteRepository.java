package dev.fairlead.image.registry;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fairlead.image.Digest;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.ImageException.DigestMismatch;
import dev.fairlead.image.Reference;
import dev.fairlead.image.registry.Endpoint.Capability;
import dev.fairlead.oci.OciJson;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One repository, for one pull. Each request goes to the mirrors in their order and to the registry last; a place that fails for good gives
 * way to the next one, and what the last one says is what counts. May be used by several threads at once.
 */
public final class RemoteRepository implements ContentSource {
    private static final String MANIFEST_TYPES = String.join(
            ", ",
            "application/vnd.oci.image.index.v1+json",
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.docker.distribution.manifest.list.v2+json",
            "application/vnd.docker.distribution.manifest.v2+json");
    /** What distribution-spec asks registries to take. */
    private static final int LARGEST_MANIFEST = 4 << 20;

    private static final int LARGEST_ERROR = 64 << 10;
    /** A blob that arrives in more pieces than this is given up. */
    private static final int MOST_PIECES = 200;

    private final Reference reference;
    private final boolean hasCredentials;
    private final List<Place> places;
    private final Transport transport;
    private final RetryPolicy retry;

    /** Where to ask, and with what. */
    record Place(Endpoint endpoint, Authorizer authorizer) {}

    /** Asks one place. */
    private interface Question<T> {
        T ask(Place place, boolean last) throws IOException, InterruptedException;
    }

    RemoteRepository(
            Reference reference, boolean hasCredentials, List<Place> places, Transport transport, RetryPolicy retry) {
        this.reference = reference;
        this.hasCredentials = hasCredentials;
        this.places = List.copyOf(places);
        this.transport = transport;
        this.retry = retry;
    }

    /**
     * Asks what a tag means now, without fetching it: registries count that less than a pull.
     * @return empty where the registry does not tell
     */
    public Optional<Digest> resolve(String tag) throws IOException, InterruptedException {
        return ask("tag " + tag, Capability.RESOLVE, (place, last) -> {
            try (Answer answer = answer(place, "HEAD", "manifests/" + tag, 0, last)) {
                String digest = answer.header("Docker-Content-Digest");
                return digest.isEmpty() ? Optional.empty() : Optional.of(Digest.parse(digest));
            }
        });
    }

    /**
     * Fetches the manifest or index that {@code selector} means.
     * @param selector a tag, or a digest that the content is checked against
     */
    public FetchedManifest manifest(String selector) throws IOException, InterruptedException {
        boolean byDigest = selector.indexOf(':') >= 0;
        String what = (byDigest ? "manifest " : "tag ") + selector;
        return ask(what, byDigest ? Capability.PULL : Capability.RESOLVE, (place, last) -> {
            try (Answer answer = answer(place, "GET", "manifests/" + selector, 0, last)) {
                byte[] content = answer.body().readNBytes(LARGEST_MANIFEST + 1);
                if (content.length > LARGEST_MANIFEST) {
                    throw new ImageException.BadImage(
                            at(place, what) + ": the manifest is larger than " + LARGEST_MANIFEST + " bytes");
                }
                Digest digest =
                        checked(place, what, content, byDigest ? selector : answer.header("Docker-Content-Digest"));
                return new FetchedManifest(digest, mediaType(content, answer.header("Content-Type")), content);
            }
        });
    }

    private Digest checked(Place place, String what, byte[] content, String promised) throws ImageException {
        if (promised.isEmpty()) {
            return Digest.sha256(content);
        }
        Digest expected = Digest.parse(promised);
        MessageDigest hash = expected.algorithm().hash();
        hash.update(content);
        Digest actual = Digest.of(expected.algorithm(), hash);
        if (!actual.equals(expected)) {
            throw mismatch(place, what, expected, actual);
        }
        return expected;
    }

    private static String mediaType(byte[] content, String contentType) throws IOException {
        try {
            JsonNode document = OciJson.mapper().readTree(content);
            String own = document.path("mediaType").asText("");
            return own.isEmpty() ? contentType.replaceFirst(";.*", "").strip() : own;
        } catch (JacksonException e) {
            return contentType;
        }
    }

    @Override
    public FetchedManifest manifest(Digest digest) throws IOException, InterruptedException {
        return manifest(digest.toString());
    }

    @Override
    public String label() {
        return "registry " + reference.registry() + ", repository " + reference.repository();
    }

    /**
     * Fetches a blob; what breaks off is resumed where it broke.
     * @param size bytes, as its descriptor says
     * @param arrived told how many bytes are here
     * @throws DigestMismatch where no place has the right bytes
     */
    @Override
    public void blob(Digest digest, long size, BlobTarget target, LongConsumer arrived)
            throws IOException, InterruptedException {
        String what = "blob " + digest;
        BlobTransfer transfer = new BlobTransfer(digest, size, target, arrived);
        ask(what, Capability.PULL, (place, last) -> {
            int fruitless = 0;
            for (int piece = 0; ; piece++) {
                long before = transfer.position();
                IOException failure;
                try (Answer answer = answer(place, "GET", "blobs/" + digest, before, last)) {
                    if (transfer.take(answer)) {
                        break;
                    }
                    failure = new IOException(
                            "the connection was closed after " + transfer.position() + " of " + size + " bytes");
                } catch (ImageException e) {
                    throw e;
                } catch (BlobTransfer.TargetFailed e) {
                    throw e.failure();
                } catch (IOException e) {
                    failure = e;
                }
                fruitless = transfer.position() > before ? 0 : fruitless + 1;
                if (fruitless >= retry.attempts() || piece >= MOST_PIECES) {
                    throw new ImageException.Unavailable(
                            at(place, what) + ": " + failure.getMessage() + " after " + (piece + 1)
                                    + " requests; check the network to the registry and pull again",
                            failure);
                }
                Thread.sleep(retry.delayAfter(Math.max(1, fruitless)));
            }
            Digest actual = transfer.digest();
            if (!actual.equals(digest)) {
                transfer.restart();
                throw mismatch(place, what, digest, actual);
            }
            return actual;
        });
    }

    /** Goes through the places that may be asked. */
    private <T> T ask(String what, Capability needed, Question<T> question) throws IOException, InterruptedException {
        List<Place> able = places.stream()
                .filter(place -> place.endpoint().capabilities().contains(needed))
                .toList();
        if (able.isEmpty()) {
            throw new ImageException.BadConfiguration(
                    "registry " + reference.registry() + ": hosts.toml grants no host the capability "
                            + needed.name().toLowerCase(Locale.ROOT) + ", which " + what + " needs",
                    null);
        }
        List<IOException> failures = new ArrayList<>();
        for (Place place : able) {
            boolean last = failures.size() == able.size() - 1;
            try {
                return question.ask(place, last);
            } catch (ImageException e) {
                failures.add(e);
            }
        }
        IOException verdict = failures.removeLast();
        failures.forEach(verdict::addSuppressed);
        throw verdict;
    }

    /** A successful answer of one place, after authentication and repeats. */
    private Answer answer(Place place, String method, String path, long from, boolean last)
            throws IOException, InterruptedException {
        String what = path.replaceFirst("^manifests/", "manifest ").replaceFirst("^blobs/", "blob ");
        boolean authenticated = false;
        // The next place is a mirror's second attempt.
        int attempts = last ? retry.attempts() : 1;
        ImageException failure = null;
        for (int attempt = 1; attempt <= attempts; ) {
            Duration wait = retry.delayAfter(attempt++);
            try {
                String header = place.authorizer().header();
                HttpResponse<InputStream> response =
                        transport.send(place.endpoint(), request(place, method, path, from, header));
                int status = response.statusCode();
                if (status == 200 || status == 206) {
                    return new Answer(response);
                }
                byte[] body;
                try (InputStream in = response.body()) {
                    body = in.readNBytes(LARGEST_ERROR);
                }
                if (status == 401 && !authenticated) {
                    authenticated = true;
                    List<String> challenges = response.headers().allValues("WWW-Authenticate");
                    if (place.authorizer().answer(Challenge.parse(challenges), header)) {
                        attempt--;
                        continue;
                    }
                }
                RetryAfter retryAfter = RetryAfter.of(response.headers());
                failure = refusal(place, what, status, RegistryErrors.in(body), retryAfter);
                if (!isWorthRepeating(status) || retryAfter.isLongerThan(retry.longestDelay())) {
                    break;
                }
                wait = retryAfter.orElse(wait);
            } catch (ImageException.Unavailable e) {
                failure = e;
            } catch (ImageException e) {
                throw e;
            } catch (IOException e) {
                // The first one tells most: of a port where nobody listens, the JDK's client says so once.
                failure = failure == null ? unreachable(place, what, e) : failure;
            }
            if (attempt <= attempts) {
                Thread.sleep(wait);
            }
        }
        throw Objects.requireNonNull(failure);
    }

    private ImageException unreachable(Place place, String what, IOException e) {
        return new ImageException.Unavailable(
                at(place, what) + ": "
                        + ConnectionFailure.reason(e, place.endpoint().base())
                        + "; check that the registry runs, its name resolves and the network reaches it",
                e);
    }

    private HttpRequest request(Place place, String method, String path, long from, @Nullable String authorization) {
        Endpoint endpoint = place.endpoint();
        String query =
                endpoint.mirror() ? "?ns=" + URLEncoder.encode(reference.registry(), StandardCharsets.UTF_8) : "";
        HttpRequest.Builder builder = Transport.request(
                        endpoint, URI.create(endpoint.base() + "/" + reference.repository() + '/' + path + query))
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (path.startsWith("manifests/")) {
            builder.header("Accept", MANIFEST_TYPES);
        }
        if (from > 0) {
            builder.header("Range", "bytes=" + from + '-');
        }
        if (authorization != null) {
            builder.setHeader("Authorization", authorization);
        }
        return builder.build();
    }

    private static boolean isWorthRepeating(int status) {
        return switch (status) {
            case 408, 429, 500, 502, 503, 504 -> true;
            default -> false;
        };
    }

    private ImageException refusal(Place place, String what, int status, String says, RetryAfter retryAfter) {
        String start = at(place, what) + ": the registry answers " + status + says;
        return switch (status) {
            case 404 ->
                new ImageException.NotFound(start + "; check the name and the tag, and that it was pushed there");
            case 401 ->
                new ImageException.Unauthenticated(start + "; "
                        + (hasCredentials
                                ? "the credentials are refused, check the image pull secret"
                                : "no credentials are given, add an image pull secret if the repository is private"));
            case 403 ->
                new ImageException.Denied(
                        start + "; " + (hasCredentials ? "these credentials" : "without credentials one")
                                + " may not pull this repository");
            case 429 ->
                new ImageException.TooManyRequests(
                        start + "; too many requests, " + retryAfter.advice(), retryAfter.toNullable());
            default ->
                new ImageException.Unavailable(
                        start + (status >= 500 ? "; it is failing, try again later" : "; it is not understood"), null);
        };
    }

    private DigestMismatch mismatch(Place place, String what, Digest expected, Digest actual) {
        return new DigestMismatch(
                at(place, what) + ": the content has digest " + actual + ", expected was " + expected
                        + "; the registry's copy is damaged, or something on the way changes it: push the image again",
                expected,
                actual);
    }

    /** {@code registry registry.example (mirror mirror.example), repository team/app, tag 1.0}. */
    private String at(Place place, String what) {
        String mirror =
                place.endpoint().mirror() ? " (mirror " + place.endpoint().host() + ')' : "";
        return "registry " + reference.registry() + mirror + ", repository " + reference.repository() + ", " + what;
    }
}
