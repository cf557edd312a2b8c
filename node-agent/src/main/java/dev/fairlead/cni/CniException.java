package dev.fairlead.cni;

import java.io.IOException;

/**
 * A plugin that failed: which, at what, and its own words. The codes below 100 are those of CNI's specification, section 5; {@value
 * #NO_ANSWER} stands for a plugin that gave no error of its own.
 */
public final class CniException extends IOException {
    private static final long serialVersionUID = 1L;

    /** The plugin could not be started, did not end in time, or said nothing that can be read. */
    public static final int NO_ANSWER = 0;

    /** STATUS: ADD would fail. */
    public static final int NOT_AVAILABLE = 50;

    /** STATUS: existing pods may have no connection either. */
    public static final int LIMITED_CONNECTIVITY = 51;

    private final String plugin;
    private final int code;
    private final String msg;
    private final String details;

    CniException(Command command, String plugin, int code, String msg, String details) {
        super("CNI plugin " + plugin + ", " + command + ": " + msg
                + (details.isEmpty() || details.equals(msg) ? "" : ": " + details)
                + (code == NO_ANSWER ? "" : " (code " + code + ")"));
        this.plugin = plugin;
        this.code = code;
        this.msg = msg;
        this.details = details;
    }

    /** The type of the plugin, as configured. */
    public String plugin() {
        return plugin;
    }

    public int code() {
        return code;
    }

    /** The plugin's short text. */
    public String msg() {
        return msg;
    }

    /** The plugin's longer text, or empty. */
    public String details() {
        return details;
    }
}
