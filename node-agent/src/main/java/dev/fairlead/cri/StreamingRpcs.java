package dev.fairlead.cri;

import dev.fairlead.cri.v1.AttachRequest;
import dev.fairlead.cri.v1.AttachResponse;
import dev.fairlead.cri.v1.ExecRequest;
import dev.fairlead.cri.v1.ExecResponse;
import dev.fairlead.cri.v1.PortForwardRequest;
import dev.fairlead.cri.v1.PortForwardResponse;
import dev.fairlead.pod.ContainerState;
import dev.fairlead.pod.PodContainer;
import dev.fairlead.pod.PodException;
import dev.fairlead.pod.PodRegistry;
import dev.fairlead.pod.PodSandbox;
import dev.fairlead.spec.InvalidConfigException;
import dev.fairlead.streaming.StreamRequest;
import dev.fairlead.streaming.StreamingServer;
import io.grpc.Status;

/** Exec, Attach and PortForward: what is asked for is judged here, and done when the client comes with the URL. */
final class StreamingRpcs {
    private static final int PORT_MAX = 65535;

    private final PodRegistry registry;
    private final StreamingServer server;

    StreamingRpcs(PodRegistry registry, StreamingServer server) {
        this.registry = registry;
        this.server = server;
    }

    ExecResponse exec(ExecRequest request) throws PodException, InvalidConfigException {
        PodContainer container = running(request.getContainerId());
        if (request.getCmdCount() == 0) {
            throw new InvalidConfigException("cmd: empty; say which command to run in the container");
        }
        return ExecResponse.newBuilder()
                .setUrl(grant(new StreamRequest.Exec(
                        container.id(),
                        request.getCmdList(),
                        streams(request.getStdin(), request.getStdout(), request.getStderr(), request.getTty()))))
                .build();
    }

    AttachResponse attach(AttachRequest request) throws PodException, InvalidConfigException {
        PodContainer container = running(request.getContainerId());
        return AttachResponse.newBuilder()
                .setUrl(grant(new StreamRequest.Attach(
                        container.id(),
                        streams(request.getStdin(), request.getStdout(), request.getStderr(), request.getTty()))))
                .build();
    }

    PortForwardResponse portForward(PortForwardRequest request) throws PodException, InvalidConfigException {
        PodSandbox sandbox = registry.sandbox(request.getPodSandboxId());
        if (!sandbox.isReady()) {
            throw new PodException.WrongState(
                    "pod sandbox " + sandbox.id() + " (" + sandbox.displayName() + ") is not ready: it has no network");
        }
        for (int port : request.getPortList()) {
            if (port < 1 || port > PORT_MAX) {
                throw new InvalidConfigException("port: " + port + "; ports are 1 to " + PORT_MAX);
            }
        }
        return PortForwardResponse.newBuilder()
                .setUrl(grant(new StreamRequest.PortForward(sandbox.id(), request.getPortList())))
                .build();
    }

    private PodContainer running(String id) throws PodException {
        PodContainer container = registry.container(id);
        if (!(container.state() instanceof ContainerState.Running)) {
            throw new PodException.WrongState("container " + container.id() + " ("
                    + container.config().getMetadata().getName() + ") does not run");
        }
        return container;
    }

    private static StreamRequest.Streams streams(boolean stdin, boolean stdout, boolean stderr, boolean terminal)
            throws InvalidConfigException {
        try {
            return new StreamRequest.Streams(stdin, stdout, stderr, terminal);
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigException(String.valueOf(e.getMessage()), e);
        }
    }

    private String grant(StreamRequest request) {
        return server.grant(request)
                .orElseThrow(() -> Status.RESOURCE_EXHAUSTED
                        .withDescription("too many streams were asked for whose clients have not come yet")
                        .asRuntimeException());
    }
}
