/*
 * One for each container: parent of its init, keeper of its stdio, the place where its execs start. It lives until the daemon releases it, through
 * any number of daemons' lives, allocates nothing, and waits in one poll.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "launcher.h"

/* How long the daemon may leave its socket full before we let go of it; how often an ended container looks whether its directory went. */
enum { SEND_LIMIT_S = 10, ORPHAN_CHECK_MS = 60000 };

static struct {
	struct request *request; /* mapped until init runs */
	struct request head;	 /* of it, without what its fields point to: execs need it */
	enum state state;
	bool connected, synced; /* to a daemon; to init on its way */
	s32 init;		/* 0: not (any more) a child of ours */
	struct {
		s32 pid, status;
	} stray;		/* a child that ended while criu was at work: the restored init, had it little left to do */
	struct message end;	/* status, time; step, error, detail where the launch failed */
	struct exec {
		s32 pid; /* 0: free */
		u32 id;	 /* 0: nobody waits for it any more */
	} execs[EXEC_MAX];
} warden;

static u64 now(void)
{
	struct timespec t;

	sys(SYS_clock_gettime, CLOCK_REALTIME, &t);
	return (u64)t.tv_sec * 1000000000U + (u64)t.tv_nsec;
}

static void move_to(long fd, int number)
{
	if (fd == number)
		return;
	sys(SYS_dup3, fd, number, O_CLOEXEC);
	sys(SYS_close, fd);
}

/* The daemon */

static void disconnect(void)
{
	warden.connected = false;
	sys(SYS_close, CHANNEL);
	/* Nobody reads their output any more. They are our children, not waited for yet: their pids are theirs. */
	for (struct exec *e = warden.execs; e < warden.execs + EXEC_MAX; e++) {
		if (e->pid != 0)
			sys(SYS_kill, e->pid, SIGKILL);
		e->id = 0;
	}
}

static void tell(const struct message *m, const int *fds, int count)
{
	/* What cannot be told is not lost: STATE says it to the next daemon. */
	if (warden.connected && send_message(CHANNEL, m, fds, count) < 0)
		disconnect();
}

/* The end of init */

