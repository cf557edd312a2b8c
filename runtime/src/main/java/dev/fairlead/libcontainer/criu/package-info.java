/**
 * Checkpoint and restore by CRIU, criu(8): {@link dev.fairlead.libcontainer.criu.Criu} is the program on this node,
 * {@link dev.fairlead.libcontainer.criu.DumpRequest} and {@link dev.fairlead.libcontainer.criu.RestoreRequest} are what it is told, and
 * {@link dev.fairlead.libcontainer.criu.CriuLog} what it says. Keys of what lies outside of a container are those of runc, so that images may
 * be exchanged.
 */
package dev.fairlead.libcontainer.criu;
