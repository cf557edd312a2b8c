package dev.fairlead.image;

import dev.fairlead.linux.CryptoDigest;
import java.io.Serializable;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The name of content (image-spec, descriptor.md, Digests): {@code sha256:} and 64 hexadecimal digits, or {@code sha512:} and 128.
 *
 * @param algorithm how the content is hashed
 * @param hex lower case
 */
public record Digest(Algorithm algorithm, String hex) implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final Pattern HEX = Pattern.compile("[0-9a-f]+");

    /** The algorithms that image-spec registers. */
    public enum Algorithm {
        SHA256("SHA-256", 64),
        SHA512("SHA-512", 128);

        private final String java;
        private final int digits;

        Algorithm(String java, int digits) {
            this.java = java;
            this.digits = digits;
        }

        /** As digests spell it. */
        public String prefix() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** A fresh hash, for much. */
        public MessageDigest hash() {
            return CryptoDigest.of(java).orElseGet(this::javasOwn);
        }

        private MessageDigest javasOwn() {
            try {
                return MessageDigest.getInstance(java);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java has " + java, e);
            }
        }
    }

    public Digest {
        if (hex.length() != algorithm.digits || !HEX.matcher(hex).matches()) {
            throw new IllegalArgumentException(
                    '"' + hex + "\" is not " + algorithm.digits + " lower case hexadecimal digits");
        }
    }

    /**
     * Reads {@code algorithm:hex}.
     * @throws ImageException.InvalidReference says what is wrong with the text
     */
    public static Digest parse(String text) throws ImageException.InvalidReference {
        int colon = text.indexOf(':');
        for (Algorithm algorithm : Algorithm.values()) {
            if (colon > 0 && text.substring(0, colon).equals(algorithm.prefix())) {
                String hex = text.substring(colon + 1);
                if (hex.length() != algorithm.digits) {
                    throw new ImageException.InvalidReference("digest \"" + text + "\": " + algorithm.prefix() + " has "
                            + algorithm.digits + " hexadecimal digits, these are " + hex.length());
                }
                if (!HEX.matcher(hex).matches()) {
                    throw new ImageException.InvalidReference(
                            "digest \"" + text + "\": only the digits 0-9 and a-f (lower case) are allowed");
                }
                return new Digest(algorithm, hex);
            }
        }
        throw new ImageException.InvalidReference(
                "digest \"" + text + "\": must begin with \"sha256:\" or \"sha512:\"");
    }

    /** Of a hash that has seen all of the content. */
    public static Digest of(Algorithm algorithm, MessageDigest hash) {
        return new Digest(algorithm, HexFormat.of().formatHex(hash.digest()));
    }

    /** The SHA-256 of {@code content}. */
    public static Digest sha256(byte[] content) {
        MessageDigest hash = Algorithm.SHA256.javasOwn();
        hash.update(content);
        return of(Algorithm.SHA256, hash);
    }

    /** {@code algorithm:hex}. */
    @Override
    public String toString() {
        return algorithm.prefix() + ':' + hex;
    }
}
