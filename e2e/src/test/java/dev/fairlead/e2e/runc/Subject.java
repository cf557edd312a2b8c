package dev.fairlead.e2e.runc;

import java.io.IOException;

/** A runtime that is compared. */
interface Subject {
    /** Runs the scene's configuration to its end, and leaves nothing of it. */
    Outcome run(Scene scene) throws IOException;
}
