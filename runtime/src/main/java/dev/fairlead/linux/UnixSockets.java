package dev.fairlead.linux;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jnr.ffi.Pointer;

/** Local sockets that keep packets whole and carry descriptors: unix(7), SOCK_SEQPACKET, SCM_RIGHTS. */
public final class UnixSockets {
    private static final int AF_UNIX = 1;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int SEQPACKET_CLOEXEC = 5 | 0x80000;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_CTRUNC = 0x8;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int ADDRESS_SIZE = 110;
    private static final int MSGHDR_SIZE = 56;
    private static final int CMSGHDR_SIZE = 16;

    /** SCM_MAX_FD of the kernel. */
    private static final int MAX_DESCRIPTORS = 253;

    private UnixSockets() {}

    /** Two sockets connected to each other. */
    public record Pair(Fd first, Fd second) implements AutoCloseable {
        @Override
        public void close() {
            first.close();
            second.close();
        }
    }

    /** One packet: its bytes, and the descriptors that came with it, owned by whoever received it. */
    public record Packet(ByteBuffer bytes, List<Fd> descriptors) {}

    /** Makes a connected pair, close-on-exec. */
    public static Pair pair(String name) throws ErrnoException {
        Pointer ends = Memory.zeroed(2 * Integer.BYTES);
        if (LibC.get().socketpair(AF_UNIX, SEQPACKET_CLOEXEC, 0, ends) < 0) {
            throw ErrnoException.last("socketpair", name);
        }
        return new Pair(Fd.owned(ends.getInt(0), name), Fd.owned(ends.getInt(Integer.BYTES), name));
    }

    /**
     * Makes a socket that listens at {@code name}, a file of mode 0600 in {@code directory}. Its path may be longer than the 107 bytes
     * that an address has room for.
     * @throws ErrnoException EADDRINUSE: the file exists, whoever made it
     */
    public static Fd listen(Fd directory, String name) throws ErrnoException {
        Fd socket = open(name);
        try {
            String path = through(directory, name);
            if (LibC.get().bind(socket.number(), address(path), ADDRESS_SIZE) < 0) {
                throw ErrnoException.last("bind", in(directory, name));
            }
            // Before listen: until then nobody can connect, whatever the umask left the file open to.
            if (LibC.get().fchmodat(directory.number(), name, 0600, 0) < 0) {
                throw ErrnoException.last("fchmodat", in(directory, name));
            }
            if (LibC.get().listen(socket.number(), 1) < 0) {
                throw ErrnoException.last("listen", in(directory, name));
            }
            return socket;
        } catch (ErrnoException e) {
            socket.close();
            throw e;
        }
    }

    /**
     * Connects to who listens at {@code name} in {@code directory}.
     * @throws ErrnoException ENOENT: no such file. ECONNREFUSED: nobody listens
     */
    public static Fd connect(Fd directory, String name) throws ErrnoException {
        Fd socket = open(name);
        if (LibC.get().connect(socket.number(), address(through(directory, name)), ADDRESS_SIZE) < 0) {
            ErrnoException failure = ErrnoException.last("connect", in(directory, name));
            socket.close();
            throw failure;
        }
        return socket;
    }

    private static Fd open(String name) throws ErrnoException {
        int number = LibC.get().socket(AF_UNIX, SEQPACKET_CLOEXEC, 0);
        if (number < 0) {
            throw ErrnoException.last("socket", "[UNIX, SEQPACKET]");
        }
        return Fd.owned(number, name);
    }

    private static String through(Fd directory, String name) {
        return "/proc/self/fd/" + directory.number() + "/" + name;
    }

    private static String in(Fd directory, String name) {
        return directory.name() + "/" + name;
    }

