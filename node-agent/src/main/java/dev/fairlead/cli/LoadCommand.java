package dev.fairlead.cli;

import dev.fairlead.admin.v1.LoadRequest;
import dev.fairlead.admin.v1.LoadResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Imports images from files. */
@Command(
        name = "load",
        header = "Imports images from archives.",
        description = "Takes what \"docker save\" writes, and OCI image layouts: directories or tar archives of them. "
                + "The daemon reads the files itself, so they must be where it can see them.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {"  docker save shop/web:1.4 > web.tar; fairlead load web.tar", "  fairlead load ./oci-layout"})
final class LoadCommand implements Callable<Integer> {
    @Mixin
    DaemonOption daemon = new DaemonOption();

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Archive or layout directory.")
    List<Path> files = List.of();

    @Override
    public Integer call() {
        for (Path file : files) {
            if (!Files.exists(file)) {
                throw new CliException(file + " does not exist");
            }
        }
        try (Daemon connection = daemon.connect()) {
            for (Path file : files) {
                load(connection, file.toAbsolutePath().normalize()).forEach(System.out::println);
            }
        }
        return ExitCodes.OK;
    }

    /** Imports one file; a line for each image: its id and names. */
    private static List<String> load(Daemon connection, Path file) {
        List<String> images = new ArrayList<>();
        try (ProgressBar bar = new ProgressBar(Terminal.standardError(), "loading " + file)) {
            Iterator<LoadResponse> responses = connection
                    .admin()
                    .load(LoadRequest.newBuilder().setPath(file.toString()).build());
            while (responses.hasNext()) {
                LoadResponse response = responses.next();
                switch (response.getEventCase()) {
                    case PROGRESS -> bar.show(response.getProgress());
                    case IMAGE ->
                        images.add((response.getImage().getId() + " "
                                        + String.join(" ", response.getImage().getNamesList()))
                                .strip());
                    case EVENT_NOT_SET -> {} // from a daemon newer than we are
                }
            }
        }
        return images;
    }
}
