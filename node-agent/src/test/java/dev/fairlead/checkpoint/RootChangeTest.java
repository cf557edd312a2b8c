package dev.fairlead.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.DeviceNumber;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.linux.Xattrs;
import dev.fairlead.test.NeedsRoot;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a container made of its image, written and made again. */
@NeedsRoot
class RootChangeTest {
    @Test
    void theSameIsMadeOfTheImageAgain(@TempDir Path directory) throws IOException {
        Path layer = Files.createDirectory(directory.resolve("layer"));
        Files.createDirectories(layer.resolve("etc"));
        Files.writeString(layer.resolve("etc/motd"), "welcome");
        Files.createDirectories(layer.resolve("again"));
        Files.writeString(layer.resolve("again/old"), "of the image");
        Path upper = Files.createDirectory(directory.resolve("upper"));
        String name = "n".repeat(150);
        Files.writeString(upper.resolve(name), "text");
        Files.createLink(upper.resolve("hard"), upper.resolve(name));
        Files.createSymbolicLink(upper.resolve("soft"), Path.of("/nowhere"));
        Xattrs.set(upper.resolve(name).toString(), "user.bytes", new byte[] {1, 0, (byte) 0xff, '\n'});
        Files.setAttribute(upper.resolve(name), "unix:uid", 4321);
        Files.createDirectory(upper.resolve("etc"));
        Files.createDirectory(upper.resolve("again"));
        Files.writeString(upper.resolve("again/new"), "of the container");
        Xattrs.set(upper.resolve("again").toString(), "trusted.overlay.opaque", new byte[] {'y'});
        try (Fd etc = Openat.open(Fd.CWD, upper.resolve("etc").toString(), EnumSet.of(OpenFlag.DIRECTORY), 0)) {
            Openat.makeNode(etc, "motd", FileType.CHARACTER_DEVICE, 0, new DeviceNumber(0, 0));
        }

        Path tar = directory.resolve("rootfs-diff.tar");
        List<String> deleted;
        try (OutputStream out = Files.newOutputStream(tar)) {
            deleted = RootDifference.write(upper, List.of(layer), out, Deadline.in(Duration.ofMinutes(1)));
        }
        assertThat(deleted).containsExactlyInAnyOrder("/etc/motd", "/again/old");

        Path made = Files.createDirectory(directory.resolve("made"));
        RootChange.apply(tar, deleted, made, List.of(layer));
        assertThat(made.resolve("hard")).hasContent("text");
        assertThat(Files.getAttribute(made.resolve("hard"), "unix:ino"))
                .isEqualTo(Files.getAttribute(made.resolve(name), "unix:ino"));
        assertThat(Files.getAttribute(made.resolve(name), "unix:uid")).isEqualTo(4321);
        assertThat(Xattrs.get(made.resolve(name).toString(), "user.bytes")).containsExactly(1, 0, 0xff, '\n');
        assertThat(Files.readSymbolicLink(made.resolve("soft"))).isEqualTo(Path.of("/nowhere"));
        assertThat(made.resolve("again/new")).hasContent("of the container");
        for (String hidden : List.of("etc/motd", "again/old")) {
            assertThat(Stat.ofName(Fd.CWD, made.resolve(hidden).toString())
                            .isDevice(FileType.CHARACTER_DEVICE, new DeviceNumber(0, 0)))
                    .as(hidden)
                    .isTrue();
        }
    }
}
