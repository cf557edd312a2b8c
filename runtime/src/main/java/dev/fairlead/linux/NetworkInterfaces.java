package dev.fairlead.linux;

import java.nio.charset.StandardCharsets;
import jnr.ffi.Pointer;

/** Network interfaces of the namespace that the calling thread is in: netdevice(7). */
public final class NetworkInterfaces {
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM_CLOEXEC = 0x80002;
    private static final int SIOCGIFFLAGS = 0x8913;
    private static final int SIOCSIFFLAGS = 0x8914;
    private static final short IFF_UP = 1;
    private static final int IFREQ_SIZE = 40;
    private static final int IFNAMSIZ = 16;

    private NetworkInterfaces() {}

    /**
     * Brings an interface up; one that is up already stays so. The kernel gives {@code lo} 127.0.0.1 and, where IPv6 is on, ::1.
     * @throws ErrnoException ENODEV: no such interface here
     */
    public static void setUp(String name) throws ErrnoException {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length >= IFNAMSIZ) {
            throw new IllegalArgumentException("no interface name: " + name);
        }
        int number = LibC.get().socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
        if (number < 0) {
            throw ErrnoException.last("socket", "[INET, DGRAM]");
        }
        try (Fd socket = Fd.owned(number, "a socket for " + name)) {
            Pointer request = Memory.zeroed(IFREQ_SIZE);
            request.put(0, bytes, 0, bytes.length);
            if (LibC.get().ioctl(socket.number(), SIOCGIFFLAGS, request) < 0) {
                throw ErrnoException.last("ioctl SIOCGIFFLAGS", name);
            }
            request.putShort(IFNAMSIZ, (short) (request.getShort(IFNAMSIZ) | IFF_UP));
            if (LibC.get().ioctl(socket.number(), SIOCSIFFLAGS, request) < 0) {
                throw ErrnoException.last("ioctl SIOCSIFFLAGS", name, "up");
            }
        }
    }
}
