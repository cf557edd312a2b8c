package dev.fairlead.libcontainer.namespaces;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.KernelFiles;
import java.util.List;
import java.util.StringTokenizer;

/**
 * What one network interface has carried, as a line of /proc/net/dev counts it (proc_pid_net(5)). Seen from the namespace that it is in:
 * what a pod sends is "transmitted".
 */
public record InterfaceCounters(
        String name,
        long receivedBytes,
        long receivedPackets,
        long receiveErrors,
        long receiveDrops,
        long transmittedBytes,
        long transmittedPackets,
        long transmitErrors,
        long transmitDrops) {
    /** Two lines of headings. */
    private static final int HEADINGS = 2;

    /** Eight numbers received and four of the eight transmitted. */
    private static final int NUMBERS = 12;

    /** Whether it leads to nobody else. */
    public boolean isLoopback() {
        return name.equals("lo");
    }

    /** Of all interfaces of the calling OS thread's network namespace, lo among them, in the kernel's order. */
    static List<InterfaceCounters> ofThisThread() throws ErrnoException {
        return parse(KernelFiles.read("/proc/thread-self/net/dev"));
    }

    static List<InterfaceCounters> parse(String text) {
        return text.lines()
                .skip(HEADINGS)
                .filter(line -> line.indexOf(':') > 0)
                .map(InterfaceCounters::line)
                .toList();
    }

    /** A line: "  eth0:  1296  16  0  0  0  0  0  0  1206  15  0  0  0  0  0  0". */
    private static InterfaceCounters line(String line) {
        // The name may have a colon itself (an alias of old), the numbers have none.
        int colon = line.lastIndexOf(':');
        long[] numbers = new long[NUMBERS];
        StringTokenizer words = new StringTokenizer(line.substring(colon + 1));
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = Long.parseUnsignedLong(words.nextToken());
        }
        return new InterfaceCounters(
                line.substring(0, colon).strip(),
                numbers[0],
                numbers[1],
                numbers[2],
                numbers[3],
                numbers[8],
                numbers[9],
                numbers[10],
                numbers[11]);
    }
}
