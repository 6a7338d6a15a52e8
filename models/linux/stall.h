/*
 * stall.h - why a program loses time: by cause, for each task and for the machine
 *
 * Like:        Linux 6.1, kernel/psi.c and delayacct.c in outline: what counts as memory stall
 * Simplified:  a sum for each cause instead of shares of time; nothing is counted for kernel
 *              threads
 *
 * A cause within another takes over: the time a task is held back in direct reclaim counts as
 * throttling, not as reclaim, so that the causes can be added up.  Columns of task_sample and
 * (sim_*) of vmstat_sample.  Of a task the sum of its causes is blocked_ns and stall_cpu_ns,
 * exactly: each wait inside the kernel has a cause.
 */
#ifndef MMSIM_LINUX_STALL_H
#define MMSIM_LINUX_STALL_H

#include "sim/sim.h"

struct linux_vm;

enum stall_cause {
	STALL_RECLAIM,          /* direct reclaim: it looks for pages itself */
	STALL_COMPACT,          /* direct compaction */
	STALL_RECLAIM_THROTTLE, /* held back in reclaim */
	STALL_DIRTY_THROTTLE,   /* held back as a writer */
	STALL_REFAULT,          /* reads a page that was in memory and was evicted */
	STALL_SWAPIN,           /* reads a page from swap */
	STALL_READ,             /* waits for any other page to be read */
	STALL_PAGE,             /* waits for a page lock, or for a page to be written */

	/* these do not take over from another: they are part of what that is about */
	STALL_WRITEBACK, /* waits for the flusher, or for a file that is being written */
	STALL_WBT,       /* held back by the writeback throttling of a queue */
	STALL_TAG,       /* waits for a request tag */
	STALL_IO,        /* waits for its own I/O: direct I/O, a flush of the disk's cache */
	STALL_LOCK,      /* waits for the lock of a file, of a file system, or mmap_lock */
	STALL_MEMPOOL,   /* waits for an element of a mempool */
	STALL_OTHER,     /* anything else: a tick before the next try, work of a kernel thread */
	STALL_RUN_DELAY, /* could run, but others had its CPU; never entered, worked out */
	NR_STALL_CAUSES,
};
#define STALL_NONE NR_STALL_CAUSES
#define STALL_CPU  NR_STALL_CAUSES /* place in task.lost_ns: CPU time used within all causes */

/* What a task loses time for now, and since when; part of struct task_struct. */
struct stall {
	enum stall_cause cause;
	struct task_times since;
	sim_time cpu_ns;   /* of the task, at that moment */
	sim_time no_cause; /* time it was blocked without any: see stall_check */
};

/* A new task; a task that ends, before its struct task_struct is freed. */
void stall_init(struct task *t);
void stall_exit(struct task *t);
/* From now on the task loses time for a reason.  Returns what it lost time for before. */
enum stall_cause stall_enter(struct task *t, enum stall_cause cause);
/* The reason is gone; outer: what stall_enter gave. */
void stall_leave(struct task *t, enum stall_cause outer);
/* A sleep of so many ticks before the next try: STALL_OTHER. */
void stall_sleep_ticks(struct task *t, uint64_t ticks);
/* Books what all tasks lost up to now, of stalls that are not over, too: before a sample. */
void stall_settle(struct linux_vm *vm);

extern const struct metric_object linux_task_metrics; /* table task_sample */
#endif
