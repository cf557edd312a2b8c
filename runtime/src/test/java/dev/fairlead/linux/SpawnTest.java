package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Pipes.Pipe;
import dev.fairlead.linux.Pipes.PipeFlag;
import java.io.FileInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Starting, watching and ending processes of our own. */
class SpawnTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @Test
    void theChildHasTheDescriptorsItWasGiven() throws Exception {
        try (Pipe pipe = Pipes.open("output", EnumSet.noneOf(PipeFlag.class));
                Fd shell = open("/bin/sh");
                Fd devNull = open("/dev/null")) {

            int pid = Spawn.spawn(
                    shell,
                    List.of("sh", "-c", "cd /proc/$$/fd && readlink 0 2 9; exit 7"),
                    Map.of(0, devNull, 1, pipe.writeEnd(), 2, devNull, 9, devNull));
            try (Fd child = Pidfds.open(pid)) {
                pipe.writeEnd().close();
                assertThat(Pidfds.awaitEnd(child, LIMIT)).isTrue();
                assertThat(Pidfds.reap(child)).hasValue(7);
                assertThat(Pidfds.reap(child)).as("a second time").isEmpty();
            }
            try (FileInputStream in =
                    new FileInputStream("/proc/self/fd/" + pipe.readEnd().number())) {
                assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                        .isEqualTo("/dev/null\n/dev/null\n/dev/null\n");
            }
        }
    }

    @Test
    void noSignalIsBlockedOrIgnored() throws Exception {
        // The JVM blocks SIGQUIT in the threads of Java, and whoever started us may ignore SIGHUP.
        try (Fd output = Memfd.bounded("output", 8192);
                Fd devNull = open("/dev/null")) {
            List<String> grep = List.of("grep", "-E", "SigBlk|SigIgn", "/proc/self/status");
            Map<Integer, Fd> descriptors = Map.of(0, devNull, 1, output, 2, devNull);
            try (Fd program = open("/bin/grep")) {
                end(Spawn.spawn(program, grep, descriptors));
            }
            end(Spawn.group("/bin/grep", grep, List.of(), descriptors));
            String none = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n";
            assertThat(Files.readString(Path.of("/proc/self/fd/" + output.number()))
                            .replace("\0", ""))
                    .isEqualTo(none + none);
        }
    }

    private static void end(int pid) throws ErrnoException {
        try (Fd child = Pidfds.open(pid)) {
            assertThat(Pidfds.awaitEnd(child, LIMIT)).isTrue();
            assertThat(Pidfds.reap(child)).hasValue(0);
        }
    }

    @Test
    void whatIsNoProgramIsNotStarted() throws Exception {
        try (Fd text = Memfd.of("text", "no program".getBytes(StandardCharsets.UTF_8), Set.of())) {
            assertThatThrownBy(() -> Spawn.spawn(text, List.of("text"), Map.of()))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOEXEC));
        }
    }

    @Test
    void aPidfdSignalsItsProcessAndNoOther() throws Exception {
        try (Fd sleep = open("/bin/sleep")) {
            int pid = Spawn.spawn(sleep, List.of("sleep", "60"), Map.of());
            try (Fd child = Pidfds.open(pid)) {
                assertThat(Pidfds.awaitEnd(child, Duration.ZERO)).isFalse();
                Pidfds.signal(child, 9);
                assertThat(Pidfds.awaitEnd(child, LIMIT)).isTrue();
                Pidfds.reap(child);
                assertThatThrownBy(() -> Pidfds.signal(child, 9)).hasMessageContaining("ESRCH");
            }
        }
    }

    private static Fd open(String path) throws ErrnoException {
        return Openat.open(Fd.CWD, path, EnumSet.of(OpenFlag.RDONLY), 0);
    }
}
