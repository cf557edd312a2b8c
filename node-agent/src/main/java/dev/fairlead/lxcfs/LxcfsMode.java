package dev.fairlead.lxcfs;

import dev.fairlead.spec.InvalidConfigException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Whether containers get the files of lxcfs. */
public enum LxcfsMode {
    /** Where lxcfs runs. */
    AUTO,
    /** Never. */
    OFF,
    /** Always: without lxcfs no container is made. */
    REQUIRED;

    /** The annotation of a pod that goes before the daemon's setting. */
    public static final String ANNOTATION = "fairlead.dev/lxcfs";

    /** As settings and the annotation spell it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The mode of that word; empty: there is none. */
    public static Optional<LxcfsMode> of(String word) {
        return Arrays.stream(values()).filter(mode -> mode.word().equals(word)).findFirst();
    }

    /**
     * What a pod asks for.
     * @param byDefault where its annotations say nothing
     * @throws InvalidConfigException they say something that is no mode
     */
    public static LxcfsMode of(Map<String, String> annotations, LxcfsMode byDefault) throws InvalidConfigException {
        String word = annotations.get(ANNOTATION);
        return word == null
                ? byDefault
                : of(word).orElseThrow(() -> new InvalidConfigException("annotation " + ANNOTATION + ": \"" + word
                        + "\" is none of "
                        + Arrays.stream(values()).map(LxcfsMode::word).collect(Collectors.joining(", "))));
    }
}
