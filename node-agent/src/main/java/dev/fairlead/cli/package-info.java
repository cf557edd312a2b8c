/**
 * The command {@code fairlead}. {@code serve} is the daemon; {@code check}, {@code spec}, {@code version} and {@code completion} work by
 * themselves; all others are clients of a daemon over its UNIX socket, by CRI and by the few calls of {@code dev.fairlead.admin}.
 *
 * <p>Results go to standard output, what people only want to watch (progress, state changes) to standard error. Colours and bars are
 * drawn only where a terminal is.
 */
@NullMarked
package dev.fairlead.cli;

import org.jspecify.annotations.NullMarked;
