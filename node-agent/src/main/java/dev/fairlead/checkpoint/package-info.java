/**
 * The archive that a checkpoint of a container is: what is in it ({@link dev.fairlead.checkpoint.CheckpointArchive}), and how it is written and
 * read. CRI-O, containerd, podman and checkpointctl use the same names.
 */
package dev.fairlead.checkpoint;
