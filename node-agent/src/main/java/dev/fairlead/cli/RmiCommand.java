package dev.fairlead.cli;

import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.ImageStatusRequest;
import dev.fairlead.cri.v1.RemoveImageRequest;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Removes images. */
@Command(
        name = "rmi",
        header = "Removes images.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {"  fairlead rmi registry.example/shop/web:1.3"})
final class RmiCommand implements Callable<Integer> {
    @Mixin
    DaemonOption daemon = new DaemonOption();

    @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "Name or id.")
    List<String> images = List.of();

    @Override
    public Integer call() {
        try (Daemon connection = daemon.connect()) {
            for (String image : images) {
                ImageSpec spec = ImageSpec.newBuilder().setImage(image).build();
                // CRI calls it success when there is nothing to remove; a user who misspelled a name wants to know.
                if (!connection
                        .images()
                        .imageStatus(
                                ImageStatusRequest.newBuilder().setImage(spec).build())
                        .hasImage()) {
                    throw new CliException("there is no image \"" + image + "\"; fairlead images lists them");
                }
                var _ = connection
                        .images()
                        .removeImage(
                                RemoveImageRequest.newBuilder().setImage(spec).build());
                System.out.println(image);
            }
        }
        return ExitCodes.OK;
    }
}
