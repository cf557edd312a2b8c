package dev.fairlead.selftest;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** All steps, each by itself: one that fails does not keep the others from being tried. Nothing on the node is changed. */
public final class SelfTest {
    private SelfTest() {}

    /** What one step does. */
    @FunctionalInterface
    interface Action {
        /** Throws whatever says that it is not right. */
        void run() throws Exception;
    }

    /** A step with the name that it is reported by. */
    record Step(String name, Action action) {}

    /**
     * How a step went.
     *
     * @param name of the step
     * @param failure what it threw; empty: all is well
     */
    public record Result(String name, Optional<Throwable> failure) {}

    /** Runs every step, in order. */
    public static List<Result> run() throws InterruptedException {
        return run(steps());
    }

    static List<Result> run(List<Step> steps) throws InterruptedException {
        List<Result> results = new ArrayList<>();
        for (Step step : steps) {
            results.add(new Result(step.name(), failure(step)));
        }
        return results;
    }

    static List<Step> steps() {
        return Stream.of(
                        KernelSteps.steps(),
                        JsonSteps.steps(),
                        MessageSteps.steps(),
                        LibrarySteps.steps(),
                        WireSteps.steps())
                .flatMap(List::stream)
                .toList();
    }

    /** Errors too: what a native executable lacks is reported by one. */
    @SuppressWarnings("IllegalCatch")
    private static Optional<Throwable> failure(Step step) throws InterruptedException {
        try {
            step.action().run();
            return Optional.empty();
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception | LinkageError | AssertionError e) {
            return Optional.of(e);
        }
    }

    /** Fails a step with a sentence. */
    static void require(boolean right, String otherwise) {
        if (!right) {
            throw new IllegalStateException(otherwise);
        }
    }
}
