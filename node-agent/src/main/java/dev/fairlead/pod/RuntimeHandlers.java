package dev.fairlead.pod;

import dev.fairlead.spec.InvalidConfigException;
import java.util.List;

/** What a RuntimeClass may name as its handler. */
public final class RuntimeHandlers {
    /** The default, which is no name, and our own. */
    public static final List<String> NAMES = List.of("", "fairlead");

    private RuntimeHandlers() {}

    /**
     * Judges a handler's name.
     * @throws InvalidConfigException no handler is called so
     */
    public static void requireKnown(String handler) throws InvalidConfigException {
        if (!NAMES.contains(handler)) {
            throw new InvalidConfigException("runtime_handler: no handler is called \"" + handler
                    + "\"; a RuntimeClass for this runtime has the handler \"fairlead\"");
        }
    }
}
