package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Spec;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BindAttributesTest {
    @ParameterizedTest(name = "{0}: set {1}, clear {2}")
    @CsvSource(delimiter = '|', textBlock = """
            ro                   | RDONLY                    | NOSUID NODEV NOEXEC NOSYMFOLLOW
            rw                   | ''                        | RDONLY NOSUID NODEV NOEXEC NOSYMFOLLOW
            ro rw                | ''                        | RDONLY NOSUID NODEV NOEXEC NOSYMFOLLOW
            nosuid nodev noexec  | NOSUID NODEV NOEXEC       | RDONLY NOSYMFOLLOW
            nosymfollow          | NOSYMFOLLOW               | RDONLY NOSUID NODEV NOEXEC
            noatime              | NOATIME                   | RDONLY NOSUID NODEV NOEXEC NOSYMFOLLOW NODIRATIME
            strictatime noatime  | STRICTATIME               | RDONLY NOSUID NODEV NOEXEC NOSYMFOLLOW NODIRATIME
            relatime             | RELATIME                  | RDONLY NOSUID NODEV NOEXEC NOSYMFOLLOW NODIRATIME
            nodiratime           | RELATIME NODIRATIME       | RDONLY NOSUID NODEV NOEXEC NOSYMFOLLOW
            """)
    void setsWhatIsAskedForAndClearsTheRest(String options, String set, String clear) {
        AttributeChange change = BindAttributes.change(parse(options).requested());
        assertThat(change.set()).isEqualTo(attributes(set));
        assertThat(change.clear()).isEqualTo(attributes(clear));
    }

    @ParameterizedTest(name = "{0} on a mount locked as {1}: {2}")
    @CsvSource(delimiter = '|', textBlock = """
            ro         | RDONLY NODEV RELATIME     | RDONLY NODEV RELATIME
            nosuid     | RDONLY RELATIME           | RDONLY NOSUID RELATIME
            nosuid     | NOATIME NODIRATIME        | NOSUID NOATIME NODIRATIME
            nosuid     | STRICTATIME               | NOSUID STRICTATIME
            rw         | RDONLY RELATIME           | refused
            dev        | NODEV RELATIME            | refused
            dev        | NOSUID RELATIME           | NOSUID RELATIME
            exec suid  | NOEXEC NOSUID RELATIME    | refused
            noatime    | RELATIME                  | refused
            noatime    | NOATIME                   | NOATIME
            relatime   | RELATIME NODIRATIME       | refused
            strictatime| STRICTATIME NOSUID        | NOSUID STRICTATIME
            ro         | SYNCHRONOUS RELATIME      | RDONLY RELATIME
            """)
    void keepsWhatIsLockedOrRefuses(String options, String present, String expected) {
        Set<MountOption> has = EnumSet.noneOf(MountOption.class);
        words(present).forEach(word -> has.add(MountOption.valueOf(word)));
        Optional<AttributeChange> change = BindAttributes.withLocked(parse(options), has);
        if (expected.equals("refused")) {
            assertThat(change).isEmpty();
        } else {
            assertThat(change.map(AttributeChange::set)).contains(attributes(expected));
        }
    }

    @Test
    void statfsFlagsAreReadWithStrictatimeAsTheAbsenceOfTheOthers() {
        assertThat(MountOption.ofStatfs(0x1 | 0x4 | 0x1000))
                .containsExactlyInAnyOrder(MountOption.RDONLY, MountOption.NODEV, MountOption.RELATIME);
        assertThat(MountOption.ofStatfs(0x400 | 0x800))
                .containsExactlyInAnyOrder(MountOption.NOATIME, MountOption.NODIRATIME);
        assertThat(MountOption.ofStatfs(0x2000 | 0x20))
                .containsExactlyInAnyOrder(MountOption.NOSYMFOLLOW, MountOption.STRICTATIME);
    }

    @Test
    void wordsAreSortedByWhomTheyAreFor() {
        MountOptions options = MountOptions.parse(List.of(
                "rbind",
                "ro",
                "rw",
                "rprivate",
                "shared",
                "size=64m",
                "mode=1777",
                "rro",
                "rnoatime",
                "rstrictatime",
                "rexec",
                "tmpcopyup",
                "ridmap",
                "defaults",
                ""));
        assertThat(options.requested()).isEmpty();
        assertThat(options.cleared()).containsExactly(MountOption.RDONLY);
        assertThat(options.bind()).isTrue();
        assertThat(options.recursiveBind()).isTrue();
        assertThat(options.copyUp()).isTrue();
        assertThat(options.idmap()).isEqualTo(MountOptions.Idmap.RECURSIVE);
        assertThat(options.data()).containsExactly("size=64m", "mode=1777");
        assertThat(options.propagation()).hasSize(2);
        assertThat(options.recursive().set()).containsExactlyInAnyOrder(Attribute.RDONLY, Attribute.STRICTATIME);
        assertThat(options.recursive().clear()).containsExactly(Attribute.NOEXEC);
    }

    @ParameterizedTest(name = "rootfsPropagation {0}: {1}")
    @CsvSource(textBlock = """
            rslave,    0
            slave,     0
            rshared,   0x104000
            unbindable,0x20000
            rprivate,  0
            '',        0
            """)
    void theRootGetsAfterThePivotWhatItCouldNotHaveBefore(String word, String flags) throws Exception {
        Spec spec = OciJson.mapper().readValue("{\"linux\": {\"rootfsPropagation\": \"" + word + "\"}}", Spec.class);
        assertThat(RootfsRequest.propagationOfRoot(Objects.requireNonNull(spec.linux())))
                .isEqualTo(Long.decode(flags));
    }

    @Test
    void commasInQuotesBelongToTheValue() {
        assertThat(NewFileSystem.split("mode=755,context=\"a:b:c:s0,c1\",,size=1k"))
                .containsExactly("mode=755", "context=\"a:b:c:s0,c1\"", "size=1k");
        assertThat(NewFileSystem.Option.of("context=\"a,b\"")).isEqualTo(new NewFileSystem.Option("context", "a,b"));
        assertThat(NewFileSystem.Option.of("newinstance")).isEqualTo(new NewFileSystem.Option("newinstance", ""));
    }

    private static MountOptions parse(String words) {
        return MountOptions.parse(words(words));
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.split(" ")).filter(word -> !word.isEmpty()).toList();
    }

    private static Set<Attribute> attributes(String text) {
        Set<Attribute> attributes = EnumSet.noneOf(Attribute.class);
        words(text).forEach(word -> attributes.add(Attribute.valueOf(word)));
        return attributes;
    }
}
