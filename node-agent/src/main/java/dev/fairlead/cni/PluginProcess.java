package dev.fairlead.cni;

import dev.fairlead.linux.ShortProcess;
import dev.fairlead.linux.ShortProcess.Output;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;

/** One run of a plugin. */
final class PluginProcess {
    /** More than any plugin has to say. */
    private static final int MAX_OUTPUT = 256 * 1024;

    private PluginProcess() {}

    /**
     * Runs {@code program} with our environment and {@code environment}.
     * @throws TimeoutException it has not ended in {@code limit}; it and its children were killed
     * @throws IOException it cannot be started
     */
    static Output run(Path program, Map<String, String> environment, byte[] input, Duration limit)
            throws IOException, TimeoutException {
        String path = program.toString();
        return ShortProcess.run(path, List.of(path), variables(environment), input, MAX_OUTPUT, limit);
    }

    private static List<String> variables(Map<String, String> more) {
        Map<String, String> all = new TreeMap<>(System.getenv());
        all.putAll(more);
        List<String> variables = new ArrayList<>();
        all.forEach((name, value) -> variables.add(name + "=" + value));
        return variables;
    }
}
