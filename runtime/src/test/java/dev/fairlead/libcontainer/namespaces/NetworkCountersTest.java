package dev.fairlead.libcontainer.namespaces;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.test.NeedsRoot;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NeedsRoot
class NetworkCountersTest {
    private static final int PACKET = 1000;
    private static final int PACKETS = 50;
    private static final int UDP_AND_IP_HEADERS = 28;

    private static PodNamespaces pod(Path directory) throws Exception {
        Files.createDirectory(directory);
        return PodNamespaces.create(
                directory, PodNamespaces.Plan.of(EnumSet.of(Kind.NETWORK), Optional.empty(), Map.of()));
    }

    @Test
    void countersAreThoseOfEachPodAndNotOurs(@TempDir Path dir) throws Exception {
        PodNamespaces quiet = pod(dir.resolve("quiet"));
        PodNamespaces busy = pod(dir.resolve("busy"));
        PodNamespaces stopped = pod(dir.resolve("stopped"));
        try {
            send(busy);
            stopped.remove();
            Map<Path, List<InterfaceCounters>> all = NetworkCounters.read(
                    List.of(dir.resolve("quiet"), dir.resolve("busy"), dir.resolve("stopped"), dir.resolve("none")));
            assertThat(all).containsOnlyKeys(dir.resolve("quiet"), dir.resolve("busy"));
            assertThat(loopback(all, dir.resolve("quiet")).receivedPackets()).isZero();
            InterfaceCounters counters = loopback(all, dir.resolve("busy"));
            assertThat(counters.transmittedPackets()).isGreaterThanOrEqualTo(PACKETS);
            assertThat(counters.receivedBytes())
                    .isEqualTo(counters.transmittedBytes())
                    .isBetween((PACKET + UDP_AND_IP_HEADERS) * (long) PACKETS, PACKET * PACKETS * 2L);
        } finally {
            quiet.remove();
            busy.remove();
            stopped.remove();
        }
        assertThat(InterfaceCounters.ofThisThread())
                .as("of the caller's thread, which has stayed where it was")
                .extracting(InterfaceCounters::name)
                .containsExactlyElementsOf(Files.readAllLines(Path.of("/proc/net/dev")).stream()
                        .skip(2)
                        .map(line -> line.substring(0, line.indexOf(':')).strip())
                        .toList());
    }

    @Test
    void linesOfTheKernelAreReadByTheirColumns() {
        assertThat(InterfaceCounters.parse("""
                        Inter-|   Receive                                                |  Transmit
                         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                            lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
                          eth0:18446744073709551615      16    1    2    0     0          0         9     1206      15    3    4    0     0       0          0
                        """))
                .element(1)
                .isEqualTo(new InterfaceCounters("eth0", -1, 16, 1, 2, 1206, 15, 3, 4));
    }

    private static InterfaceCounters loopback(Map<Path, List<InterfaceCounters>> all, Path pod) {
        return all.getOrDefault(pod, List.of()).stream()
                .filter(InterfaceCounters::isLoopback)
                .findFirst()
                .orElseThrow();
    }

    private static void send(PodNamespaces pod) throws Exception {
        Fd namespace = pod.open(Kind.NETWORK).orElseThrow();
        JobThread.call("sender", () -> {
            try (namespace) {
                Namespaces.join(namespace, Kind.NETWORK);
            }
            try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
                for (int i = 0; i < PACKETS; i++) {
                    socket.send(new DatagramPacket(
                            new byte[PACKET], PACKET, socket.getLocalAddress(), socket.getLocalPort()));
                }
            }
            return "";
        });
    }
}
