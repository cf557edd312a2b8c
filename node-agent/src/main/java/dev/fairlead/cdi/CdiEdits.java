package dev.fairlead.cdi;

import dev.fairlead.cdi.ContainerEdits.DeviceNode;
import dev.fairlead.cdi.ContainerEdits.HookEdit;
import dev.fairlead.cdi.ContainerEdits.MountEdit;
import dev.fairlead.oci.Spec;
import dev.fairlead.spec.InvalidConfigException;
import dev.fairlead.spec.NodeDevice;
import dev.fairlead.spec.SpecEditor;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What one file or one device of it does to a container. */
public final class CdiEdits {
    private static final String FIFO = "p";

    private final String origin;
    private final ContainerEdits edits;

    /** {@code origin}: what messages call it. */
    CdiEdits(String origin, ContainerEdits edits) {
        this.origin = origin;
        this.edits = edits;
    }

    /**
     * Carries out all, in order.
     * @throws InvalidConfigException one that cannot be carried out on this node
     */
    public static Spec apply(List<CdiEdits> all, Spec spec) throws InvalidConfigException {
        if (all.isEmpty()) {
            return spec;
        }
        SpecEditor editor = new SpecEditor(spec);
        for (CdiEdits each : all) {
            each.apply(editor);
        }
        return editor.edited();
    }

    private void apply(SpecEditor editor) throws InvalidConfigException {
        if (edits.intelRdt() != null) {
            throw new InvalidConfigException(
                    "CDI_devices: " + origin + ": intelRdt is not supported by this version of Fairlead");
        }
        if (!edits.netDevices().isEmpty()) {
            throw new InvalidConfigException(
                    "CDI_devices: " + origin + ": netDevices are not supported by this version of Fairlead");
        }
        edits.env().forEach(editor::setEnvironment);
        for (DeviceNode node : edits.deviceNodes()) {
            addNode(editor, node);
        }
        for (MountEdit mount : edits.mounts()) {
            editor.setMount(
                    Objects.requireNonNull(mount.containerPath()),
                    mount.type(),
                    Objects.requireNonNull(mount.hostPath()),
                    mount.options());
        }
        for (HookEdit hook : edits.hooks()) {
            editor.addHook(
                    Objects.requireNonNull(hook.hookName()),
                    Objects.requireNonNull(hook.path()),
                    hook.args(),
                    hook.env(),
                    hook.timeout());
        }
        edits.additionalGids().stream().filter(gid -> gid != 0).forEach(editor::addGroup);
    }

    private void addNode(SpecEditor editor, DeviceNode node) throws InvalidConfigException {
        String path = Objects.requireNonNull(node.path());
        String host = given(node.hostPath()).orElse(path);
        Optional<String> type = given(node.type());
        boolean complete = type.isPresent() && (node.major() != 0 || type.get().equals(FIFO));
        Optional<NodeDevice> found = NodeDevice.at(host);
        if (found.isEmpty() && !complete) {
            throw new InvalidConfigException("CDI_devices: " + origin + ": deviceNodes: there is no device " + host
                    + " on this node; plug it in, or let its vendor's program write the file anew");
        }
        if (!complete
                && type.isPresent()
                && !type.get().equals(found.orElseThrow().type())) {
            throw new InvalidConfigException("CDI_devices: " + origin + ": deviceNodes: " + host + " is of type "
                    + found.get().type() + ", not " + type.get());
        }
        NodeDevice device = new NodeDevice(
                complete ? type.get() : found.orElseThrow().type(),
                complete || node.major() != 0
                        ? node.major()
                        : found.orElseThrow().major(),
                complete || node.major() != 0
                        ? node.minor()
                        : found.orElseThrow().minor(),
                node.fileMode() != null
                        ? node.fileMode()
                        : found.map(NodeDevice::mode).orElse(NodeDevice.DEFAULT_MODE));
        editor.setDevice(path, device, node.uid(), node.gid(), access(node.permissions()));
    }

    private static String access(@Nullable String permissions) {
        return given(permissions).orElse("rwm").replace("none", "");
    }

    private static Optional<String> given(@Nullable String text) {
        return Optional.ofNullable(text).filter(it -> !it.isEmpty());
    }
}
