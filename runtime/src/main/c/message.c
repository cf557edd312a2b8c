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
	/* The kernel gives no more descriptors than there is room for, and says so. */
	union control control;
	struct iovec data = { m, sizeof *m };
	struct msghdr packet = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_LEN((size_t)max * sizeof(int)) };
	long size;
	int count = 0;

	do
		size = sys(SYS_recvmsg, socket, &packet, MSG_CMSG_CLOEXEC | flags);
	while (size == -EINTR);
	if (size <= 0)
		return size == 0 ? -EPIPE : size;
	if (packet.msg_controllen >= sizeof control.header && control.header.cmsg_type == SCM_RIGHTS) {
		count = (int)((control.header.cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(&control.header), (size_t)count * sizeof(int));
	}
	if (size == sizeof *m && !(packet.msg_flags & MSG_CTRUNC))
		return count;
	close_all(fds, count);
	return -EPROTO;
}

bool failed(long result, enum step step, int detail)
{
	struct message m = { .type = FAILED, .id = report_id, .step = step, .error = (s32)-result, .detail = detail };

	/* Below PIPE_BUF, so whole or not at all; the pipe holds more messages than there can be processes. */
	while (result < 0 && sys(SYS_write, REPORT_WRITE, &m, sizeof m) == -EINTR) {
	}
	return result < 0;
}

noreturn void fail(enum step step, long error, int detail)
{
	failed(error, step, detail);
	for (;;)
		sys(SYS_exit_group, EXIT_LAUNCHER);
}

void must(long result, enum step step, int detail)
{
	if (result < 0)
		fail(step, result, detail);
}
