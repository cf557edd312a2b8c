/* The request of init or exec: checked once, when it is mapped. It comes from root, so the checks are against mistakes. */
#include <errno.h>
#include <linux/ioprio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "launcher.h"

static bool is_table(struct request *r, u32 offset, u64 count, u64 width)
{
	return offset % 8 == 0 && offset <= r->size && count * width <= r->size - offset;
}

static bool is_text(struct request *r, u32 offset)
{
	return offset < r->size; /* the last byte is NUL: it ends */
}

/* Offsets become pointers; 0 ends the table. */
static bool relocate(struct request *r, u32 offset)
{
	u64 *entry = in_request(r, offset), *end = (u64 *)((char *)r + r->size / 8 * 8);

	if (offset == 0 || !is_table(r, offset, 1, sizeof *entry))
		return false;
	for (; entry < end && *entry != 0; entry++) {
		if (*entry >= r->size)
			return false;
		*entry += (u64)(uintptr_t)r;
	}
	return entry < end;
}

#define REQUIRE(condition, field) \
	do { \
		if (!(condition)) { \
			*wrong = (int)offsetof(struct request, field); \
			return -EINVAL; \
		} \
	} while (0)

static long check(struct request *r, u64 size, int *wrong)
{
	REQUIRE(r->magic == REQUEST_MAGIC, magic);
	REQUIRE(r->size == size && ((char *)r)[size - 1] == '\0', size);
	if (!(r->flags & PAUSE)) {
		REQUIRE(relocate(r, r->args), args);
		REQUIRE(relocate(r, r->env), env);
		REQUIRE(is_text(r, r->cwd) && r->cwd != 0, cwd);
	}
	REQUIRE(is_table(r, r->groups, r->group_count, sizeof(u32)), groups);
	REQUIRE(is_table(r, r->rlimits, r->rlimit_count, sizeof(struct limit)), rlimits);
	REQUIRE(is_table(r, r->scheduler, 1, sizeof(u64)), scheduler);
	REQUIRE(is_text(r, r->label_file), label_file);
	REQUIRE(is_text(r, r->label), label);
	REQUIRE(is_table(r, r->seccomp, r->seccomp_count, sizeof(u64)), seccomp);
	REQUIRE(is_text(r, r->keyring), keyring);
	REQUIRE(is_text(r, r->uid_map), uid_map);
	REQUIRE(is_text(r, r->gid_map), gid_map);
	REQUIRE(is_text(r, r->hostname), hostname);
	REQUIRE(is_text(r, r->domainname), domainname);
	REQUIRE(is_text(r, r->time_offsets), time_offsets);
	return 0;
}

long map_request(int memfd, int *wrong)
{
	struct stat s;
	long address, error = sys(SYS_fstat, memfd, &s);

	*wrong = 0;
	if (error < 0)
		return error;
	if (s.st_size < (off_t)sizeof(struct request) || s.st_size > REQUEST_SIZE_MAX)
		return -EFBIG;
	address = sys(SYS_mmap, NULL, s.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, memfd, 0);
	if (address < 0 && address > -4096)
		return address;
	error = check((struct request *)address, (u64)s.st_size, wrong);
	if (error < 0)
		sys(SYS_munmap, address, s.st_size);
	return error < 0 ? error : address;
}

u32 apply_limits(const struct request *r, s32 pid, long *error, int *detail)
{
	const struct limit *limits = in_request(r, r->rlimits);

	*detail = 0;
	for (u32 i = 0; i < r->rlimit_count; i++) {
		*detail = (int)limits[i].resource;
		*error = sys(SYS_prlimit64, pid, limits[i].resource, &limits[i].soft, NULL);
		if (*error < 0)
			return SETTING_RLIMIT;
	}
	*detail = 0;
	*error = r->scheduler == 0 ? 0 : sys(SYS_sched_setattr, pid, in_request(r, r->scheduler), 0);
	if (*error < 0)
		return SETTING_SCHEDULER;
	*error = r->io_priority == UNCHANGED ? 0 : sys(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, r->io_priority);
	return *error < 0 ? SETTING_IO_PRIORITY : 0;
}
