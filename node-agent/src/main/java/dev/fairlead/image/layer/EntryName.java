package dev.fairlead.image.layer;

import dev.fairlead.image.ImageException.BadImage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The name of a layer's entry below the layer's root: no leading slash, no {@code .} and no {@code ..} left in it.
 *
 * @param components of the path; none for the root itself
 */
record EntryName(List<String> components) {
    /** Leaves room in PATH_MAX (4096) for where the layer lies. */
    private static final int LONGEST = 3800;

    /**
     * Reads a name as tar has it. A leading slash means the root, as everywhere; {@code ..} is taken away with what it follows.
     * @throws BadImage where it leaves the root, or no file can have it
     */
    static EntryName parse(String text, String what) throws BadImage {
        if (text.indexOf('\0') >= 0) {
            throw new BadImage(what + ": the name contains a NUL character");
        }
        if (text.getBytes(StandardCharsets.UTF_8).length > LONGEST) {
            throw new BadImage(what.substring(0, Math.min(LONGEST, what.length())) + "...: the name is longer than "
                    + LONGEST + " bytes");
        }
        List<String> components = new ArrayList<>();
        for (String component : text.split("/", -1)) {
            switch (component) {
                case "", "." -> {}
                case ".." -> {
                    if (components.isEmpty()) {
                        throw new BadImage(
                                what + ": leaves the layer's root by \"..\"; the image is hostile or broken, do"
                                        + " not use it");
                    }
                    components.removeLast();
                }
                default -> components.add(component);
            }
        }
        return new EntryName(List.copyOf(components));
    }

    boolean isRoot() {
        return components.isEmpty();
    }

    /** The directory it lies in; not of the root. */
    String parent() {
        return String.join("/", components.subList(0, components.size() - 1));
    }

    /** The last component; not of the root. */
    String base() {
        return components.getLast();
    }

    EntryName child(String name) {
        List<String> longer = new ArrayList<>(components);
        longer.add(name);
        return new EntryName(List.copyOf(longer));
    }

    /** With slashes between, empty for the root. */
    @Override
    public String toString() {
        return String.join("/", components);
    }
}
