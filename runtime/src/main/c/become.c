/* The last steps, in libcontainer's order: the order is the point, each step may need what a later one gives up. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "launcher.h"

enum { PATH_SIZE = 4096 };

static void load_seccomp(const struct request *r)
{
	struct sock_fprog program = { (unsigned short)(r->parts[SECCOMP].size / sizeof(struct sock_filter)), part(r, SECCOMP) };

	if (program.len != 0)
		must(sys(SYS_seccomp, SECCOMP_SET_MODE_FILTER, r->seccomp_flags, &program), LOADING_SECCOMP, 0);
}

static void drop_bounding(const struct request *r)
{
	for (int capability = 0; capability < 64; capability++) { /* EINVAL: past the last one that this kernel knows */
		if (!(r->bounding >> capability & 1) && sys(SYS_prctl, PR_CAPBSET_READ, capability) == 1)
			must(sys(SYS_prctl, PR_CAPBSET_DROP, capability), DROPPING_BOUNDING, capability);
	}
}

static void set_user(const struct request *r)
{
	must(sys(SYS_prctl, PR_SET_KEEPCAPS, 1), KEEPING_CAPABILITIES, 0);
	must(sys(SYS_setgroups, r->parts[GROUPS].size / sizeof(u32), part(r, GROUPS)), SETTING_GROUPS, 0);
	must(sys(SYS_setresgid, r->gid, r->gid, r->gid), SETTING_GID, 0);
	must(sys(SYS_setresuid, r->uid, r->uid, r->uid), SETTING_UID, 0);
	must(sys(SYS_prctl, PR_SET_KEEPCAPS, 0), KEEPING_CAPABILITIES, 0);
}

static void set_capabilities(const struct request *r)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ (u32)r->effective, (u32)r->permitted, (u32)r->inheritable },
		{ (u32)(r->effective >> 32), (u32)(r->permitted >> 32), (u32)(r->inheritable >> 32) },
	};

	must(sys(SYS_capset, &header, data), SETTING_CAPABILITIES, 0);
	for (int capability = 0; capability < 64; capability++) {
		if (r->ambient >> capability & 1)
			must(sys(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability), RAISING_AMBIENT, capability);
	}
}

/*
 * First as root, then as the user: each may have access where the other has none (a private home directory; FUSE and NFS, which shut out root).
 * Returns whether it worked; before the change of user only a lack of permission may be survived.
 */
static bool change_directory(const struct request *r, bool as_user)
{
	long error = sys(SYS_chdir, part(r, CWD));

	if (error < 0 && (as_user || (error != -EACCES && error != -EPERM)))
		fail(CHANGING_DIRECTORY, error, 0);
	return error == 0;
}

static void check_directory(void)
{
	char path[PATH_SIZE];
	long size = sys(SYS_getcwd, path, sizeof path);

	/* A cwd such as /proc/self/fd/7 may be a directory of the host: the kernel then says "(unreachable)", or ENOENT. CVE-2024-21626. */
	must(size, CHECKING_DIRECTORY, 0);
	if (path[0] != '/')
		fail(CHECKING_DIRECTORY, -ENOENT, 0);
}

/* The daemon has looked for the program where execvp(3) would: it knows PATH, we know which of the files can be executed. */
static noreturn void execute_program(const struct request *r)
{
	char *const *path = part(r, PROGRAMS);
	long worst = -ENOENT;
	int interpreter = 0;

	for (; *path != NULL; path++) {
		const long error = sys(SYS_execve, *path, part(r, ARGS), part(r, ENV));

		if (error == -ENOENT && sys(SYS_faccessat, AT_FDCWD, *path, 0 /* F_OK */) == 0)
			interpreter = 1; /* the file is there, what it names as its interpreter is not */
		if (worst != -EACCES)
			worst = error;
		if (error != -ENOENT && error != -ENOTDIR && error != -EACCES)
			fail(EXECUTING, error, 0);
		/* a later directory may have one that can be executed */
	}
	fail(EXECUTING, worst, worst == -ENOENT ? interpreter : 0);
}

