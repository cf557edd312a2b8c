package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.Fd;
import java.util.Map;

/**
 * Stdio of a container's init. All descriptors are borrowed for the call that takes them. Close your copies of {@code stdout} and
 * {@code stderr} once the warden has started: as long as one is open here, nobody reads the end of the output.
 *
 * @param stdin the container's end to read; /dev/null where it gets nothing. With a terminal all three are its peer
 * @param kept what the warden keeps open for this daemon and later ones
 */
public record ContainerStdio(Fd stdin, Fd stdout, Fd stderr, Map<KeptDescriptor, Fd> kept) {
    public ContainerStdio {
        kept = Map.copyOf(kept);
    }
}
