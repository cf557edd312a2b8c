package dev.fairlead.cdi;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.fairlead.cdi.ContainerEdits.DeviceNode;
import dev.fairlead.cdi.ContainerEdits.HookEdit;
import dev.fairlead.cdi.ContainerEdits.MountEdit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads and judges a file. A field that CDI does not have is an error: what a misspelled one asks for would be missing without a word. */
final class CdiFile {
    private static final long MAX_BYTES = 4L << 20;

    /** All there are, oldest first; the place of one in this list tells whether it has a feature. */
    private static final List<String> VERSIONS =
            List.of("0.1.0", "0.2.0", "0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0", "1.1.0");

    private static final Set<String> HOOKS =
            Set.of("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop");
    private static final JsonMapper STRICT = new JsonMapper();

    private CdiFile() {}

    /**
     * Reads one.
     * @param file its name ends with .json or .yaml
     * @throws IOException it cannot be read, or is no file of CDI; the message does not name the file
     */
    static CdiSpec read(Path file) throws IOException {
        long size = Files.size(file);
        if (size > MAX_BYTES) {
            throw new IOException("it has " + size + " bytes; more than " + MAX_BYTES + " are not read");
        }
        CdiSpec spec = parse(Files.readString(file), file.toString().endsWith(".json"));
        validate(spec);
        return spec;
    }

    private static CdiSpec parse(String text, boolean json) throws IOException {
        try {
            CdiSpec spec = json
                    ? STRICT.readValue(text, CdiSpec.class)
                    : STRICT.convertValue(new Load(LoadSettings.builder().build()).loadFromString(text), CdiSpec.class);
            if (spec == null) {
                throw new IOException("it is empty");
            }
            return spec;
        } catch (JsonProcessingException e) {
            throw new IOException(e.getOriginalMessage(), e);
        } catch (YamlEngineException | IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static void validate(CdiSpec spec) throws IOException {
        String kind = spec.kind();
        if (kind == null || !CdiName.isKind(kind)) {
            throw new IOException("kind: \"" + kind + "\" is not vendor/class");
        }
        if (spec.devices().isEmpty()) {
            throw new IOException("devices: none");
        }
        Set<String> names = new HashSet<>();
        for (CdiSpec.Device device : spec.devices()) {
            String name = device.name();
            if (name == null || !CdiName.isName(name)) {
                throw new IOException("devices: \"" + name + "\" is no name of a device");
            }
            if (!names.add(name)) {
                throw new IOException("devices: two are called " + name);
            }
            if (device.containerEdits().isEmpty()) {
                throw new IOException("device " + name + ": it has no containerEdits");
            }
            validate("device " + name, device.containerEdits());
        }
        validate("containerEdits", spec.containerEdits());
        requireVersion(spec);
    }

    private static void requireVersion(CdiSpec spec) throws IOException {
        int given = VERSIONS.indexOf(spec.cdiVersion());
        if (given < 0) {
            throw new IOException("cdiVersion: \"" + spec.cdiVersion() + "\" is none of " + VERSIONS);
        }
        String needed = neededVersion(spec);
        if (given < VERSIONS.indexOf(needed)) {
            throw new IOException("cdiVersion: " + spec.cdiVersion() + ", but it has what came with " + needed);
        }
    }

    private static String neededVersion(CdiSpec spec) {
        List<ContainerEdits> edits = Stream.concat(
                        spec.devices().stream().map(CdiSpec.Device::containerEdits), Stream.of(spec.containerEdits()))
                .toList();
        String kind = String.valueOf(spec.kind());
        if (edits.stream().anyMatch(each -> !each.netDevices().isEmpty() || hasNewRdt(each))) {
            return "1.1.0";
        }
        if (edits.stream()
                .anyMatch(each ->
                        each.intelRdt() != null || !each.additionalGids().isEmpty())) {
            return "0.7.0";
        }
        if (isGiven(spec.annotations())
                || spec.devices().stream().anyMatch(device -> isGiven(device.annotations()))
                || kind.substring(kind.indexOf('/')).contains(".")) {
            return "0.6.0";
        }
        if (spec.devices().stream()
                        .anyMatch(device ->
                                Character.isDigit(String.valueOf(device.name()).charAt(0)))
                || edits.stream()
                        .flatMap(each -> each.deviceNodes().stream())
                        .anyMatch(node -> isGiven(node.hostPath()))) {
            return "0.5.0";
        }
        return edits.stream().flatMap(each -> each.mounts().stream()).anyMatch(mount -> isGiven(mount.type()))
                ? "0.4.0"
                : "0.1.0";
    }

    private static boolean hasNewRdt(ContainerEdits edits) {
        return edits.intelRdt() != null
                && (edits.intelRdt().has("schemata") || edits.intelRdt().has("enableMonitoring"));
    }

    private static boolean isGiven(java.util.@Nullable Map<String, String> map) {
        return map != null && !map.isEmpty();
    }

    private static boolean isGiven(@Nullable String text) {
        return text != null && !text.isEmpty();
    }

    private static void validate(String where, ContainerEdits edits) throws IOException {
        for (String entry : edits.env()) {
            if (entry.indexOf('=') <= 0 || entry.indexOf('\0') >= 0) {
                throw new IOException(where + ": env: \"" + entry + "\" is not NAME=value");
            }
        }
        for (DeviceNode node : edits.deviceNodes()) {
            String permissions = node.permissions();
            require(isAbsolute(node.path()), where, "deviceNodes: path \"" + node.path() + "\" is not absolute");
            require(
                    node.type() == null || node.type().matches("[bcup]?"),
                    where,
                    "deviceNodes: type \"" + node.type() + "\" is none of b, c, u and p");
            require(
                    permissions == null || permissions.equals("none") || permissions.matches("[rwm]{0,3}"),
                    where,
                    "deviceNodes: permissions \"" + permissions + "\": only r, w and m may be in it");
        }
        for (MountEdit mount : edits.mounts()) {
            require(isGiven(mount.hostPath()), where, "mounts: hostPath is missing");
            require(
                    isAbsolute(mount.containerPath()),
                    where,
                    "mounts: containerPath \"" + mount.containerPath() + "\" is not absolute");
        }
        for (HookEdit hook : edits.hooks()) {
            String name = hook.hookName();
            Integer timeout = hook.timeout();
            require(name != null && HOOKS.contains(name), where, "hooks: \"" + name + "\" is none of " + HOOKS);
            require(isAbsolute(hook.path()), where, "hooks: path \"" + hook.path() + "\" is not absolute");
            require(timeout == null || timeout > 0, where, "hooks: timeout " + timeout + " is not above 0");
        }
    }

    private static boolean isAbsolute(@Nullable String path) {
        return path != null && path.startsWith("/") && path.indexOf('\0') < 0;
    }

    private static void require(boolean fulfilled, String where, String problem) throws IOException {
        if (!fulfilled) {
            throw new IOException(where + ": " + problem);
        }
    }
}
