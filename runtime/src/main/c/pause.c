/* Process 1 of a PID namespace that the containers of a pod share: it reaps their orphans. */
#include <linux/capability.h>
#include <linux/prctl.h>
#include <signal.h>
#include <sys/wait.h>

#include "launcher.h"

noreturn void run_pause(void)
{
	const u64 all = ~0UL;
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	siginfo_t info;

	sys(SYS_prctl, PR_SET_NAME, "fairlead-pause");
	must(sys(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1), SETTING_NO_NEW_PRIVS, 0);
	must(sys(SYS_capset, &header, none), SETTING_CAPABILITIES, 0);
	sys(SYS_close_range, 3, ~0U, 0); /* SYNC_CHILD too: that tells the warden that we are at work */
	for (;;) {
		/* All signals are blocked and waited for: none interrupts anything. */
		long signal = sys(SYS_rt_sigtimedwait, &all, &info, NULL, sizeof all);

		if (signal == SIGCHLD) {
			while (sys(SYS_wait4, -1, NULL, WNOHANG, NULL) > 0) {
			}
		} else if (signal == SIGTERM && info.si_pid == 0) {
			/* From outside the namespace: senders that we cannot see have pid 0. What a container sends us ends no pod. */
			sys(SYS_exit_group, 0);
		}
	}
}
