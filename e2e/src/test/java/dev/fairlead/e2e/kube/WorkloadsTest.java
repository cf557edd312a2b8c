package dev.fairlead.e2e.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fairlead.e2e.Cgroups;
import dev.fairlead.e2e.Command;
import dev.fairlead.e2e.Daemon;
import dev.fairlead.e2e.Wait;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What people run in a cluster, and what they change while it runs. */
@OnCluster
@Execution(ExecutionMode.CONCURRENT)
class WorkloadsTest {
    private static final Duration LONGEST = Duration.ofSeconds(150);

    private final Cluster cluster;

    WorkloadsTest(Cluster cluster) {
        this.cluster = cluster;
    }

    private <T> T await(String what, Supplier<T> question, Predicate<T> enough) {
        return Wait.until(what, LONGEST, question, enough, Duration.ofMillis(200));
    }

    @Test
    void theNodeSaysWhatItsRuntimeIs() {
        JsonNode info = cluster.nodeStatus().path("nodeInfo");
        assertThat(info.path("kubeletVersion").asText()).isEqualTo("v1.36.0");
        assertThat(info.path("containerRuntimeVersion").asText())
                .startsWith(Daemon.isFairlead() ? "fairlead://" : "containerd://");
        assertThat(cluster.nodeStatus().at("/runtimeHandlers").toString()).contains("\"userNamespaces\":true");
    }

    @Test
    void aDeploymentBehindAService() {
        cluster.apply("""
                apiVersion: apps/v1
                kind: Deployment
                metadata: { name: web }
                spec:
                  replicas: 3
                  selector: { matchLabels: { app: web } }
                  template:
                    metadata: { labels: { app: web } }
                    spec:
                      terminationGracePeriodSeconds: 2
                      containers:
                      - name: httpd
                        image: 127.0.0.1:5000/busybox:1
                        env: [{ name: EDITION, value: first }]
                        command: [sh, -c, 'mkdir /www; echo "$EDITION of $(hostname)" >/www/index.html; exec httpd -f -p 8080 -h /www']
                        readinessProbe: { httpGet: { port: 8080, path: / }, periodSeconds: 1 }
                ---
                apiVersion: v1
                kind: Service
                metadata: { name: web }
                spec: { selector: { app: web }, clusterIP: 10.96.0.80, ports: [{ port: 80, targetPort: 8080 }] }
                """);
        cluster.run("rollout", "status", "deployment/web", "--timeout=150s");
        List<PodOnNode> pods = cluster.pods("app=web");
        assertThat(pods).hasSize(3);
        await(
                "the node reaches the service",
                () -> fetch("http://10.96.0.80/"),
                page -> page.startsWith("first of web-"));
        assertThat(cluster.run("exec", pods.getFirst().name(), "--", "wget", "-qO-", "http://10.96.0.80/"))
                .startsWith("first of web-");

        cluster.run("set", "env", "deployment/web", "EDITION=second");
        cluster.run("rollout", "status", "deployment/web", "--timeout=150s");
        await(
                "the new edition is served",
                () -> fetch("http://10.96.0.80/"),
                page -> page.startsWith("second of web-"));
        cluster.run("scale", "deployment/web", "--replicas=1");
        await("two are gone", () -> cluster.pods("app=web"), left -> left.size() == 1);
    }

    private static String fetch(String address) {
        Command.Result result = Command.run("curl", "-s", "-m", "5", address);
        return result.out();
    }

    @Test
    void aDaemonSetThatWorksOnTheNode() {
        cluster.apply("""
                apiVersion: apps/v1
                kind: DaemonSet
                metadata: { name: agent }
                spec:
                  selector: { matchLabels: { app: agent } }
                  template:
                    metadata: { labels: { app: agent } }
                    spec:
                      hostNetwork: true
                      hostPID: true
                      terminationGracePeriodSeconds: 1
                      containers:
                      - name: agent
                        image: 127.0.0.1:5000/busybox:1
                        command: [sh, -c, 'echo on $NODE_NAME; ls -d /host/pods; exec sleep 100000']
                        env: [{ name: NODE_NAME, valueFrom: { fieldRef: { fieldPath: spec.nodeName } } }]
                        securityContext: { privileged: true }
                        volumeMounts: [{ name: kubelet, mountPath: /host, mountPropagation: Bidirectional }]
                      volumes: [{ name: kubelet, hostPath: { path: /var/lib/kubelet } }]
                """);
        cluster.run("rollout", "status", "daemonset/agent", "--timeout=150s");
        PodOnNode agent = cluster.pods("app=agent").getFirst();
        assertThat(agent.awaitLog("agent", "/host/pods")).containsExactly("on fairlead-node", "/host/pods");
    }

