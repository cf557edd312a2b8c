package dev.fairlead.libcontainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.libcontainer.process.CgroupMembership;
import dev.fairlead.libcontainer.process.ContainerStdio;
import dev.fairlead.libcontainer.process.InitRequest;
import dev.fairlead.libcontainer.process.KeptDescriptor;
import dev.fairlead.libcontainer.process.Launcher;
import dev.fairlead.libcontainer.process.Warden;
import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Pipes.Pipe;
import dev.fairlead.test.NeedsRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fetched from a warden that has only some of them. */
@NeedsRoot
class ContainerStreamsTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @Test
    void whereOneCannotBeFetchedTheOthersAreClosed(@TempDir Path directory) throws Exception {
        try (Launcher launcher = Launcher.load();
                EventLoop loop = EventLoop.start("streams of a test");
                Pipe output = Pipes.open("output", Set.of())) {
            Warden warden = Warden.start(launcher, loop, "streams", directory, pause(output.readEnd()));
            try {
                warden.awaitInit(LIMIT);
                assertThatThrownBy(() -> ContainerStreams.fetch(warden, false, false))
                        .hasMessageContaining("EBADF");
                assertThat(copiesOf(output.readEnd())).isEqualTo(1);
            } finally {
                warden.abort(LIMIT);
                warden.close();
            }
        }
    }

    private static InitRequest pause(Fd stdout) {
        InitRequest pause = InitRequest.pause(Map.of(), CgroupMembership.INHERITED, stdout);
        return new InitRequest(
                pause.process(),
                pause.unshared(),
                pause.joined(),
                pause.hostname(),
                pause.domainname(),
                pause.timeOffsets(),
                pause.mountProc(),
                pause.propagation(),
                pause.noPivotRoot(),
                pause.cgroups(),
                new ContainerStdio(stdout, stdout, stdout, Map.of(KeptDescriptor.STDOUT_READ, stdout)));
    }

    /** How many descriptors of ours are this pipe's reading end. */
    private static long copiesOf(Fd readEnd) throws IOException {
        Path descriptors = Path.of("/proc/self/fd");
        Path pipe = Files.readSymbolicLink(descriptors.resolve(Integer.toString(readEnd.number())));
        try (var files = Files.list(descriptors)) {
            return files.filter(file -> isReadEnd(file, pipe)).count();
        }
    }

    private static boolean isReadEnd(Path descriptor, Path pipe) {
        try {
            return Files.readSymbolicLink(descriptor).equals(pipe)
                    && Files.readString(Path.of("/proc/self/fdinfo").resolve(descriptor.getFileName()))
                            .matches("(?s).*flags:\\s+[0-7]*0\\n.*"); // O_RDONLY
        } catch (IOException e) {
            return false; // the one of the directory, gone by now
        }
    }
}
