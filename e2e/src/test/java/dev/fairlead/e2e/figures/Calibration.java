package dev.fairlead.e2e.figures;

import java.util.zip.CRC32;

/** A loop that takes as long as the machine lets it: by it, a round that other work has disturbed is told from a quiet one. */
final class Calibration {
    /** The machine is shared: what lasts a quarter longer than the shortest so far had company. */
    private static final double DISTURBED = 1.25;

    private static final int REPEATS = 200;

    private final byte[] memory = new byte[1 << 20];
    private long shortest = Long.MAX_VALUE;
    private int disturbed;

    Calibration() {
        for (int i = 0; i < 10; i++) {
            isQuiet(); // compiled by now
        }
        disturbed = 0;
    }

    /** Whether the machine has nothing else to do right now, as far as one core shows. */
    boolean isQuiet() {
        long before = System.nanoTime();
        CRC32 sum = new CRC32();
        for (int i = 0; i < REPEATS; i++) {
            sum.update(memory);
        }
        long took = System.nanoTime() - before;
        memory[0] = (byte) sum.getValue();
        shortest = Math.min(shortest, took);
        boolean quiet = took < shortest * DISTURBED;
        if (!quiet) {
            disturbed++;
        }
        return quiet;
    }

    /** How often it was not. */
    int disturbed() {
        return disturbed;
    }
}
