package dev.fairlead.e2e.kube;

import dev.fairlead.e2e.Node;
import dev.fairlead.e2e.Snapshot;
import dev.fairlead.e2e.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** A node with a runtime and a kubelet without a cluster. When it is closed nothing that the runtime made may be left. */
final class KubeletAlone implements AutoCloseable {
    /** What a kubelet makes for itself and leaves. */
    private static final List<String> KUBELETS_OWN = List.of("/kubepods", "KUBE-", "/run/sysctls", "/run/kube");

    private static final Path DIRECTORY = Path.of("/run/kube");
    private static final Path VOLUMES = Path.of("/var/lib/kubelet/pods");

    final Node node = Node.start();
    final Kubelet kubelet =
            new Kubelet(Kubelet.Mode.STANDALONE, DIRECTORY, node.daemon().socket());
    final StaticPods pods = new StaticPods(kubelet);
    private final Snapshot before = Snapshot.take();

    KubeletAlone(String... settings) throws IOException {
        kubelet.start(settings);
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> manifests = Files.list(DIRECTORY.resolve("static-pods"))) {
            for (Path manifest : manifests.toList()) {
                Files.delete(manifest);
            }
        }
        Wait.until(
                "the kubelet has put the volumes of its pods away",
                Duration.ofMinutes(2),
                KubeletAlone::withVolumes,
                List::isEmpty,
                Duration.ofMillis(200));
        kubelet.close();
        node.removeAllPods();
        before.assertRestored(KubeletAlone::isKubeletsOwn);
        node.close();
    }

    /** Whether a thing of a {@link Snapshot} is none of the runtime's. */
    static boolean isKubeletsOwn(String thing) {
        return KUBELETS_OWN.stream().anyMatch(thing::contains);
    }

    /** The pods that the kubelet still has a directory of. */
    static List<Path> withVolumes() {
        try (Stream<Path> pods = Files.list(VOLUMES)) {
            return pods.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
