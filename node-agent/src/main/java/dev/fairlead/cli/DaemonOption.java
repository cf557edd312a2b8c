package dev.fairlead.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option {@code --socket} of commands that talk to a daemon. */
final class DaemonOption {
    static final String DEFAULT_SOCKET = "/run/fairlead/fairlead.sock";

    @Option(
            names = "--socket",
            defaultValue = "${env:FAIRLEAD_SOCKET:-" + DEFAULT_SOCKET + "}",
            paramLabel = "PATH",
            description = "UNIX socket of the daemon; FAIRLEAD_SOCKET sets it too (here: ${DEFAULT-VALUE}).")
    Path socket = Path.of(DEFAULT_SOCKET);

    Daemon connect() {
        return Daemon.connect(socket);
    }
}
