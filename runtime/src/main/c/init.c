/* A container's first process: from the usher that clones it to the moment that its root is there. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>

#include "launcher.h"

static void wait_for(u32 type, int *fd)
{
	struct message m;
	int received[1];
	long count = receive_message(SYNC_CHILD, &m, received, 1, 0);

	must(count, RECEIVING, (int)type);
	if (m.type != type || count != (fd == NULL ? 0 : 1))
		fail(RECEIVING, -EPROTO, (int)type);
	if (fd != NULL)
		*fd = received[0];
}

static void tell(u32 type, const int *fds, int count)
{
	struct message m = { .type = type };

	must(send_message(SYNC_CHILD, &m, fds, count), RECEIVING, (int)type);
}

void become_namespace_root(void)
{
	/* EPERM: the namespace was made with setgroups denied; then we have no groups to lose that matter there. */
	long error = sys(SYS_setgroups, 0, NULL);

	if (error < 0 && error != -EPERM)
		fail(BECOMING_ROOT, error, 0);
	must(sys(SYS_setresgid, 0, 0, 0), BECOMING_ROOT, 0);
	must(sys(SYS_setresuid, 0, 0, 0), BECOMING_ROOT, 0);
}

/* Clocks are set before anyone is in the namespace, so we enter it afterwards (time_namespaces(7)). */
static void enter_time_namespace(const char *offsets)
{
	long fd;

	must(sys(SYS_unshare, CLONE_NEWTIME), UNSHARING_TIME, 0);
	if (offsets != NULL)
		must(write_file(PROC_SELF, "timens_offsets", offsets), UNSHARING_TIME, 0);
	fd = sys(SYS_openat, PROC_SELF, "ns/time_for_children", O_RDONLY | O_CLOEXEC, 0);
	must(fd, UNSHARING_TIME, 0);
	must(sys(SYS_setns, fd, CLONE_NEWTIME), UNSHARING_TIME, 0);
	sys(SYS_close, fd);
}

/* A mount that is attached nowhere. */
static int make_mount(const char *type, u32 attributes, enum step step)
{
	long context = sys(SYS_fsopen, type, FSOPEN_CLOEXEC), mount;

	must(context, step, 0);
	must(sys(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), step, 0);
	mount = sys(SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | attributes);
	must(mount, step, 0);
	sys(SYS_close, context);
	return (int)mount;
}

/* procfs shows the PID namespace of whoever mounts it: only we can make this one. */
static void tell_ready(bool with_proc)
{
	int proc = with_proc ? make_mount("proc", 0, MOUNTING_PROC) : -1;

	tell(READY, &proc, with_proc ? 1 : 0);
	if (with_proc)
		sys(SYS_close, proc);
}

/* A root with nothing in it: who may look through /proc/1/root of a pod's pause process sees this, not the host. */
static int mount_nothing(void)
{
	int root = make_mount("tmpfs", MOUNT_ATTR_RDONLY, CHANGING_TO_ROOT);

	must(sys(SYS_move_mount, root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH), CHANGING_TO_ROOT, 0);
	return root;
}

static void enter_root(const struct request *r, int root)
{
	must(sys(SYS_fchdir, root), CHANGING_TO_ROOT, 0);
	sys(SYS_close, root);
	if (((r->unshared | r->joined) & CLONE_NEWNS) == 0) {
		must(sys(SYS_chroot, "."), PIVOTING, 0);
	} else {
		/* The old root comes to lie over the new one, and goes: pivot_root(2), "pivot_root(".", ".")". */
		must(sys(SYS_pivot_root, ".", "."), PIVOTING, 0);
		must(sys(SYS_umount2, ".", 2 /* MNT_DETACH */), DETACHING_OLD_ROOT, 0);
	}
	must(sys(SYS_chdir, "/"), CHANGING_TO_ROOT, 0);
	if (r->propagation != 0)
		must(sys(SYS_mount, NULL, "/", NULL, r->propagation, NULL), SETTING_PROPAGATION, (int)r->propagation);
}

