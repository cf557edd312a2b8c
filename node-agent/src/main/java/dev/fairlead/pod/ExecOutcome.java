package dev.fairlead.pod;

/**
 * What a command in a container left.
 *
 * @param exitCode 0 to 255; 128 + n for signal n
 * @param stdout what it wrote, up to the limit of {@link ContainerLifecycle}
 * @param stderr the same
 */
@SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
public record ExecOutcome(int exitCode, byte[] stdout, byte[] stderr) {}