    private static Pointer address(String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > ADDRESS_SIZE - 3) {
            throw new IllegalArgumentException("too long for a socket's name: " + path);
        }
        Pointer address = Memory.zeroed(ADDRESS_SIZE);
        address.putShort(0, (short) AF_UNIX);
        address.put(2, bytes, 0, bytes.length);
        return address;
    }

    /**
     * Sends one packet; waits while the receiver has too many unread.
     * @param descriptors borrowed: the receiver gets copies
     * @throws ErrnoException EPIPE, ECONNRESET: nobody receives any more
     */
    public static void send(Fd socket, byte[] bytes, List<Fd> descriptors) throws ErrnoException {
        if (descriptors.size() > MAX_DESCRIPTORS) {
            throw new IllegalArgumentException(descriptors.size() + " descriptors in one packet");
        }
        Message message = new Message(bytes.length, descriptors.size());
        message.data.put(0, bytes, 0, bytes.length);
        for (int i = 0; i < descriptors.size(); i++) {
            message.control.putInt(
                    CMSGHDR_SIZE + (long) i * Integer.BYTES, descriptors.get(i).number());
        }
        try {
            while (LibC.get().sendmsg(socket.number(), message.header, MSG_NOSIGNAL) < 0) {
                if (LibC.errno() != Errno.EINTR) {
                    throw ErrnoException.last("sendmsg", socket.name(), descriptors);
                }
            }
        } finally {
            Reference.reachabilityFence(message); // the header has only addresses of the rest
        }
    }

    /**
     * Receives one packet without waiting.
     * @param maxBytes what is longer is cut
     * @return empty: there is none now. A packet without bytes: nobody sends any more
     * @throws ErrnoException EMSGSIZE: more descriptors than {@code maxDescriptors}; they are closed. ECONNRESET: the sender is gone
     */
    public static Optional<Packet> receive(Fd socket, int maxBytes, int maxDescriptors) throws ErrnoException {
        Message message = new Message(maxBytes, maxDescriptors);
        try {
            long size;
            while ((size = LibC.get().recvmsg(socket.number(), message.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC)) < 0) {
                Errno errno = LibC.errno();
                if (errno == Errno.EAGAIN) {
                    return Optional.empty();
                }
                if (errno != Errno.EINTR) {
                    throw ErrnoException.last("recvmsg", socket.name());
                }
            }
            return Optional.of(message.packet((int) size, socket.name()));
        } finally {
            Reference.reachabilityFence(message);
        }
    }

    /** struct msghdr with one buffer, and room for descriptors. */
    private static final class Message {
        private final Pointer header = Memory.zeroed(MSGHDR_SIZE);
        private final Pointer vector = Memory.zeroed(2 * Long.BYTES);
        private final Pointer data;
        private final Pointer control;

        Message(int bytes, int descriptors) {
            data = Memory.zeroed(Math.max(1, bytes));
            control = Memory.zeroed(CMSGHDR_SIZE + Math.max(2, descriptors + descriptors % 2) * Integer.BYTES);
            vector.putLong(0, data.address());
            vector.putLong(8, bytes);
            header.putLong(16, vector.address());
            header.putLong(24, 1);
            if (descriptors > 0) {
                control.putLong(0, CMSGHDR_SIZE + (long) descriptors * Integer.BYTES);
                control.putInt(8, SOL_SOCKET);
                control.putInt(12, SCM_RIGHTS);
                header.putLong(32, control.address());
                header.putLong(40, CMSGHDR_SIZE + (long) (descriptors + descriptors % 2) * Integer.BYTES);
            }
        }

        Packet packet(int size, String name) throws ErrnoException {
            List<Fd> descriptors = received(name);
            if ((header.getInt(48) & MSG_CTRUNC) != 0) {
                descriptors.forEach(Fd::close);
                throw new ErrnoException("recvmsg " + name + ": too many descriptors", Errno.EMSGSIZE);
            }
            byte[] bytes = new byte[size];
            data.get(0, bytes, 0, size);
            return new Packet(ByteBuffer.wrap(bytes), descriptors);
        }

        private List<Fd> received(String name) {
            List<Fd> descriptors = new ArrayList<>();
            if (header.getLong(40) >= CMSGHDR_SIZE && control.getInt(12) == SCM_RIGHTS) {
                long count = (control.getLong(0) - CMSGHDR_SIZE) / Integer.BYTES;
                for (int i = 0; i < count; i++) {
                    int number = control.getInt(CMSGHDR_SIZE + (long) i * Integer.BYTES);
                    descriptors.add(Fd.owned(number, "descriptor from " + name));
                }
            }
            return descriptors;
        }
    }
}
