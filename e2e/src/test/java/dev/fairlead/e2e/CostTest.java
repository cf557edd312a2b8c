package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.PodSandboxConfig;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * What the hot paths cost in things that no busy machine changes: system calls, processes, memory from the heap. The limits are what was counted when
 * they were set, and a tenth: who crosses one has made every probe of every pod dearer, or says why here.
 */
@OnlyFairlead
@TestInstance(Lifecycle.PER_CLASS)
class CostTest {
    private static final int WARM_UP = 60;
    private static final int ROUNDS = 50;
    private static final Pattern ALLOCATED = Pattern.compile("(?m)^fairlead_threads_allocated_bytes (\\S+)");

    private final Path state = Path.of("/run/cost");
    private final Path metrics = state.resolve("metrics.sock");
    private final Path many = Path.of("/run/many");

    /** Its data on the disk of the node: the root is an overlay, which may not be the upper directory of another. */
    private final Daemon daemon = Daemon.fairlead(state, Path.of("/var/log/pods/cost-data"));

    private Cri cri;
    private Pod pod;
    private Container container;

    @BeforeAll
    void start() throws IOException {
        daemon.start("--metrics=unix:" + metrics);
        cri = new Cri(daemon.socket());
        cri.pull(Node.BUSYBOX);
        pod = Pod.run(cri, config());
        container = pod.run(Node.command("sleep", "100000"));
        for (int i = 0; i < WARM_UP; i++) {
            container.exec("true");
        }
        for (int i = 0; i < WARM_UP / 4; i++) {
            createAndStart();
        }
    }

    @AfterAll
    void end() throws IOException {
        pod.stop();
        pod.remove();
        cri.close();
        daemon.stop();
    }

    private static PodSandboxConfig config() {
        PodSandboxConfig.Builder config = PodSandboxConfig.newBuilder().setLogDirectory("/var/log/pods/cost");
        config.getMetadataBuilder().setName("cost").setNamespace("e2e").setUid("cost");
        config.getLinuxBuilder()
                .setCgroupParent("/e2e")
                .getSecurityContextBuilder()
                .getNamespaceOptionsBuilder()
                .setPid(NamespaceMode.CONTAINER)
                .setNetwork(NamespaceMode.NODE);
        return config.build();
    }

    private void createAndStart() {
        Container made = pod.run(Node.command("sleep", "100000"));
        made.stop(Duration.ZERO);
        made.remove();
    }

    @Test
    void anExecIsOneCloneAndOneProgram() throws Exception {
        long warden = warden();
        Strace trace = least(() -> trace(() -> container.exec("true"), warden));
        System.out.printf("an exec of true: %s%n", trace);
        assertThat(trace.processes()).as("processes").isEqualTo(1);
        assertThat(trace.programs()).as("programs").isEqualTo(1);
        assertThat(trace.systemCalls())
                .as("system calls, the program's own among them")
                .isLessThan(275);
    }

    @Test
    void aContainerIsItsWardenAndItsProgram() throws Exception {
        List<Container> made = new ArrayList<>();
        Strace create = least(() -> trace(() -> made.add(pod.create(Node.command("sleep", "100000")))));
        Iterator<Container> next = made.iterator();
        Strace start = least(() -> trace(() -> next.next().start()));
        made.forEach(one -> {
            one.stop(Duration.ZERO);
            one.remove();
        });
        System.out.printf("create: %s, start: %s%n", create, start);
        assertThat(create.processes() + start.processes())
                .as("launcher, warden and init")
                .isLessThanOrEqualTo(3);
        assertThat(create.systemCalls()).isLessThan(1090);
        assertThat(start.systemCalls()).isLessThan(60);
    }

    @Test
    void memoryFromTheHeap() throws Exception {
        double exec = allocated(() -> container.exec("true"));
        double whole = allocated(this::createAndStart);
        System.out.printf("from the heap: an exec %.0f bytes, a container's life %.0f bytes%n", exec, whole);
        // The native executable has no compiler that finds at run time what need not be on the heap.
        boolean ahead = Executable.nativeOne().isPresent();
        assertThat(exec).isPositive().isLessThan(ahead ? 74_000 : 110_000);
        assertThat(whole).isPositive().isLessThan(ahead ? 515_000 : 600_000);
    }

    /** Each pod of a node adds lines to its mount table, which nobody may read through for each container. */
    @Test
    void aContainersLifeTakesNoMoreMemoryWithManyMounts() throws Exception {
        double few = allocated(this::createAndStart);
        Command.run(
                "sh",
                "-c",
                "mkdir " + many + " && mount -t tmpfs many " + many + " && cd " + many
                        + " && for i in $(seq 500); do mkdir $i && mount --bind $i $i; done");
        try {
            assertThat(allocated(this::createAndStart)).isLessThan(1.1 * few);
        } finally {
            Command.run("umount", "-R", many.toString());
            Files.delete(many);
        }
    }

    private double allocated(Runnable work) throws IOException {
        double before = allocatedSoFar();
        for (int i = 0; i < ROUNDS; i++) {
            work.run();
        }
        return (allocatedSoFar() - before) / ROUNDS;
    }

    private double allocatedSoFar() throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(metrics));
            channel.write(ByteBuffer.wrap("GET /metrics HTTP/1.1\r\nHost: cost\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII)));
            String answer = new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
            Matcher matcher = ALLOCATED.matcher(answer);
            assertThat(matcher.find()).as(answer).isTrue();
            return Double.parseDouble(matcher.group(1));
        }
    }

    private long warden() throws IOException {
        return Long.parseLong(Files.readString(
                        state.resolve("containers").resolve(container.id()).resolve("record.json"))
                .replaceAll(".*\"warden\":\\{\"pid\":(\\d+).*", "$1"));
    }

    private interface Tracing {
        Strace trace() throws IOException, InterruptedException;
    }

    /** Of three: what a daemon does every ten seconds comes into one of them at most. */
    private static Strace least(Tracing tracing) throws IOException, InterruptedException {
        Strace least = tracing.trace();
        for (int i = 0; i < 2; i++) {
            Strace next = tracing.trace();
            least = next.systemCalls() < least.systemCalls() ? next : least;
        }
        return least;
    }

    private Strace trace(Runnable work, Long... more) throws IOException, InterruptedException {
        assumeTrue(Strace.isHere(), "strace is not installed");
        return Strace.of(Stream.concat(Stream.of(daemon.pid()), Stream.of(more)).toList(), work);
    }
}
