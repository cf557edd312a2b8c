package dev.fairlead.image.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.image.Digest;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.ImageException.BadImage;
import dev.fairlead.image.TestImage;
import dev.fairlead.image.TestImage.Packing;
import dev.fairlead.image.TestImage.Tar;
import dev.fairlead.linux.DeviceNumber;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.MountFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.linux.Xattrs;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@NeedsRoot // owners, devices and trusted attributes
class LayerUnpackerTest {
    private static final Instant THEN = Instant.ofEpochSecond(1_600_000_000L);

    @TempDir
    private Path temporary;

    private Path layer(String name) throws IOException {
        return Files.createDirectory(temporary.resolve(name));
    }

    private LayerContent unpack(byte[] tar, Path directory, boolean lowest) throws IOException {
        return LayerUnpacker.unpack(
                new ByteArrayInputStream(TestImage.gzip(tar)), Digest.sha256(tar), directory, lowest, "layer 1");
    }

    private LayerContent unpack(Tar tar, Path directory) throws IOException {
        return unpack(tar.bytes(), directory, false);
    }

    private static Stat.Status stat(Path path) throws IOException {
        return Stat.ofName(Fd.CWD, path.toString());
    }

    @ParameterizedTest
    @EnumSource(Packing.class)
    void everyCompressionGivesTheSame(Packing packing) throws Exception {
        Path directory = layer("l");
        byte[] tar = TestImage.tar().file("a/b", "hello").bytes();

        LayerUnpacker.unpack(
                new ByteArrayInputStream(packing.pack(tar)), Digest.sha256(tar), directory, true, "layer 1");

        assertThat(directory.resolve("a/b")).hasContent("hello");
    }

    @Test
    void gzipInSeveralMembersIsOneLayer() throws Exception {
        Path directory = layer("l");
        byte[] tar =
                TestImage.tar().file("a", "x".repeat(100_000)).file("b", "y").bytes();
        byte[] first = TestImage.gzip(Arrays.copyOfRange(tar, 0, 50_000));
        byte[] second = TestImage.gzip(Arrays.copyOfRange(tar, 50_000, tar.length));
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);

        LayerUnpacker.unpack(new ByteArrayInputStream(both), Digest.sha256(tar), directory, true, "layer 1");