    @Test
    void aJobToItsEnd() {
        cluster.apply("""
                apiVersion: batch/v1
                kind: Job
                metadata: { name: six }
                spec:
                  completions: 6
                  parallelism: 3
                  completionMode: Indexed
                  template:
                    spec:
                      restartPolicy: Never
                      containers:
                      - name: main
                        image: 127.0.0.1:5000/busybox:1
                        command: [sh, -c, 'echo "done $JOB_COMPLETION_INDEX"']
                """);
        cluster.run("wait", "--for=condition=Complete", "job/six", "--timeout=150s");
        assertThat(cluster.run("logs", "-l", "job-name=six", "--tail=-1").lines())
                .containsExactlyInAnyOrder("done 0", "done 1", "done 2", "done 3", "done 4", "done 5");
    }

    @Test
    void aCronJobAtTheNextMinute() {
        cluster.apply("""
                apiVersion: batch/v1
                kind: CronJob
                metadata: { name: bell }
                spec:
                  schedule: '* * * * *'
                  jobTemplate:
                    spec:
                      template:
                        metadata: { labels: { app: bell } }
                        spec:
                          restartPolicy: Never
                          containers: [{ name: main, image: '127.0.0.1:5000/busybox:1', command: [echo, ding] }]
                """);
        PodOnNode bell = await("it has rung", () -> cluster.pods("app=bell"), pods -> !pods.isEmpty())
                .getFirst();
        bell.awaitPhase("Succeeded");
        assertThat(bell.log("main")).containsExactly("ding");
        cluster.run("delete", "cronjob", "bell", "--wait=true");
    }

    @Test
    void aStatefulSetKeepsItsNames() {
        cluster.apply("""
                apiVersion: apps/v1
                kind: StatefulSet
                metadata: { name: store }
                spec:
                  replicas: 2
                  serviceName: store
                  selector: { matchLabels: { app: store } }
                  template:
                    metadata: { labels: { app: store } }
                    spec:
                      terminationGracePeriodSeconds: 1
                      containers:
                      - name: main
                        image: 127.0.0.1:5000/busybox:1
                        command: [sh, -c, 'hostname; exec sleep 100000']
                """);
        cluster.run("rollout", "status", "statefulset/store", "--timeout=150s");
        String uid = cluster.pod("store-0").source().get().at("/metadata/uid").asText();
        assertThat(cluster.run("logs", "store-1")).isEqualTo("store-1");
        cluster.run("delete", "pod", "store-0", "--wait=true");
        await(
                "there is another store-0",
                () -> cluster.pod("store-0").source().get().at("/metadata/uid").asText(""),
                now -> !now.isEmpty() && !now.equals(uid));
        cluster.pod("store-0").awaitReady();
        assertThat(cluster.run("logs", "store-0")).isEqualTo("store-0");
    }

    @Test
    void changesOfConfigMapsAndSecretsAreSeenInTheContainer() {
        cluster.apply("""
                apiVersion: v1
                kind: ConfigMap
                metadata: { name: settings }
                data: { greeting: hello }
                ---
                apiVersion: v1
                kind: Secret
                metadata: { name: secret }
                stringData: { password: swordfish }
                """);
        PodOnNode pod = cluster.pod("configured", """
                terminationGracePeriodSeconds: 1
                volumes: [{ name: config, configMap: { name: settings } }, { name: secret, secret: { secretName: secret } }]
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  env:
                  - { name: GREETING, valueFrom: { configMapKeyRef: { name: settings, key: greeting } } }
                  - { name: PASSWORD, valueFrom: { secretKeyRef: { name: secret, key: password } } }
                  command: [sh, -c, 'echo "$GREETING $PASSWORD"; while :; do echo "$(cat /config/greeting) $(cat /secret/password)"; sleep 1; done']
                  volumeMounts: [{ name: config, mountPath: /config }, { name: secret, mountPath: /secret }]
                """);
        pod.awaitReady();
        cluster.apply("""
                apiVersion: v1
                kind: ConfigMap
                metadata: { name: settings }
                data: { greeting: good morning }
                ---
                apiVersion: v1
                kind: Secret
                metadata: { name: secret }
                stringData: { password: halibut }
                """);
        assertThat(pod.awaitLog("main", "good morning halibut")).startsWith("hello swordfish", "hello swordfish");
    }

