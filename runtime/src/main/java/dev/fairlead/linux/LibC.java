package dev.fairlead.linux;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.LastError;
import com.kenai.jffi.Library;
import com.kenai.jffi.Type;
import java.lang.ref.Reference;
import java.util.Collections;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import org.jspecify.annotations.Nullable;

/**
 * The C library's functions, as they are; the typed classes beside this one are their only callers.
 *
 * <p>Arguments are numbers, strings without a NUL and {@link Pointer}s to memory that the caller allocated. The new system calls go
 * through {@link #syscall}, so that neither an older C library nor a variadic wrapper stands between us and the kernel.
 *
 * <p>All arguments and results are passed as 64-bit words, which the calling conventions of x86-64 and arm64 allow for whatever is not wider, and
 * for which jffi needs no description of the call: a proxy of jnr-ffi boxes them, looks the method up and asks libffi.
 */
public final class LibC {
    private static final int MOST_ARGUMENTS = 6;

    private final Invoker invoker = Invoker.getInstance();
    private final CallContext[] contexts = new CallContext[MOST_ARGUMENTS + 1];
    private final Functions functions = new Functions();
    private final LastError lastError = LastError.getInstance();
    private final Runtime runtime = Runtime.getSystemRuntime();

    private LibC() {
        for (int count = 0; count < contexts.length; count++) {
            Type[] words = Collections.nCopies(count, Type.SINT64).toArray(Type[]::new);
            contexts[count] = CallContext.getCallContext(Type.SINT64, words, CallingConvention.DEFAULT, true);
        }
    }

    /** syscall(2) with up to five arguments; strings and structures are passed as addresses of {@link Memory} the caller holds. */
    public long syscall(long number, long a, long b, long c, long d, long e) {
        return call(functions.syscall, number, a, b, c, d, e);
    }

    public int close(int fd) {
        return (int) call(functions.close, fd);
    }

    public long read(int fd, Pointer buffer, long count) {
        return held(call(functions.read, fd, buffer.address(), count), buffer);
    }

    public long write(int fd, Pointer buffer, long count) {
        return held(call(functions.write, fd, buffer.address(), count), buffer);
    }

    // epoll(7), eventfd(2) and pipes: Epoll, EventLoop, Pipes.

    public int epoll_create1(int flags) {
        return (int) call(functions.epollCreate1, flags);
    }

    public int epoll_ctl(int epoll, int operation, int fd, @Nullable Pointer event) {
        return (int) held(call(functions.epollCtl, epoll, operation, fd, address(event)), event);
    }

    public int epoll_wait(int epoll, Pointer events, int capacity, int timeoutMillis) {
        return (int) held(call(functions.epollWait, epoll, events.address(), capacity, timeoutMillis), events);
    }

    public int eventfd(int value, int flags) {
        return (int) call(functions.eventfd, value, flags);
    }

    public int pipe2(Pointer ends, int flags) {
        return (int) held(call(functions.pipe2, ends.address(), flags), ends);
    }

    public int fcntl(int fd, int command, long argument) {
        return (int) call(functions.fcntl, fd, command, argument);
    }

    public int ioctl(int fd, long request, Pointer argument) {
        return (int) held(call(functions.ioctl, fd, request, argument.address()), argument);
    }

    public long splice(
            int from, @Nullable Pointer fromOffset, int to, @Nullable Pointer toOffset, long count, int flags) {
        return held(
                call(functions.splice, from, address(fromOffset), to, address(toOffset), count, flags),
                fromOffset,
                toOffset);
    }

    public long tee(int from, int to, long count, int flags) {
        return call(functions.tee, from, to, count, flags);
    }

    // Mounts, files by descriptor, namespaces (Mounts, Openat, Stat, Xattrs, Namespaces).

    public int mount(String source, String target, String type, long flags, String data) {
        Pointer sourceText = Memory.string(source);
        Pointer targetText = Memory.string(target);
        Pointer typeText = Memory.string(type);
        Pointer dataText = Memory.string(data);
        return (int) held(
                call(
                        functions.mount,
                        sourceText.address(),
                        targetText.address(),
                        typeText.address(),
                        flags,
                        dataText.address()),
                sourceText,
                targetText,
                typeText,
                dataText);
    }

