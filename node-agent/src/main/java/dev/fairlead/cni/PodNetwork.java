package dev.fairlead.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fairlead.cni.AttachmentCache.Entry;
import dev.fairlead.cni.NetworkConfig.PluginConfig;
import dev.fairlead.cni.NetworkConfigs.Snapshot;
import dev.fairlead.cni.Plugins.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The network of this node's pods. Attaching and detaching different pods at once is fine; for one pod, the caller does one thing at a
 * time. A call takes as long as the plugins take.
 */
public final class PodNetwork {
    /** For plugins of an earlier daemon: iptables alone may wait for others. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final System.Logger LOG = System.getLogger(PodNetwork.class.getName());

    private final NetworkConfigs configs;
    private final Plugins plugins;
    private final AttachmentCache cache;

    /**
     * Where things are.
     * @param configurations directories, /etc/cni/net.d mostly
     * @param programs directories of plugins, /opt/cni/bin and the distribution's
     * @param attachments a directory of our own, which must survive a reboot
     * @param pluginLimit how long one plugin may take
     */
    public record Settings(List<Path> configurations, List<Path> programs, Path attachments, Duration pluginLimit) {
        public Settings {
            configurations = List.copyOf(configurations);
            programs = List.copyOf(programs);
        }
    }

    public PodNetwork(Settings settings) {
        configs = new NetworkConfigs(settings.configurations());
        plugins = new Plugins(settings.programs(), settings.pluginLimit());
        cache = new AttachmentCache(settings.attachments());
    }

