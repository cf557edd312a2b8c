package dev.fairlead.libcontainer;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** What has to be undone, last thing first, when a later step of the same work fails. Not thread-safe. */
public final class Undo {
    /** One step back. */
    @FunctionalInterface
    public interface Step {
        void run() throws IOException, InterruptedException;
    }

    private final Deque<Step> steps = new ArrayDeque<>();

    /** Registers a step; to be called on the line after the thing was done. */
    public void push(Step step) {
        steps.push(step);
    }

    /**
     * Runs all steps as the end of a work.
     * @throws IOException some failed: named by {@code work}, with their failures in it
     */
    public void run(String work) throws IOException {
        IOException failure = new IOException(work);
        run(failure);
        Throwable[] failures = failure.getSuppressed();
        if (failures.length > 0) {
            throw new IOException(work + ": " + failures[0].getMessage(), failure);
        }
    }

    /** Forgets all steps: the work is done, its things have another owner. */
    public void disarm() {
        steps.clear();
    }

    /** Runs all steps; what fails in them is added to {@code cause}, which the caller goes on to throw. */
    public void run(Throwable cause) {
        boolean interrupted = false;
        while (!steps.isEmpty()) {
            try {
                steps.pop().run();
            } catch (InterruptedException e) {
                interrupted = true;
                cause.addSuppressed(e);
            } catch (IOException | RuntimeException e) {
                cause.addSuppressed(e);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