    public int umount2(String target, int flags) {
        Pointer targetText = Memory.string(target);
        return (int) held(call(functions.umount2, targetText.address(), flags), targetText);
    }

    public int openat(int dir, String path, int flags, int mode) {
        Pointer pathText = Memory.string(path);
        return (int) held(call(functions.openat, dir, pathText.address(), flags, mode), pathText);
    }

    public int mkdirat(int dir, String path, int mode) {
        Pointer pathText = Memory.string(path);
        return (int) held(call(functions.mkdirat, dir, pathText.address(), mode), pathText);
    }

    public int mknodat(int dir, String path, int mode, long device) {
        Pointer pathText = Memory.string(path);
        return (int) held(call(functions.mknodat, dir, pathText.address(), mode, device), pathText);
    }

    public int symlinkat(String target, int dir, String path) {
        Pointer targetText = Memory.string(target);
        Pointer pathText = Memory.string(path);
        return (int)
                held(call(functions.symlinkat, targetText.address(), dir, pathText.address()), targetText, pathText);
    }

    public int linkat(int fromDir, String from, int toDir, String to, int flags) {
        Pointer fromText = Memory.string(from);
        Pointer toText = Memory.string(to);
        return (int) held(
                call(functions.linkat, fromDir, fromText.address(), toDir, toText.address(), flags), fromText, toText);
    }

    public int unlinkat(int dir, String path, int flags) {
        Pointer pathText = Memory.string(path);
        return (int) held(call(functions.unlinkat, dir, pathText.address(), flags), pathText);
    }

    public long readlinkat(int dir, String path, Pointer buffer, long size) {
        Pointer pathText = Memory.string(path);
        return held(call(functions.readlinkat, dir, pathText.address(), buffer.address(), size), pathText, buffer);
    }

    public int fchmodat(int dir, String path, int mode, int flags) {
        Pointer pathText = Memory.string(path);
        return (int) held(call(functions.fchmodat, dir, pathText.address(), mode, flags), pathText);
    }

    public int fchmod(int fd, int mode) {
        return (int) call(functions.fchmod, fd, mode);
    }

    public int fchownat(int dir, String path, int uid, int gid, int flags) {
        Pointer pathText = Memory.string(path);
        return (int) held(call(functions.fchownat, dir, pathText.address(), uid, gid, flags), pathText);
    }

    public int utimensat(int dir, String path, Pointer times, int flags) {
        Pointer pathText = Memory.string(path);
        return (int) held(call(functions.utimensat, dir, pathText.address(), times.address(), flags), pathText, times);
    }

    public int statx(int dir, String path, int flags, int mask, Pointer status) {
        Pointer pathText = Memory.string(path);
        return (int)
                held(call(functions.statx, dir, pathText.address(), flags, mask, status.address()), pathText, status);
    }

    public int fstatfs(int fd, Pointer status) {
        return (int) held(call(functions.fstatfs, fd, status.address()), status);
    }

    public int fsetxattr(int fd, String name, Pointer value, long size, int flags) {
        Pointer nameText = Memory.string(name);
        return (int)
                held(call(functions.fsetxattr, fd, nameText.address(), value.address(), size, flags), nameText, value);
    }

    public long fgetxattr(int fd, String name, Pointer value, long size) {
        Pointer nameText = Memory.string(name);
        return held(call(functions.fgetxattr, fd, nameText.address(), value.address(), size), nameText, value);
    }

    public long flistxattr(int fd, Pointer names, long size) {
        return held(call(functions.flistxattr, fd, names.address(), size), names);
    }

    public int lsetxattr(String path, String name, Pointer value, long size, int flags) {
        Pointer pathText = Memory.string(path);
        Pointer nameText = Memory.string(name);
        return (int) held(
                call(functions.lsetxattr, pathText.address(), nameText.address(), value.address(), size, flags),
                pathText,
                nameText,
                value);
    }

    public long lgetxattr(String path, String name, Pointer value, long size) {
        Pointer pathText = Memory.string(path);
        Pointer nameText = Memory.string(name);
        return held(
                call(functions.lgetxattr, pathText.address(), nameText.address(), value.address(), size),
                pathText,
                nameText,
                value);
    }

