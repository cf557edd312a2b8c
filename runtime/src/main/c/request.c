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

/* Returns the offset of the field that is wrong, or -1. */
static int find_wrong(struct request *r, u64 size)
{
	static const unsigned char texts[] = {
		offsetof(struct request, label_file), offsetof(struct request, label), offsetof(struct request, keyring),
		offsetof(struct request, uid_map), offsetof(struct request, gid_map), offsetof(struct request, hostname),
		offsetof(struct request, domainname), offsetof(struct request, time_offsets), offsetof(struct request, cwd),
	};

	if (r->magic != REQUEST_MAGIC)
		return offsetof(struct request, magic);
	if (r->size != size || ((char *)r)[size - 1] != '\0')
		return offsetof(struct request, size);
	for (size_t i = 0; i < sizeof texts; i++) {
		if (*(u32 *)((char *)r + texts[i]) >= r->size)
			return texts[i]; /* texts below it end: the last byte is NUL */
	}
	if (!(r->flags & PAUSE) && !relocate(r, r->args))
		return offsetof(struct request, args);
	if (!(r->flags & PAUSE) && !relocate(r, r->env))
		return offsetof(struct request, env);
	if (!is_table(r, r->groups, r->group_count, sizeof(u32)))
		return offsetof(struct request, groups);
	if (!is_table(r, r->rlimits, r->rlimit_count, sizeof(struct limit)))
		return offsetof(struct request, rlimits);
	if (!is_table(r, r->seccomp, r->seccomp_count, sizeof(u64)))
		return offsetof(struct request, seccomp);
	return is_table(r, r->scheduler, 1, sizeof(u64)) ? -1 : (int)offsetof(struct request, scheduler);
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
	*wrong = find_wrong((struct request *)address, (u64)s.st_size);
	if (*wrong < 0)
		return address;
	sys(SYS_munmap, address, s.st_size);
	return -EINVAL;
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
