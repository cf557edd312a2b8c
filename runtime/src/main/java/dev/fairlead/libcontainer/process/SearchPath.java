package dev.fairlead.libcontainer.process;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Where a program may be that a configuration names: what execvp(3) looks at, in its order. Which of them can be executed the launcher finds out. */
final class SearchPath {
    private static final String VARIABLE = "PATH=";

    /** PATH_MAX of the kernel, which counts the NUL. */
    private static final int MAX_LENGTH = 4095;

    private SearchPath() {}

    /**
     * The files to try.
     * @param name with a slash: that file alone. Without: looked for in the first PATH of {@code env}, whose empty elements are passed over: they
     *     would mean the working directory, which whoever set it rarely wanted
     */
    static List<String> candidates(String name, List<String> env) {
        if (name.indexOf('/') >= 0) {
            return List.of(name);
        }
        if (name.isEmpty()) {
            return List.of(); // a directory is no program
        }
        return env.stream()
                .filter(variable -> variable.startsWith(VARIABLE))
                .findFirst()
                .map(variable -> variable.substring(VARIABLE.length()))
                .stream()
                .flatMap(path -> Arrays.stream(path.split(":", -1)))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> directory + "/" + name)
                .filter(path -> path.getBytes(StandardCharsets.UTF_8).length <= MAX_LENGTH)
                .toList();
    }
}