    public long llistxattr(String path, Pointer names, long size) {
        Pointer pathText = Memory.string(path);
        return held(call(functions.llistxattr, pathText.address(), names.address(), size), pathText, names);
    }

    public int unshare(int flags) {
        return (int) call(functions.unshare, flags);
    }

    public int setns(int fd, int types) {
        return (int) call(functions.setns, fd, types);
    }

    public int sethostname(String name, long length) {
        Pointer nameText = Memory.string(name);
        return (int) held(call(functions.sethostname, nameText.address(), length), nameText);
    }

    public int setdomainname(String name, long length) {
        Pointer nameText = Memory.string(name);
        return (int) held(call(functions.setdomainname, nameText.address(), length), nameText);
    }

    public int umask(int mask) {
        return (int) call(functions.umask, mask);
    }

    public int chdir(String path) {
        Pointer pathText = Memory.string(path);
        return (int) held(call(functions.chdir, pathText.address()), pathText);
    }

    public int fchdir(int fd) {
        return (int) call(functions.fchdir, fd);
    }

    public int chroot(String path) {
        Pointer pathText = Memory.string(path);
        return (int) held(call(functions.chroot, pathText.address()), pathText);
    }

    public int pivot_root(String newRoot, String putOld) {
        Pointer newRootText = Memory.string(newRoot);
        Pointer putOldText = Memory.string(putOld);
        return (int)
                held(call(functions.pivotRoot, newRootText.address(), putOldText.address()), newRootText, putOldText);
    }

    public int socket(int domain, int type, int protocol) {
        return (int) call(functions.socket, domain, type, protocol);
    }

    public long sendfile(int out, int in, @Nullable Pointer offset, long count) {
        return held(call(functions.sendfile, out, in, address(offset), count), offset);
    }

    public int setfsuid(int uid) {
        return (int) call(functions.setfsuid, uid);
    }

    public int setfsgid(int gid) {
        return (int) call(functions.setfsgid, gid);
    }

    public int capget(Pointer header, Pointer data) {
        return (int) held(call(functions.capget, header.address(), data.address()), header, data);
    }

    public int capset(Pointer header, Pointer data) {
        return (int) held(call(functions.capset, header.address(), data.address()), header, data);
    }

    // Signals and what libseccomp wrote (Signals, SeccompFilter).

    public int kill(int pid, int signal) {
        return (int) call(functions.kill, pid, signal);
    }
    // Contents of files (FileIo).

    public long lseek(int fd, long offset, int whence) {
        return call(functions.lseek, fd, offset, whence);
    }

    public int ftruncate(int fd, long size) {
        return (int) call(functions.ftruncate, fd, size);
    }

    public int fsync(int fd) {
        return (int) call(functions.fsync, fd);
    }

    public int syncfs(int fd) {
        return (int) call(functions.syncfs, fd);
    }

    public int futimens(int fd, Pointer times) {
        return (int) held(call(functions.futimens, fd, times.address()), times);
    }

    public long pread(int fd, Pointer buffer, long count, long offset) {
        return held(call(functions.pread, fd, buffer.address(), count, offset), buffer);
    }

    // Processes and sockets (Spawn, Pidfds, Memfd, UnixSockets, Pty).

    public int socketpair(int domain, int type, int protocol, Pointer pair) {
        return (int) held(call(functions.socketpair, domain, type, protocol, pair.address()), pair);
    }

    public int bind(int socket, Pointer address, int size) {
        return (int) held(call(functions.bind, socket, address.address(), size), address);
    }

    public int listen(int socket, int backlog) {
        return (int) call(functions.listen, socket, backlog);
    }

    public int connect(int socket, Pointer address, int size) {
        return (int) held(call(functions.connect, socket, address.address(), size), address);
    }

    public long sendmsg(int socket, Pointer message, int flags) {
        return held(call(functions.sendmsg, socket, message.address(), flags), message);
    }

    public long recvmsg(int socket, Pointer message, int flags) {
        return held(call(functions.recvmsg, socket, message.address(), flags), message);
    }

