package dev.fairlead.cli;

import dev.fairlead.admin.v1.Credentials;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Pulls images. */
@Command(
        name = "pull",
        header = "Pulls images from their registries.",
        description = "Prints the id of each. What is here already is not fetched again.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  fairlead pull registry.example/shop/web:1.4",
            "  fairlead pull registry.example/shop/web@sha256:...",
            "  fairlead pull -u robot registry.example/shop/web:1.4 < secret"
        })
final class PullCommand implements Callable<Integer> {
    @Mixin
    DaemonOption daemon = new DaemonOption();

    @Option(
            names = {"-u", "--username"},
            paramLabel = "NAME",
            description = "User of the registry; the password is read from standard input.")
    Optional<String> username = Optional.empty();

    @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "Name with tag or digest.")
    List<String> images = List.of();

    @Override
    public Integer call() throws IOException {
        Optional<Credentials> credentials = credentials();
        try (Daemon connection = daemon.connect()) {
            ImagePull pull = new ImagePull(connection, Terminal.standardError());
            for (String image : images) {
                System.out.println(pull.pull(image, credentials));
            }
        }
        return ExitCodes.OK;
    }

    private Optional<Credentials> credentials() throws IOException {
        if (username.isEmpty()) {
            return Optional.empty();
        }
        // Not as an argument: every user of the machine can read those.
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String password = input.readLine();
        if (password == null) {
            throw new CliException("no password on standard input");
        }
        return Optional.of(Credentials.newBuilder()
                .setUsername(username.get())
                .setPassword(password)
                .build());
    }
}
