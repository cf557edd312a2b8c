package dev.fairlead.cli;

import dev.fairlead.kubernetes.HostUsers;
import dev.fairlead.kubernetes.Manifest;
import dev.fairlead.kubernetes.Node;
import dev.fairlead.kubernetes.PodRunner;
import dev.fairlead.kubernetes.PodTranslation;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a pod in the foreground. */
@Command(
        name = "run",
        header = "Runs a Pod manifest in the foreground, without a cluster.",
        description = {
            "Pulls images, starts init containers and containers, makes probes, restarts what crashes, and shows what they write. "
                    + "Ctrl-C stops the pod; at the end everything is removed.",
            "",
            "Ends with 0 when all containers ended well, otherwise with the exit code of the first one that did not; "
                    + "125 when the pod could not be run, 130 after Ctrl-C. A pod whose restartPolicy is Always, the default, never ends by itself."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  fairlead run -f pod.yaml",
            "  fairlead run -f pod.yaml --from configmaps.yaml --from ./tls    ./tls/tls.crt is key tls.crt of Secret tls",
            "  kubectl get pod web -o yaml | fairlead run -f -"
        })
final class RunCommand implements Callable<Integer>, Cli.PassesExitCodeOn {
    private static final int INTERRUPTED = 130;
    private static final long REMOVAL_SECONDS = 60;

    @Mixin
    DaemonOption daemon = new DaemonOption();

    @Mixin
    ManifestOptions options = new ManifestOptions();

    @Option(
            names = {"-t", "--time"},
            paramLabel = "SECONDS",
            description = "Grace period at the end, instead of the pod's terminationGracePeriodSeconds.")
    Optional<Long> grace = Optional.empty();

    @Override
    public Integer call() throws IOException, InterruptedException {
        Manifest manifest = options.read();
        Pod pod = manifest.pod();
        grace.ifPresent(seconds -> pod.getSpec().setTerminationGracePeriodSeconds(seconds));
        try (Daemon connection = daemon.connect()) {
            ImagePull pull = new ImagePull(connection, Terminal.standardError());
            PodRunner runner = new PodRunner(
                    manifest,
                    translation(manifest, connection),
                    connection.runtime(),
                    connection.images(),
                    image -> pull.pull(image, Optional.empty()),
                    new RunView(name(pod), containers(pod)));
            return run(runner, pod.getSpec().getTerminationGracePeriodSeconds()).orElse(INTERRUPTED);
        }
    }

    private PodTranslation translation(Manifest manifest, Daemon connection) throws IOException {
        Node node = Node.local();
        return Boolean.FALSE.equals(manifest.pod().getSpec().getHostUsers())
                ? new PodTranslation(manifest, node, options.settings(), HostUsers.choose(connection.runtime()))
                : new PodTranslation(manifest, node, options.settings());
    }

    /** Runs it; Ctrl-C and SIGTERM begin the end of the process, which waits until the pod is removed. */
    private static OptionalInt run(PodRunner runner, long graceSeconds) throws IOException, InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        Thread onSignal = new Thread(
                () -> {
                    runner.stop();
                    try {
                        // Bounded: a process that can't be ended would be worse than a pod that is left behind.
                        var _ = ended.await(graceSeconds + REMOVAL_SECONDS, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "stop pod");
        Runtime.getRuntime().addShutdownHook(onSignal);
        try {
            return runner.run();
        } finally {
            ended.countDown();
            removeHook(onSignal);
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // It is just running: this is the end that it waits for.
        }
    }

    private static String name(Pod pod) {
        String namespace = pod.getMetadata().getNamespace();
        String name = pod.getMetadata().getName();
        return namespace.equals("default") ? name : namespace + "/" + name;
    }

    private static List<String> containers(Pod pod) {
        return Stream.concat(pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream())
                .map(Container::getName)
                .toList();
    }
}
