/**
 * What survives a restart of the daemon: a directory for each sandbox and container below the state root (a tmpfs such as
 * {@code /run/fairlead}), with what was asked, what is, and how it ended. After a reboot all of it is history.
 */
@NullMarked
package dev.fairlead.state;

import org.jspecify.annotations.NullMarked;
