/*
 * What a container looks like to the process in it. Runs as the container's first process and prints one fact a line: kind, object, value,
 * separated by tabs. Static, so that it needs nothing of the image.
 *
 *   probe PATH...       tries to read and to write each PATH, beside what it looks at anyway; "end" is the last line
 *   probe --end ...     ends at once
 *
 * It opens what it tries without blocking, reads one byte and writes none, and removes the directories that it could make.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { MOST_ENTRIES = 4000, DEEPEST = 16, MOST_MOUNTS = 400, SHOWN = 64, YEAR_2010 = 1262304000 };

/* A walk through them would tell of the machine and of the moment, not of what the runtime made. */
static const unsigned long of_the_kernel[] = { 0x9fa0, 0x62656572, 0x27e0eb, 0x63677270 }; /* proc, sysfs, cgroup, cgroup2 */

static int entries;

static void say(const char *kind, const char *object, const char *format, ...)
{
	va_list values;

	printf("%s\t%s\t", kind, object);
	va_start(values, format);
	vprintf(format, values);
	va_end(values);
	putchar('\n');
}

static const char *failed(void) { return strerrorname_np(errno); }

static void escaped(const char *bytes, ssize_t length)
{
	for (ssize_t i = 0; i < length; i++)
		if (bytes[i] > ' ' && bytes[i] < 127 && bytes[i] != '\\')
			putchar(bytes[i]);
		else
			printf("\\%03o", (unsigned char) bytes[i]);
}

static int is_of_the_kernel(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) == -1)
		return 0;
	for (size_t i = 0; i < sizeof of_the_kernel / sizeof of_the_kernel[0]; i++)
		if ((unsigned long) fs.f_type == of_the_kernel[i])
			return 1;
	return 0;
}

static void status(void)
{
	static const char *const wanted[] = { "Umask", "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp" };
	char line[4096];
	FILE *file = fopen("/proc/self/status", "re");

	if (!file) {
		say("status", "all", "%s", failed());
		return;
	}
	while (fgets(line, sizeof line, file)) {
		char *value = strchr(line, ':');
		if (!value)
			continue;
		*value++ = 0;
		value[strcspn(value, "\n")] = 0;
		for (char *c = value; *c; c++)
			if (*c == '\t')
				*c = ' ';
		for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
			if (!strcmp(line, wanted[i]))
				say("status", line, "%s", value);
	}
	fclose(file);
}

static void descriptors(void)
{
	char path[64], target[PATH_MAX];

	for (int fd = 0; fd < 1024; fd++) {
		if (fcntl(fd, F_GETFD) == -1)
			continue;
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		if (fd <= 2) { /* whoever starts the container decides what its stdio is */
			say("descriptor", path + 14, "open");
			continue;
		}
		ssize_t length = readlink(path, target, sizeof target - 1);
		if (length == -1) {
			say("descriptor", path + 14, "%s", failed());
			continue;
		}
		target[length] = 0;
		say("descriptor", path + 14, "%.*s", (int) strcspn(target, ":"), target); /* "pipe", without its number */
	}
}

/* One line for each mount as the kernel has it, then what statfs says where each is mounted. */
static void mounts(void)
{
	static char points[MOST_MOUNTS][512];
	char line[8192];
	int count = 0;
	FILE *file = fopen("/proc/self/mountinfo", "re");

	if (!file) {
		say("mountinfo", "all", "%s", failed());
		return;
	}
	while (fgets(line, sizeof line, file)) {
		line[strcspn(line, "\n")] = 0;
		say("mountinfo", "line", "%s", line);
		if (count < MOST_MOUNTS && sscanf(line, "%*s %*s %*s %*s %511s", points[count]) == 1)
			count++;
	}
	fclose(file);
	for (int i = 0; i < count; i++) {
		struct statfs fs;
		if (statfs(points[i], &fs) == -1)
			say("statfs", points[i], "%s", failed());
		else
			say("statfs", points[i], "%#lx flags %#lx", (unsigned long) fs.f_type, (unsigned long) fs.f_flags);
	}
}

static void show_attributes(const char *path)
{
	char names[1024];
	ssize_t length = llistxattr(path, names, sizeof names);

	for (ssize_t i = 0; i < length; i += (ssize_t) strlen(names + i) + 1)
		printf(" %s", names + i);
}

