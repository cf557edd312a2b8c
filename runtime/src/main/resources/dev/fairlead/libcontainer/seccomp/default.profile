# The system calls that RuntimeDefault allows, as Docker's and containerd's default profiles do; all others answer EPERM.
# A section says when its lines count: always, on an architecture (the architecture of the machine; its 32-bit modes are filtered by the same
# list), with a capability in the bounding set, or without one. A line names calls; or one call and a condition on an argument, of which one
# suffices; or one call and the error it answers instead of EPERM.
#
# socket: all families but AF_ALG (38, the kernel's cryptography for programs) and AF_VSOCK (40, which knows no network namespace).
# personality: PER_LINUX, PER_LINUX32, UNAME26 with either, and the question what it is.
# clone: no new namespaces; clone3 keeps its flags in memory, out of a filter's sight, so programs are told to fall back on clone.

[always]
_llseek _newselect accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown chown32 clock_adjtime
clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 close close_range
connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark
fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr
fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake
futimesat get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32
getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresgid32 getresuid
getresuid32 getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr getxattrat inotify_add_watch
inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit
ioctl ioprio_get ioprio_set ipc kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link
linkat listen listmount listxattr listxattrat llistxattr lremovexattr lseek lsetxattr lsm_get_self_attr lsm_list_modules
lsm_set_self_attr lstat lstat64 madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock
mlock2 mlockall mmap mmap2 mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend
mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep
newfstatat open openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64
prctl pread64 preadv preadv2 prlimit64 process_mrelease process_vm_readv process_vm_writev pselect6 pselect6_time64 ptrace pwrite64
pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr
removexattrat rename renameat renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min
sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity
sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop semtimedop_time64 send
sendfile sendfile64 sendmmsg sendmsg sendto set_robust_list set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32
setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32
setreuid setreuid32 setrlimit setsid setsockopt setuid setuid32 setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaltstack
signalfd signalfd4 sigprocmask sigreturn socketcall socketpair splice stat stat64 statfs statfs64 statmount statx symlink symlinkat sync
sync_file_range syncfs sysinfo tee tgkill time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime
timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate truncate64
ugetrlimit umask uname unlink unlinkat uretprobe utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write
writev
socket a0 < 38
socket a0 == 39
socket a0 == 41
socket a0 == 42
socket a0 == 43
socket a0 == 44
socket a0 == 45
personality a0 == 0x0
personality a0 == 0x8
personality a0 == 0x20000
personality a0 == 0x20008
personality a0 == 0xffffffff

[arch aarch64]
arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2

[arch x86_64]
arch_prctl modify_ldt

[capability DAC_READ_SEARCH]
open_by_handle_at

[capability SYS_ADMIN]
bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount open_tree perf_event_open
quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare

[capability SYS_BOOT]
reboot

[capability SYS_CHROOT]
chroot

[capability SYS_MODULE]
delete_module finit_module init_module

[capability SYS_PACCT]
acct

[capability SYS_PTRACE]
kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace

[capability SYS_RAWIO]
ioperm iopl

[capability SYS_TIME]
clock_settime clock_settime64 settimeofday stime

[capability SYS_TTY_CONFIG]
vhangup

[capability SYS_NICE]
get_mempolicy mbind set_mempolicy set_mempolicy_home_node

[capability SYSLOG]
syslog

[capability BPF]
bpf

[capability PERFMON]
perf_event_open

[without capability SYS_ADMIN]
clone a0 & 0x7e020000 == 0
clone3 -> ENOSYS
