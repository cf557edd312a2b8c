/* What daemon, warden and a container's processes say to each other. The exchange is drawn in PROTOCOL.md; Protocol.java has the same numbers. */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stdint.h>

typedef uint32_t u32;
typedef int32_t s32;
typedef uint64_t u64;

/* Descriptors have fixed numbers in the warden, so that a daemon that was not there when they were made can fetch them (pidfd_getfd). */
enum descriptor {
	CHANNEL = 3,	   /* SOCK_SEQPACKET, to the daemon of the moment */
	LISTENER = 4,	   /* warden.sock: where the next daemon comes in */
	DIRECTORY = 5,	   /* the container's directory: here goes the exit record */
	REQUEST = 6,	   /* memfd, struct request; closed once it is mapped */
	SIGNALS = 7,	   /* signalfd, SIGCHLD */
	SYNC = 8,	   /* SOCK_SEQPACKET, to init until it has executed its program */
	REPORTS = 9,	   /* pipe that does not block: what usher, init, execs and the warden itself report */
	REPORT_WRITE = 10,
	SYNC_CHILD = 11,   /* in usher and init: the other end of SYNC */
	INIT_PIDFD = 12,
	PROC_SELF = 13,	   /* in init and execs: /proc/self of the host's procfs */
	ROOT = 14,	   /* of a container whose root is no mount namespace's: where its execs chroot to */
	STDIN = 15,	   /* the container's ends of its stdio; the warden closes them once init is cloned */
	STDOUT = 16,
	STDERR = 17,
	RESTORED_NET = 18, /* in criu: the network namespace of the pod */
	CGROUP2 = 18,	   /* directory of the cgroup v2 to be born in */
	TASKS = 19,	   /* to TASKS_LAST: "tasks" of the cgroups v1 to join */
	TASKS_LAST = 39,
	JOINED = 40,	   /* to JOINED_LAST: namespaces to join, in the order of JOIN_ORDER */
	JOINED_LAST = 47,
	KEPT = 48,	   /* to KEPT_LAST: the daemon's ends of stdio, which the warden only keeps open; 48 is stdin's write end */
	KEPT_LAST = 63,
};

/* The user namespace comes last: joining the others takes the privileges over them that we have outside. */
#define JOIN_ORDER { CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWPID, CLONE_NEWCGROUP, CLONE_NEWTIME, CLONE_NEWNS, CLONE_NEWUSER }

enum type {
	/* daemon to warden; ENTER_ROOT and START go on to init */
	ENTER_ROOT = 1,	   /* + the root, a directory of init's mount namespace */
	START = 2,
	EXEC = 3,	   /* id, state to be run in; + request, stdin, stdout, stderr, and if it has a cgroup v2 of its own: that */
	CLOSE_STDIN = 4,
	RELEASE = 5,
	/* warden to daemon; READY and CREATED come from init, FAILED from whoever failed */
	READY = 16,	   /* pid; + pidfd, and if asked for: a detached mount of init's procfs */
	CREATED = 17,
	STARTED = 18,	   /* pid; of a restored container + the pidfd of its init, which is another process now */
	FAILED = 19,	   /* id, step, error, detail */
	EXITED = 20,	   /* id, status, time */
	EXEC_STARTED = 21, /* id, pid; + pidfd */
	STATE = 22,	   /* to each daemon that connects: state, id: the warden's pid, pid: init's + pidfd; of an ended one as EXITED */
	REFUSED = 23,	   /* error; detail: the type refused */
	/* inside the launcher */
	INIT_PID = 32,	   /* usher to warden: pid */
};

enum state { STARTING = 0, IS_READY = 1, IS_CREATED = 2, LAUNCHING = 3, RUNNING = 4, ENDED = 5 };

/* The one message there is: fields that a type does not name are 0. Descriptors go with it (SCM_RIGHTS). */
struct message {
	u32 type;
	u32 id;	    /* 0: init; else an exec, numbered by the daemon */
	s32 pid;    /* as the warden's PID namespace has it */
	u32 step;   /* enum step */
	s32 error;  /* errno */
	s32 detail; /* what of the step: see there */
	s32 status; /* wait(2); -1: there never was a process */
	u32 state;  /* enum state */
	u64 time;   /* ns since 1970 */
};

