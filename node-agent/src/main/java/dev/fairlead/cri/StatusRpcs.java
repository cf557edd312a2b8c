package dev.fairlead.cri;

import dev.fairlead.cri.v1.CgroupDriver;
import dev.fairlead.cri.v1.LinuxRuntimeConfiguration;
import dev.fairlead.cri.v1.RuntimeCondition;
import dev.fairlead.cri.v1.RuntimeConfigRequest;
import dev.fairlead.cri.v1.RuntimeConfigResponse;
import dev.fairlead.cri.v1.RuntimeFeatures;
import dev.fairlead.cri.v1.RuntimeHandler;
import dev.fairlead.cri.v1.RuntimeHandlerFeatures;
import dev.fairlead.cri.v1.RuntimeStatus;
import dev.fairlead.cri.v1.StatusRequest;
import dev.fairlead.cri.v1.StatusResponse;
import dev.fairlead.cri.v1.UpdateRuntimeConfigRequest;
import dev.fairlead.cri.v1.UpdateRuntimeConfigResponse;
import dev.fairlead.cri.v1.VersionRequest;
import dev.fairlead.cri.v1.VersionResponse;
import dev.fairlead.pod.RuntimeHandlers;
import dev.fairlead.pod.SandboxNetwork;
import dev.fairlead.pod.UserNamespaceSupport;

/** What the runtime says of itself. */
final class StatusRpcs {
    /** The version of the kubelet's API that this answers, not of CRI: as the peers do, a constant of old. */
    private static final String KUBELET_API_VERSION = "0.1.0";

    private final String version;
    private final SandboxNetwork network;
    private final UserNamespaceSupport userNamespaces;
    private final VerboseInfo.Settings settings;

    StatusRpcs(
            String version,
            SandboxNetwork network,
            UserNamespaceSupport userNamespaces,
            VerboseInfo.Settings settings) {
        this.version = version;
        this.network = network;
        this.userNamespaces = userNamespaces;
        this.settings = settings;
    }

    VersionResponse version(VersionRequest request) {
        return VersionResponse.newBuilder()
                .setVersion(KUBELET_API_VERSION)
                .setRuntimeName("fairlead")
                .setRuntimeVersion(version)
                .setRuntimeApiVersion("v1")
                .build();
    }

    StatusResponse status(StatusRequest request) {
        StatusResponse.Builder response = StatusResponse.newBuilder()
                .setStatus(RuntimeStatus.newBuilder()
                        .addConditions(RuntimeCondition.newBuilder()
                                .setType("RuntimeReady")
                                .setStatus(true))
                        .addConditions(networkCondition()))
                .setFeatures(RuntimeFeatures.newBuilder()
                        .setSupplementalGroupsPolicy(true)
                        .setUserNamespacesHostNetwork(userNamespaces.available()));
        for (String handler : RuntimeHandlers.NAMES) {
            response.addRuntimeHandlers(RuntimeHandler.newBuilder()
                    .setName(handler)
                    .setFeatures(RuntimeHandlerFeatures.newBuilder()
                            .setRecursiveReadOnlyMounts(true)
                            .setUserNamespaces(userNamespaces.available())));
        }
        if (request.getVerbose()) {
            response.putInfo("config", settings.toJson());
        }
        return response.build();
    }

    private RuntimeCondition networkCondition() {
        RuntimeCondition.Builder condition = RuntimeCondition.newBuilder().setType("NetworkReady");
        network.problem()
                .ifPresentOrElse(
                        problem -> condition
                                .setStatus(false)
                                .setReason("NetworkPluginNotReady")
                                .setMessage(problem),
                        () -> condition.setStatus(true));
        return condition.build();
    }

    /** The pod CIDR goes to those who hand out addresses: the CNI configuration has it, not the runtime. */
    UpdateRuntimeConfigResponse updateRuntimeConfig(UpdateRuntimeConfigRequest request) {
        return UpdateRuntimeConfigResponse.getDefaultInstance();
    }

    RuntimeConfigResponse runtimeConfig(RuntimeConfigRequest request) {
        return RuntimeConfigResponse.newBuilder()
                .setLinux(LinuxRuntimeConfiguration.newBuilder().setCgroupDriver(CgroupDriver.CGROUPFS))
                .build();
    }
}
