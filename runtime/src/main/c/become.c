/* The last steps, in libcontainer's order: the order is the point, each step may need what a later one gives up. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "launcher.h"

enum { PATH_SIZE = 4096 };

static void join_session_keyring(const struct request *r)
{
	/*
	 * A keyring protects nothing by itself, so a kernel without (ENOSYS), a seccomp filter around the node (EPERM, in nested containers) and
	 * a used up quota of the user (EDQUOT) stop no container; the old session keyring stays.
	 */
	if (r->flags & SESSION_KEYRING)
		sys(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, in_request(r, r->keyring));
}

static void load_seccomp(const struct request *r)
{
	struct sock_fprog program = { (unsigned short)r->seccomp_count, in_request(r, r->seccomp) };

	if (r->seccomp_count != 0)
		must(sys(SYS_seccomp, SECCOMP_SET_MODE_FILTER, r->seccomp_flags, &program), LOADING_SECCOMP, 0);
}

static void drop_bounding(const struct request *r)
{
	for (int capability = 0; capability < 64; capability++) {
		long held = sys(SYS_prctl, PR_CAPBSET_READ, capability);

		if (held < 0)
			return; /* EINVAL: past the last one that this kernel knows */
		if (held == 1 && !(r->bounding >> capability & 1))
			must(sys(SYS_prctl, PR_CAPBSET_DROP, capability), DROPPING_BOUNDING, capability);
	}
}

static void set_user(const struct request *r)
{
	must(sys(SYS_prctl, PR_SET_KEEPCAPS, 1), KEEPING_CAPABILITIES, 0);
	must(sys(SYS_setgroups, r->group_count, in_request(r, r->groups)), SETTING_GROUPS, 0);
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
	long error = sys(SYS_chdir, in_request(r, r->cwd));

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

static const char *find_path(char *const *env)
{
	for (; *env != NULL; env++) {
		const char *e = *env;

		if (e[0] == 'P' && e[1] == 'A' && e[2] == 'T' && e[3] == 'H' && e[4] == '=')
			return e + 5;
	}
	return "";
}

/* Executes; returns errno negated, with *interpreter set where the file is there but what it names as its interpreter is not. */
static long execute(const char *path, char *const *args, char *const *env, int *interpreter)
{
	long error = sys(SYS_execve, path, args, env);

	if (error == -ENOENT && sys(SYS_faccessat, AT_FDCWD, path, 0 /* F_OK */) == 0)
		*interpreter = 1;
	return error;
}

/* As execvp(3) does, but for empty elements of PATH: they would mean the working directory, which whoever set it rarely wanted. */
static noreturn void execute_program(const struct request *r)
{
	char *const *args = in_request(r, r->args), *const *env = in_request(r, r->env);
	const char *name = args[0], *from = find_path(env);
	size_t name_size = strlen(name) + 1;
	long error = -ENOENT, worst = -ENOENT;
	int interpreter = 0;
	char path[PATH_SIZE];

	for (const char *c = name; *c != '\0'; c++) {
		if (*c == '/') {
			error = execute(name, args, env, &interpreter);
			fail(EXECUTING, error, interpreter);
		}
	}
	for (const char *to = from; name_size > 1 && *from != '\0'; from = *to == ':' ? to + 1 : to) {
		size_t size;

		for (to = from; *to != ':' && *to != '\0'; to++) {
		}
		size = (size_t)(to - from);
		if (size == 0 || size + 1 + name_size > sizeof path)
			continue;
		memcpy(path, from, size);
		path[size] = '/';
		memcpy(path + size + 1, name, name_size);
		error = execute(path, args, env, &interpreter);
		if (error == -EACCES)
			worst = error; /* a later directory may have one that can be executed */
		else if (error != -ENOENT && error != -ENOTDIR)
			fail(EXECUTING, error, 0);
	}
	fail(EXECUTING, worst, worst == -ENOENT ? interpreter : 0);
}

noreturn void become(struct request *r)
{
	const u64 no_signals = 0;
	bool there;

	sys(SYS_umask, r->umask);
	if (r->flags & TERMINAL)
		must(sys(SYS_ioctl, 0, TIOCSCTTY, 0), TAKING_TERMINAL, 0);
	join_session_keyring(r);
	if (r->personality != UNCHANGED)
		must(sys(SYS_personality, r->personality), SETTING_PERSONALITY, 0);
	if (r->label != 0)
		must(write_file(PROC_SELF, in_request(r, r->label_file), in_request(r, r->label)), SETTING_LABEL, 0);
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
	sys(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, sizeof no_signals);
	if (r->flags & NO_NEW_PRIVS)
		load_seccomp(r);
	execute_program(r);
}
