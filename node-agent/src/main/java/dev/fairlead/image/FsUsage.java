package dev.fairlead.image;

import java.nio.file.Path;
import java.time.Instant;

/**
 * What images take on disk.
 *
 * @param directory that the figures are for
 * @param bytes allocated
 * @param inodes used
 * @param measuredAt when it was counted: counting is not for every request
 */
public record FsUsage(Path directory, long bytes, long inodes, Instant measuredAt) {}
