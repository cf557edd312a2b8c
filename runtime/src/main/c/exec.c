/* A process for a container that runs: cloned by the warden into the PID namespace, it joins the rest itself. */
#include <linux/sched.h>

#include "launcher.h"

noreturn void run_exec(struct request *r, const int *stdio, u32 namespaces)
{
	char score[16];
	int detail;
	long error;
	u32 step;

	/* What needs the privileges of the host, and its procfs. */
	join_cgroups(r);
	place_stdio(stdio, r->stdio_uid);
	hold_proc_self();
	sys(SYS_close_range, CHANNEL, REPORTS, 0);
	sys(SYS_close_range, ROOT + 1, ~0U, 0);
	if (r->flags & OOM_SCORE) {
		put_decimal(score, r->oom_score_adj, '\0');
		must(write_file(PROC_SELF, "oom_score_adj", score), SETTING_OOM_SCORE, 0);
	}
	step = apply_limits(r, 0, &error, &detail);
	if (step != 0)
		fail(step, error, detail);

	/* The namespaces of init, all or none. */
	if (namespaces != 0)
		must(sys(SYS_setns, INIT_PIDFD, namespaces), JOINING_CONTAINER, (int)namespaces);
	if ((namespaces & CLONE_NEWNS) == 0) {
		must(sys(SYS_fchdir, ROOT), CHANGING_TO_ROOT, 0);
		must(sys(SYS_chroot, "."), PIVOTING, 0);
	}
	if (namespaces & CLONE_NEWUSER)
		become_namespace_root();
	must(sys(SYS_setsid), MAKING_SESSION, 0);
	reopen_null();
	become(r);
}
