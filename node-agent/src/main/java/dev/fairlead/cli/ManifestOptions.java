package dev.fairlead.cli;

import dev.fairlead.kubernetes.Manifest;
import dev.fairlead.kubernetes.PodTranslation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of commands that read a Pod manifest. */
final class ManifestOptions {
    @Option(
            names = {"-f", "--file"},
            required = true,
            paramLabel = "POD.YAML",
            description = "The manifest: one Pod, and if you like ConfigMaps and Secrets. - is standard input.")
    Path file = Path.of("-");

    @Option(
            names = "--from",
            paramLabel = "PATH",
            description =
                    "ConfigMaps and Secrets that the pod refers to: a manifest of them, or a directory that is one of its name, "
                            + "with a file for each key. Can be repeated.")
    List<Path> from = List.of();

    @Option(
            names = "--pods-dir",
            defaultValue = "/var/lib/fairlead/pods",
            paramLabel = "DIR",
            description = "Where volumes and logs of the run are kept meanwhile (${DEFAULT-VALUE}).")
    Path pods = Path.of("/var/lib/fairlead/pods");

    @Option(
            names = "--seccomp-profile-root",
            defaultValue = "/var/lib/kubelet/seccomp",
            paramLabel = "DIR",
            description = "Where seccomp profiles of type Localhost are (${DEFAULT-VALUE}).")
    Path seccompProfiles = Path.of("/var/lib/kubelet/seccomp");

    Manifest read() throws IOException {
        return file.toString().equals("-")
                ? Manifest.parse(new String(System.in.readAllBytes(), StandardCharsets.UTF_8), "standard input", from)
                : Manifest.read(file, from);
    }

    PodTranslation.Settings settings() {
        return new PodTranslation.Settings(
                pods.toAbsolutePath(), PodTranslation.Settings.DEFAULT.resolvConf(), seccompProfiles.toAbsolutePath());
    }
}