static void make_directories(char *path)
{
	for (char *end = path + 1; end[-1] != '\0'; end++) {
		char was = *end;
		long error;

		if (was != '/' && was != '\0')
			continue;
		*end = '\0';
		error = sys(SYS_mkdir, path, 0755);
		*end = was;
		/* EROFS comes before EEXIST on some file systems; what is missing then is told by chdir. */
		if (error < 0 && error != -EEXIST && error != -EROFS && error != -EISDIR)
			fail(MAKING_CWD, error, 0);
		if (was == '\0')
			break;
	}
}

static noreturn void run_init(struct request *r)
{
	struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
	int root;

	wait_for(GO, NULL);
	if ((r->unshared | r->joined) & CLONE_NEWUSER)
		become_namespace_root();
	must(sys(SYS_setsid), MAKING_SESSION, 0);
	if (r->unshared & CLONE_NEWCGROUP) /* only now: its root is the cgroup that we are in */
		must(sys(SYS_unshare, CLONE_NEWCGROUP), UNSHARING_CGROUP, 0);
	if (r->unshared & CLONE_NEWTIME)
		enter_time_namespace(in_request(r, r->time_offsets));
	if (r->hostname != 0)
		must(sys(SYS_sethostname, in_request(r, r->hostname), strlen(in_request(r, r->hostname))), SETTING_HOSTNAME, 0);
	if (r->domainname != 0)
		must(sys(SYS_setdomainname, in_request(r, r->domainname), strlen(in_request(r, r->domainname))), SETTING_DOMAINNAME, 0);
	if (r->unshared & CLONE_NEWNS)
		must(sys(SYS_mount, NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), CUTTING_PROPAGATION, 0);

	tell_ready(r->flags & MOUNT_PROC);
	if (r->flags & PAUSE)
		root = mount_nothing();
	else
		wait_for(ENTER_ROOT, &root);
	enter_root(r, root);
	reopen_null();
	if (!(r->flags & PAUSE))
		make_directories(in_request(r, r->cwd));
	if (r->flags & READ_ONLY_ROOT)
		must(sys(SYS_mount_setattr, AT_FDCWD, "/", 0, &read_only, sizeof read_only), MAKING_ROOT_READ_ONLY, 0);
	tell(CREATED, NULL, 0);

	wait_for(START, NULL);
	if (r->flags & PAUSE)
		run_pause();
	become(r);
}

noreturn void run_usher(struct request *r)
{
	static const u32 order[] = JOIN_ORDER;
	const int stdio[] = { STDIN, STDOUT, STDERR };
	struct clone_args args = { .flags = CLONE_PARENT | (r->unshared & ~(u32)(CLONE_NEWCGROUP | CLONE_NEWTIME)) };
	struct message m = { .type = INIT_PID };
	long pid;

	join_cgroups(r);
	place_stdio(stdio, r->stdio_uid);
	for (int i = 0; i <= JOINED_LAST - JOINED; i++) {
		if (r->joined & order[i])
			must(sys(SYS_setns, JOINED + i, order[i]), JOINING_NAMESPACE, (int)order[i]);
	}
	if (r->joined & CLONE_NEWUSER)
		become_namespace_root();

	/* Init is the warden's child, not ours: we end, it is waited for. */
	pid = sys(SYS_clone3, &args, sizeof args);
	must(pid, CLONING_INIT, (int)r->unshared);
	if (pid != 0) {
		m.pid = (s32)pid;
		sys(SYS_write, REPORT_WRITE, &m, sizeof m);
		for (;;)
			sys(SYS_exit_group, 0);
	}

	hold_proc_self();
	sys(SYS_close_range, CHANNEL, REPORTS, 0);
	sys(SYS_close_range, PROC_SELF + 1, ~0U, 0);
	run_init(r);
}
