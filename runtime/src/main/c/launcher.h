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
/* Of a child of the warden: tells it step, errno and detail as numbers (the daemon writes the sentence), then ends. */
noreturn void fail(enum step step, long error, int detail);
/* fail, if result is an error. */
void must(long result, enum step step, int detail);
/* Whom fail speaks for: 0 init, else an exec. */
extern u32 report_id;

/* files.c */

void close_all(const int *fds, int count);
/* Writes text to the file, with one write(2) as kernel files want it. */
long write_file(int directory, const char *path, const char *text);
/* The decimal digits of value, with what comes after them; returns the end. */
char *put_decimal(char *to, long value, char after);
bool is_null_device(int fd);
/* 0, 1, 2 become these. Pipes and terminals get the owner. */
void place_stdio(const int *fds, s32 owner);
/* Those of 0, 1, 2 that are the host's /dev/null become the container's. */
void reopen_null(void);
void join_cgroups(const struct request *r);
/* Opens PROC_SELF: /proc/self of the host's procfs, while it can still be reached. It is us, whatever PID namespace we are in. */
void hold_proc_self(void);

/* request.c */

/* Maps the request and turns its tables into pointers. Returns its address, or errno negated; *wrong is the offset of the field at fault. */
long map_request(int memfd, int *wrong);
static inline void *in_request(const struct request *r, u32 offset)
{
	return offset == 0 ? NULL : (char *)r + offset;
}
/* What needs the privileges of the host: rlimits, scheduler, I/O priority of pid (0: ourselves). Returns a failure's step, or 0. */
u32 apply_limits(const struct request *r, s32 pid, long *error, int *detail);

/* The jobs. */

noreturn void run_usher(struct request *r);
noreturn void run_exec(struct request *r, const int *stdio, u32 namespaces);
noreturn void run_pause(void);
/* The last steps of init and exec alike: credentials and what belongs to them, then the program. */
noreturn void become(struct request *r);
/* In a user namespace just entered: its root. */
void become_namespace_root(void);

enum { EXIT_LAUNCHER = 125 };

#endif
