package dev.fairlead.libcontainer.criu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CriuLogTest {
    @Test
    void errorsAreToldInItsOwnWords(@TempDir Path directory) throws IOException {
        Path log = Files.writeString(directory.resolve("dump.log"), """
                (00.000590) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted
                (00.005655) mnt: Found /dev/shm mapping
                (00.042042) Error (criu/cr-dump.c:389): Can't get rlimit 0: Operation not permitted
                (00.079370) Error (criu/cr-dump.c:1975): Dumping FAILED.
                """);
        assertThat(CriuLog.errors(log))
                .isEqualTo("Error (criu/cr-dump.c:389): Can't get rlimit 0: Operation not permitted;"
                        + " Error (criu/cr-dump.c:1975): Dumping FAILED.");
        assertThat(CriuLog.errors(directory.resolve("no.log"))).isEmpty();
    }
}
