package dev.fairlead.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fairlead.cni.NetworkRequests.PortMapping;
import dev.fairlead.cni.PodAttachment.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With plugins that are shell scripts and note what they are given. */
@Timeout(60)
class PodNetworkTest {
    /** Appends a line for each command; answers as told by files beside it. */
    private static final String SCRIPT = """
            #!/bin/sh
            cd DIRECTORY
            input=$(cat)
            type=${0##*/}
            case $CNI_COMMAND in
            VERSION) echo "{\\"cniVersion\\":\\"1.1.0\\",\\"supportedVersions\\":$(cat $type.versions)}"; exit ;;
            esac
            echo "$type $CNI_COMMAND $CNI_CONTAINERID ${CNI_NETNS:-none} $CNI_IFNAME $CNI_ARGS" >> calls
            echo "$input" >> $type.$CNI_COMMAND.input
            if [ -e $type.$CNI_COMMAND.fails ]; then cat $type.$CNI_COMMAND.fails; exit 7; fi
            if [ -e $type.$CNI_COMMAND.complains ]; then cat $type.$CNI_COMMAND.complains >&2; exit 3; fi
            if [ -e $type.$CNI_COMMAND.stumbles ]; then cat $type.$CNI_COMMAND.stumbles >&2; rm $type.$CNI_COMMAND.stumbles; exit 3; fi
            if [ -e $type.$CNI_COMMAND.hangs ]; then sleep 1000 & echo $! > child; wait; fi
            if [ $CNI_COMMAND = ADD ]; then
              echo "{\\"cniVersion\\":\\"1.0.0\\",\\"by\\":\\"$type\\",\\"ips\\":[{\\"address\\":\\"10.1.2.3/24\\"}]}"
            fi
            """;

    private static final Pod WEB = new Pod("web-0", "shop", "uid-1");

    @TempDir
    private Path directory;

    private Path programs;
    private Path namespace;

    @BeforeEach
    void prepare() throws IOException {
        programs = Files.createDirectory(directory.resolve("bin"));
        namespace = Files.createFile(directory.resolve("netns"));
        plugin("first", "[\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]");
        plugin("second", "[\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]");
        configure("1.0.0");
    }

