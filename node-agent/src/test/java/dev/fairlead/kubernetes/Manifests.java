package dev.fairlead.kubernetes;

import java.io.IOException;
import java.util.List;

/** Manifests for tests, and the node that they would run on. */
final class Manifests {
    private static final long GIB = 1L << 30;

    /** A small node with cgroup v1 and a swap controller. */
    static final Node NODE =
            new Node("worker-3", "192.0.2.3", 16 * GIB, 4, false, true, List.of("2MB"), List.of("/sys/throttle"));

    private Manifests() {}

    static Manifest read(String yaml) throws IOException {
        return Manifest.parse(yaml, "pod.yaml", List.of());
    }

    /** A pod named web with what is given of its spec, indented by two. */
    static Manifest spec(String spec) throws IOException {
        return read("""
                apiVersion: v1
                kind: Pod
                metadata:
                  name: web
                  namespace: shop
                  uid: 0b2c
                  labels: {app: web}
                spec:
                """ + spec.indent(2));
    }

    /** A pod with one container named app and what is given of it, indented by two. */
    static Manifest container(String container) throws IOException {
        return spec("containers:\n- name: app\n  image: app:1\n" + container.indent(2));
    }
}
