package dev.fairlead.cri;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.oci.ImageConfig;
import dev.fairlead.oci.Spec;
import java.io.IOException;
import java.util.Optional;

/** The translation that CreateContainer does, for {@code fairlead spec}: nothing is made or started. */
public interface SpecPreview {
    /**
     * The configuration that a container would get.
     * @param image of its image; empty where it is not known: entry point, variables and user are then those of the request alone
     */
    Spec preview(PodSandboxConfig sandbox, ContainerConfig container, Optional<ImageConfig> image) throws IOException;
}
