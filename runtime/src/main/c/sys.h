/*
 * System calls without a C library: its start-up code and tables would be most of the warden's memory (RSS 700 KiB with glibc's, below 100 without).
 * A call returns what the kernel does: a result, or errno negated.
 */
#ifndef SYS_H
#define SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdnoreturn.h>
#include <sys/syscall.h>

#ifndef __x86_64__
#error "the launcher knows the system call convention of x86-64 only: add yours to sys.h and start.c"
#endif

static inline long syscall6(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long result;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#define SYS_SIX(number, a, b, c, d, e, f, ...) syscall6(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define sys(number, ...) SYS_SIX(number, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)

/* The compiler emits calls of these on its own. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);
size_t strlen(const char *text);

#endif
