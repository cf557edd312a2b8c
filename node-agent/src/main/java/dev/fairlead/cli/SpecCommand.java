package dev.fairlead.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.Image;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.ImageStatusRequest;
import dev.fairlead.cri.v1.ImageStatusResponse;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.kubernetes.Manifest;
import dev.fairlead.kubernetes.Node;
import dev.fairlead.kubernetes.PodTranslation;
import dev.fairlead.oci.ImageConfig;
import dev.fairlead.oci.OciJson;
import dev.fairlead.pod.SpecPreview;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows how a pod's containers would be configured. */
@Command(
        name = "spec",
        header = "Prints the OCI configuration that a manifest's containers would get.",
        description =
                "Nothing is started. Where a daemon runs that has the images, their entry points, variables and users are in it.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  fairlead spec -f pod.yaml | jq '.web.process.capabilities'",
            "  fairlead spec --cri -f pod.yaml     what a kubelet would send, in YAML"
        })
final class SpecCommand implements Callable<Integer> {
    private static final long ANSWER_SECONDS = 3;
    private static final Path STATE_DIR = Path.of("/run/fairlead");
    private static final Path SECCOMP_PROFILES = Path.of("/var/lib/kubelet/seccomp");

    @Mixin
    DaemonOption daemon = new DaemonOption();

    @Mixin
    ManifestOptions options = new ManifestOptions();

    @Option(names = "--cri", description = "Print the CRI messages instead.")
    boolean cri;

    private final Map<String, ImageStatusResponse> images = new HashMap<>();

    @Override
    public Integer call() throws IOException {
        Manifest manifest = options.read();
        askForImages(manifest);
        PodTranslation pod = new PodTranslation(manifest, Node.local(), options.settings());
        List<ContainerConfig> containers = pod.containers(this::image);
        if (cri) {
            printCri(pod.sandbox(), containers);
        } else {
            printOci(pod.sandbox(), containers);
        }
        return ExitCodes.OK;
    }

    private static void printCri(PodSandboxConfig sandbox, List<ContainerConfig> containers) {
        Map<String, Object> messages = new LinkedHashMap<>();
        messages.put("sandbox", ProtoMaps.of(sandbox));
        List<Object> list = new ArrayList<>();
        containers.forEach(container -> list.add(ProtoMaps.of(container)));
        messages.put("containers", list);
        OutputFormat.YAML.print(messages, Terminal.standardOutput());
    }

    private void printOci(PodSandboxConfig sandbox, List<ContainerConfig> containers) throws IOException {
        ObjectMapper mapper = OciJson.mapper();
        Map<String, Object> specs = new LinkedHashMap<>();
        for (ContainerConfig container : containers) {
            specs.put(
                    container.getMetadata().getName(),
                    SpecPreview.of(sandbox, container, configuration(container), STATE_DIR, SECCOMP_PROFILES));
        }
        System.out.println(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(specs));
    }

    /** What the daemon knows of the images; nothing where none runs. */
    private void askForImages(Manifest manifest) {
        if (!Files.exists(daemon.socket)) {
            return;
        }
        try (Daemon connection = daemon.connect()) {
            for (String image : manifest.images()) {
                images.put(
                        image,
                        connection
                                .images()
                                .withDeadlineAfter(ANSWER_SECONDS, TimeUnit.SECONDS)
                                .imageStatus(ImageStatusRequest.newBuilder()
                                        .setImage(ImageSpec.newBuilder().setImage(image))
                                        .setVerbose(true)
                                        .build()));
            }
        } catch (StatusRuntimeException e) {
            System.err.println("note: no daemon answers on " + daemon.socket + ": without what the images say");
        }
    }

    private Optional<Image> image(String name) {
        return Optional.ofNullable(images.get(name))
                .filter(ImageStatusResponse::hasImage)
                .map(ImageStatusResponse::getImage);
    }

    /** The image's configuration as runtimes tell it in verbose information: {@code info.imageSpec}. */
    private Optional<ImageConfig> configuration(ContainerConfig container) throws IOException {
        ImageStatusResponse status = images.get(container.getImage().getUserSpecifiedImage());
        if (status == null) {
            return Optional.empty();
        }
        JsonNode spec =
                OciJson.mapper().readTree(status.getInfoOrDefault("info", "{}")).path("imageSpec");
        return spec.isObject() ? Optional.of(OciJson.mapper().treeToValue(spec, ImageConfig.class)) : Optional.empty();
    }
}
