package dev.fairlead.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.PodSandboxConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateRootTest {
    record Something(String name, int number, List<String> list) {}

    @Test
    void whatIsWrittenIsThereForTheNextDaemon(@TempDir Path directory) throws Exception {
        EntityDirectory written = StateRoot.open(directory).container("c1");
        written.create();
        PodSandboxConfig request =
                PodSandboxConfig.newBuilder().setHostname("host").build();
        written.writeRequest(request);
        written.writeRecord(new Something("a", 1, List.of("x")));

        List<EntityDirectory> found = StateRoot.open(directory).containers();
        assertThat(found).singleElement().satisfies(entity -> {
            assertThat(entity.id()).isEqualTo("c1");
            assertThat(entity.readRequest(PodSandboxConfig.parser())).contains(request);
            assertThat(entity.readRecord(Something.class)).contains(new Something("a", 1, List.of("x")));
        });
    }

    @Test
    void aHalfWrittenRecordIsNone(@TempDir Path directory) throws Exception {
        EntityDirectory entity = StateRoot.open(directory).sandbox("s1");
        entity.create();
        Files.writeString(entity.resolve("record.json.new"), "{\"name\":\"tor");
        assertThat(entity.readRecord(Something.class)).isEqualTo(Optional.empty());
    }

    @Test
    void aNewerVersionsFieldsDoNotKeepAnOlderDaemonFromStarting(@TempDir Path directory) throws Exception {
        EntityDirectory entity = StateRoot.open(directory).sandbox("s1");
        entity.create();
        Files.writeString(entity.resolve("record.json"), "{\"name\":\"n\",\"number\":2,\"list\":[],\"invented\":true}");
        assertThat(entity.readRecord(Something.class)).contains(new Something("n", 2, List.of()));
    }

    @Test
    void removalTakesEverythingAndCanBeRepeated(@TempDir Path directory) throws Exception {
        EntityDirectory entity = StateRoot.open(directory).sandbox("s1");
        entity.create();
        Files.createDirectories(entity.resolve("a/b"));
        Files.createSymbolicLink(entity.resolve("a/link"), directory);
        entity.remove();
        entity.remove();
        assertThat(entity.path()).doesNotExist();
        assertThat(directory.resolve("containers")).exists();
    }

    @Test
    void stateOfAnotherBootIsTold(@TempDir Path directory) throws Exception {
        StateRoot root = StateRoot.open(directory);
        assertThat(root.isOfThisBoot()).isTrue();
        root.claimBoot();
        assertThat(root.isOfThisBoot()).isTrue();
        Files.writeString(directory.resolve("boot-id"), "another");
        assertThat(root.isOfThisBoot()).isFalse();
    }
}
