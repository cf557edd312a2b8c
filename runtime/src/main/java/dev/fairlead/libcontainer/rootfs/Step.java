package dev.fairlead.libcontainer.rootfs;

import java.io.IOException;
import java.util.function.Supplier;

/** A step of building a root file system: what fails in it is told with its name. */
final class Step {
    private Step() {}

    /** What a step does. */
    @FunctionalInterface
    interface Action {
        void run() throws IOException;
    }

    /** What a step does and gives. */
    @FunctionalInterface
    interface Source<T> {
        T get() throws IOException;
    }

    /** Does a step; an error that has a name, of a step within, keeps that. */
    static void run(Supplier<String> name, Action action) throws RootfsException {
        get(name, () -> {
            action.run();
            return name;
        });
    }

    /** Does a step that gives something. */
    static <T> T get(Supplier<String> name, Source<T> source) throws RootfsException {
        try {
            return source.get();
        } catch (RootfsException e) {
            throw e;
        } catch (IOException e) {
            throw new RootfsException(name.get(), e);
        }
    }
}