/* Process 1 of a PID namespace that the containers of a pod share: it reaps their orphans. */
static noreturn void pause_for_ever(void)
{
	const u64 all = ~0UL;
	siginfo_t info;

	sys(SYS_prctl, PR_SET_NAME, "fairlead-pause");
	sys(SYS_close_range, 3, ~0U, 0); /* SYNC_CHILD too: that tells the warden that we are at work */
	for (;;) {
		/* All signals are blocked and waited for: none interrupts anything. */
		long signal = sys(SYS_rt_sigtimedwait, &all, &info, NULL, sizeof all);

		if (signal == SIGCHLD) {
			while (sys(SYS_wait4, -1, NULL, WNOHANG, NULL) > 0) {
			}
		} else if (signal == SIGTERM && info.si_pid == 0) {
			/* From outside the namespace: senders that we cannot see have pid 0. What a container sends us ends no pod. */
			sys(SYS_exit_group, 0);
		}
	}
}

noreturn void become(struct request *r)
{
	const u64 no_signals = 0;
	bool there;

	sys(SYS_umask, r->umask);
	if (r->flags & TERMINAL)
		must(sys(SYS_ioctl, 0, TIOCSCTTY, 0), TAKING_TERMINAL, 0);
	/*
	 * A keyring protects nothing by itself, so a kernel without (ENOSYS), a seccomp filter around the node (EPERM, in nested containers) and
	 * a used up quota of the user (EDQUOT) stop no container; the old session keyring stays.
	 */
	if (part(r, KEYRING) != NULL)
		sys(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, part(r, KEYRING));
	if (r->personality != UNCHANGED)
		must(sys(SYS_personality, r->personality), SETTING_PERSONALITY, 0);
	if (part(r, LABEL) != NULL)
		must(write_file(PROC_SELF, part(r, LABEL_FILE), part(r, LABEL)), SETTING_LABEL, 0);
	/* All of ours is close-on-exec; this is for what a future mistake, or whoever started us, might leave open. */
	must(sys(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC), PLACING_STDIO, 3);
	if (r->flags & NO_NEW_PRIVS)
		must(sys(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1), SETTING_NO_NEW_PRIVS, 0);
	else
		load_seccomp(r); /* takes CAP_SYS_ADMIN, so now; the filter must let the steps pass that follow */
	drop_bounding(r);
	there = change_directory(r, false);
	set_user(r);
	set_capabilities(r);
	if (!there)
		change_directory(r, true);
	check_directory();
	if (r->flags & PAUSE)
		pause_for_ever();
	sys(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, sizeof no_signals);
	if (r->flags & NO_NEW_PRIVS)
		load_seccomp(r);
	execute_program(r);
}

noreturn void restore(struct request *r)
{
	static const int stdio[] = { STDIN, STDOUT, STDERR };
	const u64 no_signals = 0;
	long null, net = -1;

	for (int i = 0; i < 3; i++)
		must(sys(SYS_dup3, i, stdio[i], 0), PLACING_STDIO, i);
	null = sys(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
	must(null, OPENING_NULL, 0);
	for (int i = 0; i < 3; i++)
		must(sys(SYS_dup3, null, i, 0), PLACING_STDIO, i);
	if (r->joined & CLONE_NEWNET) {
		net = sys(SYS_openat, PROC_SELF, "ns/net", O_RDONLY | O_CLOEXEC, 0);
		must(net, OPENING_PROC, 0);
	}
	must(sys(SYS_close_range, 3, STDIN - 1, CLOSE_RANGE_CLOEXEC), PLACING_STDIO, 3);
	must(sys(SYS_close_range, STDERR + 1, ~0U, CLOSE_RANGE_CLOEXEC), PLACING_STDIO, STDERR);
	if (net >= 0)
		must(sys(SYS_dup3, net, RESTORED_NET, 0), PLACING_STDIO, RESTORED_NET);
	sys(SYS_umask, r->umask);
	sys(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, sizeof no_signals);
	execute_program(r);
}
