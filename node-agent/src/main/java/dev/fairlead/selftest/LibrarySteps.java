package dev.fairlead.selftest;

import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.fairlead.kubernetes.Manifest;
import dev.fairlead.selftest.SelfTest.Step;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Libraries for images and manifests. */
final class LibrarySteps {
    private static final byte[] TEXT = "squeeze me ".repeat(10_000).getBytes(StandardCharsets.UTF_8);

    private static final String POD = """
            apiVersion: v1
            kind: Pod
            metadata: {name: web, labels: {app: web}, annotations: {note: text}}
            spec:
              restartPolicy: Never
              terminationGracePeriodSeconds: 1
              hostAliases: [{ip: 10.0.0.1, hostnames: [a]}]
              dnsConfig: {nameservers: [10.0.0.2], options: [{name: ndots, value: "5"}]}
              securityContext: {runAsUser: 1000, sysctls: [{name: net.core.somaxconn, value: "64"}]}
              initContainers:
              - {name: first, image: "example/web:1", command: ["true"]}
              containers:
              - name: web
                image: example/web:1
                env:
                - {name: PLAIN, value: text}
                - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
                - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
                - {name: MAP, valueFrom: {configMapKeyRef: {name: settings, key: one}}}
                - {name: SECRET, valueFrom: {secretKeyRef: {name: hidden, key: two}}}
                resources: {limits: {cpu: 250m, memory: 64Mi}, requests: {cpu: 100m}}
                ports: [{containerPort: 80}]
                securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}, seccompProfile: {type: RuntimeDefault}}
                livenessProbe: {exec: {command: ["true"]}}
                readinessProbe: {tcpSocket: {port: 80}}
                lifecycle: {preStop: {exec: {command: ["true"]}}}
                volumeMounts:
                - {name: scratch, mountPath: /scratch}
                - {name: all, mountPath: /all}
              volumes:
              - {name: scratch, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
              - name: all
                projected:
                  sources:
                  - {configMap: {name: settings}}
                  - {secret: {name: hidden}}
                  - {downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: settings}
            data: {one: "1"}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: hidden}
            stringData: {two: "2"}
            """;

    private LibrarySteps() {}

    static List<Step> steps() {
        return List.of(
                new Step("zstd", () -> roundTrip(ZstdOutputStreamNoFinalizer::new, ZstdInputStreamNoFinalizer::new)),
                new Step("gzip", () -> roundTrip(GZIPOutputStream::new, GZIPInputStream::new)),
                new Step("tar", LibrarySteps::tar),
                new Step("TOML", LibrarySteps::toml),
                new Step("pod manifest", LibrarySteps::manifest));
    }

    /** A stream around another. */
    private interface Around<S> {
        S of(S inner) throws IOException;
    }

    private static void roundTrip(Around<OutputStream> pack, Around<InputStream> unpack) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = pack.of(packed)) {
            out.write(TEXT);
        }
        try (InputStream in = unpack.of(new ByteArrayInputStream(packed.toByteArray()))) {
            SelfTest.require(Arrays.equals(in.readAllBytes(), TEXT), "unpacked, it is another text");
        }
    }

    private static void tar() throws IOException {
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        try (TarArchiveOutputStream out = new TarArchiveOutputStream(archive)) {
            TarArchiveEntry entry = new TarArchiveEntry("etc/text");
            entry.setSize(TEXT.length);
            entry.addPaxHeader("SCHILY.xattr.user.note", "text");
            out.putArchiveEntry(entry);
            out.write(TEXT);
            out.closeArchiveEntry();
        }
        try (TarArchiveInputStream in = new TarArchiveInputStream(new ByteArrayInputStream(archive.toByteArray()))) {
            TarArchiveEntry entry = in.getNextEntry();
            SelfTest.require(
                    "text".equals(entry.getExtraPaxHeader("SCHILY.xattr.user.note"))
                            && Arrays.equals(in.readAllBytes(), TEXT),
                    "unpacked, it is another file");
        }
    }

    private static void toml() throws IOException {
        var document = TomlMapper.builder().build().readTree("server = \"https://a\"\n[host.\"https://b\"]\n");
        SelfTest.require(document.path("host").has("https://b"), "it is read as " + document);
    }

    private static void manifest() throws IOException {
        Map<String, String> labels =
                Manifest.parse(POD, "pod", List.of()).pod().getMetadata().getLabels();
        SelfTest.require(labels.equals(Map.of("app", "web")), "its labels are read as " + labels);
    }
}