    /**
     * Whether pods can be attached: the NetworkReady condition. Cheap while nothing changes, but for plugins of CNI 1.1.0, which are asked for
     * their STATUS.
     * @return why not, in words for the operator; empty: ready
     */
    public Optional<String> notReady() {
        try {
            Optional<NetworkConfig> config = negotiated();
            if (config.isEmpty()) {
                return Optional.of(configs.current().why());
            }
            if (config.get().version().hasStatusAndGc()) {
                for (PluginConfig plugin : config.get().plugins()) {
                    plugins.run(
                            Command.STATUS,
                            plugin,
                            Subject.NONE,
                            input(config.get(), plugin, Map.of(), Optional.empty()));
                }
            }
            return Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** The configuration in use, in JSON, for verbose information. */
    public Optional<String> configuration() {
        try {
            return configs.current().config().map(config -> config.toJson().toString());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private Optional<NetworkConfig> negotiated() throws IOException {
        Snapshot snapshot = configs.current();
        if (snapshot.config().isEmpty()) {
            return Optional.empty();
        }
        NetworkConfig config = snapshot.config().get();
        return Optional.of(config.with(plugins.negotiate(config)));
    }

    /**
     * Attaches a pod: ADD. Where a plugin fails, it and those before it are undone.
     * @throws CniException with the plugin's own words
     * @throws IOException no network is configured, or what was done cannot be noted down
     */
    public CniResult attach(PodAttachment pod) throws IOException {
        NetworkConfig config = negotiated()
                .orElseThrow(() -> new IOException(
                        "pod " + pod.pod().namespace() + "/" + pod.pod().name() + " cannot be attached: " + why()));
        Entry entry = new Entry(
                config,
                pod.sandboxId(),
                pod.interfaceName(),
                pod.networkNamespace().toString(),
                pod.arguments(),
                pod.requests().capabilities(),
                Optional.empty());
        // Before the first plugin runs: a daemon that is killed meanwhile knows what to undo.
        cache.write(entry);
        int done = 0;
        try {
            for (PluginConfig plugin : config.plugins()) {
                ObjectNode result = run(Command.ADD, entry, plugin).orElseThrow();
                result.put("cniVersion", config.version().toString());
                entry = entry.with(result);
                done++;
            }
            cache.write(entry);
        } catch (IOException | RuntimeException e) {
            undo(entry, done, e);
            throw e;
        }
        return CniResult.of(entry.result().orElseThrow());
    }

    private String why() {
        try {
            return configs.current().why();
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private void undo(Entry entry, int failed, Exception failure) {
        int first = Math.min(failed, entry.config().plugins().size() - 1);
        try {
            delete(entry, first);
        } catch (IOException e) {
            // The note stays: the pod's detach, or the next garbage collection, tries again.
            failure.addSuppressed(e);
        }
    }

    /**
     * Detaches a pod: DEL. Nothing to do is success, so it can be repeated.
     * @param networkNamespace empty: it is gone, and the plugins release what is outside of it
     * @throws CniException of the plugin that failed first; the others were run nevertheless
     */
    public void detach(String sandboxId, Optional<Path> networkNamespace) throws IOException {
        String namespace =
                networkNamespace.filter(Files::exists).map(Path::toString).orElse("");
        for (Entry entry : cache.of(sandboxId)) {
            Entry now = new Entry(
                    entry.config(),
                    entry.containerId(),
                    entry.interfaceName(),
                    namespace,
                    entry.arguments(),
                    entry.capabilities(),
                    entry.result());
            delete(now, now.config().plugins().size() - 1);
        }
    }

    /** DEL from the plugin of this number down to the first; what fails does not keep the others from cleaning up. */
    private void delete(Entry entry, int last) throws IOException {
        IOException failure = null;
        for (int i = last; i >= 0; i--) {
            try {
                deleteTwice(entry, entry.config().plugins().get(i));
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
        cache.remove(entry);
    }

    /**
     * DEL, and once more where that fails: after an ADD that was cut off, bridge (1.1.1, with iptables on nftables) removes the interface, fails because
     * the chain for its masquerading was never made, and has nothing left to fail at the second time.
     */
    private void deleteTwice(Entry entry, PluginConfig plugin) throws IOException {
        try {
            run(Command.DEL, entry, plugin);
        } catch (IOException first) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "network of {0}: {1}; trying again",
                    entry.containerId(),
                    first.getMessage());
            try {
                run(Command.DEL, entry, plugin);
            } catch (IOException second) {
                second.addSuppressed(first);
                throw second;
            }
        }
    }

    /**
     * Asks whether a pod's network is still as ADD made it: CHECK. Nothing, where the configuration says so or is older than 0.4.0.
     * @throws CniException what is wrong
     */
    public void check(String sandboxId) throws IOException {
        for (Entry entry : cache.of(sandboxId)) {
            if (entry.config().disableCheck()
                    || !entry.config().version().hasCheck()
                    || entry.result().isEmpty()) {
                continue;
            }
            for (PluginConfig plugin : entry.config().plugins()) {
                run(Command.CHECK, entry, plugin);
            }
        }
    }

    /** What ADD gave for a pod, also after a restart. */
    public Optional<CniResult> result(String sandboxId) throws IOException {
        return cache.of(sandboxId).stream()
                .flatMap(entry -> entry.result().stream())
                .map(CniResult::of)
                .findFirst();
    }

    /**
     * Puts away what an earlier daemon had under way when it was killed, but for its pods: waits for plugins that it has started. Before any pod is
     * attached or detached.
     * @throws IOException some go on for longer than a plugin may
     */
    public void settle() throws IOException, InterruptedException {
        cache.removeUnfinished();
        Set<String> attached = cache.all().stream().map(Entry::containerId).collect(Collectors.toSet());
        if (!attached.isEmpty() && !RunningPlugins.awaitEnd(attached, PATIENCE)) {
            throw new IOException("CNI plugins that an earlier daemon started have not ended within "
                    + PATIENCE.toSeconds() + " s: look for processes with CNI_CONTAINERID in their environment");
        }
    }

    /**
     * Detaches all pods but {@code sandboxIds}, and lets plugins of CNI 1.1.0 drop what belongs to no attachment: GC. At the start of the
     * daemon, when it knows its pods.
     * @throws CniException the first failure; the rest was done nevertheless
     */
    public void collectGarbage(Set<String> sandboxIds) throws IOException {
        IOException failure = null;
        for (Entry entry : cache.all()) {
            if (sandboxIds.contains(entry.containerId())) {
                continue;
            }
            LOG.log(System.Logger.Level.INFO, "detaching {0}, which no pod has any more", entry.containerId());
            try {
                detach(entry.containerId(), Optional.of(Path.of(entry.networkNamespace())));
            } catch (IOException e) {
                failure = first(failure, e);
            }
        }
        if (collectsGarbage()) {
            NetworkConfig config = negotiated().orElseThrow();
            for (PluginConfig plugin : config.plugins()) {
                try {
                    plugins.run(Command.GC, plugin, Subject.NONE, garbageInput(config, plugin));
                } catch (IOException e) {
                    failure = first(failure, e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** By the configuration alone: to ask its plugins what they speak would make each start of the daemon wait for three processes, mostly in vain. */
    private boolean collectsGarbage() throws IOException {
        return configs.current()
                .config()
                .filter(config -> config.version().hasStatusAndGc() && !config.disableGc())
                .isPresent();
    }

    private static IOException first(@Nullable IOException failure, IOException next) {
        if (failure == null) {
            return next;
        }
        failure.addSuppressed(next);
        return failure;
    }

    private ObjectNode garbageInput(NetworkConfig config, PluginConfig plugin) throws IOException {
        ObjectNode input = input(config, plugin, Map.of(), Optional.empty());
        ArrayNode valid = NetworkConfig.JSON.createArrayNode();
        for (Entry entry : cache.all()) {
            if (entry.config().name().equals(config.name())) {
                valid.addObject().put("containerID", entry.containerId()).put("ifname", entry.interfaceName());
            }
        }
        input.set("cni.dev/valid-attachments", valid);
        // As libcni called it before the specification did.
        input.set("cni.dev/attachments", valid);
        return input;
    }

    private Optional<ObjectNode> run(Command command, Entry entry, PluginConfig plugin) throws IOException {
        boolean previous = command != Command.DEL || entry.config().version().hasCheck();
        Subject subject =
                new Subject(entry.containerId(), entry.networkNamespace(), entry.interfaceName(), entry.arguments());
        return plugins.run(
                command,
                plugin,
                subject,
                input(entry.config(), plugin, entry.capabilities(), previous ? entry.result() : Optional.empty()));
    }

    /** The plugin's configuration as CNI's specification, section 3, derives it. */
    private static ObjectNode input(
            NetworkConfig config,
            PluginConfig plugin,
            Map<String, JsonNode> capabilities,
            Optional<ObjectNode> previous) {
        ObjectNode input = plugin.json().deepCopy();
        input.remove("capabilities");
        input.put("name", config.name());
        input.put("cniVersion", config.version().toString());
        Map<String, JsonNode> wanted = new TreeMap<>(capabilities);
        wanted.keySet().retainAll(plugin.capabilities());
        if (!wanted.isEmpty()) {
            ObjectNode runtime = input.putObject("runtimeConfig");
            wanted.forEach(runtime::set);
        }
        previous.ifPresent(result -> input.set("prevResult", result));
        return input;
    }
}
