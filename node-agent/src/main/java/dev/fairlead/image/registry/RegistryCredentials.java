package dev.fairlead.image.registry;

import dev.fairlead.image.ImageException.InvalidReference;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** What a pull shows to a registry. Nothing of it ever reaches a log or a message. */
public sealed interface RegistryCredentials {
    /** For Basic authentication, at the registry or at its token server. */
    record Password(String username, String secret) implements RegistryCredentials {
        @Override
        public String toString() {
            return "password of " + username;
        }
    }

    /** An OAuth2 refresh token ({@code identity_token}): changed for an access token at the token server. */
    record IdentityToken(String token) implements RegistryCredentials {
        @Override
        public String toString() {
            return "identity token";
        }
    }

    /** A bearer token for the registry itself ({@code registry_token}). */
    record RegistryToken(String token) implements RegistryCredentials {
        @Override
        public String toString() {
            return "registry token";
        }
    }

    /**
     * Reads CRI's AuthConfig; empty fields are absent ones. {@code registry_token} comes before {@code identity_token}, that before user
     * and password, those before {@code auth}.
     * @param auth base64 of {@code user:password}
     * @param serverAddress the registry these are meant for, as host or URL; empty for whatever is pulled from
     * @param registry host that is pulled from
     * @return empty where nothing is given, or it is meant for another registry
     * @throws InvalidReference where {@code auth} is not what it should be
     */
    static Optional<RegistryCredentials> fromAuthConfig(
            String username,
            String password,
            String auth,
            String identityToken,
            String registryToken,
            String serverAddress,
            String registry)
            throws InvalidReference {
        if (!serverAddress.isEmpty() && !hostOf(serverAddress).equals(hostOf(registry))) {
            return Optional.empty();
        }
        if (!registryToken.isEmpty()) {
            return Optional.of(new RegistryToken(registryToken));
        }
        if (!identityToken.isEmpty()) {
            return Optional.of(new IdentityToken(identityToken));
        }
        if (!username.isEmpty()) {
            return Optional.of(new Password(username, password));
        }
        return auth.isEmpty() ? Optional.empty() : Optional.of(decode(auth));
    }

    private static Password decode(String auth) throws InvalidReference {
        String text;
        try {
            text = new String(Base64.getDecoder().decode(auth.strip()), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new InvalidReference("auth.auth is not base64: give base64 of \"user:password\"");
        }
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new InvalidReference("auth.auth has no colon once decoded: give base64 of \"user:password\"");
        }
        // Docker pads old entries with NULs.
        return new Password(text.substring(0, colon), text.substring(colon + 1).replaceAll("\\x00+$", ""));
    }

    private static String hostOf(String address) {
        String host = address.replaceFirst("^https?://", "");
        int slash = host.indexOf('/');
        host = slash < 0 ? host : host.substring(0, slash);
        return host.equals("index.docker.io") || host.equals("registry-1.docker.io") ? "docker.io" : host;
    }
}
