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
	enum state state;
	bool connected, synced; /* to a daemon; to init on its way */
	s32 usher, init;	 /* 0: not (any more) a child of ours */
	u64 descriptors;	 /* of the request, as the three that follow: what execs need of it */
	u32 flags, namespaces;
	s32 oom_score_adj;
	struct message end;	 /* status, time; step, error, detail where the launch failed */
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

static void tell_failure(enum type type, u32 id, enum step step, long error, int detail)
{
	struct message m = { .type = type, .id = id, .step = step, .error = (s32)-error, .detail = detail };

	tell(&m, NULL, 0);
}

static void reach(enum state state, enum type type)
{
	struct message m = { .type = type, .pid = warden.init };

	warden.state = state;
	tell(&m, NULL, 0);
}

/* The end of init */

static void record_end(void)
{
	char line[96], *end = line;
	long fd = sys(SYS_openat, DIRECTORY, "exit.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), size;

	if (fd < 0)
		return; /* a daemon that connects is told all the same */
	end = put_decimal(end, warden.end.status, ' ');
	end = put_decimal(end, (long)warden.end.time, ' ');
	end = put_decimal(end, warden.end.step, ' ');
	end = put_decimal(end, warden.end.error, ' ');
	end = put_decimal(end, warden.end.detail, '\n');
	size = sys(SYS_write, fd, line, end - line);
	sys(SYS_close, fd);
	if (size == end - line)
		sys(SYS_renameat, DIRECTORY, "exit.new", DIRECTORY, "exit");
}

static void forget_request(void)
{
	if (warden.request != NULL)
		sys(SYS_munmap, warden.request, warden.request->size);
	warden.request = NULL;
}

static void init_ended(s32 status)
{
	struct message m;

	warden.init = 0;
	warden.state = ENDED;
	warden.end.status = status;
	warden.end.time = now();
	record_end();
	forget_request();
	m = warden.end;
	m.type = EXITED;
	tell(&m, NULL, 0);
}

static void launch_failed(const struct message *failure)
{
	if (warden.end.step != 0)
		return; /* the first failure is the cause of the others */
	warden.end = *failure;
	tell(failure, NULL, 0);
	if (warden.init != 0)
		sys(SYS_kill, warden.init, SIGKILL);
}

/* Reports a failure of ours on init's behalf; returns whether there was one. */
static bool failed(long result, enum step step, int detail)
{
	struct message m = { .type = FAILED, .step = step, .error = (s32)-result, .detail = detail };

	if (result < 0)
		launch_failed(&m);
	return result < 0;
}

/* The way of init */

static long write_map(long proc, const char *file, u32 map)
{
	return map == 0 ? 0 : write_file((int)proc, file, in_request(warden.request, map));
}

/* Init exists, and waits for what only we have the privileges for. */
static void adopt_init(s32 pid)
{
	struct message go = { .type = GO };
	char path[24] = "/proc/";
	long fd = sys(SYS_pidfd_open, pid, 0);

	warden.init = pid;
	if (failed(fd, OPENING_PIDFD, 0))
		return;
	move_to(fd, INIT_PIDFD);
	put_decimal(path + strlen(path), pid, '\0');
	fd = sys(SYS_openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (failed(fd, OPENING_PROC, 0))
		return;
	if (warden.request->flags & OOM_SCORE) {
		put_decimal(path, warden.request->oom_score_adj, '\0');
		if (failed(write_file((int)fd, "oom_score_adj", path), SETTING_OOM_SCORE, 0))
			goto close;
	}
	if (failed(write_map(fd, "uid_map", warden.request->uid_map), MAPPING_IDS, 0)
	    || failed(write_map(fd, "gid_map", warden.request->gid_map), MAPPING_IDS, 1))
		goto close;
	failed(send_message(SYNC, &go, NULL, 0), RECEIVING, GO);
close:
	sys(SYS_close, fd);
}

static void init_speaks(void)
{
	struct message m;
	int fds[2] = { INIT_PIDFD };
	long count = receive_message(SYNC, &m, fds + 1, 1, MSG_DONTWAIT);

	if (count < 0) {
		/* It has executed its program, or ended: then its end is told too. */
		sys(SYS_close, SYNC);
		warden.synced = false;
		if (warden.state == LAUNCHING && warden.end.step == 0) {
			forget_request();
			reach(RUNNING, STARTED);
		}
		return;
	}
	if (m.type == READY && warden.state == STARTING) {
		/* Where our execs will be born. We ourselves stay where we are. */
		if (warden.namespaces & CLONE_NEWPID
		    && failed(sys(SYS_setns, INIT_PIDFD, CLONE_NEWPID), JOINING_PID_NAMESPACE, 0))
			goto close;
		warden.state = IS_READY;
		m.pid = warden.init;
		tell(&m, fds, 1 + (int)count);
	} else if (m.type == CREATED && warden.state == IS_READY) {
		reach(IS_CREATED, CREATED);
	}
close:
	close_all(fds + 1, (int)count);
}

/* The root goes to init; of a container without a mount namespace we keep it for execs. */
static void pass_root(const struct message *m, const int *fds, long count)
{
	long error = count == 1 && warden.state == IS_READY ? send_message(SYNC, m, fds, 1) : -EINVAL;

	if (error < 0)
		tell_failure(REFUSED, 0, 0, error, (int)m->type);
	else if (!(warden.namespaces & CLONE_NEWNS))
		sys(SYS_dup3, fds[0], ROOT, O_CLOEXEC);
}

static void start_init(const struct message *m)
{
	long error = 0;
	int detail;
	u32 step;

	if (warden.state != IS_CREATED) {
		tell_failure(REFUSED, 0, 0, -EINVAL, (int)m->type);
		return;
	}
	step = apply_limits(warden.request, warden.init, &error, &detail);
	if (step != 0) {
		failed(error, step, detail);
		return;
	}
	warden.state = LAUNCHING;
	failed(send_message(SYNC, m, NULL, 0), RECEIVING, START);
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

/* What an exec has from its container. An oom_score_adj too: it would else be the daemon's, which no container should have. */
static void inherit(struct request *exec)
{
	exec->descriptors = warden.descriptors;
	if (!(exec->flags & OOM_SCORE) && warden.flags & OOM_SCORE) {
		exec->flags |= OOM_SCORE;
		exec->oom_score_adj = warden.oom_score_adj;
	}
}

static void start_exec(const struct message *order, const int *fds, long count)
{
	struct message m = { .type = EXEC_STARTED, .id = order->id };
	struct exec *exec = find_exec(0);
	struct clone_args args = { .flags = CLONE_PIDFD, .exit_signal = SIGCHLD };
	int wrong = 0, pidfd = -1;
	long request, pid;

	if (warden.state != RUNNING || exec == NULL || count < 4 || warden.flags & PAUSE) {
		tell_failure(FAILED, order->id, ACCEPTING_EXEC, exec == NULL ? -EAGAIN : count < 4 ? -EBADMSG : -ESRCH, 0);
		return;
	}
	request = map_request(fds[0], &wrong);
	if (request < 0 && request > -4096) {
		tell_failure(FAILED, order->id, READING_REQUEST, request, wrong);
		return;
	}
	inherit((struct request *)request);
	args.pidfd = (uintptr_t)&pidfd;
	args.cgroup = count > 4 ? (u64)fds[4] : CGROUP2;
	if (count > 4 || warden.descriptors >> CGROUP2 & 1)
		args.flags |= CLONE_INTO_CGROUP;
	pid = sys(SYS_clone3, &args, sizeof args);
	if (pid == 0) {
		report_id = order->id;
		run_exec((struct request *)request, fds + 1, warden.namespaces & ~(u32)CLONE_NEWPID);
	}
	sys(SYS_munmap, request, ((struct request *)request)->size);
	if (pid < 0) {
		tell_failure(FAILED, order->id, CLONING_EXEC, pid, 0);
		return;
	}
	*exec = (struct exec){ .pid = (s32)pid, .id = order->id };
	m.pid = (s32)pid;
	tell(&m, &pidfd, 1);
	sys(SYS_close, pidfd);
}

/* Children */

static void read_reports(void)
{
	struct message m;

	while (sys(SYS_read, REPORTS, &m, sizeof m) == sizeof m) {
		if (m.type == INIT_PID) {
			adopt_init(m.pid);
		} else if (m.id == 0) {
			launch_failed(&m);
		} else {
			tell(&m, NULL, 0);
			for (struct exec *e = warden.execs; e < warden.execs + EXEC_MAX; e++) {
				if (e->id == m.id)
					e->id = 0; /* that was its end, to the daemon */
			}
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
		if (pid == warden.init) {
			if (warden.synced && warden.state == LAUNCHING)
				init_speaks();
			init_ended(status);
		} else if (pid == warden.usher) {
			warden.usher = 0;
			if (warden.init == 0 && warden.state != ENDED) { /* killed, if it reported nothing */
				failed(-ESRCH, CLONING_USHER, status);
				init_ended(-1);
			}
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
	long count = receive_message(CHANNEL, &m, fds, 5, MSG_DONTWAIT);

	if (count == -EAGAIN)
		return;
	if (count < 0) {
		disconnect();
		return;
	}
	switch (m.type) {
	case ENTER_ROOT:
		pass_root(&m, fds, count);
		break;
	case START:
		start_init(&m);
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
		tell_failure(REFUSED, 0, 0, -EBUSY, (int)m.type);
		break;
	default:
		tell_failure(REFUSED, 0, 0, -EBADMSG, (int)m.type);
	}
	close_all(fds, (int)count);
}

static void greet(void)
{
	static const int pidfd[] = { INIT_PIDFD };
	const struct timeval limit = { .tv_sec = SEND_LIMIT_S };
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
	move_to(fd, CHANNEL);
	sys(SYS_setsockopt, CHANNEL, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	warden.connected = true;
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

	if (warden.request->descriptors >> CGROUP2 & 1)
		args.flags = CLONE_INTO_CGROUP;
	pid = sys(SYS_clone3, &args, sizeof args);
	if (pid == 0)
		run_usher(warden.request);
	warden.usher = (s32)pid;
	sys(SYS_close, SYNC_CHILD);
	sys(SYS_close_range, STDIN, STDERR, 0);
	sys(SYS_close_range, JOINED, JOINED_LAST, 0);
	if (failed(pid, CLONING_USHER, 0)) {
		warden.usher = 0;
		init_ended(-1);
	}
}

static long make_descriptors(void)
{
	const u64 children = 1UL << (SIGCHLD - 1);
	int pair[2];
	long error = sys(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);

	if (error < 0)
		return error;
	/* The first free numbers are 7 and 8: above, only what the daemon gave us is in the way. */
	move_to(pair[1], SYNC_CHILD);
	move_to(pair[0], SYNC);
	warden.synced = true;
	error = sys(SYS_pipe2, pair, O_CLOEXEC | O_NONBLOCK);
	if (error < 0)
		return error;
	move_to(pair[1], REPORT_WRITE);
	move_to(pair[0], REPORTS);
	error = sys(SYS_signalfd4, -1, &children, sizeof children, SFD_CLOEXEC | SFD_NONBLOCK);
	if (error >= 0)
		move_to(error, SIGNALS);
	return error;
}

static long set_up(int *wrong)
{
	const u64 all = ~0UL;
	const struct timeval limit = { .tv_sec = SEND_LIMIT_S };
	const struct {
		void *handler;
		u64 flags;
		void *restorer;
		u64 mask;
	} default_action = { .handler = SIG_DFL };
	long request;

	sys(SYS_setsid);
	sys(SYS_umask, 0);
	sys(SYS_chdir, "/");
	sys(SYS_prctl, PR_SET_NAME, "fairlead-warden");
	/* For all that is cloned from us: until it has executed its program, nobody in the container may look into it. */
	sys(SYS_prctl, PR_SET_DUMPABLE, 0);
	for (int signal = 1; signal <= 64; signal++)
		sys(SYS_rt_sigaction, signal, &default_action, NULL, sizeof all);
	sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
	warden.connected = true;
	sys(SYS_setsockopt, CHANNEL, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);

	request = map_request(REQUEST, wrong);
	if (request < 0 && request > -4096)
		return request;
	warden.request = (struct request *)request;
	warden.descriptors = warden.request->descriptors;
	warden.flags = warden.request->flags;
	warden.oom_score_adj = warden.request->oom_score_adj;
	warden.namespaces = warden.request->unshared | warden.request->joined;
	for (int fd = 3; fd <= KEPT_LAST; fd++) {
		if (!(warden.request->descriptors >> fd & 1))
			sys(SYS_close, fd);
		else
			sys(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
	}
	return sys(SYS_close_range, KEPT_LAST + 1, ~0U, 0);
}

int main(int argc, char **argv)
{
	int wrong = 0;
	long error = set_up(&wrong);

	(void)argc, (void)argv; /* the container's id, for ps(1) */
	if (error >= 0)
		error = make_descriptors();
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
			{ .fd = REPORTS, .events = POLLIN }, { .fd = warden.synced ? SYNC : -1, .events = POLLIN }, { .fd = SIGNALS, .events = POLLIN },
			{ .fd = warden.connected ? CHANNEL : -1, .events = POLLIN }, { .fd = LISTENER, .events = POLLIN },
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
