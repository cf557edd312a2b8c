package dev.fairlead.e2e.runc;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fairlead.oci.OciJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A configuration that both runtimes are given (runtime-spec, config.md), built up step by step, with what its image and sources need beside
 * the {@link Scene}'s. In the source of a mount {@code @} stands for the directory of sources.
 */
final class Configuration {
    private static final String BASE = """
            {'ociVersion': '1.2.0', 'root': {'path': 'rootfs'}, 'hostname': 'difference',
             'process': {'user': {'uid': 0, 'gid': 0}, 'args': ['/probe'], 'env': ['PATH=/bin'], 'cwd': '/',
              'capabilities': {'bounding': CAPABILITIES, 'permitted': CAPABILITIES, 'effective': CAPABILITIES}},
             'mounts': [],
             'linux': {'cgroupsPath': '/difference/container', 'devices': [], 'maskedPaths': [], 'readonlyPaths': [],
              'resources': {'devices': [{'allow': true, 'access': 'rwm'}]},
              'namespaces': [{'type': 'pid'}, {'type': 'mount'}, {'type': 'ipc'}, {'type': 'uts'}, {'type': 'network'}]}}
            """.replace("CAPABILITIES", """
            ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER', 'CAP_MKNOD', 'CAP_SYS_RAWIO', 'CAP_NET_BIND_SERVICE']""");

    private final String name;
    private final ObjectNode json = read(BASE);
    private final StringBuilder sources = new StringBuilder();
    private final StringBuilder image = new StringBuilder();
    private final Set<String> tried = new LinkedHashSet<>();

    private Configuration(String name) {
        this.name = name;
    }

    /** Nothing but /proc, which the probe reads, and the devices that every container has, in the image's own /dev. */
    static Configuration bare(String name) {
        return new Configuration(name).mount("proc", "/proc", "proc");
    }

    /** Not even /proc. */
    static Configuration empty(String name) {
        return new Configuration(name);
    }

    /** With the file systems that every container of a pod has. */
    static Configuration ordinary(String name) {
        return new Configuration(name)
                .mount("proc", "/proc", "proc", "nosuid", "noexec", "nodev")
                .mount("tmpfs", "/dev", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k")
                .mount(
                        "devpts",
                        "/dev/pts",
                        "devpts",
                        "nosuid",
                        "noexec",
                        "newinstance",
                        "ptmxmode=0666",
                        "mode=0620",
                        "gid=5")
                .mount("mqueue", "/dev/mqueue", "mqueue", "nosuid", "noexec", "nodev")
                .mount("tmpfs", "/dev/shm", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k")
                .mount("sysfs", "/sys", "sysfs", "nosuid", "noexec", "nodev", "ro");
    }

    Configuration mount(String type, String destination, String source, String... options) {
        ObjectNode mount = ((ArrayNode) json.get("mounts"))
                .addObject()
                .put("destination", destination)
                .put("type", type)
                .put("source", source);
        ArrayNode words = mount.putArray("options");
        for (String option : options) {
            words.add(option);
        }
        if (destination.startsWith("/")) {
            tries(destination);
        }
        return this;
    }

    /** One bind mount; whether {@code bind} or {@code rbind}, an option says. */
    Configuration bind(String source, String destination, String... options) {
        return mount("bind", destination, source, options);
    }

    /** Gives the last mount mappings of its own. */
    Configuration mappedBy(int container, int host, int size) {
        ArrayNode mounts = (ArrayNode) json.get("mounts");
        ObjectNode last = (ObjectNode) mounts.get(mounts.size() - 1);
        for (String key : new String[] {"uidMappings", "gidMappings"}) {
            mapping(last.putArray(key), container, host, size);
        }
        return this;
    }

    private static void mapping(ArrayNode to, int container, int host, int size) {
        to.addObject().put("containerID", container).put("hostID", host).put("size", size);
    }

    /** A user namespace in which root is {@link Scene#MAPPED} of the host. */
    Configuration inUserNamespace() {
        for (String key : new String[] {"uidMappings", "gidMappings"}) {
            mapping(linux().putArray(key), 0, Scene.MAPPED, 65536);
        }
        return namespace("user");
    }

    Configuration namespace(String type) {
        ((ArrayNode) linux().get("namespaces")).addObject().put("type", type);
        return this;
    }

    Configuration propagation(String word) {
        linux().put("rootfsPropagation", word);
        return this;
    }

    Configuration readonlyRoot() {
        ((ObjectNode) json.get("root")).put("readonly", true);
        return this;
    }

    /** Covers paths; what a process can do with them is tried. */
    Configuration masked(String... paths) {
        return paths("maskedPaths", paths);
    }

    Configuration readonly(String... paths) {
        return paths("readonlyPaths", paths);
    }

    private Configuration paths(String key, String... paths) {
        for (String path : paths) {
            ((ArrayNode) linux().get(key)).add(path);
        }
        return tries(paths);
    }

    Configuration device(String deviceJson) {
        ((ArrayNode) linux().get("devices")).add(read(deviceJson));
        return this;
    }

    /** Replaces fields of process: {@code {'cwd': '/srv'}}. */
    Configuration process(String fields) {
        ((ObjectNode) json.get("process")).setAll(read(fields));
        return this;
    }

    /** Replaces fields of linux. */
    Configuration linux(String fields) {
        linux().setAll(read(fields));
        return this;
    }

    /** Reads and writes {@code paths} from inside. */
    Configuration tries(String... paths) {
        tried.addAll(List.of(paths));
        return this;
    }

    /** Adds to the image by a shell script, run in its root. */
    Configuration image(String script) {
        image.append(script).append('\n');
        return this;
    }

    /** Adds sources by a shell script, run in their directory. */
    Configuration sources(String script) {
        sources.append(script).append('\n');
        return this;
    }

    String name() {
        return name;
    }

    boolean isMapped() {
        return linux().has("uidMappings");
    }

    String imageScript() {
        return image.toString();
    }

    String sourcesScript() {
        return sources.toString();
    }

    /** config.json with real paths, and the probe told what to try. */
    ObjectNode json(Path directoryOfSources) {
        ObjectNode copy = json.deepCopy();
        for (JsonNode mount : copy.get("mounts")) {
            String source = mount.get("source").asText();
            ((ObjectNode) mount).put("source", source.replaceFirst("^@", directoryOfSources.toString()));
        }
        tried.stream().sorted().forEach(path -> ((ArrayNode) copy.at("/process/args")).add(path));
        return copy;
    }

    private ObjectNode linux() {
        return (ObjectNode) json.get("linux");
    }

    private static ObjectNode read(String text) {
        try {
            return (ObjectNode) OciJson.mapper().readTree(text.replace('\'', '"'));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For a failure's message. */
    @Override
    public String toString() {
        return name + "\n" + json(Path.of("@")) + (image.isEmpty() ? "" : "\nimage: " + image)
                + (sources.isEmpty() ? "" : "\nsources: " + sources);
    }
}