    @Test
    void oneVolumeOfManySources() {
        cluster.apply("""
                apiVersion: v1
                kind: ConfigMap
                metadata: { name: part }
                data: { greeting: hello }
                ---
                apiVersion: v1
                kind: Secret
                metadata: { name: other-part }
                stringData: { password: swordfish }
                """);
        PodOnNode pod = cluster.pod("projected", """
                restartPolicy: Never
                volumes:
                - name: all
                  projected:
                    defaultMode: 0440
                    sources:
                    - { configMap: { name: part } }
                    - { secret: { name: other-part, items: [{ key: password, path: deep/password }] } }
                    - { downwardAPI: { items: [{ path: name, fieldRef: { fieldPath: metadata.name } }] } }
                    - { serviceAccountToken: { path: token, audience: somebody } }
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'cd /all; cat greeting; echo; cat deep/password; echo; cat name; echo; cut -c1-2 token; stat -Lc %a name']
                  volumeMounts: [{ name: all, mountPath: /all }]
                """);
        pod.awaitPhase("Succeeded");
        assertThat(pod.log("main")).containsExactly("hello", "swordfish", "projected", "ey", "440");
    }

    @Test
    void aPodMayDoWhatItsAccountMay() {
        cluster.apply("""
                apiVersion: v1
                kind: ServiceAccount
                metadata: { name: reader }
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata: { name: reader }
                rules: [{ apiGroups: [''], resources: [pods], verbs: [get, list] }]
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: RoleBinding
                metadata: { name: reader }
                roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
                subjects: [{ kind: ServiceAccount, name: reader }]
                """);
        PodOnNode pod = cluster.pod("reader", """
                restartPolicy: Never
                serviceAccountName: reader
                securityContext: { runAsUser: 1000, fsGroup: 2000 }
                containers:
                - name: main
                  image: registry.k8s.io/e2e-test-images/agnhost:2.55
                  command:
                  - sh
                  - -c
                  - |
                    for what in pods secrets; do
                      curl -sk -o /dev/null -w '%{http_code}\\n' -H "Authorization: Bearer $(cat /var/run/secrets/kubernetes.io/serviceaccount/token)" \\
                        https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/api/v1/namespaces/default/$what
                    done
                """);
        pod.awaitPhase("Succeeded");
        assertThat(pod.log("main")).containsExactly("200", "403");
    }

    @Test
    void aRuntimeClass() {
        cluster.apply("""
                apiVersion: node.k8s.io/v1
                kind: RuntimeClass
                metadata: { name: own }
                handler: %s
                overhead: { podFixed: { memory: 4Mi } }
                """.formatted(Daemon.isFairlead() ? "fairlead" : "runc"));
        cluster.pod("of-a-class", """
                terminationGracePeriodSeconds: 1
                runtimeClassName: own
                containers: [{ name: main, image: '127.0.0.1:5000/busybox:1', command: [sleep, '1000'] }]
                """).awaitReady();
    }

    @Test
    void anUnknownRuntimeClassIsRefusedWithAReason() {
        cluster.apply("""
                apiVersion: node.k8s.io/v1
                kind: RuntimeClass
                metadata: { name: unknown }
                handler: no-such-handler
                """);
        cluster.pod("of-no-class", """
                terminationGracePeriodSeconds: 1
                runtimeClassName: unknown
                containers: [{ name: main, image: '127.0.0.1:5000/busybox:1', command: [sleep, '1000'] }]
                """);
        await(
                "describe says why",
                () -> cluster.run("describe", "pod", "of-no-class"),
                text -> text.contains("FailedCreatePodSandBox") && text.contains("no-such-handler"));
    }