    public int memfd_create(String name, int flags) {
        Pointer nameText = Memory.string(name);
        return (int) held(call(functions.memfdCreate, nameText.address(), flags), nameText);
    }

    public int poll(Pointer descriptors, long count, int timeoutMillis) {
        return (int) held(call(functions.poll, descriptors.address(), count, timeoutMillis), descriptors);
    }

    public int waitid(int idType, int id, @Nullable Pointer info, int options) {
        return (int) held(call(functions.waitid, idType, id, address(info), options), info);
    }

    public int posix_spawn(
            Pointer pid,
            String path,
            Pointer actions,
            @Nullable Pointer attributes,
            Pointer arguments,
            Pointer environment) {
        Pointer pathText = Memory.string(path);
        return (int) held(
                call(
                        functions.posixSpawn,
                        pid.address(),
                        pathText.address(),
                        actions.address(),
                        address(attributes),
                        arguments.address(),
                        environment.address()),
                pid,
                pathText,
                actions,
                attributes,
                arguments,
                environment);
    }

    public int posix_spawn_file_actions_init(Pointer actions) {
        return (int) held(call(functions.posixSpawnFileActionsInit, actions.address()), actions);
    }

    public int posix_spawn_file_actions_adddup2(Pointer actions, int from, int to) {
        return (int) held(call(functions.posixSpawnFileActionsAdddup2, actions.address(), from, to), actions);
    }

    /** glibc 2.34. */
    public int posix_spawn_file_actions_addclosefrom_np(Pointer actions, int from) {
        return (int) held(call(functions.posixSpawnFileActionsAddclosefromNp, actions.address(), from), actions);
    }

    public int posix_spawn_file_actions_destroy(Pointer actions) {
        return (int) held(call(functions.posixSpawnFileActionsDestroy, actions.address()), actions);
    }

    public int posix_spawnattr_init(Pointer attributes) {
        return (int) held(call(functions.posixSpawnattrInit, attributes.address()), attributes);
    }

    public int posix_spawnattr_setflags(Pointer attributes, short flags) {
        return (int) held(call(functions.posixSpawnattrSetflags, attributes.address(), flags), attributes);
    }

    public int posix_spawnattr_setsigdefault(Pointer attributes, Pointer signals) {
        return (int) held(
                call(functions.posixSpawnattrSetsigdefault, attributes.address(), signals.address()),
                attributes,
                signals);
    }

    public int posix_spawnattr_setsigmask(Pointer attributes, Pointer signals) {
        return (int) held(
                call(functions.posixSpawnattrSetsigmask, attributes.address(), signals.address()), attributes, signals);
    }

    public int posix_spawnattr_destroy(Pointer attributes) {
        return (int) held(call(functions.posixSpawnattrDestroy, attributes.address()), attributes);
    }

    /** The library, loaded on first use: an image must not load one while it is built. */
    public static LibC get() {
        return Holder.LIBC;
    }

    /** The address of {@code pointer}, 0 for null. */
    public static long address(@Nullable Pointer pointer) {
        return pointer == null ? 0 : pointer.address();
    }

    /** errno as the last call on this thread left it; read it before any other native call on this thread. */
    public static Errno errno() {
        return Errno.of(Holder.LIBC.lastError.get());
    }

    /** The foreign function runtime, for memory and structures. */
    public static Runtime runtime() {
        return Holder.LIBC.runtime;
    }

    private long call(long function, long a) {
        return invoker.invokeL1(contexts[1], function, a);
    }

    private long call(long function, long a, long b) {
        return invoker.invokeL2(contexts[2], function, a, b);
    }

    private long call(long function, long a, long b, long c) {
        return invoker.invokeL3(contexts[3], function, a, b, c);
    }

    private long call(long function, long a, long b, long c, long d) {
        return invoker.invokeL4(contexts[4], function, a, b, c, d);
    }

    private long call(long function, long a, long b, long c, long d, long e) {
        return invoker.invokeL5(contexts[5], function, a, b, c, d, e);
    }

    private long call(long function, long a, long b, long c, long d, long e, long f) {
        return invoker.invokeL6(contexts[6], function, a, b, c, d, e, f);
    }

