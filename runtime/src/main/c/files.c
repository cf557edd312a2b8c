/* Small things done with descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "launcher.h"

void close_all(const int *fds, int count)
{
	for (int i = 0; i < count; i++)
		sys(SYS_close, fds[i]);
}

long write_file(int directory, const char *path, const char *text)
{
	long fd = sys(SYS_openat, directory, path, O_WRONLY | O_CLOEXEC, 0), written;

	if (fd < 0)
		return fd;
	written = sys(SYS_write, fd, text, strlen(text));
	sys(SYS_close, fd);
	return written < 0 ? written : 0;
}

long read_number(int directory, const char *path)
{
	char text[16];
	long fd = sys(SYS_openat, directory, path, O_RDONLY | O_CLOEXEC, 0), size, number = 0;

	if (fd < 0)
		return fd;
	size = sys(SYS_read, fd, text, sizeof text);
	sys(SYS_close, fd);
	for (long i = 0; i < size && text[i] >= '0' && text[i] <= '9'; i++)
		number = number * 10 + text[i] - '0';
	return size < 0 ? size : number > INT32_MAX ? -ERANGE : number;
}

static bool is_null_device(int fd)
{
	struct stat s;

	return sys(SYS_fstat, fd, &s) == 0 && S_ISCHR(s.st_mode) && s.st_rdev == makedev(1, 3);
}

void reopen_null(void)
{
	for (int i = 0; i < 3; i++) {
		long fd;

		if (!is_null_device(i))
			continue;
		fd = sys(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
		if (fd == -ENOENT)
			return; /* a root without /dev: the host's device does no harm */
		must(fd, OPENING_NULL, i);
		/* An image may have put anything there: CVE-2025-31133. */
		if (!is_null_device((int)fd))
			fail(OPENING_NULL, -ENODEV, i);
		sys(SYS_fcntl, fd, F_SETFL, O_RDWR);
		must(sys(SYS_dup3, fd, i, 0), OPENING_NULL, i);
		sys(SYS_close, fd);
	}
}

void hold_proc_self(void)
{
	struct statfs proc;
	long fd = sys(SYS_openat, AT_FDCWD, "/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	must(fd, OPENING_PROC, 0);
	must(sys(SYS_fstatfs, fd, &proc), OPENING_PROC, 0);
	if (proc.f_type != PROC_SUPER_MAGIC)
		fail(OPENING_PROC, -ENODEV, 0);
	must(sys(SYS_dup3, fd, PROC_SELF, O_CLOEXEC), OPENING_PROC, 0);
	sys(SYS_close, fd);
}

void prepare(const struct request *r, const int *stdio)
{
	/* "0" is the writer. tasks, not cgroup.procs: a thread that moves itself takes no lock of all the machine's threads. */
	for (int fd = TASKS; fd <= TASKS_LAST; fd++) {
		if (r->descriptors >> fd & 1)
			must(sys(SYS_write, fd, "0", 1), JOINING_CGROUP, fd);
	}
	for (int i = 0; i < 3; i++) {
		must(sys(SYS_dup3, stdio[i], i, 0), PLACING_STDIO, i);
		/* Lets a program that is not root open /dev/stderr anew. Not everything has an owner to change: that is no reason to fail. */
		if (r->stdio_uid != UNCHANGED && !is_null_device(i))
			sys(SYS_fchown, i, r->stdio_uid, -1);
	}
	hold_proc_self();
	if (part(r, OOM_SCORE_ADJ) != NULL)
		must(write_file(PROC_SELF, "oom_score_adj", part(r, OOM_SCORE_ADJ)), SETTING_OOM_SCORE, 0);
}
