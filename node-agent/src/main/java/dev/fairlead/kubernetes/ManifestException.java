package dev.fairlead.kubernetes;

/** A manifest, or what it refers to, that cannot be run. The message starts with the field, as {@code spec.containers[0].image}. */
public final class ManifestException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ManifestException(String field, String problem) {
        super(field + ": " + problem);
    }

    public ManifestException(String field, String problem, Throwable cause) {
        super(field + ": " + problem, cause);
    }
}
