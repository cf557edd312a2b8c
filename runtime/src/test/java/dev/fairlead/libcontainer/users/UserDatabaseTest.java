package dev.fairlead.libcontainer.users;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.KernelFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UserDatabaseTest {
    private static final UserDatabase IMAGE = UserDatabase.of(Optional.of("""
                    # a comment
                    root:x:0:0:root:/root:/bin/sh
                    app:x:1000:1001:Some App:/srv/app:/bin/sh
                    nohome:x:1002:1002
                    relative:x:1003:1003::home/relative:
                    1234:x:0:0::/root:
                    huge:x:4294967296:0::/:
                    broken line
                    :x:5:5::/:
                    app:x:7:7::/second:
                    """), Optional.of("""
                    root:x:0:
                    app:x:1001:
                    video:x:44:app,other
                    dialout:x:20:other,app
                    appl:x:30:apple
                    broken
                    short:x:1005
                    """));

    private static ContainerUser resolve(String user, long... groups) throws IOException {
        return IMAGE.resolve(new UserRequest(user, Arrays.stream(groups).boxed().toList(), true));
    }

    @ParameterizedTest(name = "{0}: {1}:{2} groups {3} home {4}")
    @CsvSource(textBlock = """
            '',          0,     0,     0,               /root
            root,        0,     0,     0,               /root
            app,         1000,  1001,  20 44 1001,      /srv/app
            1000,        1000,  1001,  20 44 1001,      /srv/app
            app:video,   1000,  44,    20 44,           /srv/app
            app:7,       1000,  7,     7 20 44,         /srv/app
            4711,        4711,  0,     0,               /
            4711:4712,   4711,  4712,  4712,            /
            :video,      0,     44,    44,              /root
            1234,        1234,  0,     0,               /
            nohome,      1002,  1002,  1002,            /
            relative,    1003,  1003,  1003,            /
            app:short,   1000,  1005,  20 44 1005,      /srv/app
            2147483647,  2147483647, 0, 0,              /
            """)
    void findsNamesInTheImageAndTakesNumbersAsTheyAre(String user, long uid, long gid, String groups, String home)
            throws Exception {
        ContainerUser found = resolve(user);
        assertThat(found.uid()).isEqualTo(uid);
        assertThat(found.gid()).isEqualTo(gid);
        assertThat(found.additionalGids())
                .isEqualTo(
                        Arrays.stream(groups.split(" ", -1)).map(Long::valueOf).toList());
        assertThat(found.home()).isEqualTo(home);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(textBlock = """
            nobody,      'user "nobody": no such entry in the image''s /etc/passwd; use a number, or an image that has the user'
            app:wheel,   'group "wheel": no such entry in the image''s /etc/group; use a number, or an image that has the group'
            huge,        'user "huge": no such entry'
            -1,          'user -1: not from 0 to 2147483647'
            2147483648,  'user 2147483648: not from 0 to'
            99999999999999999999, 'not from 0 to'
            1:-5,        'group -5: not from 0 to'
            a:b:c,       'user "a:b:c": not USER or USER:GROUP'
            """)
    void aNameWithoutEntryAndANumberOutOfRangeAreRefused(String user, String message) {
        assertThatThrownBy(() -> resolve(user))
                .isInstanceOf(UserException.class)
                .hasMessageContaining(message);
    }

    @Test
    void groupsAreMergedOrStrict() throws Exception {
        assertThat(resolve("app", 9000, 20).additionalGids()).containsExactly(20L, 44L, 1001L, 9000L);
        assertThat(IMAGE.resolve(new UserRequest("app", List.of(9000L), false)).additionalGids())
                .containsExactly(1001L, 9000L);
        assertThatThrownBy(() -> resolve("app", -1)).hasMessageContaining("supplemental group -1");
    }

    @Test
    void whatCriSaysWinsOverTheImage() throws Exception {
        assertThat(UserRequest.ofCri("", null, null, "app", List.of(), true).user())
                .isEqualTo("app");
        assertThat(UserRequest.ofCri("", 0L, null, "app", List.of(), true).user())
                .isEqualTo("0");
        assertThat(UserRequest.ofCri("web", 5L, 6L, "app", List.of(), true).user())
                .isEqualTo("web:6");
        assertThatThrownBy(() -> UserRequest.ofCri("", null, 6L, "app", List.of(), true))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("run_as_group is 6");
    }

    @Test
    void anImageWithoutFilesKnowsNumbersOnly(@TempDir Path root) throws Exception {
        try (Fd image = KernelFiles.openDirectory(root.toString())) {
            UserDatabase empty = UserDatabase.read(image);
            assertThat(empty.resolve(new UserRequest("5:6", List.of(), true)).gid())
                    .isEqualTo(6);
            assertThatThrownBy(() -> empty.resolve(new UserRequest("app", List.of(), true)))
                    .hasMessageContaining("the image has no /etc/passwd");
        }
    }

    @Test
    void linksInTheImageStayInIt(@TempDir Path root, @TempDir Path outside) throws Exception {
        Files.createDirectories(root.resolve("etc"));
        Files.createDirectories(root.resolve("usr/share"));
        Files.writeString(root.resolve("usr/share/passwd"), "inside:x:11:11::/:\n");
        Files.writeString(outside.resolve("group"), "secret:x:99:\n");
        Files.createSymbolicLink(root.resolve("etc/passwd"), Path.of("/usr/share/passwd"));
        Files.createSymbolicLink(root.resolve("etc/group"), outside.resolve("group"));
        try (Fd image = KernelFiles.openDirectory(root.toString())) {
            UserDatabase users = UserDatabase.read(image);
            assertThat(users.resolve(new UserRequest("inside", List.of(), true)).uid())
                    .isEqualTo(11);
            assertThatThrownBy(() -> users.resolve(new UserRequest("inside:secret", List.of(), true)))
                    .hasMessageContaining("the image has no /etc/group");
        }
    }

    @Test
    void aFileThatWouldBlockOrFillMemoryIsRefused(@TempDir Path root) throws Exception {
        Files.createDirectories(root.resolve("etc/passwd"));
        try (Fd image = KernelFiles.openDirectory(root.toString())) {
            assertThatThrownBy(() -> UserDatabase.read(image))
                    .isInstanceOf(UserException.class)
                    .hasMessage("the image's /etc/passwd is no regular file but a directory");
            Files.delete(root.resolve("etc/passwd"));
            Process mkfifo =
                    new ProcessBuilder("mkfifo", root.resolve("etc/passwd").toString()).start();
            assertThat(mkfifo.waitFor()).isZero();
            assertThatThrownBy(() -> UserDatabase.read(image)).hasMessageContaining("but a fifo");
            Files.delete(root.resolve("etc/passwd"));
            try (var sparse = new RandomAccessFile(root.resolve("etc/passwd").toFile(), "rw")) {
                sparse.setLength(17 << 20);
            }
            assertThatThrownBy(() -> UserDatabase.read(image)).hasMessageContaining("17825792 bytes, more than");
        }
    }
}
