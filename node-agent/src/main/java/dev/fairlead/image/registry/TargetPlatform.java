package dev.fairlead.image.registry;

import dev.fairlead.oci.Descriptor;
import dev.fairlead.oci.Platform;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The platform that images are taken for, in Go's words.
 *
 * @param os GOOS
 * @param architecture GOARCH
 * @param variant of the processor, such as v8; empty for none
 */
public record TargetPlatform(String os, String architecture, String variant) {
    /** Linux on the processor that runs us. */
    public static TargetPlatform ofThisMachine() {
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return switch (arch) {
            case "amd64", "x86_64" -> new TargetPlatform("linux", "amd64", "");
            case "aarch64" -> new TargetPlatform("linux", "arm64", "v8");
            default -> new TargetPlatform("linux", arch, "");
        };
    }

    /** The best of {@code manifests}: our variant before no variant before an older one; the first of equals. */
    public Optional<Descriptor> choose(List<Descriptor> manifests) {
        return manifests.stream()
                .filter(manifest -> distance(manifest.platform()) >= 0)
                .min(Comparator.comparingInt(manifest -> distance(manifest.platform())));
    }

    /** Whether an image of {@code platform} runs here. */
    public boolean runs(@Nullable Platform platform) {
        return distance(platform) >= 0;
    }

    /** 0 for a perfect match, more for one that will do, -1 for one that does not run here. */
    private int distance(@Nullable Platform platform) {
        if (platform == null
                || !os.equals(platform.os())
                || !architecture.equals(platform.architecture())
                || !platform.osFeatures().isEmpty()) {
            return -1;
        }
        String theirs = platform.variant() == null ? "" : platform.variant();
        if (theirs.equals(variant) || (theirs.isEmpty() && variant.equals("v8"))) {
            return 0;
        }
        if (theirs.isEmpty()) {
            return 1;
        }
        int ours = level(variant);
        int needed = level(theirs);
        // amd64 without a variant is v1: it cannot promise more.
        return needed <= ours ? 1 + ours - needed : -1;
    }

    private int level(String text) {
        if (text.isEmpty()) {
            return architecture.equals("amd64") ? 1 : 0;
        }
        try {
            return Integer.parseInt(text.substring(1));
        } catch (NumberFormatException e) {
            return Integer.MAX_VALUE;
        }
    }

    /** {@code linux/arm64/v8}. */
    @Override
    public String toString() {
        return os + '/' + architecture + (variant.isEmpty() ? "" : '/' + variant);
    }
}
