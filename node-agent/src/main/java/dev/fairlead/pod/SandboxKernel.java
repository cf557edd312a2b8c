package dev.fairlead.pod;

import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.libcontainer.Container;
import dev.fairlead.libcontainer.ContainerContext;
import dev.fairlead.libcontainer.PauseContainer;
import dev.fairlead.libcontainer.PodUserNamespace;
import dev.fairlead.libcontainer.cgroups.Cgroup;
import dev.fairlead.libcontainer.cgroups.CgroupException;
import dev.fairlead.libcontainer.namespaces.PodNamespaces;
import dev.fairlead.libcontainer.rootfs.IdMap;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.oci.Namespace;
import dev.fairlead.spec.ContainerResources;
import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the kernel holds for a pod: pinned namespaces, the process that a shared PID namespace needs, and a cgroup. */
public final class SandboxKernel {
    private static final System.Logger LOG = System.getLogger(SandboxKernel.class.getName());

    private final ContainerContext context;

    public SandboxKernel(ContainerContext context) {
        this.context = context;
    }

    /** Makes the cgroup that holds the pods for which nobody names one; to be called once, at the start. */
    public void prepare() throws CgroupException {
        context.cgroups().create(SandboxRequests.OUR_CGROUPS, Container.NO_LIMITS, warning -> {});
    }

    /** Makes and pins the namespaces that the pod has of its own. */
    void createNamespaces(PodSandbox sandbox, String hostname) throws IOException {
        Path directory = sandbox.file(PodFileName.NAMESPACES);
        Files.createDirectory(directory);
        Set<Kind> own = EnumSet.noneOf(Kind.class);
        if (sandbox.ownsNetwork()) {
            own.add(Kind.NETWORK);
            // A pod on the node's network has the node's name too, as the peers do it.
            own.add(Kind.UTS);
        }
        if (sandbox.namespaces().getIpc() != NamespaceMode.NODE) {
            own.add(Kind.IPC);
        }
        Map<String, String> sysctls = sandbox.config().getLinux().getSysctlsMap();
        PodNamespaces.Plan plan;
        try {
            plan = PodNamespaces.Plan.of(
                    own, own.contains(Kind.UTS) ? Optional.of(hostname) : Optional.empty(), sysctls);
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigException("linux.sysctls: " + e.getMessage(), e);
        }
        try {
            Optional<IdMap> ids = sandbox.ids();
            if (ids.isPresent()) {
                PodUserNamespace.create(
                        context, sandbox.id(), sandbox.file(PodFileName.USER_NAMESPACE), directory, plan, ids.get());
            } else {
                PodNamespaces.create(directory, plan);
            }
        } catch (IOException e) {
            if (!sysctls.isEmpty() && e.getMessage() != null && e.getMessage().startsWith("sysctl ")) {
                throw new InvalidConfigException("linux.sysctls: " + e.getMessage(), e);
            }
            throw e;
        }
    }

    void removeNamespaces(PodSandbox sandbox) throws IOException {
        // There only if a daemon was killed while it made them.
        PodUserNamespace.clear(context, sandbox.id(), sandbox.file(PodFileName.USER_NAMESPACE));
        PodNamespaces.at(sandbox.file(PodFileName.NAMESPACES)).remove();
    }

    Path networkNamespace(PodSandbox sandbox) {
        return PodNamespaces.at(sandbox.file(PodFileName.NAMESPACES)).path(Kind.NETWORK);
    }

    /** Starts what holds a PID namespace for all containers of the pod, and pins it. */
    void startPause(PodSandbox sandbox) throws IOException {
        PodNamespaces pinned = PodNamespaces.at(sandbox.file(PodFileName.NAMESPACES));
        Optional<Fd> users = pinned.open(Kind.USER);
        try {
            int pid = PauseContainer.start(
                    context,
                    sandbox.id(),
                    users,
                    sandbox.directory().path(),
                    pauseCgroup(sandbox),
                    ContainerResources.of(sandbox.config().getLinux().getResources(), List.of()),
                    warning -> LOG.log(System.Logger.Level.WARNING, () -> sandbox.displayName() + ": " + warning));
            pinned.pin(Kind.PID, pid);
        } finally {
            users.ifPresent(Fd::close);
        }
    }

