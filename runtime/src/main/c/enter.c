/* The processes of a container, from their clone until they become what they were asked to be: usher, init, execs. */
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

/* In a user namespace just entered: its root. */
static void become_namespace_root(void)
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

/* With a mount, attached nowhere, of procfs: it shows the PID namespace of whoever mounts it, so only we can make this one. */
static void tell_ready(bool with_proc)
{
	long context, mount;
	int fd;

	if (!with_proc) {
		tell(READY, NULL, 0);
		return;
	}
	context = sys(SYS_fsopen, "proc", FSOPEN_CLOEXEC);
	must(context, MOUNTING_PROC, 0);
	must(sys(SYS_fsconfig, context, FSCONFIG_SET_STRING, "source", "proc", 0), MOUNTING_PROC, 0); /* as mountinfo has it */
	must(sys(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), MOUNTING_PROC, 0);
	mount = sys(SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	must(mount, MOUNTING_PROC, 0);
	fd = (int)mount;
	tell(READY, &fd, 1);
	sys(SYS_close, context);
	sys(SYS_close, fd);
}

static void enter_root(const struct request *r, int root)
{
	must(sys(SYS_fchdir, root), CHANGING_TO_ROOT, 0);
	sys(SYS_close, root);
	if (r->flags & NO_PIVOT) {
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

static noreturn void run_init(struct request *r)
{
	const char *hostname = part(r, HOSTNAME), *domainname = part(r, DOMAINNAME);
	int root;

	must(sys(SYS_setsid), MAKING_SESSION, 0);
	if (r->unshared & CLONE_NEWCGROUP) /* only now: its root is the cgroup that we are in */
		must(sys(SYS_unshare, CLONE_NEWCGROUP), UNSHARING_CGROUP, 0);
	if (r->unshared & CLONE_NEWTIME)
		enter_time_namespace(part(r, TIME_OFFSETS));
	if (hostname != NULL)
		must(sys(SYS_sethostname, hostname, strlen(hostname)), SETTING_HOSTNAME, 0);
	if (domainname != NULL)
		must(sys(SYS_setdomainname, domainname, strlen(domainname)), SETTING_DOMAINNAME, 0);
	if (r->unshared & CLONE_NEWNS)
		must(sys(SYS_mount, NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), CUTTING_PROPAGATION, 0);

	tell_ready(r->flags & MOUNT_PROC);
	wait_for(ENTER_ROOT, &root);
	if (r->flags & RESTORE) {
		sys(SYS_close, root); /* what is mounted there is for criu to take, which comes from here */
	} else {
		enter_root(r, root);
		reopen_null();
	}
	tell(CREATED, NULL, 0);

	wait_for(START, NULL);
	if (r->flags & RESTORE)
		restore(r);
	become(r);
}

noreturn void run_usher(struct request *r)
{
	static const u32 order[] = JOIN_ORDER;
	const int stdio[] = { STDIN, STDOUT, STDERR };
	struct clone_args args = { .flags = CLONE_PARENT | (r->unshared & ~(u32)(CLONE_NEWCGROUP | CLONE_NEWTIME)) };
	struct message m = { .type = INIT_PID };
	long pid;

	if (r->flags & RESTORE) /* criu makes it: the process 1 in it is the restored one */
		args.flags &= ~(u64)CLONE_NEWPID;
	prepare(r, stdio);
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

/* The warden cloned us into the PID namespace and cgroup v2: we join the rest ourselves. */
noreturn void run_exec(const int *fds, const struct request *container)
{
	const u32 namespaces = (container->unshared | container->joined) & ~(u32)CLONE_NEWPID;
	int wrong;
	long mapped = map_request(fds[0], &wrong);
	struct request *r = (struct request *)mapped;

	must(mapped, READING_REQUEST, wrong);
	r->descriptors = container->descriptors;
	prepare(r, fds + 1);
	sys(SYS_close_range, CHANNEL, REPORTS, 0);
	sys(SYS_close_range, ROOT + 1, ~0U, 0);
	if (limits_failed(r, 0))
		sys(SYS_exit_group, EXIT_LAUNCHER);

	/* The namespaces of init, all or none. */
	if (namespaces != 0)
		must(sys(SYS_setns, INIT_PIDFD, namespaces), JOINING_CONTAINER, (int)namespaces);
	if (r->descriptors >> ROOT & 1) {
		must(sys(SYS_fchdir, ROOT), CHANGING_TO_ROOT, 0);
		must(sys(SYS_chroot, "."), PIVOTING, 0);
	}
	if (namespaces & CLONE_NEWUSER)
		become_namespace_root();
	must(sys(SYS_setsid), MAKING_SESSION, 0);
	reopen_null();
	become(r);
}
