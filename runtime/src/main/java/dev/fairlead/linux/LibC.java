package dev.fairlead.linux;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import org.jspecify.annotations.Nullable;

/**
 * The C library's functions, as they are; the typed classes beside this one are their only callers.
 *
 * <p>Arguments are numbers, NUL-terminated strings and {@link Pointer}s to memory that the caller allocated. The new system calls go
 * through {@link #syscall}, so that neither an older C library nor a variadic wrapper stands between us and the kernel.
 */
public interface LibC {
    /** syscall(2) with up to six arguments; strings and structures are passed as addresses of {@link Memory} the caller holds. */
    long syscall(long number, long a, long b, long c, long d, long e, long f);

    int close(int fd);

    long read(int fd, Pointer buffer, long count);

    long write(int fd, Pointer buffer, long count);

    // epoll(7), eventfd(2) and pipes: Epoll, EventLoop, Pipes.

    int epoll_create1(int flags);

    int epoll_ctl(int epoll, int operation, int fd, @Nullable Pointer event);

    int epoll_wait(int epoll, Pointer events, int capacity, int timeoutMillis);

    int eventfd(int value, int flags);

    int pipe2(Pointer ends, int flags);

    int fcntl(int fd, int command, long argument);

    int ioctl(int fd, long request, Pointer argument);

    long splice(int from, @Nullable Pointer fromOffset, int to, @Nullable Pointer toOffset, long count, int flags);

    long tee(int from, int to, long count, int flags);

    // Mounts, files by descriptor, namespaces (Mounts, Openat, Stat, Xattrs, Namespaces).

    int mount(String source, String target, String type, long flags, String data);

    int umount2(String target, int flags);

    int openat(int dir, String path, int flags, int mode);

    int mkdirat(int dir, String path, int mode);

    int mknodat(int dir, String path, int mode, long device);

    int symlinkat(String target, int dir, String path);

    int linkat(int fromDir, String from, int toDir, String to, int flags);

    int unlinkat(int dir, String path, int flags);

    long readlinkat(int dir, String path, Pointer buffer, long size);

    int fchmodat(int dir, String path, int mode, int flags);

    int fchmod(int fd, int mode);

    int fchownat(int dir, String path, int uid, int gid, int flags);

    int utimensat(int dir, String path, Pointer times, int flags);

    int statx(int dir, String path, int flags, int mask, Pointer status);

    int fstatfs(int fd, Pointer status);

    int fsetxattr(int fd, String name, Pointer value, long size, int flags);

    long fgetxattr(int fd, String name, Pointer value, long size);

    long flistxattr(int fd, Pointer names, long size);

    int lsetxattr(String path, String name, Pointer value, long size, int flags);

    long lgetxattr(String path, String name, Pointer value, long size);

    long llistxattr(String path, Pointer names, long size);

    int unshare(int flags);

    int setns(int fd, int types);

    int sethostname(String name, long length);

    int setdomainname(String name, long length);

    int umask(int mask);

    int chdir(String path);

    int fchdir(int fd);

    int chroot(String path);

    int socket(int domain, int type, int protocol);

    long sendfile(int out, int in, @Nullable Pointer offset, long count);

    int setfsuid(int uid);

    int setfsgid(int gid);

    int capget(Pointer header, Pointer data);

    int capset(Pointer header, Pointer data);

    // Signals and what libseccomp wrote (Signals, SeccompFilter).

    int kill(int pid, int signal);
    // Contents of files (FileIo).

    long lseek(int fd, long offset, int whence);

    int ftruncate(int fd, long size);

    int fsync(int fd);

    int syncfs(int fd);

    int futimens(int fd, Pointer times);

    long pread(int fd, Pointer buffer, long count, long offset);

    // Processes and sockets (Spawn, Pidfds, Memfd, UnixSockets, Pty).

    int socketpair(int domain, int type, int protocol, Pointer pair);

    int bind(int socket, Pointer address, int size);

    int listen(int socket, int backlog);

    int connect(int socket, Pointer address, int size);

    long sendmsg(int socket, Pointer message, int flags);

    long recvmsg(int socket, Pointer message, int flags);

    int memfd_create(String name, int flags);

    int poll(Pointer descriptors, long count, int timeoutMillis);

    int waitid(int idType, int id, @Nullable Pointer info, int options);

    int posix_spawn(
            Pointer pid,
            String path,
            Pointer actions,
            @Nullable Pointer attributes,
            Pointer arguments,
            Pointer environment);

    int posix_spawn_file_actions_init(Pointer actions);

    int posix_spawn_file_actions_adddup2(Pointer actions, int from, int to);

    /** glibc 2.34. */
    int posix_spawn_file_actions_addclosefrom_np(Pointer actions, int from);

    int posix_spawn_file_actions_destroy(Pointer actions);

    int posix_spawnattr_init(Pointer attributes);

    int posix_spawnattr_setflags(Pointer attributes, short flags);

    int posix_spawnattr_setsigdefault(Pointer attributes, Pointer signals);

    int posix_spawnattr_setsigmask(Pointer attributes, Pointer signals);

    int posix_spawnattr_destroy(Pointer attributes);

    /** The bindings, loaded on first use: an image must not load a library while it is built. */
    static LibC get() {
        return Holder.LIBC;
    }

    /** The address of {@code pointer}, 0 for null. */
    static long address(@Nullable Pointer pointer) {
        return pointer == null ? 0 : pointer.address();
    }

    /** errno as the last call on this thread left it; read it before any other native call on this thread. */
    static Errno errno() {
        return Errno.of(Holder.RUNTIME.getLastError());
    }

    /** The foreign function runtime, for memory and structures. */
    static Runtime runtime() {
        return Holder.RUNTIME;
    }

    /** Initialized when first asked for. */
    final class Holder {
        private static final LibC LIBC;
        private static final Runtime RUNTIME;

        static {
            // Code generation at run time is not to be had in a native image, and not needed on the JVM either.
            System.setProperty("jnr.ffi.asm.enabled", "false");
            LIBC = LibraryLoader.create(LibC.class).load("c");
            RUNTIME = Runtime.getRuntime(LIBC);
        }

        private Holder() {}
    }
}