        assertThat(directory.resolve("b")).hasContent("y");
    }

    @Test
    void attributesAreKept() throws Exception {
        Path directory = layer("l");
        String longName = "n".repeat(200);
        Tar tar = TestImage.tar()
                .directory("d", entry -> {
                    entry.setMode(02750);
                    entry.setModTime(THEN.toEpochMilli());
                    entry.setIds(1000, 2000);
                })
                .file("d/setuid", "x", entry -> {
                    entry.setMode(04755);
                    entry.setGroupId(3_000_000_000L);
                })
                .file("d/" + longName + "/" + longName, "long")
                .file("d/\u00fcml\u00e4ut", "utf8")
                .symlink("d/link", "/absolute/nowhere")
                .node(TarArchiveEntry.LF_FIFO, "d/fifo", entry -> entry.setMode(0620))
                .node(TarArchiveEntry.LF_CHR, "d/null", entry -> {
                    entry.setDevMajor(1);
                    entry.setDevMinor(3);
                    entry.setMode(0666);
                    entry.setIds(5, 6);
                })
                .node(TarArchiveEntry.LF_BLK, "d/loop", entry -> {
                    entry.setDevMajor(7);
                    entry.setDevMinor(300);
                })
                .hardLink("d/again", "d/setuid");

        LayerContent content = unpack(tar, directory);

        Stat.Status d = stat(directory.resolve("d"));
        assertThat(List.of(d.mode(), d.uid(), d.gid())).containsExactly(02750, 1000, 2000);
        assertThat(d.modified()).isEqualTo(THEN);
        Stat.Status setuid = stat(directory.resolve("d/setuid"));
        assertThat(setuid.mode()).isEqualTo(04755);
        assertThat(Integer.toUnsignedLong(setuid.gid())).isEqualTo(3_000_000_000L);
        assertThat(setuid.modified()).isEqualTo(THEN);
        assertThat(setuid.links()).isEqualTo(2);
        assertThat(directory.resolve("d").resolve(longName).resolve(longName)).hasContent("long");
        assertThat(Stat.ofName(Fd.CWD, directory + "/d/\u00fcml\u00e4ut").size())
                .isEqualTo(4);
        assertThat(Files.readSymbolicLink(directory.resolve("d/link"))).hasToString("/absolute/nowhere");
        assertThat(stat(directory.resolve("d/link")).modified()).isEqualTo(THEN);
        assertThat(stat(directory.resolve("d/fifo")).type()).isEqualTo(FileType.FIFO);
        assertThat(stat(directory.resolve("d/fifo")).mode()).isEqualTo(0620);
        Stat.Status device = stat(directory.resolve("d/null"));
        assertThat(device.isDevice(FileType.CHARACTER_DEVICE, new DeviceNumber(1, 3)))
                .isTrue();
        assertThat(List.of(device.mode(), device.uid(), device.gid())).containsExactly(0666, 5, 6);
        assertThat(stat(directory.resolve("d/loop")).isDevice(FileType.BLOCK_DEVICE, new DeviceNumber(7, 300)))
                .isTrue();
        assertThat(content.impliedDirectories()).containsExactly("", "d/" + longName);
        assertThat(content.inodes()).isEqualTo(10);
    }

    @Test
    void binaryAttributesSurvive() throws Exception {
        Path directory = layer("l");
        // VFS_CAP_REVISION_2, effective; CAP_SETUID is bit 7: 0x80 alone is no UTF-8, and no text at all.
        byte[] capability = {1, 0, 0, 2, (byte) 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        byte[] tar = concatenate(
                paxHeader(Map.of("SCHILY.xattr.security.capability", capability)),
                withoutEnd(TestImage.tar().file("with", "x").bytes()),
                TestImage.tar().file("without", "x").bytes());

        unpack(tar, directory, true);

        assertThat(Xattrs.get(directory + "/with", "security.capability")).isEqualTo(capability);
        assertThat(Xattrs.list(directory + "/without")).isEmpty();
    }

    @Test
    void attributesOfOverlayfsAreNotTaken() throws Exception {
        Path directory = layer("l");
        Tar tar = TestImage.tar().directory("d", entry -> {
            entry.addPaxHeader("SCHILY.xattr.trusted.overlay.opaque", "y");
            entry.addPaxHeader("SCHILY.xattr.trusted.overlay.redirect", "/etc");
            entry.addPaxHeader("SCHILY.xattr.trusted.mine", "yes");
        });

        unpack(tar, directory);

        assertThat(Xattrs.list(directory + "/d")).containsExactly("trusted.mine");
    }

    @Test
    void whatAnEarlierEntryMadeIsReplaced() throws Exception {
        Path directory = layer("l");
        Tar tar = TestImage.tar()
                .file("a", "old")
                .file("a", "new")
                .directory("b")
                .file("b/c", "gone")
                .file("b", "a file")
                .symlink("d", "b")
                .directory("d")
                .file("d/e", "in the directory")
                .directory("d", entry -> entry.setMode(0700));

        unpack(tar, directory);

        assertThat(directory.resolve("a")).hasContent("new");
        assertThat(directory.resolve("b")).hasContent("a file");
        assertThat(directory.resolve("d/e")).hasContent("in the directory");
        assertThat(stat(directory.resolve("d")).mode()).isEqualTo(0700);
    }

    @Test
    void linksInsideTheLayerAreFollowed() throws Exception {
        Path directory = layer("l");

        unpack(TestImage.tar().directory("usr/lib").symlink("lib", "usr/lib").file("lib/x", "x"), directory);

        assertThat(directory.resolve("usr/lib/x")).hasContent("x");
    }

    @Test
    void removalsBecomeOverlayfsRemovalsAndWorkInARealOverlay() throws Exception {
        Path below = layer("below");
        Path above = layer("above");
        unpack(
                TestImage.tar()
                        .file("gone", "x")
                        .file("kept", "below")
                        .file("dir/below", "x")
                        .file("hidden/below", "x")
                        .file("swapped/below", "x"),
                below);
        Tar tar = TestImage.tar()
                .file(".wh.gone", "")
                .file("hidden/.wh..wh..opq", "")
                .file("hidden/above", "x")
                .file(".wh.swapped", "")
                .file("swapped/above", "x")
                .file("kept", "above")
                .file(".wh.kept", "")
                .file("dir/above", "x")
                .file(".wh..wh.plnk", "");

        unpack(tar, above);

        assertThat(stat(above.resolve("gone")).isDevice(FileType.CHARACTER_DEVICE, new DeviceNumber(0, 0)))
                .isTrue();
        Path merged = layer("merged");
        PrivateMounts.run(() -> {
            Mounts.mount(
                    "overlay",
                    merged.toString(),
                    "overlay",
                    EnumSet.noneOf(MountFlag.class),
                    "lowerdir=" + above + ":" + below);
            assertThat(names(merged)).containsExactly("dir", "hidden", "kept", "swapped");
            assertThat(names(merged.resolve("dir"))).containsExactly("above", "below");
            assertThat(names(merged.resolve("hidden"))).containsExactly("above");
            assertThat(names(merged.resolve("swapped"))).containsExactly("above");
            assertThat(merged.resolve("kept")).hasContent("above");
        });
    }

    @Test
    void inTheLowestLayerNothingIsLeftOfRemovals() throws Exception {
        Path directory = layer("l");

        unpack(
                TestImage.tar()
                        .file(".wh.gone", "")
                        .file("d/.wh..wh..opq", "")
                        .file("d/.wh.x", "")
                        .bytes(),
                directory,
                true);

        assertThat(names(directory)).containsExactly("d");
        assertThat(names(directory.resolve("d"))).isEmpty();
        assertThat(Xattrs.list(directory + "/d")).isEmpty();
    }

    @Test
    void directoriesWithoutAnEntryLookAsBelowAndLinksReachBelow() throws Exception {
        Path below = layer("below");
        Path above = layer("above");
        unpack(
                TestImage.tar()
                        .directory(".", entry -> entry.setMode(0711))
                        .directory("tmp", entry -> {
                            entry.setMode(01777);
                            entry.setIds(7, 8);
                            entry.setModTime(THEN.toEpochMilli());
                        })
                        .file("bin/tool", "tool", entry -> entry.setMode(04755)),
                below);

        LayerContent content = unpack(TestImage.tar().file("tmp/x", "x").hardLink("bin/alias", "bin/tool"), above);
        LayerBelow.settle(content, above, List.of(below), "layer 2");

        Stat.Status tmp = stat(above.resolve("tmp"));
        assertThat(List.of(tmp.mode(), tmp.uid(), tmp.gid())).containsExactly(01777, 7, 8);
        assertThat(tmp.modified()).isEqualTo(THEN);
        assertThat(stat(above).mode()).isEqualTo(0711);
        assertThat(above.resolve("bin/alias")).hasContent("tool");
        assertThat(stat(above.resolve("bin/alias")).mode()).isEqualTo(04755);
    }

    static Stream<Arguments> hostile() {
        return Stream.of(
                hostile("name with ..", "leaves the layer's root", tar -> tar.file("../evil", "x")),
                hostile("name with .. in the middle", "leaves the layer's root", tar -> tar.file("a/../../evil", "x")),
                hostile("whiteout of ..", "removes \"..\"", tar -> tar.file("a/.wh...", "")),
                hostile("whiteout of .", "removes \".\"", tar -> tar.file("a/.wh..", "")),
                hostile(
                        "through an absolute link",
                        "leads out of the layer",
                        tar -> tar.symlink("out", "/tmp").file("out/evil", "x")),
                hostile(
                        "through a relative link",
                        "leads out of the layer",
                        tar -> tar.symlink("out", "../../..").file("out/evil", "x")),
                hostile(
                        "through a chain of links",
                        "leads out of the layer",
                        tar -> tar.directory("a")
                                .symlink("a/up", "..")
                                .symlink("up2", "a/up/..")
                                .file("up2/evil", "x")),
                hostile(
                        "directory through a link",
                        "leads out of the layer",
                        tar -> tar.symlink("out", "/tmp").directory("out/evil")),
                hostile(
                        "whiteout through a link",
                        "leads out of the layer",
                        tar -> tar.symlink("out", "/tmp").file("out/.wh.evil", "")),
                hostile(
                        "opaque through a link",
                        "leads out of the layer",
                        tar -> tar.symlink("out", "/tmp").file("out/.wh..wh..opq", "")),
                hostile(
                        "hard link with ..",
                        "leaves the layer's root",
                        tar -> tar.hardLink("evil", "../../etc/passwd")),
                hostile(
                        "hard link through a link",
                        "leads out of the layer",
                        tar -> tar.symlink("etc", "/etc").hardLink("evil", "etc/passwd")),
                hostile(
                        "loop of links",
                        "loop",
                        tar -> tar.symlink("a", "b").symlink("b", "a").file("a/x", "x")),
                hostile(
                        "below a file",
                        "not a directory",
                        tar -> tar.file("a", "x").file("a/b", "x")),
                hostile(
                        "link to nowhere",
                        "nowhere",
                        tar -> tar.symlink("a", "b").file("a/x", "x")),
                hostile("name too long", "ENAMETOOLONG", tar -> tar.file("n".repeat(256), "x")),
                hostile(
                        "hard link to a directory",
                        "hard link to a directory",
                        tar -> tar.directory("d").hardLink("e", "d")),
                hostile("path too long", "longer than 3800 bytes", tar -> tar.file("d/".repeat(2000) + "x", "x")),
                hostile(
                        "attribute too large",
                        "no room for the attribute user.large",
                        tar -> tar.file(
                                "x", "x", entry -> entry.addPaxHeader("SCHILY.xattr.user.large", "v".repeat(100_000)))),
                hostile("no such type", "do not belong", tar -> tar.node((byte) 'V', "x", entry -> {})),
                hostile(
                        "device that cannot be",
                        "no device number",
                        tar -> tar.node(TarArchiveEntry.LF_CHR, "x", entry -> entry.setDevMajor(0x1000))));
    }

    private static Arguments hostile(String name, String reason, java.util.function.UnaryOperator<Tar> entries) {
        Supplier<byte[]> tar = () -> entries.apply(TestImage.tar()).bytes();
        return Arguments.of(name, reason, tar);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hostile")
    void nothingLeavesTheLayer(String name, String reason, Supplier<byte[]> tar) throws Exception {
        Path outside = layer("outside");
        Path directory = Files.createDirectories(outside.resolve("a/b/layer"));

        assertThatThrownBy(() -> unpack(tar.get(), directory, false))
                .as(name)
                .isInstanceOf(BadImage.class)
                .hasMessageStartingWith("layer 1, entry ")
                .hasMessageContaining(reason);

        assertThat(Path.of("/tmp/evil")).doesNotExist();
        assertThat(temporary.resolve("evil")).doesNotExist();
        assertThat(names(outside)).containsExactly("a");
        assertThat(names(outside.resolve("a"))).containsExactly("b");
        assertThat(names(outside.resolve("a/b"))).containsExactly("layer");
    }

    @Test
    void absoluteNamesBeginAtTheLayersRoot() throws Exception {
        Path directory = layer("l");

        unpack(TestImage.tar().file("/etc/x", "x").hardLink("/etc/y", "/etc/x").file("b/../c", "c"), directory);

        assertThat(directory.resolve("etc/y")).hasContent("x");
        assertThat(directory.resolve("c")).hasContent("c");
    }

    static Stream<Arguments> damaged() {
        byte[] tar = TestImage.tar().file("a", "x".repeat(10_000)).bytes();
        byte[] gzip = TestImage.gzip(tar);
        return Stream.of(
                Arguments.of("cut gzip", Arrays.copyOf(gzip, gzip.length - 20), tar),
                Arguments.of("flipped bit", flip(gzip, gzip.length / 2), tar),
                Arguments.of("cut tar", TestImage.gzip(Arrays.copyOf(tar, 6_000)), tar),
                Arguments.of(
                        "no tar", TestImage.gzip("no tar at all".repeat(100).getBytes(StandardCharsets.UTF_8)), tar),
                Arguments.of("zstd that is none", new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 1, 2, 3, 4}, tar),
                Arguments.of("huge header", TestImage.gzip(hugeHeader()), tar));
    }

    private static byte[] flip(byte[] bytes, int at) {
        byte[] other = bytes.clone();
        other[at] ^= 0x55;
        return other;
    }

    private static byte[] hugeHeader() {
        return header(TarArchiveEntry.LF_PAX_EXTENDED_HEADER_LC, 2 << 20);
    }

    private static byte[] header(byte type, int size) {
        TarArchiveEntry entry = new TarArchiveEntry("PaxHeaders/x", type);
        entry.setSize(size);
        byte[] header = new byte[512];
        entry.writeEntryHeader(header);
        return header;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("damaged")
    void damageIsToldAsDamage(String name, byte[] blob, byte[] tar) throws Exception {
        Path directory = layer("l");

        assertThatThrownBy(() -> LayerUnpacker.unpack(
                        new ByteArrayInputStream(blob), Digest.sha256(tar), directory, true, "layer 1"))
                .as(name)
                .isInstanceOfAny(BadImage.class, ImageException.DigestMismatch.class)
                .hasMessageStartingWith("layer 1");
    }

    @Test
    void anotherTarThanTheConfigurationSays() throws Exception {
        Path directory = layer("l");
        byte[] tar = TestImage.tar().file("a", "x").bytes();
        Digest other = Digest.sha256(new byte[0]);

        assertThatThrownBy(() -> LayerUnpacker.unpack(new ByteArrayInputStream(tar), other, directory, true, "layer 1"))
                .isInstanceOf(ImageException.DigestMismatch.class)
                .hasMessageContaining(other.toString());
    }

    @Test
    void aFullDiskIsToldAsAFullDisk() throws Exception {
        Path mount = layer("mount");
        PrivateMounts.run(() -> {
            Mounts.mount("tmpfs", mount.toString(), "tmpfs", EnumSet.noneOf(MountFlag.class), "size=64k");
            Path directory = Files.createDirectory(mount.resolve("l"));
            assertThatThrownBy(() -> unpack(TestImage.tar().file("a", "x".repeat(200_000)), directory))
                    .isInstanceOf(ImageException.NoSpace.class)
                    .hasMessageContaining("no space")
                    .hasMessageContaining("ENOSPC");
        });
    }

    @ParameterizedTest
    @EnumSource(SparseFormat.class)
    void holesStayHoles(SparseFormat format) throws Exception {
        Path source = temporary.resolve("source");
        try (var file = new java.io.RandomAccessFile(source.toFile(), "rw")) {
            file.write("start".getBytes(StandardCharsets.UTF_8));
            file.seek(5_000_000);
            file.write("end".getBytes(StandardCharsets.UTF_8));
            file.setLength(9_000_000);
        }
        Files.writeString(temporary.resolve("after"), "after");
        Path archive = temporary.resolve("sparse.tar");
        Process tar = new ProcessBuilder(
                        "tar",
                        "-C",
                        temporary.toString(),
                        "--sparse",
                        format.format,
                        format.version,
                        "-cf",
                        archive.toString(),
                        "source",
                        "after")
                .inheritIO()
                .start();
        assertThat(tar.waitFor()).isZero();
        byte[] bytes = Files.readAllBytes(archive);
        Path directory = layer("l");

        unpack(bytes, directory, true);

        assertThat(bytes).hasSizeLessThan(100_000);
        assertThat(directory.resolve("source")).hasSameBinaryContentAs(source);
        assertThat(Stat.allocated(Fd.CWD, directory + "/source")).isLessThan(100_000);
        assertThat(directory.resolve("after")).hasContent("after");
    }

    enum SparseFormat {
        OLD_GNU("--format=gnu", "--sparse-version=0.0"),
        PAX_00("--format=posix", "--sparse-version=0.0"),
        PAX_01("--format=posix", "--sparse-version=0.1"),
        PAX_10("--format=posix", "--sparse-version=1.0");

        private final String format;
        private final String version;

        SparseFormat(String format, String version) {
            this.format = format;
            this.version = version;
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static byte[] concatenate(byte[]... parts) {
        var bytes = new java.io.ByteArrayOutputStream();
        for (byte[] part : parts) {
            bytes.writeBytes(part);
        }
        return bytes.toByteArray();
    }

    /** Without the two empty records and the padding: header and one record of content. */
    private static byte[] withoutEnd(byte[] tar) {
        return Arrays.copyOf(tar, 1024);
    }

    /** A pax header whose values are bytes: the library can write text only. */
    private static byte[] paxHeader(Map<String, byte[]> values) {
        var lines = new java.io.ByteArrayOutputStream();
        values.forEach((key, value) -> {
            int rest = key.length() + value.length + 3;
            int length = rest + String.valueOf(rest).length();
            length = rest + String.valueOf(length).length();
            lines.writeBytes((length + " " + key + "=").getBytes(StandardCharsets.UTF_8));
            lines.writeBytes(value);
            lines.write('\n');
        });
        byte[] body = lines.toByteArray();
        return concatenate(
                header(TarArchiveEntry.LF_PAX_EXTENDED_HEADER_LC, body.length),
                Arrays.copyOf(body, (body.length + 511) / 512 * 512));
    }
}
