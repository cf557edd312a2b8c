package dev.fairlead.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.cri.v1.IDMapping;
import dev.fairlead.cri.v1.UserNamespace;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HostUsersTest {
    private static final int LAST = 0xffd;

    @Test
    void givesEachBlockOnceAndThenSaysSo() {
        Set<Integer> taken = new HashSet<>();
        for (int i = 0; i <= LAST; i++) {
            UserNamespace users = HostUsers.free(taken, _ -> LAST);
            IDMapping uids = users.getUids(0);
            assertThat(uids).isEqualTo(users.getGids(0));
            assertThat(uids.getLength()).isEqualTo(65536);
            assertThat(uids.getHostId() % 65536).isZero();
            assertThat(uids.getHostId())
                    .as("below those of systemd's foreign users")
                    .isBetween(0x7000_0000, 0x7ffd_0000);
            assertThat(taken.addAll(HostUsers.blocks(uids))).isTrue();
        }
        assertThatThrownBy(() -> HostUsers.free(taken, _ -> 0)).hasMessageContaining("4094 ranges");
    }

    @Test
    void aRangeThatBeginsInTheMiddleTakesTwoBlocks() {
        assertThat(HostUsers.blocks(IDMapping.newBuilder()
                        .setHostId(100_000)
                        .setLength(65536)
                        .build()))
                .containsExactlyInAnyOrder(1, 2);
        assertThat(HostUsers.blocks(IDMapping.newBuilder()
                        .setHostId(-65536)
                        .setLength(65536)
                        .build()))
                .containsExactly(0xffff);
    }
}
