package dev.fairlead.libcontainer.namespaces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Namespaces.Kind;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SysctlTest {
    @ParameterizedTest
    @CsvSource(textBlock = """
            net.ipv4.ip_forward,                  NETWORK, net/ipv4/ip_forward
            net/ipv4/conf/eth0.100/forwarding,    NETWORK, net/ipv4/conf/eth0.100/forwarding
            net.ipv4.conf.eth0/100.forwarding,    NETWORK, net/ipv4/conf/eth0.100/forwarding
            kernel.shmmax,                        IPC,     kernel/shmmax
            kernel.shm_rmid_forced,               IPC,     kernel/shm_rmid_forced
            kernel.sem,                           IPC,     kernel/sem
            kernel.msgmax,                        IPC,     kernel/msgmax
            fs.mqueue.msg_max,                    IPC,     fs/mqueue/msg_max
            kernel.domainname,                    UTS,     kernel/domainname
            """)
    void belongsToANamespace(String name, Kind kind, String path) {
        assertThat(Sysctl.of(name, "1")).isEqualTo(new Sysctl(name, "1", path, kind));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vm.swappiness",
                "kernel.pid_max",
                "fs.file-max",
                "kernel.shm",
                "kernel.hostname",
                "netx.y",
                "fs.mqueuex"
            })
    void isRefusedByName(String name) {
        assertThatThrownBy(() -> Sysctl.of(name, "1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("sysctl " + name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"net/../vm/swappiness", "net//ipv4", "net.", "net/./ipv4", "net.ipv4.ip\0forward"})
    void isNoName(String name) {
        assertThatThrownBy(() -> Sysctl.of(name, "1")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void needsTheNamespaceToBeThePodsOwn() {
        assertThatThrownBy(() ->
                        PodNamespaces.Plan.of(Set.of(Kind.IPC), Optional.empty(), Map.of("net.ipv4.ip_forward", "1")))
                .hasMessage(
                        "sysctl net.ipv4.ip_forward: it needs a net namespace of the pod's own, and the pod uses the host's");
        assertThatThrownBy(() -> PodNamespaces.Plan.of(Set.of(Kind.IPC), Optional.of("web-0"), Map.of()))
                .hasMessageContaining("web-0");
        assertThatThrownBy(() -> PodNamespaces.Plan.of(Set.of(Kind.USER), Optional.empty(), Map.of()))
                .hasMessageContaining("USER");
    }
}
