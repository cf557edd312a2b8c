package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MountInfoTest {
    @Test
    void namesAreUnescaped() {
        assertThat(
                        MountInfo.parse(
                                "36 35 98:0 /a\\040b /mnt\\134x rw,noatime master:1 shared:2 - ext3 /dev/my\\040disk rw,errors=continue"))
                .contains(new MountInfo(
                        36, "98:0", "/a b", "/mnt\\x", "ext3", "/dev/my disk", List.of("rw", "errors=continue")));
    }

    @Test
    void whatIsNoLineIsNoMount() {
        assertThat(MountInfo.parse("")).isEmpty();
        assertThat(MountInfo.parse("1 2 3:4 - x y")).isEmpty();
    }

    @Test
    void ourOwnTableHasARoot() throws Exception {
        assertThat(MountInfo.of("thread-self"))
                .anySatisfy(mount -> assertThat(mount.mountPoint()).isEqualTo("/"));
    }
}