    private void plugin(String type, String versions) throws IOException {
        Files.writeString(programs.resolve(type), SCRIPT.replace("DIRECTORY", directory.toString()));
        Files.setPosixFilePermissions(programs.resolve(type), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(directory.resolve(type + ".versions"), versions);
    }

    private void configure(String version) throws IOException {
        Files.createDirectories(directory.resolve("net.d"));
        Files.writeString(directory.resolve("net.d/10-pods.conflist"), """
                {"name":"pods","cniVersion":"%s","plugins":[
                  {"type":"first","own":"setting","capabilities":{"portMappings":true}},
                  {"type":"second","capabilities":{"bandwidth":true}}]}""".formatted(version));
    }

    private PodNetwork network() {
        return new PodNetwork(new PodNetwork.Settings(
                List.of(directory.resolve("net.d")),
                List.of(programs),
                directory.resolve("attachments"),
                Duration.ofSeconds(5)));
    }

    private PodAttachment pod(String id) {
        NetworkRequests requests = NetworkRequests.of(
                Map.of("kubernetes.io/ingress-bandwidth", "1M"),
                List.of(new PortMapping(80, 8080, "TCP", Optional.empty())),
                Optional.empty(),
                Optional.empty());
        return PodAttachment.eth0(id, namespace, WEB, requests);
    }

    private List<String> calls() throws IOException {
        Path calls = directory.resolve("calls");
        if (!Files.exists(calls)) {
            return List.of();
        }
        return Files.readAllLines(calls).stream()
                .map(line -> line.split(" ", 3))
                .map(words -> words[0] + " " + words[1])
                .toList();
    }

    private JsonNode input(String call) throws IOException {
        return NetworkConfig.JSON.readTree(
                Files.readAllLines(directory.resolve(call + ".input")).getLast());
    }

    private long attachments() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("attachments"))) {
            return files.count();
        }
    }

    @Test
    void pluginsAreGivenWhatTheSpecificationSays() throws Exception {
        CniResult result = network().attach(pod("abc"));
        assertThat(result.podIps("eth0")).containsExactly("10.1.2.3");
        assertThat(Files.readAllLines(directory.resolve("calls")))
                .first()
                .isEqualTo("first ADD abc " + namespace
                        + " eth0 IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0;"
                        + "K8S_POD_INFRA_CONTAINER_ID=abc;K8S_POD_UID=uid-1");
        assertThat(input("first.ADD")).hasToString("""
                {"type":"first","own":"setting","name":"pods","cniVersion":"1.0.0",\
                "runtimeConfig":{"portMappings":[{"hostPort":80,"containerPort":8080,"protocol":"tcp"}]}}""");
        assertThat(input("second.ADD").path("prevResult").path("by").asText()).isEqualTo("first");
        assertThat(input("second.ADD")
                        .path("runtimeConfig")
                        .path("bandwidth")
                        .path("ingressRate")
                        .asInt())
                .isEqualTo(1_000_000);
    }

    @Test
    void aRestartedDaemonWithAnotherConfigurationUndoesWhatTheOldOneDid() throws Exception {
        network().attach(pod("abc"));
        network().check("abc");
        Files.delete(directory.resolve("net.d/10-pods.conflist"));
        Files.delete(namespace);
        PodNetwork restarted = network();
        assertThat(restarted.notReady())
                .hasValueSatisfying(why -> assertThat(why).contains("no network configuration"));
        assertThat(restarted.result("abc").orElseThrow().podIps("eth0")).containsExactly("10.1.2.3");
        restarted.detach("abc", Optional.of(namespace));
        restarted.detach("abc", Optional.of(namespace));
        assertThat(calls())
                .containsExactly("first ADD", "second ADD", "first CHECK", "second CHECK", "second DEL", "first DEL");
        assertThat(Files.readAllLines(directory.resolve("calls")))
                .last()
                .asString()
                .contains("abc none eth0");
        assertThat(input("first.DEL").path("prevResult").path("by").asText()).isEqualTo("second");
        assertThat(attachments()).isZero();
    }

    @Test
    void aPluginsWordsReachTheCallerAndWhatWasDoneIsUndone() throws Exception {
        Files.writeString(directory.resolve("second.ADD.fails"), """
                {"cniVersion":"1.0.0","code":11,"msg":"no route","details":"try again later"}""");
        assertThatThrownBy(() -> network().attach(pod("abc")))
                .isInstanceOfSatisfying(CniException.class, e -> {
                    assertThat(e.plugin()).isEqualTo("second");
                    assertThat(e.code()).isEqualTo(11);
                    assertThat(e.details()).isEqualTo("try again later");
                })
                .hasMessage("CNI plugin second, ADD: no route: try again later (code 11)");
        assertThat(calls()).containsExactly("first ADD", "second ADD", "second DEL", "first DEL");
        assertThat(attachments()).isZero();
    }

    @Test
    void anUndoThatFailsIsTriedAgainByTheNextDetach() throws Exception {
        Files.writeString(directory.resolve("second.ADD.complains"), "panic: nil\n");
        Files.writeString(directory.resolve("second.DEL.complains"), "still bad\n");
        assertThatThrownBy(() -> network().attach(pod("abc")))
                .hasMessage("CNI plugin second, ADD: ended with status 3 and no error in JSON: panic: nil")
                .satisfies(e ->
                        assertThat(e.getSuppressed()).singleElement().asString().contains("still bad"));
        assertThat(calls()).as("each is tried twice").endsWith("second DEL", "second DEL", "first DEL");
        Files.delete(directory.resolve("second.DEL.complains"));
        network().detach("abc", Optional.of(namespace));
        assertThat(attachments()).isZero();
    }

    /** As Debian's bridge does after an ADD that was cut off: what it stumbles over is gone the second time. */
    @Test
    void aDetachThatFailsOnceIsNoFailure() throws Exception {
        network().attach(pod("abc"));
        Files.writeString(directory.resolve("second.DEL.stumbles"), "Chain 'CNI-1' does not exist\n");
        network().detach("abc", Optional.of(namespace));
        assertThat(calls()).endsWith("second DEL", "second DEL", "first DEL");
        assertThat(attachments()).isZero();
    }

    @Test
    void aNoteThatWasBeingWrittenIsRemoved() throws Exception {
        network().attach(pod("abc"));
        Path unfinished = Files.writeString(directory.resolve("attachments/pods-def-eth0.new"), "{");
        network().settle();
        assertThat(unfinished).doesNotExist();
        assertThat(attachments()).isOne();
    }

    @Test
    void pluginsOfAnEarlierDaemonAreWaitedFor() throws Exception {
        network().attach(pod("abc"));
        Process mine = earlierPlugin("abc");
        Process another = earlierPlugin("of-another-runtime");
        try {
            network().settle();
            assertThat(mine.isAlive()).isFalse();
            assertThat(another.isAlive()).isTrue();
        } finally {
            mine.destroyForcibly();
            another.destroyForcibly();
        }
    }

    private static Process earlierPlugin(String containerId) throws IOException {
        ProcessBuilder plugin = new ProcessBuilder("sleep", containerId.equals("abc") ? "0.4" : "60");
        plugin.environment().put("CNI_CONTAINERID", containerId);
        return plugin.start();
    }

    @Test
    void aPluginThatHangsIsKilledWithItsChildren() throws Exception {
        Files.createFile(directory.resolve("first.ADD.hangs"));
        PodNetwork impatient = new PodNetwork(new PodNetwork.Settings(
                List.of(directory.resolve("net.d")),
                List.of(programs),
                directory.resolve("attachments"),
                Duration.ofMillis(700)));
        assertThatThrownBy(() -> impatient.attach(pod("abc")))
                .hasMessageContaining("plugin first, ADD: did not end within")
                .hasMessageContaining("killed");
        long child = Long.parseLong(Files.readString(directory.resolve("child")).strip());
        assertThat(ProcessHandle.of(child).filter(ProcessHandle::isAlive).filter(PodNetworkTest::sleeps))
                .isEmpty();
        assertThat(calls()).containsExactly("first ADD", "first DEL");
    }

    private static boolean sleeps(ProcessHandle process) {
        return process.info().command().orElse("").contains("sleep");
    }

    @Test
    void readinessNamesTheMissingPluginAndTheVersionThatDoesNotFit() throws Exception {
        PodNetwork network = network();
        assertThat(network.notReady()).isEmpty();
        Files.move(programs.resolve("second"), programs.resolve("moved"));
        assertThat(network.notReady())
                .hasValueSatisfying(
                        why -> assertThat(why).contains("plugin second").contains("no such program"));
        plugin("second", "[\"0.3.1\"]");
        assertThat(network.notReady())
                .hasValueSatisfying(
                        why -> assertThat(why).contains("speaks CNI [0.3.1]").contains("1.0.0"));
        assertThat(calls()).as("VERSION is asked, nothing else").isEmpty();
    }

    @Test
    void statusAndGarbageCollectionAreForPluginsOfElevenAndLater() throws Exception {
        configure("1.1.0");
        PodNetwork network = network();
        assertThat(network.notReady()).isEmpty();
        network.attach(pod("keep"));
        network.attach(pod("stale"));
        network.collectGarbage(Set.of("keep"));
        assertThat(calls())
                .containsExactly(
                        "first STATUS",
                        "second STATUS",
                        "first ADD",
                        "second ADD",
                        "first ADD",
                        "second ADD",
                        "second DEL",
                        "first DEL",
                        "first GC",
                        "second GC");
        assertThat(input("first.GC").path("cni.dev/valid-attachments"))
                .hasToString("[{\"containerID\":\"keep\",\"ifname\":\"eth0\"}]");
        Files.writeString(directory.resolve("second.STATUS.fails"), """
                {"cniVersion":"1.1.0","code":50,"msg":"agent is down"}""");
        assertThat(network.notReady()).contains("CNI plugin second, STATUS: agent is down (code 50)");
    }

    @Test
    void aStartWaitsForNoPluginWhereTheNetworkIsTooOldForGarbageCollection() throws Exception {
        Files.delete(programs.resolve("first"));
        network().collectGarbage(Set.of());
        configure("1.1.0");
        assertThatThrownBy(() -> network().collectGarbage(Set.of())).hasMessageContaining("no such program");
    }

    @Test
    void withAnOldConfigurationDelIsNotToldAResultAndCheckIsNotAsked() throws Exception {
        configure("0.3.1");
        network().attach(pod("abc"));
        network().check("abc");
        network().detach("abc", Optional.of(namespace));
        assertThat(calls()).containsExactly("first ADD", "second ADD", "second DEL", "first DEL");
        assertThat(input("first.DEL").has("prevResult")).isFalse();
    }
}