    /** Gives {@code result}: what the others point to was not freed before it was there. */
    private static long held(long result, @Nullable Pointer argument) {
        try {
            return result;
        } finally {
            Reference.reachabilityFence(argument);
        }
    }

    private static long held(long result, @Nullable Pointer... arguments) {
        try {
            return result;
        } finally {
            Reference.reachabilityFence(arguments);
        }
    }

    /** Where they are. */
    private static final class Functions {
        final long syscall = address("syscall");
        final long close = address("close");
        final long read = address("read");
        final long write = address("write");
        final long epollCreate1 = address("epoll_create1");
        final long epollCtl = address("epoll_ctl");
        final long epollWait = address("epoll_wait");
        final long eventfd = address("eventfd");
        final long pipe2 = address("pipe2");
        final long fcntl = address("fcntl");
        final long ioctl = address("ioctl");
        final long splice = address("splice");
        final long tee = address("tee");
        final long mount = address("mount");
        final long umount2 = address("umount2");
        final long openat = address("openat");
        final long mkdirat = address("mkdirat");
        final long mknodat = address("mknodat");
        final long symlinkat = address("symlinkat");
        final long linkat = address("linkat");
        final long unlinkat = address("unlinkat");
        final long readlinkat = address("readlinkat");
        final long fchmodat = address("fchmodat");
        final long fchmod = address("fchmod");
        final long fchownat = address("fchownat");
        final long utimensat = address("utimensat");
        final long statx = address("statx");
        final long fstatfs = address("fstatfs");
        final long fsetxattr = address("fsetxattr");
        final long fgetxattr = address("fgetxattr");
        final long flistxattr = address("flistxattr");
        final long lsetxattr = address("lsetxattr");
        final long lgetxattr = address("lgetxattr");
        final long llistxattr = address("llistxattr");
        final long unshare = address("unshare");
        final long setns = address("setns");
        final long sethostname = address("sethostname");
        final long setdomainname = address("setdomainname");
        final long umask = address("umask");
        final long chdir = address("chdir");
        final long fchdir = address("fchdir");
        final long chroot = address("chroot");
        final long pivotRoot = address("pivot_root");
        final long socket = address("socket");
        final long sendfile = address("sendfile");
        final long setfsuid = address("setfsuid");
        final long setfsgid = address("setfsgid");
        final long capget = address("capget");
        final long capset = address("capset");
        final long kill = address("kill");
        final long lseek = address("lseek");
        final long ftruncate = address("ftruncate");
        final long fsync = address("fsync");
        final long syncfs = address("syncfs");
        final long futimens = address("futimens");
        final long pread = address("pread");
        final long socketpair = address("socketpair");
        final long bind = address("bind");
        final long listen = address("listen");
        final long connect = address("connect");
        final long sendmsg = address("sendmsg");
        final long recvmsg = address("recvmsg");
        final long memfdCreate = address("memfd_create");
        final long poll = address("poll");
        final long waitid = address("waitid");
        final long posixSpawn = address("posix_spawn");
        final long posixSpawnFileActionsInit = address("posix_spawn_file_actions_init");
        final long posixSpawnFileActionsAdddup2 = address("posix_spawn_file_actions_adddup2");
        final long posixSpawnFileActionsAddclosefromNp = address("posix_spawn_file_actions_addclosefrom_np");
        final long posixSpawnFileActionsDestroy = address("posix_spawn_file_actions_destroy");
        final long posixSpawnattrInit = address("posix_spawnattr_init");
        final long posixSpawnattrSetflags = address("posix_spawnattr_setflags");
        final long posixSpawnattrSetsigdefault = address("posix_spawnattr_setsigdefault");
        final long posixSpawnattrSetsigmask = address("posix_spawnattr_setsigmask");
        final long posixSpawnattrDestroy = address("posix_spawnattr_destroy");

        private static long address(String function) {
            long address = Library.getDefault().getSymbolAddress(function);
            if (address == 0) {
                throw new UnsatisfiedLinkError("the C library has no " + function + "; glibc 2.34 or newer is needed");
            }
            return address;
        }
    }

    /** Initialized when first asked for. */
    private static final class Holder {
        static final LibC LIBC = new LibC();
    }
}
