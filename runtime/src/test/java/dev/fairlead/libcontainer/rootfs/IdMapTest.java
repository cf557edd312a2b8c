package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.oci.IdMapping;
import dev.fairlead.oci.Linux;
import dev.fairlead.oci.OciJson;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdMapTest {
    private static final IdMap MAP =
            new IdMap(List.of(mapping(0, 100_000, 10), mapping(1000, 4_294_967_000L, 5)), List.of(mapping(5, 300, 1)));

    @ParameterizedTest(name = "uid {0}: {1}")
    @CsvSource(textBlock = """
            0,    100000
            9,    100009
            1000, 4294967000
            1004, 4294967004
            """)
    void theHostsIdIsAsFarFromItsRangesBeginAsTheContainersIs(long inside, String host) throws IOException {
        assertThat(Integer.toUnsignedString(MAP.uid(inside))).isEqualTo(host);
        assertThat(MAP.translate(new NewFileSystem.Option("uid", Long.toString(inside))))
                .isEqualTo(new NewFileSystem.Option("uid", host));
    }

    @ParameterizedTest(name = "uid {0}")
    @CsvSource(textBlock = """
            -1
            10
            999
            1005
            """)
    void anIdBesideTheRangesIsRefusedWithTheirEnds(long inside) {
        assertThatThrownBy(() -> MAP.uid(inside))
                .hasMessage("uid " + inside
                        + " is not mapped in the container's user namespace: choose one within [0-9, 1000-1004]");
    }

    @Test
    void groupsHaveTheirOwnRanges() throws IOException {
        assertThat(MAP.gid(5)).isEqualTo(300);
        assertThat(MAP.translate(new NewFileSystem.Option("gid", "5")))
                .isEqualTo(new NewFileSystem.Option("gid", "300"));
        assertThatThrownBy(() -> MAP.gid(0)).hasMessageContaining("gid 0 is not mapped");
    }

    @Test
    void whatIsNoIdStaysOrIsRefused() throws IOException {
        NewFileSystem.Option size = new NewFileSystem.Option("size", "5");
        assertThat(MAP.translate(size)).isEqualTo(size);
        assertThatThrownBy(() -> MAP.translate(new NewFileSystem.Option("uid", "root")))
                .hasMessage("uid=root is no number");
    }

    @ParameterizedTest(name = "{0}: {1}, {2}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                                                              | 0 | 0
            {'uidMappings': [{'containerID': 0, 'hostID': 5, 'size': 1}]}  | 1 | 0
            {'gidMappings': [{'containerID': 0, 'hostID': 5, 'size': 1}]}  | 0 | 1
            """)
    void aConfigurationWithEitherKindOfMappingHasAUserNamespace(String json, int uids, int gids) throws IOException {
        Optional<IdMap> map = IdMap.of(OciJson.mapper().readValue(json.replace('\'', '"'), Linux.class));
        assertThat(map.isPresent()).isEqualTo(uids + gids > 0);
        assertThat(map.map(IdMap::uids).orElse(List.of())).hasSize(uids);
        assertThat(map.map(IdMap::gids).orElse(List.of())).hasSize(gids);
    }

    private static IdMapping mapping(long inside, long host, long size) {
        try {
            return OciJson.mapper()
                    .readValue(
                            "{\"containerID\": %d, \"hostID\": %d, \"size\": %d}".formatted(inside, host, size),
                            IdMapping.class);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
