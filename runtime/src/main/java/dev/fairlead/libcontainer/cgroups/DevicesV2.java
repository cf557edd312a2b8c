package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.linux.Bpf;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.KernelFiles;
import dev.fairlead.oci.Resources;
import java.util.function.Consumer;

/**
 * Access to devices on v2: a BPF program asked at every open and mknod. A new one takes the old one's place in one step, so there is no
 * moment without. No rules: left as it is.
 */
record DevicesV2(CgroupDirectory directory) implements Controller {
    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException {
        if (limits.devices().isEmpty()) {
            return;
        }
        byte[] program = DeviceProgram.of(DeviceList.of(limits.devices()));
        try (Fd cgroup = KernelFiles.openForReading(directory.path().toString());
                Fd wanted = Bpf.loadCgroupDevice(program)) {
            int[] attached = fresh ? new int[0] : Bpf.attachedCgroupDevices(cgroup);
            if (attached.length == 1) {
                try (Fd old = Bpf.open(attached[0])) {
                    Bpf.replaceCgroupDevice(cgroup, wanted, old);
                }
                return;
            }
            Bpf.attachCgroupDevice(cgroup, wanted);
            // Several: another program's work. All of them are asked, so the old ones would still deny what is allowed
            // now.
            for (int id : attached) {
                try (Fd old = Bpf.open(id)) {
                    Bpf.detachCgroupDevice(cgroup, old);
                }
            }
        } catch (ErrnoException e) {
            throw CgroupException.because(
                    "device rules of " + directory
                            + " need CAP_BPF or CAP_SYS_ADMIN, and a kernel with CONFIG_CGROUP_BPF",
                    e);
        }
    }
}