/* The message is the record, for a daemon that is not there. */
static void record_end(void)
{
	long fd = sys(SYS_openat, DIRECTORY, "exit.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), size;

	if (fd < 0)
		return; /* a daemon that connects is told all the same */
	size = sys(SYS_write, fd, &warden.end, sizeof warden.end);
	sys(SYS_close, fd);
	if (size == sizeof warden.end)
		sys(SYS_renameat, DIRECTORY, "exit.new", DIRECTORY, "exit");
}

static void init_ended(s32 status)
{
	warden.init = 0;
	warden.state = ENDED;
	warden.end.type = EXITED;
	warden.end.status = status;
	warden.end.time = now();
	record_end();
	tell(&warden.end, NULL, 0);
}

/* The way of init */

static void read_reports(void);

static void init_speaks(void)
{
	struct message m;
	int fds[2] = { INIT_PIDFD };
	long count = receive_message(SYNC, &m, fds + 1, 1, MSG_DONTWAIT);

	if (count < 0) {
		/* It has executed its program, or ended: then its end is told too. */
		sys(SYS_close, SYNC);
		warden.synced = false;
		if (warden.state == LAUNCHING && warden.end.step == 0 && !(warden.head.flags & RESTORE)) {
			sys(SYS_munmap, warden.request, warden.head.size);
			warden.state = RUNNING;
			tell(&(struct message){ .type = STARTED, .pid = warden.init }, NULL, 0);
		}
		return;
	}
	if (m.type == READY && warden.state == STARTING && warden.end.step == 0) {
		/* Where our execs will be born. We ourselves stay where we are. */
		if (!((warden.head.unshared | warden.head.joined) & CLONE_NEWPID)
		    || !failed(sys(SYS_setns, INIT_PIDFD, CLONE_NEWPID), JOINING_PID_NAMESPACE, 0)) {
			warden.state = IS_READY;
			m.pid = warden.init;
			tell(&m, fds, 1 + (int)count);
		}
	} else if (m.type == CREATED && warden.state == IS_READY) {
		warden.state = IS_CREATED;
		tell(&m, NULL, 0);
	}
	close_all(fds + 1, (int)count);
}

/* What was init until now was criu, and has ended: init is what it has made, our child too (criu restore --restore-sibling). */
static void restorer_ended(s32 status)
{
	struct message m = { .type = STARTED };
	const int pidfd = INIT_PIDFD;
	long pid = status == 0 ? read_number(DIRECTORY, RESTORED_PID) : 0, fd;

	sys(SYS_unlinkat, DIRECTORY, RESTORED_PID, 0);
	if (status != 0)
		failed(-ECANCELED, RESTORING, status);
	else if (pid <= 0)
		failed(pid < 0 ? pid : -ESRCH, ADOPTING, 0);
	warden.init = 0;
	read_reports();
	if (warden.end.step != 0) {
		init_ended(status);
		return;
	}
	sys(SYS_munmap, warden.request, warden.head.size);
	warden.state = RUNNING;
	m.pid = (s32)pid;
	if (pid == warden.stray.pid) {
		tell(&m, NULL, 0);
		init_ended(warden.stray.status);
		return;
	}
	warden.init = m.pid;
	fd = sys(SYS_pidfd_open, m.pid, 0);
	if (!failed(fd, ADOPTING, m.pid)) {
		move_to(fd, INIT_PIDFD);
		if (!failed(sys(SYS_setns, INIT_PIDFD, CLONE_NEWPID), JOINING_PID_NAMESPACE, 0))
			tell(&m, &pidfd, 1);
	}
}

/* The root goes to init; where it does not become a mount namespace's we keep it for execs. */
static long pass_root(const struct message *m, const int *fds, long count)
{
	long error = count == 1 && warden.state == IS_READY ? send_message(SYNC, m, fds, 1) : -EINVAL;

	if (error >= 0 && warden.head.flags & NO_PIVOT) {
		sys(SYS_dup3, fds[0], ROOT, O_CLOEXEC);
		warden.head.descriptors |= 1UL << ROOT;
	}
	return error;
}

static long start_init(const struct message *m)
{
	if (warden.state != IS_CREATED)
		return -EINVAL;
	if (!limits_failed(warden.request, warden.init)) {
		warden.state = LAUNCHING;
		failed(send_message(SYNC, m, NULL, 0), RECEIVING, START);
	}
	return 0;
}

/* Execs */

static struct exec *find_exec(s32 pid)
{
	for (struct exec *e = warden.execs; e < warden.execs + EXEC_MAX; e++) {
		if (e->pid == pid)
			return e;
	}
	return NULL;
}

static void start_exec(const struct message *order, const int *fds, long count)
{
	struct message m = { .type = FAILED, .id = order->id, .step = ACCEPTING_EXEC };
	struct exec *exec = find_exec(0);
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD, .cgroup = count > 4 ? (u64)fds[4] : CGROUP2,
	};
	long pid;

	if (count > 4 || warden.head.descriptors >> CGROUP2 & 1)
		args.flags |= CLONE_INTO_CGROUP;
	if (warden.state != order->state || exec == NULL || count < 4 || warden.head.flags & PAUSE) {
		m.error = exec == NULL ? EAGAIN : count < 4 ? EBADMSG : ESRCH;
		tell(&m, NULL, 0);
		return;
	}
	pid = sys(SYS_clone3, &args, sizeof args);
	if (pid == 0) {
		report_id = order->id;
		run_exec(fds, &warden.head);
	}
	if (pid < 0) {
		m.step = CLONING_EXEC;
		m.error = (s32)-pid;
	} else {
		m = (struct message){ .type = EXEC_STARTED, .id = order->id, .pid = (s32)pid };
		*exec = (struct exec){ .pid = (s32)pid, .id = order->id };
	}
	tell(&m, &pidfd, pid < 0 ? 0 : 1);
	sys(SYS_close, pidfd);
}

/* Children */

