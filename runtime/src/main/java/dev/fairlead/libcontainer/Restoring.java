package dev.fairlead.libcontainer;

import dev.fairlead.libcontainer.criu.Criu;
import dev.fairlead.libcontainer.criu.CriuException;
import dev.fairlead.libcontainer.criu.CriuLog;
import dev.fairlead.libcontainer.criu.RestoreRequest;
import dev.fairlead.libcontainer.namespaces.UtsNames;
import dev.fairlead.libcontainer.process.CapabilitySets;
import dev.fairlead.libcontainer.process.LauncherException;
import dev.fairlead.libcontainer.process.ProcessRequest;
import dev.fairlead.libcontainer.process.Step;
import dev.fairlead.libcontainer.process.Warden;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.oci.Process;
import dev.fairlead.oci.Spec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** What is different of a container that begins with the processes of a checkpoint. */
final class Restoring {
    /** In the container's directory: a daemon that comes later starts it in the same way. */
    private static final String NOTE = "restored";

    /** Pages of a large container come from a disk. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private Restoring() {}

    static void note(Path directory) throws IOException {
        Files.createFile(directory.resolve(NOTE));
    }

    static boolean isNoted(Path directory) {
        return Files.exists(directory.resolve(NOTE));
    }

    static void forget(Path directory) throws IOException {
        Files.deleteIfExists(directory.resolve(NOTE));
        Files.deleteIfExists(directory.resolve(RestoreRequest.LOG));
    }

    /** CRIU in the place of the container's program. It takes no user, capabilities or filters: those of the processes are in its images. */
    static ProcessRequest program(ProcessRequest own, List<String> command) {
        Process criu = new Process(
                false,
                null,
                null,
                command,
                null,
                Criu.ENVIRONMENT,
                "/",
                null,
                List.of(),
                false,
                null,
                null,
                null,
                null,
                null,
                null,
                Map.of());
        return new ProcessRequest(
                criu,
                CapabilitySets.NONE,
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                own.stdioOwner(),
                Optional.empty());
    }

    /**
     * Lets the processes be there again.
     * @throws CriuException says what CRIU said
     */
    static void launch(Warden warden, Path directory, Spec spec) throws IOException {
        Optional<Path> uts = joinedUts(spec);
        // CRIU brings the names of the checkpoint along, into a namespace that it is told to join too: the pod's are
        // others.
        Optional<UtsNames> names = uts.isEmpty() ? Optional.empty() : Optional.of(UtsNames.of(uts.get()));
        launch(warden, directory);
        if (names.isPresent()) {
            names.get().setIn(uts.get());
        }
    }

    private static Optional<Path> joinedUts(Spec spec) {
        return Optional.ofNullable(spec.linux()).stream()
                .flatMap(linux -> linux.namespaces().stream())
                .filter(namespace -> namespace.type().equals(Kind.UTS.ociName()))
                .flatMap(namespace -> Stream.ofNullable(namespace.path()))
                .map(Path::of)
                .findFirst();
    }

    private static void launch(Warden warden, Path directory) throws IOException {
        try {
            warden.launch(LIMIT);
        } catch (LauncherException e) {
            if (e.failure().step() != Step.RESTORING) {
                throw e;
            }
            Path log = directory.resolve(RestoreRequest.LOG);
            String said = CriuLog.errors(log);
            CriuException told = new CriuException("the processes of the checkpoint could not be restored: "
                    + (said.isEmpty() ? "criu names no reason" : said) + "; all it said is in " + log);
            told.initCause(e);
            throw told;
        }
    }
}
