package dev.fairlead.libcontainer.hooks;

import dev.fairlead.oci.Hook;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A hook that failed: names it, how it ended, and the end of what it wrote to stderr. */
public final class HookException extends IOException {
    private static final long serialVersionUID = 1;

    private static final int LONGEST_COMPLAINT = 2000;

    private HookException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /**
     * Makes one.
     * @param index of the hook among those of {@code point}, from 0
     * @param what it did: "exited with status 1"
     * @param stderr what it wrote there; the end of it is quoted
     */
    public static HookException of(
            HookPoint point, int index, Hook hook, String what, String stderr, @Nullable Throwable cause) {
        String complaint = stderr.strip();
        if (complaint.length() > LONGEST_COMPLAINT) {
            complaint = "..." + complaint.substring(complaint.length() - LONGEST_COMPLAINT);
        }
        return new HookException(
                "hooks." + point.ociName() + "[" + index + "]: " + hook.path() + " " + what
                        + (complaint.isEmpty() ? "" : ": " + complaint),
                cause);
    }
}