static void read_reports(void)
{
	struct message m;

	while (sys(SYS_read, REPORTS, &m, sizeof m) == sizeof m) {
		if (m.type == INIT_PID) {
			long fd = sys(SYS_pidfd_open, m.pid, 0);

			warden.init = m.pid;
			if (!failed(fd, OPENING_PIDFD, 0))
				move_to(fd, INIT_PIDFD);
		} else if (m.id != 0) {
			tell(&m, NULL, 0);
		} else if (warden.end.step == 0) { /* the first failure is the cause of the others */
			warden.end = m;
			tell(&m, NULL, 0);
			if (warden.init != 0)
				sys(SYS_kill, warden.init, SIGKILL);
		}
	}
}

static void reap(void)
{
	struct signalfd_siginfo info;
	s32 status;
	long pid;

	sys(SYS_read, SIGNALS, &info, sizeof info);
	while ((pid = sys(SYS_wait4, -1, &status, WNOHANG, NULL)) > 0) {
		struct exec *exec = find_exec((s32)pid);

		read_reports(); /* what it said before it ended */
		if (pid == warden.init && warden.state == LAUNCHING && warden.head.flags & RESTORE && warden.end.step == 0) {
			restorer_ended(status);
		} else if (pid == warden.init) {
			if (warden.synced && warden.state == LAUNCHING)
				init_speaks();
			init_ended(status);
		} else if (exec == NULL && status != 0 && warden.state == STARTING) {
			failed(-ESRCH, CLONING_USHER, status); /* the usher: it was killed, if it reported nothing before this */
			read_reports();
			if (warden.init == 0)
				init_ended(-1);
		} else if (exec == NULL && warden.state == LAUNCHING) { /* not the usher, whose pid may have been given again */
			warden.stray.pid = (s32)pid;
			warden.stray.status = status;
		} else if (exec != NULL) {
			struct message m = { .type = EXITED, .id = exec->id, .status = status, .time = now() };

			exec->pid = 0;
			if (exec->id != 0)
				tell(&m, NULL, 0);
			exec->id = 0;
		}
	}
}

/* Orders of the daemon */

static void obey(void)
{
	struct message m;
	int fds[5];
	long count = receive_message(CHANNEL, &m, fds, 5, MSG_DONTWAIT), error = 0;

	if (count < 0) {
		if (count != -EAGAIN)
			disconnect();
		return;
	}
	switch (m.type) {
	case ENTER_ROOT:
		error = pass_root(&m, fds, count);
		break;
	case START:
		error = start_init(&m);
		break;
	case EXEC:
		start_exec(&m, fds, count);
		break;
	case CLOSE_STDIN:
		sys(SYS_close, KEPT);
		break;
	case RELEASE:
		if (warden.state == ENDED)
			sys(SYS_exit_group, 0);
		error = -EBUSY;
		break;
	default:
		error = -EBADMSG;
	}
	if (error < 0)
		tell(&(struct message){ .type = REFUSED, .error = (s32)-error, .detail = (s32)m.type }, NULL, 0);
	close_all(fds, (int)count);
}

