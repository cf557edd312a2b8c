/* The request of init or exec: checked once, when it is mapped. It comes from root, so the checks are against mistakes. */
#include <errno.h>
#include <linux/ioprio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "launcher.h"

/* Offsets become pointers. */
static bool relocate(struct request *r, u64 *entry, u32 count)
{
	if (count == 0 || entry[count - 1] != 0)
		return false;
	for (; --count > 0; entry++) {
		if (*entry >= r->size)
			return false; /* texts below it end: the last byte is NUL */
		*entry += (u64)(uintptr_t)r;
	}
	return true;
}

long map_request(int memfd, int *wrong)
{
	struct stat s;
	struct request *r;
	long address, error = sys(SYS_fstat, memfd, &s);

	*wrong = offsetof(struct request, size);
	if (error < 0)
		return error;
	if (s.st_size < (off_t)sizeof *r || s.st_size > REQUEST_SIZE_MAX)
		return -EFBIG;
	address = sys(SYS_mmap, NULL, s.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, memfd, 0);
	if (address < 0)
		return address;
	r = (struct request *)address;
	if (r->magic != REQUEST_MAGIC || r->size != (u64)s.st_size || ((char *)r)[r->size - 1] != '\0')
		return -EINVAL;
	for (int i = 0; i < PARTS; i++) {
		const u32 offset = r->parts[i].offset, size = r->parts[i].size;

		*wrong = (int)offsetof(struct request, parts[i]);
		if (offset % 8 != 0 || offset > r->size || size > r->size - offset
		    || (i <= ENV && !relocate(r, part(r, i), size / sizeof(u64))))
			return -EINVAL;
	}
	return address;
}

bool limits_failed(const struct request *r, s32 pid)
{
	const struct limit *limit = part(r, RLIMITS);

	for (u32 i = 0; i < r->parts[RLIMITS].size / sizeof *limit; i++, limit++) {
		if (failed(sys(SYS_prlimit64, pid, limit->resource, &limit->soft, NULL), SETTING_RLIMIT, (int)limit->resource))
			return true;
	}
	return (part(r, SCHEDULER) != NULL && failed(sys(SYS_sched_setattr, pid, part(r, SCHEDULER), 0), SETTING_SCHEDULER, 0))
	       || (r->io_priority != UNCHANGED
		   && failed(sys(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, r->io_priority), SETTING_IO_PRIORITY, 0));
}
