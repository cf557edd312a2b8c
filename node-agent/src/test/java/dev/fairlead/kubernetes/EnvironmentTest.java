package dev.fairlead.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.fabric8.kubernetes.api.model.Container;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnvironmentTest {
    private static final String SOURCES = """
            ---
            kind: ConfigMap
            metadata: {name: settings}
            data: {LEVEL: debug, PORT: "80"}
            ---
            kind: Secret
            metadata: {name: login}
            stringData: {user: root, PASS: "a b"}
            """;

    @Test
    void takesWholeObjectsFirstAndSingleVariablesAfterThem() throws IOException {
        assertThat(environment("""
                        envFrom:
                        - configMapRef: {name: settings}
                        - {prefix: DB_, secretRef: {name: login}}
                        - configMapRef: {name: absent, optional: true}
                        env:
                        - {name: PORT, value: "81"}
                        - {name: URL, value: "http://$(DB_user):$(PORT)/$(LATER)"}
                        - {name: LATER, value: x}
                        - {name: EMPTY}
                        """))
                .containsExactly(
                        entry("LEVEL", "debug"),
                        entry("PORT", "81"),
                        entry("DB_PASS", "a b"),
                        entry("DB_user", "root"),
                        entry("URL", "http://root:81/$(LATER)"),
                        entry("LATER", "x"),
                        entry("EMPTY", ""));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            fieldRef: {fieldPath: metadata.name}                        | web
            fieldRef: {fieldPath: metadata.namespace}                   | shop
            fieldRef: {fieldPath: metadata.uid}                         | 0b2c
            fieldRef: {fieldPath: "metadata.labels['app']"}             | web
            fieldRef: {fieldPath: "metadata.annotations['none']"}       | ''
            fieldRef: {fieldPath: spec.nodeName}                        | worker-3
            fieldRef: {fieldPath: spec.serviceAccountName}              | default
            fieldRef: {fieldPath: status.hostIP}                        | 192.0.2.3
            fieldRef: {fieldPath: status.podIP}                         | 10.88.0.7
            fieldRef: {fieldPath: status.podIPs}                        | 10.88.0.7,fd00::7
            resourceFieldRef: {resource: limits.memory}                 | 67108864
            resourceFieldRef: {resource: limits.memory, divisor: 1Mi}   | 64
            resourceFieldRef: {resource: limits.memory, divisor: 1Gi}   | 1
            resourceFieldRef: {resource: requests.memory, divisor: 1Mi} | 64
            resourceFieldRef: {resource: requests.cpu, divisor: 1m}     | 250
            resourceFieldRef: {resource: requests.cpu}                  | 1
            resourceFieldRef: {resource: limits.cpu}                    | 4
            configMapKeyRef: {name: settings, key: LEVEL}               | debug
            secretKeyRef: {name: login, key: PASS}                      | a b
            """)
    void looksValuesUp(String source, String value) throws IOException {
        assertThat(environment(
                        "resources: {requests: {cpu: 250m}, limits: {memory: 64Mi}}\nenv: [{name: X, valueFrom: {"
                                + source + "}}]"))
                .containsExactly(entry("X", value));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            configMapKeyRef: {name: absent, key: x, optional: true}
            configMapKeyRef: {name: settings, key: absent, optional: true}
            secretKeyRef: {name: absent, key: x, optional: true}
            """)
    void leavesOutWhatIsOptional(String source) throws IOException {
        assertThat(environment("env: [{name: X, valueFrom: {" + source + "}}]")).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            env: [{name: X, valueFrom: {configMapKeyRef: {name: absent, key: x}}}]      | spec.containers[0].env[0].valueFrom.configMapKeyRef: no ConfigMap "absent"
            env: [{name: X, valueFrom: {secretKeyRef: {name: login, key: x}}}]          | .secretKeyRef.key: Secret "login" has no key "x", but PASS, user
            env: [{name: X, valueFrom: {fieldRef: {fieldPath: status.phase}}}]          | .fieldRef.fieldPath: "status.phase" is none of
            env: [{name: X, valueFrom: {resourceFieldRef: {resource: memory}}}]         | .resourceFieldRef.resource: "memory" starts with neither
            env: [{name: X, valueFrom: {}}]                                             | spec.containers[0].env[0].valueFrom: has none of
            envFrom: [{secretRef: {name: absent}}]                                      | spec.containers[0].envFrom[0].secretRef: no Secret "absent"
            """)
    void namesTheReferenceThatCannotBeMet(String container, String message) {
        assertThatThrownBy(() -> environment(container))
                .isInstanceOf(ManifestException.class)
                .hasMessageContaining(message);
    }

    private static Map<String, String> environment(String container) throws IOException {
        Manifest manifest = Manifests.read("""
                kind: Pod
                metadata: {name: web, namespace: shop, uid: 0b2c, labels: {app: web}}
                spec:
                  containers:
                  - name: app
                    image: app:1
                """ + container.indent(4) + SOURCES);
        Container app = manifest.pod().getSpec().getContainers().getFirst();
        DownwardApi downward = new DownwardApi(manifest.pod(), Manifests.NODE, List.of("10.88.0.7", "fd00::7"));
        return new Environment(manifest.sources(), downward).of(app, Containers.field(manifest.pod(), app));
    }
}