static void connect_to(long fd)
{
	const struct timeval limit = { .tv_sec = SEND_LIMIT_S };

	move_to(fd, CHANNEL);
	sys(SYS_setsockopt, CHANNEL, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	warden.connected = true;
}

static void greet(void)
{
	static const int pidfd[] = { INIT_PIDFD };
	struct message m = warden.end;
	struct ucred peer = { .uid = ~0U };
	u32 size = sizeof peer;
	long fd = sys(SYS_accept4, LISTENER, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	/* The file's mode keeps others out already; this also those whom a descriptor was passed to. */
	if (sys(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != (uid_t)sys(SYS_geteuid)) {
		sys(SYS_close, fd);
		return;
	}
	if (warden.connected) {
		/* A daemon that died has closed its end before this one could come. */
		m = (struct message){ .type = REFUSED, .error = EBUSY };
		send_message((int)fd, &m, NULL, 0);
		sys(SYS_close, fd);
		return;
	}
	connect_to(fd);
	m.type = STATE;
	m.id = (u32)sys(SYS_getpid);
	m.state = warden.state;
	m.pid = warden.init;
	tell(&m, pidfd, warden.init == 0 ? 0 : 1);
}

/* The beginning */

static void clone_usher(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .cgroup = CGROUP2 };
	long pid;

	if (warden.head.descriptors >> CGROUP2 & 1)
		args.flags = CLONE_INTO_CGROUP;
	pid = sys(SYS_clone3, &args, sizeof args);
	if (pid == 0)
		run_usher(warden.request);
	sys(SYS_close, SYNC_CHILD);
	sys(SYS_close_range, STDIN, STDERR, 0);
	sys(SYS_close_range, JOINED, JOINED_LAST, 0);
	if (failed(pid, CLONING_USHER, 0)) {
		read_reports();
		init_ended(-1);
	}
}

static long set_up(int *wrong)
{
	const u64 all = ~0UL, children = 1UL << (SIGCHLD - 1);
	long error;

	sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
	sys(SYS_umask, 0);
	sys(SYS_chdir, "/");
	sys(SYS_prctl, PR_SET_NAME, "fairlead-warden");
	/* For all that is cloned from us: until it has executed its program, nobody in the container may look into it. */
	sys(SYS_prctl, PR_SET_DUMPABLE, 0);
	connect_to(CHANNEL);

	error = map_request(REQUEST, wrong);
	if (error < 0)
		return error;
	warden.request = (struct request *)error;
	warden.head = *warden.request;
	warden.synced = true;
	for (int fd = 3; fd <= KEPT_LAST; fd++) {
		if (!(warden.head.descriptors >> fd & 1))
			sys(SYS_close, fd);
		else
			sys(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
	}
	sys(SYS_close_range, KEPT_LAST + 1, ~0U, 0);
	error = sys(SYS_signalfd4, -1, &children, sizeof children, SFD_CLOEXEC | SFD_NONBLOCK);
	if (error >= 0)
		move_to(error, SIGNALS);
	return error;
}

int main(int argc, char **argv)
{
	int wrong = 0;
	long error;

	(void)argv; /* the container's id, for ps(1) */
	if (argc < 2) /* no warden: a user namespace, which the daemon finds at what is left of us until it has waited for that */
		return (int)-sys(SYS_unshare, CLONE_NEWUSER);
	error = set_up(&wrong);
	if (error < 0) {
		struct message m = {
			.type = FAILED, .step = warden.request == NULL ? READING_REQUEST : SETTING_UP, .error = (s32)-error, .detail = wrong,
		};
		send_message(CHANNEL, &m, NULL, 0);
		return EXIT_LAUNCHER;
	}
	clone_usher();
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = REPORTS, .events = POLLIN },
			{ .fd = warden.synced && warden.init != 0 ? SYNC : -1, .events = POLLIN }, /* not before the usher told us of it */
			{ .fd = SIGNALS, .events = POLLIN },
			{ .fd = warden.connected ? CHANNEL : -1, .events = POLLIN },
			{ .fd = LISTENER, .events = POLLIN },
		};
		const bool orphan = warden.state == ENDED && !warden.connected;
		struct stat directory;

		/* Reports first: they tell what the hang-up of SYNC and the end of a child mean. A lost daemon before a new one. */
		if (sys(SYS_poll, fds, 5, orphan ? ORPHAN_CHECK_MS : -1) == 0 && sys(SYS_fstat, DIRECTORY, &directory) == 0
		    && directory.st_nlink == 0)
			return 0; /* the directory was removed: nobody can find us any more */
		read_reports();
		if (fds[1].revents && warden.synced)
			init_speaks();
		if (fds[2].revents)
			reap();
		if (fds[3].revents && warden.connected)
			obey();
		if (fds[4].revents)
			greet();
		/* What built the root has died with its daemon: nobody can finish this container. */
		if (!warden.connected && warden.state < IS_CREATED && warden.init != 0)
			sys(SYS_kill, warden.init, SIGKILL);
	}
}
