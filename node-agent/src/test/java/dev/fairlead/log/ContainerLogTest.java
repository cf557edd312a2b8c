package dev.fairlead.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.IoBuffer;
import dev.fairlead.linux.Pipes;
import dev.fairlead.log.LogJournal.Intent;
import dev.fairlead.log.LogJournal.Slot;
import dev.fairlead.log.LogJournal.Step;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ContainerLogTest {
    private static final LogTime NOON = LogTime.of(Instant.parse("2026-03-01T12:00:00Z"));

    @TempDir
    private Path directory;

    private Path path;
    private Path journal;
    private EventLoop loop;
    private LogPump pump;
    private LogFixture out;
    private LogFixture err;

    @BeforeEach
    void start() throws Exception {
        path = directory.resolve("pod/app/0.log");
        journal = directory.resolve("log.journal");
        loop = EventLoop.start("log test");
        pump = new LogPump(loop);
        out = new LogFixture();
        err = new LogFixture();
    }

    @AfterEach
    void stop() {
        pump.close();
        loop.close();
        out.close();
        err.close();
    }

    private ContainerLog open() throws IOException {
        return pump.open(journal, Optional.of(path), out.pipes(), Optional.of(err.pipes()));
    }

    private static void await(ContainerLog log) throws Exception {
        log.drained().get(30, TimeUnit.SECONDS);
    }

    /** Waits until the log has this text. */
    private void awaitText(String text) throws Exception {
        for (int i = 0;
                i < 2_000 && !(Files.exists(path) && Files.readString(path).contains(text));
                i++) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        assertThat(path).content().contains(text);
    }

    @Test
    void bothStreamsOfAProcessAreLoggedUntilItEnds() throws Exception {
        try (ContainerLog log = open()) {
            Process process = new ProcessBuilder("sh", "-c", "echo one; echo oops >&2; echo two; printf end")
                    .redirectOutput(
                            Path.of("/proc/self/fd/" + out.output().writeEnd().number())
                                    .toFile())
                    .redirectError(
                            Path.of("/proc/self/fd/" + err.output().writeEnd().number())
                                    .toFile())
                    .start();
            assertThat(log.drained()).isNotDone();
            out.noMoreWriters();
            err.noMoreWriters();
            await(log);
            assertThat(process.waitFor()).isZero();
        }
        assertThat(LogFixture.lines(path, "stdout")).containsExactly("one", "two", "end");
        assertThat(LogFixture.lines(path, "stderr")).containsExactly("oops");
        assertThat(path).content().containsPattern("stdout F two\n").containsPattern("stdout P end\n");
    }

    @Test
    void aLineIsLoggedWhenItEndsAndNotBefore() throws Exception {
        try (ContainerLog log = open()) {
            for (int i = 0; i < 500; i++) { // far more pieces than a pipe has buffers
                out.print(".");
                TimeUnit.MICROSECONDS.sleep(100);
            }
            err.print("marker\n");
            awaitText("marker");
            assertThat(LogFixture.lines(path, "stdout")).isEmpty();
            out.print("\n");
            awaitText(".\n");
            assertThat(log.drained()).isNotDone();
        }
        assertThat(LogFixture.lines(path, "stdout")).containsExactly(".".repeat(500));
    }

    @Test
    void linesLongerThanABatchComeOutWhole() throws Exception {
        String line = IntStream.range(0, 40_000).mapToObj(Integer::toString).reduce("", String::concat);
        Path file = Files.writeString(directory.resolve("line"), line + "\nshort\n" + line);
        try (ContainerLog log = open()) {
            Process process = out.start("cat", file.toString());
            out.noMoreWriters();
            err.noMoreWriters();
            await(log);
            assertThat(process.waitFor()).isZero();
        }
        assertThat(LogFixture.lines(path, "stdout")).containsExactly(line, "short", line);
    }

    @Test
    void withoutALogFileOutputIsReadAndDropped() throws Exception {
        try (ContainerLog log = pump.open(journal, Optional.empty(), out.pipes(), LogFixture.none())) {
            Process process = out.start("head", "-c", "10000000", "/dev/zero");
            out.noMoreWriters();
            assertThat(process.waitFor()).isZero();
            await(log);
            log.reopen();
        }
    }

    @Test
    void rotationUnderLoadLosesAndDoublesNothing() throws Exception {
        int count = 300_000;
        List<Path> files = new ArrayList<>();
        try (ContainerLog log = open()) {
            Process process = out.start("seq", "1", Integer.toString(count));
            out.noMoreWriters();
            err.noMoreWriters();
            for (int i = 0; i < 20; i++) {
                TimeUnit.MILLISECONDS.sleep(5);
                Path rotated = path.resolveSibling("0.log.%02d".formatted(i));
                Files.move(path, rotated);
                files.add(rotated);
                log.reopen();
            }
            await(log);
            assertThat(process.waitFor()).isZero();
        }
        files.add(path);
        List<String> lines = new ArrayList<>();
        for (Path file : files) {
            lines.addAll(LogFixture.lines(file, "stdout"));
        }
        assertThat(lines)
                .isEqualTo(IntStream.rangeClosed(1, count)
                        .mapToObj(Integer::toString)
                        .toList());
    }

    @Test
    void aReopenThatFailsLeavesTheOldFileInUse() throws Exception {
        try (ContainerLog log = open()) {
            Path rotated = Files.move(path, directory.resolve("rotated"));
            Files.createDirectory(path);
            assertThatThrownBy(log::reopen).isInstanceOf(IOException.class).hasMessageContaining("0.log");
            out.print("still here\n");
            for (int i = 0; i < 1_000 && Files.size(rotated) == 0; i++) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
            assertThat(LogFixture.lines(rotated, "stdout")).containsExactly("still here");
        }
    }

    @Test
    void aFullDiskLetsTheOutputWaitUntilThereIsRoom() throws Exception {
        Files.createDirectories(path.getParent());
        Files.createSymbolicLink(path, Path.of("/dev/full"));
        try (ContainerLog log = open()) {
            out.print("first\n");
            err.print("second\n");
            TimeUnit.MILLISECONDS.sleep(100);
            out.print("third\n");
            TimeUnit.MILLISECONDS.sleep(1_200); // a second attempt, which fails too
            out.noMoreWriters();
            err.noMoreWriters();
            Files.delete(path);
            log.reopen();
            await(log);
        }
        assertThat(LogFixture.lines(path, "stdout")).containsExactly("first", "third");
        assertThat(LogFixture.lines(path, "stderr")).containsExactly("second");
    }

    @Test
    void finishingDoesNotWaitForeverForAWriterThatStays() throws Exception {
        ContainerLog log = open();
        out.print("done\nno end");
        log.finishAndClose(Duration.ofMillis(100)).get(10, TimeUnit.SECONDS);
        assertThat(LogFixture.lines(path, "stdout")).containsExactly("done", "no end");
    }

    @Test
    void finishingIsOverAtOnceWhenTheWritersAreGone() throws Exception {
        ContainerLog log = open();
        out.print("done\n");
        out.noMoreWriters();
        err.noMoreWriters();
        log.finishAndClose(Duration.ofHours(1)).get(10, TimeUnit.SECONDS);
        assertThat(LogFixture.lines(path, "stdout")).containsExactly("done");
    }

    @Test
    void closingLeavesTheRestForTheNextDaemon() throws Exception {
        ContainerLog first = open();
        out.print("one\nhalf");
        awaitText("one");
        first.close();
        first.close();
        assertThatThrownBy(() -> first.drained().join())
                .isInstanceOfAny(CancellationException.class, CompletionException.class);
        out.print(" of it\ntwo\n");
        try (ContainerLog second = open()) {
            awaitText("two");
            assertThat(second.drained()).isNotDone();
        }
        assertThat(LogFixture.lines(path, "stdout")).containsExactly("one", "half of it", "two");
    }

    @Test
    void closingThePumpClosesItsLogs() throws Exception {
        ContainerLog log = open();
        out.print("one\n");
        awaitText("one");
        pump.close();
        assertThat(log.drained()).isCompletedExceptionally();
        out.print("two\n");
        assertThat(Pipes.unread(out.output().readEnd())).isEqualTo(4);
    }

    /** Each place where a daemon can be killed, as its journal, its batch pipe and its file then are. */
    @Nested
    class AfterACrash {
        private static final String FIRST = "2026-03-01T12:00:00.000000000Z stdout F old\n";
        private static final String BATCH = "one\ntwo\nthr";
        private static final String WRITTEN = """
                2026-03-01T12:00:00.000000000Z stdout F one
                2026-03-01T12:00:00.000000001Z stdout F two
                """;

        private void prepare(Step step, String logged) throws Exception {
            Files.createDirectories(path.getParent());
            Files.writeString(path, FIRST + logged);
            out.put(out.batch(), BATCH);
            try (LogJournal old = LogJournal.open(journal);
                    LogFile file = LogFile.open(path)) {
                old.logFile(file.key());
                Slot slot = old.slot(StreamName.STDOUT);
                if (step == Step.IDLE) {
                    return;
                }
                slot.intend(new Intent(FIRST.length(), NOON, BATCH.length(), false));
                if (step == Step.DONE) {
                    slot.done(BATCH.getBytes(StandardCharsets.UTF_8), 8, 3);
                }
            }
        }

        private void goOn() throws Exception {
            out.print("ee\nfour\n");
            out.noMoreWriters();
            err.noMoreWriters();
            try (ContainerLog log = open()) {
                await(log);
            }
            assertThat(Pipes.unread(out.batch().readEnd())).isZero();
        }

        private void assertExactlyOnce() throws IOException {
            assertThat(LogFixture.lines(path, "stdout")).containsExactly("old", "one", "two", "three", "four");
        }

        @Test
        void afterTheSplice() throws Exception {
            prepare(Step.IDLE, "");
            goOn();
            assertExactlyOnce();
        }

        @Test
        void beforeTheWrite() throws Exception {
            prepare(Step.INTENT, "");
            goOn();
            assertExactlyOnce();
        }

        @Test
        void inTheMiddleOfTheWrite() throws Exception {
            prepare(Step.INTENT, WRITTEN.substring(0, 60));
            goOn();
            assertExactlyOnce();
            assertThat(path).content().startsWith(FIRST + WRITTEN);
        }

        @Test
        void afterTheWrite() throws Exception {
            prepare(Step.INTENT, WRITTEN);
            goOn();
            assertExactlyOnce();
        }

        @Test
        void beforeTheDrain() throws Exception {
            prepare(Step.DONE, WRITTEN);
            goOn();
            assertExactlyOnce();
        }

        @Test
        void inTheMiddleOfTheDrain() throws Exception {
            prepare(Step.DONE, WRITTEN);
            Pipes.read(out.batch().readEnd(), new IoBuffer(5), 5);
            goOn();
            assertExactlyOnce();
        }

        @Test
        void theUnfinishedBatchGoesToTheFileThatWasRotatedMeanwhile() throws Exception {
            prepare(Step.INTENT, WRITTEN.substring(0, 60));
            Path rotated = path.resolveSibling("0.log.20260301-120000");
            Files.move(path, rotated);
            Files.createFile(path);
            goOn();
            assertThat(rotated).content().isEqualTo(FIRST + WRITTEN);
            assertThat(LogFixture.lines(path, "stdout")).containsExactly("three", "four");
        }

        @Test
        void aFileThatWasRenamedAndNotReopenedIsStillTheLog() throws Exception {
            prepare(Step.IDLE, "");
            Path rotated = path.resolveSibling("0.log.20260301-120000");
            Files.move(path, rotated);
            goOn();
            assertThat(path).doesNotExist();
            path = rotated; // the kubelet's rename back
            assertExactlyOnce();
        }

        @Test
        void aJournalOfSomethingElseIsRefused() throws Exception {
            Files.writeString(journal, "something else entirely".repeat(300));
            assertThatThrownBy(ContainerLogTest.this::open).hasMessageContaining(journal.toString());
        }
    }
}
