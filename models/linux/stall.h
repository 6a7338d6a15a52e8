/*
 * stall.h - why a program loses time: by cause, for each task and for the machine
 *
 * Like:        Linux 6.1, kernel/psi.c and delayacct.c in outline: what counts as memory stall
 * Simplified:  a sum for each cause instead of shares of time; nothing is counted for kernel
 *              threads
 *
 * A cause within another takes over: the time a task is held back in direct reclaim counts as
 * throttling, not as reclaim, so that the causes can be added up.  Columns of task_sample and
 * (sim_*) of vmstat_sample.
 */
#ifndef MMSIM_LINUX_STALL_H
#define MMSIM_LINUX_STALL_H

#include "sim/sim.h"

enum stall_cause {
	STALL_RECLAIM,          /* direct reclaim: it looks for pages itself */
	STALL_COMPACT,          /* direct compaction */
	STALL_RECLAIM_THROTTLE, /* held back in reclaim */
	STALL_DIRTY_THROTTLE,   /* held back as a writer */
	STALL_REFAULT,          /* reads a page that was in memory and was evicted */
	STALL_SWAPIN,           /* reads a page from swap */
	STALL_READ,             /* waits for any other page to be read */
	STALL_PAGE,             /* waits for a page lock, or for a page to be written */
	NR_STALL_CAUSES,
};
#define STALL_NONE NR_STALL_CAUSES

/* What a task loses time for now, and since when; part of struct task_struct. */
struct stall {
	enum stall_cause cause;
	sim_time since;
};

/* From now on the task loses time for a reason.  Returns what it lost time for before. */
enum stall_cause stall_enter(struct task *t, enum stall_cause cause);
/* The reason is gone; outer: what stall_enter gave. */
void stall_leave(struct task *t, enum stall_cause outer);
/* The last ns were lost for a reason. */
void stall_note(struct task *t, enum stall_cause cause, sim_time ns);

extern const struct metric_object linux_task_metrics; /* table task_sample */
#endif
