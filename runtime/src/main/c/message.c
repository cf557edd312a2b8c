/* Messages with descriptors over SOCK_SEQPACKET: whole or not at all. */
#include <errno.h>
#include <sys/socket.h>

#include "launcher.h"

enum { DESCRIPTORS_MAX = 5 };

union control {
	struct cmsghdr header; /* for its alignment */
	char space[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
};

u32 report_id;

long send_message(int socket, const struct message *m, const int *fds, int count)
{
	union control control = { .header = { CMSG_LEN((size_t)count * sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec data = { (void *)m, sizeof *m };
	struct msghdr packet = { .msg_iov = &data, .msg_iovlen = 1 };
	long sent;

	if (count > 0) {
		memcpy(CMSG_DATA(&control.header), fds, (size_t)count * sizeof(int));
		packet.msg_control = &control;
		packet.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
	}
	do
		sent = sys(SYS_sendmsg, socket, &packet, MSG_NOSIGNAL);
	while (sent == -EINTR);
	return sent < 0 ? sent : 0;
}

long receive_message(int socket, struct message *m, int *fds, int max, int flags)
{
	union control control;
	struct iovec data = { m, sizeof *m };
	struct msghdr packet = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	long size;
	int count = 0;

	do
		size = sys(SYS_recvmsg, socket, &packet, MSG_CMSG_CLOEXEC | flags);
	while (size == -EINTR);
	if (size <= 0)
		return size == 0 ? -EPIPE : size;
	if (packet.msg_controllen >= sizeof(struct cmsghdr) && control.header.cmsg_type == SCM_RIGHTS) {
		const int *received = (const int *)CMSG_DATA(&control.header);

		count = (int)((control.header.cmsg_len - CMSG_LEN(0)) / sizeof(int));
		if (count > max || (packet.msg_flags & MSG_CTRUNC)) {
			close_all(received, count);
			return -EPROTO;
		}
		memcpy(fds, received, (size_t)count * sizeof(int));
	}
	if (size != sizeof *m) {
		close_all(fds, count);
		return -EPROTO;
	}
	return count;
}

noreturn void fail(enum step step, long error, int detail)
{
	struct message m = { .type = FAILED, .id = report_id, .step = step, .error = (s32)-error, .detail = detail };

	/* Below PIPE_BUF, so whole or not at all; the pipe holds more messages than there can be processes. */
	while (sys(SYS_write, REPORT_WRITE, &m, sizeof m) == -EINTR) {
	}
	for (;;)
		sys(SYS_exit_group, EXIT_LAUNCHER);
}

void must(long result, enum step step, int detail)
{
	if (result < 0)
		fail(step, result, detail);
}
