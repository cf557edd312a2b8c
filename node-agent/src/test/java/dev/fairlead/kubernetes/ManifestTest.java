package dev.fairlead.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestTest {
    @Test
    void readsOnePodAndTheObjectsBesideIt() throws IOException {
        Manifest manifest = Manifests.read("""
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: settings}
                data: {level: debug}
                ---
                apiVersion: v1
                kind: Secret
                metadata: {name: tls}
                data: {key: c2VjcmV0}
                stringData: {other: plain}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: web}
                spec: {containers: [{name: app, image: app:1}]}
                ---
                """);
        assertThat(manifest.pod().getMetadata().getName()).isEqualTo("web");
        assertThat(value(manifest, ConfigSources.Kind.CONFIG_MAP, "settings", "level"))
                .isEqualTo("debug");
        assertThat(value(manifest, ConfigSources.Kind.SECRET, "tls", "key")).isEqualTo("secret");
        assertThat(value(manifest, ConfigSources.Kind.SECRET, "tls", "other")).isEqualTo("plain");
    }

    @Test
    void takesMoreObjectsFromFilesAndDirectories(@TempDir Path directory) throws IOException {
        Path maps = Files.writeString(directory.resolve("maps.yaml"), """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: settings}
                data: {level: info}
                """);
        Path tls = Files.createDirectory(directory.resolve("tls"));
        Files.writeString(tls.resolve("tls.crt"), "certificate");
        Manifest manifest = Manifest.parse(
                "{kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image: app:1}]}}",
                "pod.yaml",
                List.of(maps, tls));
        assertThat(value(manifest, ConfigSources.Kind.CONFIG_MAP, "settings", "level"))
                .isEqualTo("info");
        assertThat(value(manifest, ConfigSources.Kind.SECRET, "tls", "tls.crt")).isEqualTo("certificate");
        assertThat(value(manifest, ConfigSources.Kind.CONFIG_MAP, "tls", "tls.crt"))
                .isEqualTo("certificate");
    }

    private static String value(Manifest manifest, ConfigSources.Kind kind, String name, String key) {
        return new String(manifest.sources().find(kind, name).orElseThrow().get(key), StandardCharsets.UTF_8);
    }

    @Test
    void fillsInWhatTheApiServerWould() throws IOException {
        var pod = Manifests.read("""
                        kind: Pod
                        metadata: {generateName: web-}
                        spec:
                          containers:
                          - name: app
                            image: app
                            resources: {limits: {memory: 64Mi}}
                            livenessProbe: {exec: {command: [check]}}
                        """).pod();
        var container = pod.getSpec().getContainers().getFirst();
        assertThat(pod.getMetadata().getName()).matches("web-[0-9a-f]{5}");
        assertThat(pod.getMetadata().getNamespace()).isEqualTo("default");
        assertThat(pod.getMetadata().getUid()).isNotEmpty();
        assertThat(pod.getSpec().getRestartPolicy()).isEqualTo("Always");
        assertThat(pod.getSpec().getTerminationGracePeriodSeconds()).isEqualTo(30);
        assertThat(container.getImagePullPolicy()).isEqualTo("Always");
        assertThat(container.getTerminationMessagePath()).isEqualTo("/dev/termination-log");
        assertThat(container.getResources().getRequests().get("memory"))
                .isEqualTo(container.getResources().getLimits().get("memory"));
        assertThat(container.getLivenessProbe().getPeriodSeconds()).isEqualTo(10);
        assertThat(container.getLivenessProbe().getFailureThreshold()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            app,                        Always
            app:latest,                 Always
            registry.example:5000/app,  Always
            app:1,                      IfNotPresent
            app@sha256:00,              IfNotPresent
            """)
    void pullsWhatMayHaveChanged(String image, String policy) throws IOException {
        var manifest = Manifests.spec("containers: [{name: app, image: '" + image + "'}]");
        assertThat(manifest.pod().getSpec().getContainers().getFirst().getImagePullPolicy())
                .isEqualTo(policy);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            {kind: Deployment, metadata: {name: web}}         | kind Deployment: only a Pod can be run, such as spec.template of this one
            {kind: Service, metadata: {name: web}}            | kind Service: only a Pod can be run
            {metadata: {name: web}}                           | a document without kind
            {kind: ConfigMap, metadata: {name: a}}            | pod.yaml: has no Pod
            '- a list'                                        | a document that is no object
            '{kind: Pod'                                      | pod.yaml: is no YAML
            {kind: Pod, metadata: {name: web}}                | spec: is missing
            {kind: Pod, metadata: {name: web}, spec: {}}      | spec.containers: a pod needs at least one container
            {kind: Pod, spec: {containers: [{name: a, image: b}]}}                              | metadata.name: is missing
            {kind: Pod, metadata: {name: Web}, spec: {containers: [{name: a, image: b}]}}       | metadata.name: "Web"
            {kind: Pod, metadata: {name: web}, spec: {containers: [{name: a, imag: b}]}}        | spec.containers[0].imag: no such field in Container
            {kind: Pod, metadata: {name: web}, spec: {containers: [{name: a}]}}                 | spec.containers[0].image: is missing
            {kind: Pod, metadata: {name: web}, spec: {containers: [{name: a, image: b}, {name: a, image: b}]}}   | spec.containers[1].name: "a" is there twice
            {kind: Pod, metadata: {name: web}, spec: {restartPolicy: always, containers: [{name: a, image: b}]}} | spec.restartPolicy: "always" is none of Always, Never, OnFailure
            {kind: Pod, metadata: {name: web}, spec: {containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /v}]}]}} | spec.containers[0].volumeMounts[0].name: spec.volumes has no "v"
            {kind: Pod, metadata: {name: web}, spec: {containers: [{name: a, image: b, env: [{name: X, value: "a\\0b"}]}]}}         | spec.containers[0].env[0]: a NUL character
            {kind: Pod, metadata: {name: web}, spec: {containers: [{name: a, image: b, resources: {requests: {cpu: 2}, limits: {cpu: 1}}}]}} | spec.containers[0].resources.requests.cpu: 2 is more than the limit of 1
            """)
    void refusesWhatCannotBeRun(String yaml, String message) {
        assertThatThrownBy(() -> Manifests.read(yaml))
                .isInstanceOf(ManifestException.class)
                .hasMessageContaining(message);
    }
}
