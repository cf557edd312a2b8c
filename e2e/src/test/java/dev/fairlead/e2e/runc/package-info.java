/**
 * Fairlead's library beside runc, without daemons: the same configuration given to both, and a process in each container that says what it
 * sees.
 */
@NullMarked
package dev.fairlead.e2e.runc;

import org.jspecify.annotations.NullMarked;
