package dev.fairlead.image;

import dev.fairlead.image.ImageException.InvalidReference;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of an image at a registry, with everything that was left out filled in: {@code busybox} is
 * {@code docker.io/library/busybox:latest}. The rules are those of containerd and docker (distribution/reference).
 *
 * @param registry host, with a port where one was given; never {@code index.docker.io}
 * @param repository path below the registry
 * @param tag {@code latest} where neither tag nor digest was given; kept beside a digest, which alone decides then
 * @param digest what the manifest must hash to
 */
public record Reference(String registry, String repository, Optional<String> tag, Optional<Digest> digest) {
    private static final String DOCKER = "docker.io";
    private static final int LONGEST_NAME = 255;
    private static final Pattern COMPONENT = Pattern.compile("[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*");
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");
    private static final String LABEL = "(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])";
    private static final Pattern HOST =
            Pattern.compile("(?:" + LABEL + "(?:\\." + LABEL + ")*|\\[[0-9A-Fa-f:]+\\])(?::[0-9]{1,5})?");
    private static final Pattern BARE_ID = Pattern.compile("[0-9a-f]{64}");

    /**
     * Reads {@code [registry/]repository[:tag][@digest]}.
     * @throws InvalidReference names the text and what is wrong with it
     */
    public static Reference parse(String text) throws InvalidReference {
        if (text.isEmpty()) {
            throw new InvalidReference("the image reference is empty: give a name such as registry.example/app:1.0");
        }
        if (BARE_ID.matcher(text).matches()) {
            throw bad(text, "64 hexadecimal digits are an image id, not a name: a registry needs a name");
        }
        int at = text.indexOf('@');
        String named = at < 0 ? text : text.substring(0, at);
        Optional<Digest> digest = Optional.empty();
        if (at >= 0) {
            try {
                digest = Optional.of(Digest.parse(text.substring(at + 1)));
            } catch (InvalidReference e) {
                throw bad(text, e.getMessage());
            }
        }
        // A colon before the last slash belongs to a port.
        int colon = named.indexOf(':', named.lastIndexOf('/') + 1);
        Optional<String> tag = Optional.empty();
        if (colon >= 0) {
            tag = Optional.of(checkTag(text, named.substring(colon + 1)));
            named = named.substring(0, colon);
        }
        if (tag.isEmpty() && digest.isEmpty()) {
            tag = Optional.of("latest");
        }
        return named(text, named, tag, digest);
    }

    private static Reference named(String text, String name, Optional<String> tag, Optional<Digest> digest)
            throws InvalidReference {
        int slash = name.indexOf('/');
        String first = slash < 0 ? "" : name.substring(0, slash);
        boolean hasHost = slash >= 0 && looksLikeHost(first);
        String registry = hasHost ? first : DOCKER;
        String repository = hasHost ? name.substring(slash + 1) : name;
        if (registry.equals("index.docker.io")) {
            registry = DOCKER;
        }
        if (!HOST.matcher(registry).matches()) {
            throw bad(text, "\"" + registry + "\" is not a host name with an optional port");
        }
        if (repository.isEmpty()) {
            throw bad(text, "there is no repository name");
        }
        for (String component : repository.split("/", -1)) {
            checkComponent(text, component);
        }
        if (registry.equals(DOCKER) && repository.indexOf('/') < 0) {
            repository = "library/" + repository;
        }
        if (registry.length() + 1 + repository.length() > LONGEST_NAME) {
            throw bad(text, "the name is longer than " + LONGEST_NAME + " characters");
        }
        return new Reference(registry, repository, tag, digest);
    }

    /** As docker tells a host from a user name: by a dot, a colon, capitals, or the word localhost. */
    private static boolean looksLikeHost(String first) {
        return first.indexOf('.') >= 0
                || first.indexOf(':') >= 0
                || first.equals("localhost")
                || first.chars().anyMatch(c -> c >= 'A' && c <= 'Z');
    }

    private static void checkComponent(String text, String component) throws InvalidReference {
        if (component.isEmpty()) {
            throw bad(text, "a part of the repository name is empty (two slashes in a row, or one at an end)");
        }
        if (component.chars().anyMatch(c -> c >= 'A' && c <= 'Z')) {
            throw bad(text, "repository names are lower case, \"" + component + "\" is not");
        }
        if (!COMPONENT.matcher(component).matches()) {
            throw bad(
                    text,
                    "\"" + component + "\" must be made of a-z and 0-9, separated by one dot, one or two underscores,"
                            + " or hyphens");
        }
    }

    private static String checkTag(String text, String tag) throws InvalidReference {
        if (tag.isEmpty()) {
            throw bad(text, "the tag after the colon is empty");
        }
        if (tag.length() > 128) {
            throw bad(text, "the tag has " + tag.length() + " characters, 128 are allowed");
        }
        if (!TAG.matcher(tag).matches()) {
            throw bad(
                    text,
                    "the tag \"" + tag + "\" must be made of letters, digits, '_', '.' and '-', and not begin with"
                            + " '.' or '-'");
        }
        return tag;
    }

    private static InvalidReference bad(String text, String reason) {
        return new InvalidReference("image reference \"" + text + "\": " + reason);
    }

    /** Registry and repository: what repoTags and repoDigests begin with. */
    public String name() {
        return registry + '/' + repository;
    }

    /** What decides at the registry: the digest, else the tag. */
    public String selector() {
        return digest.map(Digest::toString).or(() -> tag).orElse("latest");
    }

    /** The same image by {@code digest} alone. */
    public Reference withDigest(Digest pinned) {
        return new Reference(registry, repository, Optional.empty(), Optional.of(pinned));
    }

    /** The normal form: {@code name@digest}, else {@code name:tag}; a tag beside a digest does not show, as with containerd. */
    @Override
    public String toString() {
        return digest.map(pinned -> name() + '@' + pinned).orElseGet(() -> name() + ':' + selector());
    }
}