    private static boolean sharesPid(PodSandbox sandbox) {
        return sandbox.namespaces().getPid() == NamespaceMode.POD;
    }

    /** Ends it, and whatever is left in its PID namespace; nothing happens where there is none. */
    void endPause(PodSandbox sandbox) throws IOException {
        if (sharesPid(sandbox)) {
            PauseContainer.end(context, sandbox.id(), sandbox.directory().path(), pauseCgroup(sandbox));
        }
    }

    private static String pauseCgroup(PodSandbox sandbox) {
        return sandbox.cgroupParent().path() + '/' + sandbox.id();
    }

    /** Limits the cgroup of a pod for which nobody named one; the kubelet limits its own. */
    void limit(PodSandbox sandbox, PodResources resources) throws IOException {
        if (sandbox.cgroupParent().ours()) {
            context.cgroups()
                    .create(
                            sandbox.cgroupParent().path(),
                            ContainerResources.of(resources.sum(), List.of()),
                            warning ->
                                    LOG.log(System.Logger.Level.WARNING, () -> sandbox.displayName() + ": " + warning));
        }
    }

    /** The cgroup that has all of the pod's processes and no others; empty where pods share the one that was named for them. */
    Optional<Cgroup> ownCgroup(PodSandbox sandbox) throws CgroupException {
        String path = sandbox.cgroupParent().path();
        // As the kubelet's cgroupfs driver names the cgroup of a pod; other clients put all of their pods into one.
        boolean own = sandbox.cgroupParent().ours()
                || path.endsWith("/pod" + sandbox.config().getMetadata().getUid());
        return own ? Optional.of(context.cgroups().at(path)) : Optional.empty();
    }

    /** The cgroup of the process that holds the pod's PID namespace; empty where there is none. */
    Optional<Cgroup> pauseCgroupOf(PodSandbox sandbox) throws CgroupException {
        return sharesPid(sandbox) ? Optional.of(context.cgroups().at(pauseCgroup(sandbox))) : Optional.empty();
    }

    /** The directory of the pod's pinned namespaces. */
    static Path namespaces(PodSandbox sandbox) {
        return sandbox.file(PodFileName.NAMESPACES);
    }

    /** Removes the cgroup that was made for the pod; the kubelet removes its own. */
    void removeCgroup(PodSandbox sandbox) throws CgroupException {
        if (sandbox.cgroupParent().ours()) {
            context.cgroups().at(sandbox.cgroupParent().path()).remove();
        }
    }

    /**
     * The namespaces of a container of the pod, as its OCI configuration lists them.
     * @param target another container's process, where the container is to share that one's PID namespace
     */
    static List<Namespace> namespacesOf(
            PodSandbox sandbox, NamespaceMode pid, Optional<Integer> target, boolean privileged) {
        PodNamespaces pinned = PodNamespaces.at(sandbox.file(PodFileName.NAMESPACES));
        List<Namespace> namespaces = new ArrayList<>();
        namespaces.add(namespace("mount", null));
        if (sandbox.ids().isPresent()) {
            namespaces.add(namespace("user", pinned.path(Kind.USER).toString()));
        }
        if (sandbox.ownsNetwork()) {
            namespaces.add(namespace("network", pinned.path(Kind.NETWORK).toString()));
            namespaces.add(namespace("uts", pinned.path(Kind.UTS).toString()));
        }
        if (sandbox.namespaces().getIpc() != NamespaceMode.NODE) {
            namespaces.add(namespace("ipc", pinned.path(Kind.IPC).toString()));
        }
        switch (pid) {
            // POD is the enum's 0, and so what a container says that says nothing: its sandbox decides whether there is
            // one to share.
            case POD ->
                namespaces.add(namespace(
                        "pid", sharesPid(sandbox) ? pinned.path(Kind.PID).toString() : null));
            case TARGET ->
                target.ifPresent(process -> namespaces.add(namespace("pid", "/proc/" + process + "/ns/pid")));
            case CONTAINER, UNRECOGNIZED -> namespaces.add(namespace("pid", null));
            case NODE -> {
                // The node's own: not listed, not made, not joined.
            }
        }
        if (!privileged) {
            namespaces.add(namespace("cgroup", null));
        }
        return namespaces;
    }

    private static Namespace namespace(String type, @Nullable String path) {
        return new Namespace(type, path, Map.of());
    }
}