    @Test
    void aRunningContainerIsResized() throws IOException {
        PodOnNode pod = cluster.pod("resized", """
                terminationGracePeriodSeconds: 1
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sleep, '1000']
                  resources: { requests: { cpu: 100m, memory: 16Mi }, limits: { cpu: 200m, memory: 32Mi } }
                """);
        pod.awaitReady();
        String id = pod.containerId("main");
        cluster.run("patch", "pod", "resized", "--subresource=resize", "--patch", """
                {"spec": {"containers": [{"name": "main", "resources": {"requests": {"cpu": "150m", "memory": "24Mi"}, "limits": {"cpu": "300m", "memory": "48Mi"}}}]}}""");
        pod.awaitContainer(
                "main",
                "has its new limits",
                main -> main.at("/resources/limits/cpu").asText().equals("300m")
                        && main.at("/resources/limits/memory").asText().equals("48Mi"));
        assertThat(pod.containerId("main")).isEqualTo(id);
        assertThat(Cgroups.read("/kubepods", id, "memory", "memory.limit_in_bytes", "memory.max"))
                .isEqualTo(Long.toString(48 << 20));
    }

    @Test
    void whoFillsItsVolumeIsEvicted() {
        PodOnNode pod = cluster.pod("hoarder", """
                restartPolicy: Never
                terminationGracePeriodSeconds: 1
                volumes: [{ name: small, emptyDir: { sizeLimit: 1Mi } }]
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'dd if=/dev/zero of=/small/much bs=1M count=4; exec sleep 1000']
                  volumeMounts: [{ name: small, mountPath: /small }]
                """);
        JsonNode status = pod.awaitPhase("Failed");
        assertThat(status.path("reason").asText()).isEqualTo("Evicted");
        assertThat(status.path("message").asText()).contains("EmptyDir volume \"small\" exceeds the limit");
    }

    @Test
    void anImageThatIsNowhereIsNamed() {
        PodOnNode pod = cluster.pod("nowhere", """
                containers: [{ name: main, image: '127.0.0.1:5000/no/such/image:1' }]
                """);
        JsonNode waiting = pod.awaitContainer(
                        "main",
                        "waits after a second attempt",
                        main -> main.at("/state/waiting/reason").asText().equals("ImagePullBackOff"))
                .at("/state/waiting");
        assertThat(waiting.path("message").asText())
                .contains("127.0.0.1:5000/no/such/image:1")
                .contains("404")
                .contains("check the name and the tag");
    }

    @Test
    void aRegistryThatIsAwayIsNamed() {
        PodOnNode pod = cluster.pod("away", """
                containers: [{ name: main, image: '127.0.0.1:5999/busybox:1' }]
                """);
        pod.awaitContainer(
                "main",
                "waits after a second attempt",
                main -> main.at("/state/waiting/reason").asText().equals("ImagePullBackOff"));
        await(
                "describe says why",
                () -> cluster.run("describe", "pod", "away"),
                text -> text.contains("127.0.0.1:5999")
                        && text.toLowerCase(Locale.ROOT).contains("connection refused"));
    }

    @Test
    void aProgramThatIsNotInTheImageIsNamed() {
        PodOnNode pod = cluster.pod("no-program", """
                containers: [{ name: main, image: '127.0.0.1:5000/busybox:1', command: [/no/such/program] }]
                """);
        JsonNode terminated = pod.awaitContainer(
                        "main",
                        "was tried",
                        main -> main.at("/lastState/terminated").isObject()
                                || main.at("/state/terminated").isObject())
                .findValue("terminated");
        await(
                "describe says why",
                () -> cluster.run("describe", "pod", "no-program"),
                text -> text.contains("/no/such/program")
                        && text.toLowerCase(Locale.ROOT).contains("no such file"));
        assertThat(terminated.path("exitCode").asInt()).isIn(127, 128);
    }

    @Test
    void aPodIsDeletedByForce() {
        PodOnNode pod = cluster.pod("stubborn", """
                terminationGracePeriodSeconds: 60
                containers: [{ name: main, image: '127.0.0.1:5000/busybox:1', command: [sh, -c, 'trap "" TERM; while :; do sleep 1; done'] }]
                """);
        pod.awaitReady();
        String id = pod.containerId("main");
        cluster.run("delete", "pod", "stubborn", "--force", "--grace-period=0");
        pod.awaitGone();
        await(
                "its container is stopped",
                () -> cluster.node.crictl().run("ps", "-q", "--no-trunc"),
                running -> !running.contains(id));
    }
}