static void show(const char *path, const struct stat *s)
{
	char buffer[PATH_MAX];
	ssize_t length;

	printf("file\t%s\t", path);
	printf("%c %04o %u:%u", S_ISREG(s->st_mode) ? '-' : S_ISDIR(s->st_mode) ? 'd' : S_ISLNK(s->st_mode) ? 'l' : S_ISCHR(s->st_mode) ? 'c' :
	       S_ISBLK(s->st_mode) ? 'b' : S_ISFIFO(s->st_mode) ? 'p' : S_ISSOCK(s->st_mode) ? 's' : '?', s->st_mode & 07777, s->st_uid, s->st_gid);
	if (S_ISCHR(s->st_mode) || S_ISBLK(s->st_mode))
		printf(" %u:%u", major(s->st_rdev), minor(s->st_rdev));
	if (S_ISLNK(s->st_mode)) {
		length = readlink(path, buffer, sizeof buffer);
		printf(" -> ");
		escaped(buffer, length);
	}
	if (S_ISREG(s->st_mode)) {
		printf(" %lld bytes, %lu links", (long long) s->st_size, (unsigned long) s->st_nlink);
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
		if (fd != -1) {
			length = read(fd, buffer, SHOWN);
			printf(", ");
			escaped(buffer, length);
			close(fd);
		}
	}
	if (s->st_mtime < YEAR_2010) /* made by the test with a time of its own, so it was copied or is the same */
		printf(" of %lld", (long long) s->st_mtime);
	show_attributes(path);
	putchar('\n');
}

static void walk(const char *path, int depth)
{
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort);

	if (count == -1) {
		say("walk", path, "%s", failed());
		return;
	}
	for (int i = 0; i < count; i++) {
		char child[PATH_MAX];
		struct stat s;
		const char *name = names[i]->d_name;
		if (!strcmp(name, ".") || !strcmp(name, "..") || ++entries > MOST_ENTRIES)
			continue;
		snprintf(child, sizeof child, "%s/%s", path[1] ? path : "", name);
		if (lstat(child, &s) == -1) {
			say("file", child, "%s", failed());
			continue;
		}
		show(child, &s);
		if (S_ISDIR(s.st_mode) && depth < DEEPEST && !is_of_the_kernel(child))
			walk(child, depth + 1);
	}
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static const char *reading(const char *path, int directory)
{
	char byte;
	int fd;

	if (directory) {
		int count = 0;
		DIR *stream = opendir(path);
		if (!stream)
			return failed();
		while (readdir(stream))
			count++;
		closedir(stream);
		return count > 2 ? "entries" : "empty";
	}
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return failed();
	ssize_t length = read(fd, &byte, 1);
	const char *answer = length == -1 ? failed() : length ? "data" : "end of file";
	close(fd);
	return answer;
}

static const char *writing(const char *path, int directory)
{
	if (directory) {
		char child[PATH_MAX];
		snprintf(child, sizeof child, "%s/made-by-the-probe", path);
		if (mkdir(child, 0700) == -1)
			return failed();
		return rmdir(child) == -1 ? failed() : "made";
	}
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return failed();
	close(fd);
	return "opened";
}

static void try(const char *path)
{
	struct stat s;

	if (stat(path, &s) == -1) {
		say("try", path, "%s", failed());
		return;
	}
	int directory = S_ISDIR(s.st_mode);
	const char *read_answer = reading(path, directory);
	const char *access_answer = faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == -1 ? failed() : "allowed";
	const char *execute_answer = directory ? "-" : faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == -1 ? failed() : "allowed";
	say("try", path, "%s, reading: %s, access for writing: %s, for execution: %s, writing: %s", directory ? "directory" : "file", read_answer,
	    access_answer, execute_answer, writing(path, directory));
}

int main(int argc, char **argv)
{
	char directory[PATH_MAX];

	if (argc > 1 && !strcmp(argv[1], "--end"))
		return 0;
	say("process", "working directory", "%s", getcwd(directory, sizeof directory) ? directory : failed());
	say("process", "pid", "%d", getpid());
	status();
	descriptors();
	mounts();
	walk("/", 0);
	for (int i = 1; i < argc; i++)
		try(argv[i]);
	puts("end");
	return 0;
}
