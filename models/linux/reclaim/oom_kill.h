/*
 * oom_kill.h - when nothing can be reclaimed any more, somebody has to go
 *
 * Like:        Linux 6.1, mm/oom_kill.c, include/linux/oom.h
 * Simplified:  a task is a process; one that has mapped nothing counts as one of no size, and can
 *              be chosen; the OOM reaper is made when it is needed first
 * Left out:    memory control groups, cpusets, users other than root, the stack in the report,
 *              notifiers, /proc/<pid>/oom_score
 *
 *	allocation -> out_of_memory -> select_bad_process -> the victim gets SIGKILL and reserves
 *	                                                  -> 2 s later: OOM reaper
 */
#ifndef MMSIM_LINUX_OOM_KILL_H
#define MMSIM_LINUX_OOM_KILL_H

#include "models/linux/linux.h"
#include "models/linux/printk.h"

#define OOM_SCORE_ADJ_MIN (-1000)
#define OOM_SCORE_ADJ_MAX 1000

enum oom_constraint {
	CONSTRAINT_NONE,          /* any memory would do */
	CONSTRAINT_MEMORY_POLICY, /* the request may have memory of some nodes only */
};

/* Why memory is used up, and for whom. */
struct oom_control {
	const struct zonelist *zonelist;
	uint64_t nodemask; /* allowed nodes; 0: all */
	gfp_t gfp_mask;
	int order;

	/* worked out by out_of_memory */
	enum oom_constraint constraint;
	uint64_t totalpages; /* that could be used, swap included */
	struct task *chosen; /* NULL: nobody */
	int64_t chosen_points;
	bool aborted; /* somebody is dying already */
};

/* The OOM killer of a machine. */
struct oom_state {
	const struct task *lock; /* oom_lock: who is in out_of_memory; NULL: nobody */
	struct task *reaper;     /* NULL: not needed yet */
	struct wait_queue reaper_wait;
	struct list reap_list;         /* oom_task.reap_link, newest first */
	struct ratelimit_state report; /* of the OOM killer */
	struct ratelimit_state nopage; /* of allocations that failed */
};

/* Made at first use. */
struct oom_state *oom_state(struct linux_vm *vm);
void oom_free(struct linux_vm *vm);

/*
 * Chooses a victim and kills it.  True: something was done, or somebody is dying already: try the
 * allocation again.  False: nobody can be killed.  Does not return if the machine stops.
 */
bool out_of_memory(struct task *t, struct oom_control *oc);
/*
 * How much a task deserves to be killed: its pages, those in swap, page tables, and its share of
 * totalpages by oom_score_adj.  INT64_MIN: never.
 */
int64_t oom_badness(const struct task *t, uint64_t totalpages);
/* A process that this lack of memory is about: not of the kernel, and with memory on the nodes. */
bool oom_eligible(const struct oom_control *oc, const struct task *p);
/* Fills chosen, chosen_points and aborted; constraint, nodemask and totalpages are set. */
void select_bad_process(struct linux_vm *vm, struct oom_control *oc);
/* 0, -EINVAL (out of range), -ESRCH (it has ended). */
int set_oom_score_adj(struct task *t, int64_t adj);

/* Whether a request is of a task that was chosen, and may use the reserves. */
bool tsk_is_oom_victim(const struct task *t);
/* A dying task that was chosen has given its memory back (end of exit_mm). */
void exit_oom_victim(struct task *t);

/* --- oom_reaper.c --- */

/* The victim's memory will be taken away in 2 s if it has not ended by then. */
void queue_oom_reaper(struct task *victim);

/* --- oom_report.c --- */

/* What the kernel prints before it kills p (NULL: nobody can be killed). */
void oom_dump_header(struct task *t, const struct oom_control *oc, const struct task *p);
/* A request failed: says so in the log, at most once in 10 s. */
void warn_alloc(struct task *t, gfp_t gfp, int order, uint64_t nodemask);

/* A new task. */
void oom_task_init(struct task *t);

extern const struct model oom_model;
#endif
