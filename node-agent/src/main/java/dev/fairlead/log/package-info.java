/**
 * The log pump: what containers print becomes lines of CRI log files, each exactly once, whatever happens to the daemon meanwhile.
 *
 * <p>{@link LogPump} runs all of it on one event loop; a {@link ContainerLog} is one container's file with its one or two streams. The kernel
 * holds what is not in the file yet, in pipes that outlive the daemon, and a {@link LogJournal} on tmpfs says how far the
 * last step got. The steps of a stream:
 *
 * <pre>
 * IDLE    splice source -> batch pipe: whole or not at all, also where we are killed
 *         tee batch pipe -> a private pipe, read that: the batch is known, and not gone
 * INTENT  where in the file the lines begin, and their time, are in the journal
 *         the lines are written there; once more after a crash, the same bytes to the same place
 *         the beginning of a line that has no end yet goes to the journal's spare carry
 * DONE    the batch pipe is emptied, the spare carry is the carry
 * IDLE
 * </pre>
 */
@NullMarked
package dev.fairlead.log;

import org.jspecify.annotations.NullMarked;
