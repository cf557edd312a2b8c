package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Openat.ResolveFlag;
import dev.fairlead.test.NeedsRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilesByDescriptorTest {
    @TempDir
    Path dir;

    @Test
    void aDirectoryIsListedWholeHoweverLong() throws IOException {
        try (Fd directory = open(OpenFlag.RDONLY)) {
            for (int i = 0; i < 2000; i++) {
                Openat.open(
                                directory,
                                "a-rather-long-name-of-a-file-\u00e4-" + i,
                                EnumSet.of(OpenFlag.CREAT, OpenFlag.WRONLY),
                                0600)
                        .close();
            }
            assertThat(Directories.list(directory))
                    .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 2000)
                            .mapToObj(i -> "a-rather-long-name-of-a-file-\u00e4-" + i)
                            .toList());
        }
    }

    @Test
    void whatIsNotThereIsAnAnswerAndNoException() throws IOException {
        try (Fd directory = open(OpenFlag.PATH)) {
            assertThat(Openat.find(directory, "absent", EnumSet.of(OpenFlag.PATH), Set.of(ResolveFlag.IN_ROOT)))
                    .isEmpty();
            Files.createFile(dir.resolve("file"));
            assertThatThrownBy(() -> Openat.find(directory, "file/below", EnumSet.of(OpenFlag.PATH), Set.of()))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOTDIR));
        }
    }

    @Test
    void attributesAreListedAndRead() throws IOException {
        Path file = Files.createFile(dir.resolve("file"));
        Xattrs.set(file.toString(), "user.note", new byte[] {1, 0, 2});
        try (Fd open = Openat.open(Fd.CWD, file.toString(), EnumSet.of(OpenFlag.RDONLY), 0)) {
            assertThat(Xattrs.list(open)).contains("user.note").isEqualTo(Xattrs.list(file.toString()));
            assertThat(Xattrs.get(open, "user.note")).containsExactly(1, 0, 2);
            assertThatThrownBy(() -> Xattrs.get(open, "user.none")).hasMessageContaining("ENODATA");
        }
    }

    @Test
    @NeedsRoot
    void aThreadActsAsSomebodyElseAndTheOthersDoNot() throws IOException {
        JobThread.call("somebody", () -> {
            FileCredentials.actAs(4711, 4712);
            Files.createFile(dir.resolve("theirs"));
            // The capabilities over files are still there: the directory is ours.
            Files.createDirectory(dir.resolve("theirs-too"));
            return null;
        });
        Files.createFile(dir.resolve("ours"));
        assertThat(Stat.ofPath(dir.resolve("theirs").toString()).uid()).isEqualTo(4711);
        assertThat(Stat.ofPath(dir.resolve("theirs-too").toString()).gid()).isEqualTo(4712);
        assertThat(Stat.ofPath(dir.resolve("ours").toString()).uid()).isZero();
    }

    @Test
    void aJobEndsBeforeItsCallerGoesOnAndItsErrorsComeOut() throws Exception {
        assertThat(JobThread.<String>call("name", () -> Thread.currentThread().getName()))
                .isEqualTo("name");
        assertThatThrownBy(() -> JobThread.call("io", () -> {
                    throw new IOException("from the job");
                }))
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("from the job");
        assertThatThrownBy(() -> JobThread.call("unchecked", () -> {
                    throw new IllegalStateException("a mistake");
                }))
                .isInstanceOf(IllegalStateException.class);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        Thread caller = Thread.ofPlatform().start(() -> {
            try {
                JobThread.call("patient", () -> {
                    begun.countDown();
                    mayEnd.await();
                    return null;
                });
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
                Files.createFile(dir.resolve("ended"));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        begun.await();
        caller.interrupt();
        assertThat(dir.resolve("ended")).doesNotExist();
        mayEnd.countDown();
        caller.join();
        assertThat(dir.resolve("ended")).exists();
    }

    private Fd open(OpenFlag how) throws IOException {
        return Openat.open(Fd.CWD, dir.toString(), EnumSet.of(how, OpenFlag.DIRECTORY), 0);
    }
}
