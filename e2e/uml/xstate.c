/*
 * Lets user-mode Linux 6.1 run on processors whose XSAVE area is larger than it knows (AVX-512, AMX). It saves and restores the first 832
 * bytes of NT_X86_XSTATE with ptrace(2), but the host accepts only the whole area. So: read all, hand over the first part; on a write, put
 * that part over the whole area that was last read for the same buffer, else over what the process holds now.
 * Built and preloaded by run, beside this file.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef NT_X86_XSTATE
#define NT_X86_XSTATE 0x202
#endif
enum { AREA = 12288, KEPT = 1024 };

static struct kept { void *buffer; size_t size; unsigned char area[AREA]; } kept[KEPT];
static unsigned char scratch[AREA] __attribute__((aligned(64)));

static struct kept *slot(void *buffer) { return &kept[((unsigned long)buffer >> 6) % KEPT]; }

static long call(long request, long pid, long address, void *data) { return syscall(SYS_ptrace, request, pid, address, data); }

long ptrace(enum __ptrace_request request, ...)
{
	va_list arguments;
	va_start(arguments, request);
	long pid = va_arg(arguments, int);
	long address = va_arg(arguments, long);
	void *data = va_arg(arguments, void *);
	va_end(arguments);

	if (address != NT_X86_XSTATE || ((int)request != PTRACE_GETREGSET && (int)request != PTRACE_SETREGSET)) {
		/* The C library answers the PEEK requests by value, the system call through a pointer. */
		if ((unsigned)request >= 1 && (unsigned)request <= 3) {
			long word;
			long result = call(request, pid, address, &word);
			return result < 0 ? result : word;
		}
		return call(request, pid, address, data);
	}
	struct iovec *part = data;
	struct iovec whole = { scratch, AREA };
	struct kept *k = slot(part->iov_base);
	if ((int)request == PTRACE_GETREGSET) {
		long result = call(request, pid, address, &whole);
		if (result < 0)
			return result;
		if (part->iov_len > whole.iov_len)
			part->iov_len = whole.iov_len;
		memcpy(part->iov_base, scratch, part->iov_len);
		k->buffer = part->iov_base;
		k->size = whole.iov_len;
		memcpy(k->area, scratch, whole.iov_len);
		return result;
	}
	if (k->buffer == part->iov_base && k->size) {
		memcpy(scratch, k->area, k->size);
		whole.iov_len = k->size;
	} else if (call(PTRACE_GETREGSET, pid, address, &whole) < 0) {
		return -1;
	}
	memcpy(scratch, part->iov_base, part->iov_len);
	/* The header's component bits beyond what the guest kept: those of the whole area stay. */
	return call(PTRACE_SETREGSET, pid, address, &whole);
}
