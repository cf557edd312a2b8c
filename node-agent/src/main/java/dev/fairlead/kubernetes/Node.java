package dev.fairlead.kubernetes;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

/**
 * What the kubelet knows of its node and puts into its calls.
 * @param memoryBytes physical memory
 * @param cgroupV2 whether the unified hierarchy is mounted on /sys/fs/cgroup
 * @param swapController whether the kernel counts swap by cgroup (memory.memsw, memory.swap)
 * @param hugePageSizes as CRI writes them: 2MB, 1GB
 * @param maskedThrottles files of the processors' thermal throttle counters, which are hidden from containers
 */
public record Node(
        String name,
        String address,
        long memoryBytes,
        int cpus,
        boolean cgroupV2,
        boolean swapController,
        List<String> hugePageSizes,
        List<String> maskedThrottles) {
    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");

    public Node {
        hugePageSizes = List.copyOf(hugePageSizes);
        maskedThrottles = List.copyOf(maskedThrottles);
    }

    /** This machine. */
    public static Node local() throws IOException {
        boolean unified = Files.exists(CGROUPS.resolve("cgroup.controllers"));
        return new Node(
                Files.readString(Path.of("/proc/sys/kernel/hostname")).strip(),
                firstAddress(),
                memory(),
                Runtime.getRuntime().availableProcessors(),
                unified,
                unified ? hasSwapFile() : Files.exists(CGROUPS.resolve("memory/memory.memsw.limit_in_bytes")),
                hugePages(),
                throttles());
    }

    private static long memory() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
            if (line.startsWith("MemTotal:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        throw new IOException("/proc/meminfo has no MemTotal");
    }

    /** The root has no memory.swap.max, so our own cgroup is asked. */
    private static boolean hasSwapFile() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
            if (line.startsWith("0::/")) {
                Path own = CGROUPS.resolve(line.substring("0::/".length()));
                return Files.exists(own.resolve("memory.swap.max"));
            }
        }
        return false;
    }

    private static List<String> hugePages() throws IOException {
        Path pages = Path.of("/sys/kernel/mm/hugepages");
        if (!Files.isDirectory(pages)) {
            return List.of();
        }
        try (var sizes = Files.list(pages)) {
            return sizes.map(size -> size.getFileName().toString())
                    .map(size -> size.replaceAll("\\D", ""))
                    .map(kilobytes -> Resources.pageSize(Long.parseLong(kilobytes) * 1024))
                    .sorted()
                    .toList();
        }
    }

    private static List<String> throttles() throws IOException {
        Path cpus = Path.of("/sys/devices/system/cpu");
        if (!Files.isDirectory(cpus)) {
            return List.of();
        }
        try (var entries = Files.list(cpus)) {
            return entries.filter(cpu -> cpu.getFileName().toString().matches("cpu\\d+"))
                    .map(cpu -> cpu.resolve("thermal_throttle"))
                    .filter(Files::exists)
                    .map(Path::toString)
                    .sorted()
                    .toList();
        }
    }

    /** The first address that is not of the loopback: good enough to fill status.hostIP. */
    private static String firstAddress() throws IOException {
        return Collections.list(NetworkInterface.getNetworkInterfaces()).stream()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
                .map(InetAddress::getHostAddress)
                .findFirst()
                .orElse("127.0.0.1");
    }
}