/* Where a launch can fail, and what detail is then; 0 where nothing is said. Step.java has the words. */
enum step {
	SETTING_UP = 1, READING_REQUEST, /* offset of the field that is wrong */
	CLONING_USHER, JOINING_CGROUP, /* number of the descriptor */
	JOINING_NAMESPACE, /* CLONE_NEW* */
	BECOMING_ROOT, CLONING_INIT, /* CLONE_NEW* of all that are new */
	OPENING_PIDFD, OPENING_PROC, SETTING_OOM_SCORE, UNSHARING_CGROUP, UNSHARING_TIME, SETTING_HOSTNAME, SETTING_DOMAINNAME,
	CUTTING_PROPAGATION, MOUNTING_PROC, JOINING_PID_NAMESPACE, RECEIVING, /* type that was expected */
	CHANGING_TO_ROOT, PIVOTING, DETACHING_OLD_ROOT, SETTING_PROPAGATION, /* MS_* */
	OPENING_NULL, /* 0, 1, 2 */
	SETTING_RLIMIT, /* RLIMIT_* */
	SETTING_SCHEDULER, SETTING_IO_PRIORITY, PLACING_STDIO, /* 0, 1, 2 */
	MAKING_SESSION, TAKING_TERMINAL, SETTING_PERSONALITY, SETTING_LABEL, SETTING_NO_NEW_PRIVS, LOADING_SECCOMP,
	DROPPING_BOUNDING, /* capability */
	KEEPING_CAPABILITIES, SETTING_GROUPS, SETTING_GID, SETTING_UID, SETTING_CAPABILITIES, RAISING_AMBIENT, /* capability */
	CHANGING_DIRECTORY, CHECKING_DIRECTORY, EXECUTING, /* 1: the program is there, what should interpret it is not */
	ACCEPTING_EXEC, CLONING_EXEC, JOINING_CONTAINER, /* CLONE_NEW* of all */
	RESTORING, /* wait(2) of what should have restored it */
	ADOPTING, /* what it wrote as the pid of the restored init; 0: nothing */
};

enum { EXEC_MAX = 256, REQUEST_SIZE_MAX = 16 << 20, REQUEST_MAGIC = 0x32524c46 /* "FLR2" */ };
enum { UNCHANGED = -1 };

enum flag {
	TERMINAL = 1,	      /* stdin is a terminal: make it the controlling one */
	NO_NEW_PRIVS = 2,
	MOUNT_PROC = 4,
	NO_PIVOT = 8,	      /* chroot instead of pivot_root: for want of a mount namespace, or of a host's root that can be pivoted */
	PAUSE = 16,	      /* no program: be process 1 of a PID namespace */
	RESTORE = 32,	      /* the program is criu(8), on the host: it makes init, and writes its pid to RESTORED_PID in DIRECTORY */
};

#define RESTORED_PID "restored.pid"

/* What lies behind struct request in its memfd. */
enum part {
	/* Tables of strings: u64 offsets into the memfd, and 0 as the end. We turn them into pointers in place. */
	PROGRAMS = 0,	      /* paths to be tried one after the other */
	ARGS = 1,
	ENV = 2,
	/* Texts, with their NUL; what may be missing has size 0. */
	CWD = 3,
	LABEL_FILE = 4,	      /* below /proc/self, such as attr/exec */
	LABEL = 5,
	KEYRING = 6,	      /* name of a new session keyring */
	OOM_SCORE_ADJ = 7,
	HOSTNAME = 8,	      /* this and what follows: init alone */
	DOMAINNAME = 9,
	TIME_OFFSETS = 10,    /* as the kernel's file wants them */
	/* Structures. */
	GROUPS = 11,	      /* u32 each */
	RLIMITS = 12,	      /* struct limit each */
	SCHEDULER = 13,	      /* struct sched_attr */
	SECCOMP = 14,	      /* struct sock_filter each */
	PARTS = 15,
};

/* What init and execs need, at the start of a memfd whose last byte is NUL. */
struct request {
	u32 magic, size, flags, umask, uid, gid;
	s32 io_priority, personality;	   /* or UNCHANGED */
	s32 stdio_uid;			   /* owner that pipes and terminal get, as seen from the host; or UNCHANGED */
	u32 seccomp_flags;
	u32 unshared, joined;		   /* CLONE_NEW*, of init; a new user namespace was made by the daemon and is joined */
	u32 propagation, unused;	   /* MS_* of the root, of init; 0: as it is */
	u64 bounding, effective, permitted, inheritable, ambient;
	u64 descriptors;		   /* which of the fixed numbers are in use; of an exec the warden's */
	struct {
		u32 offset, size;	   /* in bytes; offset: a multiple of 8 */
	} parts[PARTS];
};

struct limit {
	u32 resource, unused;
	u64 soft, hard;
};

#endif
