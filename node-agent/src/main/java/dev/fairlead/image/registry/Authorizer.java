package dev.fairlead.image.registry;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.registry.RegistryCredentials.IdentityToken;
import dev.fairlead.image.registry.RegistryCredentials.Password;
import dev.fairlead.image.registry.RegistryCredentials.RegistryToken;
import dev.fairlead.oci.OciJson;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Shows credentials to one place on behalf of one pull. The token it gets is forgotten with the pull: a token that one pod's secret bought
 * must not open the registry to another pod.
 */
final class Authorizer {
    private static final int LONGEST_TOKEN_ANSWER = 1 << 20;

    private final Transport transport;
    private final Endpoint endpoint;
    private final String scope;
    private final Optional<RegistryCredentials> credentials;
    private @Nullable String header;

    Authorizer(Transport transport, Endpoint endpoint, String repository, Optional<RegistryCredentials> credentials) {
        this.transport = transport;
        this.endpoint = endpoint;
        this.scope = "repository:" + repository + ":pull";
        this.credentials = credentials;
        if (credentials.orElse(null) instanceof RegistryToken(String token)) {
            header = "Bearer " + token;
        }
    }

    /** What requests carry now; null before a place has asked. */
    synchronized @Nullable String header() {
        return header;
    }

    /**
     * Answers a 401: gets a token, or decides for Basic.
     * @param refused what the refused request carried
     * @return whether {@link #header} is another one now, and the request worth repeating
     * @throws ImageException where the token server refuses or fails
     */
    synchronized boolean answer(List<Challenge> challenges, @Nullable String refused)
            throws IOException, InterruptedException {
        if (header != null && !header.equals(refused)) {
            return true; // another layer's request was quicker
        }
        String before = header;
        Optional<Challenge> bearer = find(challenges, "bearer");
        if (bearer.isPresent() && !(credentials.orElse(null) instanceof RegistryToken)) {
            header = "Bearer " + token(bearer.get());
        } else if (find(challenges, "basic").isPresent() && credentials.orElse(null) instanceof Password password) {
            header = basic(password);
        }
        return header != null && !header.equals(before);
    }

    private static Optional<Challenge> find(List<Challenge> challenges, String scheme) {
        return challenges.stream()
                .filter(challenge -> challenge.scheme().equals(scheme))
                .findFirst();
    }

    /** The token server's side (distribution, auth/token and auth/oauth). */
    private String token(Challenge challenge) throws IOException, InterruptedException {
        URI realm = realm(challenge.get("realm"));
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("service", challenge.get("service"));
        fields.put("scope", challenge.get("scope").isEmpty() ? scope : challenge.get("scope"));
        fields.values().removeIf(String::isEmpty);
        HttpRequest request;
        if (credentials.orElse(null) instanceof IdentityToken(String refreshToken)) {
            fields.put("grant_type", "refresh_token");
            fields.put("client_id", "fairlead");
            fields.put("refresh_token", refreshToken);
            request = Transport.request(endpoint, realm)
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(HttpRequest.BodyPublishers.ofString(form(fields)))
                    .build();
        } else {
            String separator = realm.getRawQuery() == null ? "?" : "&";
            HttpRequest.Builder builder = Transport.request(endpoint, URI.create(realm + separator + form(fields)));
            if (credentials.orElse(null) instanceof Password password) {
                builder.header("Authorization", basic(password));
            }
            request = builder.build();
        }
        HttpResponse<InputStream> response = transport.send(endpoint, request);
        try (InputStream body = response.body()) {
            return read(realm, response.statusCode(), body.readNBytes(LONGEST_TOKEN_ANSWER));
        }
    }

    private String read(URI realm, int status, byte[] body) throws IOException {
        String server = "token server " + realm.getAuthority() + " of registry " + endpoint.host();
        switch (status) {
            case 200 -> {}
            case 400, 401 ->
                throw new ImageException.Unauthenticated(server + " answers " + status + RegistryErrors.in(body) + ": "
                        + (credentials.isPresent()
                                ? "the credentials are refused; check the image pull secret"
                                : "it wants credentials and none are given; add an image pull secret"));
            case 403 ->
                throw new ImageException.Denied(server + " answers 403" + RegistryErrors.in(body)
                        + ": the credentials may not pull this repository");
            case 429 ->
                throw new ImageException.TooManyRequests(
                        server + " answers 429: too many requests; try again later", null);
            default -> throw new ImageException.Unavailable(server + " answers " + status, null);
        }
        JsonNode answer;
        try {
            answer = OciJson.mapper().readTree(body);
        } catch (JacksonException e) {
            throw new ImageException.Unavailable(server + " answers with what is not JSON", e);
        }
        String token = answer.path("token").asText(answer.path("access_token").asText(""));
        if (token.isEmpty()) {
            throw new ImageException.Unavailable(server + " answers without a token", null);
        }
        return token;
    }

    private URI realm(String text) throws ImageException {
        try {
            URI realm = URI.create(text);
            if (realm.getHost() != null && ("https".equals(realm.getScheme()) || isPlainAllowed(realm))) {
                return realm;
            }
        } catch (IllegalArgumentException e) {
            // Said below: whoever reads it cares for the text, not for our parser.
        }
        throw new ImageException.Unavailable(
                "registry " + endpoint.host() + " names a token server that is not asked: \"" + text + '"', null);
    }

    /** A registry that is reached over TLS must not send a password elsewhere in clear. */
    private boolean isPlainAllowed(URI realm) {
        return "http".equals(realm.getScheme()) && "http".equals(endpoint.base().getScheme());
    }

    private static String form(Map<String, String> fields) {
        return fields.entrySet().stream()
                .map(field -> field.getKey() + '=' + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }

    private static String basic(Password password) {
        String text = password.username() + ':' + password.secret();
        return "Basic " + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
