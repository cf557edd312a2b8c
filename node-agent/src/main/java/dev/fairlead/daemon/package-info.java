/** Puts the daemon together: settings in, a served socket out. */
@NullMarked
package dev.fairlead.daemon;

import org.jspecify.annotations.NullMarked;
