/* What the launcher's files share. One process never runs two of these jobs: warden clones usher, usher clones init, warden clones execs. */
#ifndef LAUNCHER_H
#define LAUNCHER_H

#include "protocol.h"
#include "sys.h"

/* message.c: functions return what the kernel does, errno negated. */

/* Sends m and count descriptors; they stay ours. */
long send_message(int socket, const struct message *m, const int *fds, int count);
/* Receives m and up to max close-on-exec descriptors, which are ours then. Returns their number; -EPIPE: the other end is closed. */
long receive_message(int socket, struct message *m, int *fds, int max, int flags);
/* Whether result is an error. Then it has told the warden step, errno and detail as numbers: the daemon writes the sentence. */
bool failed(long result, enum step step, int detail);
/* Of a child of the warden: tells it so, then ends. */
noreturn void fail(enum step step, long error, int detail);
/* fail, if result is an error. */
void must(long result, enum step step, int detail);
/* Whom all these speak for: 0 init, else an exec. */
extern u32 report_id;

/* files.c */

void close_all(const int *fds, int count);
/* Writes text to the file, with one write(2) as kernel files want it. */
long write_file(int directory, const char *path, const char *text);
/* Reads a number that a file begins with. Returns it, or errno negated. */
long read_number(int directory, const char *path);
/* Those of 0, 1, 2 that are the host's /dev/null become the container's. */
void reopen_null(void);
/* Opens PROC_SELF: /proc/self of the host's procfs, while it can still be reached. It is us, whatever PID namespace we are in. */
void hold_proc_self(void);
/* What takes the privileges of the host, and its procfs: cgroups, PROC_SELF, oom_score_adj; 0, 1, 2 become stdio. */
void prepare(const struct request *r, const int *stdio);

/* request.c */

/* Maps the request and turns its tables into pointers. Returns its address, or errno negated; *wrong is the offset of the field at fault. */
long map_request(int memfd, int *wrong);
/* NULL: the request has none. */
static inline void *part(const struct request *r, enum part part)
{
	return r->parts[part].size == 0 ? NULL : (char *)r + r->parts[part].offset;
}
/* What needs the privileges of the host: rlimits, scheduler, I/O priority of pid (0: ourselves). Returns whether one failed. */
bool limits_failed(const struct request *r, s32 pid);

/* enter.c */

noreturn void run_usher(struct request *r);
/* fds: its request, stdin, stdout, stderr. */
noreturn void run_exec(const int *fds, const struct request *container);

/* become.c: the last steps of init and exec alike: credentials and what belongs to them, then the program. */
noreturn void become(struct request *r);
/* Instead of these, of a container that is restored: the program is the host's, and stdio the container's at the numbers that the warden has. */
noreturn void restore(struct request *r);

enum { EXIT_LAUNCHER = 125 };

#endif
