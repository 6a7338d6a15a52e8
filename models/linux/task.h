/*
 * task.h - what a Linux task has beyond a thread of control
 */
#ifndef MMSIM_LINUX_TASK_H
#define MMSIM_LINUX_TASK_H

#include "models/linux/alloc/mempolicy.h"
#include "models/linux/storage/bio.h"

enum task_pf {
	PF_MEMALLOC = 1, /* reclaims: may use the reserves, must not reclaim again */
	PF_KSWAPD = 2,
	PF_LOCAL_THROTTLE = 4,
	PF_FLUSHER = 8,
	PF_OOM_VICTIM = 16,
	PF_MEMALLOC_NOFS = 32,
	PF_MEMALLOC_NOIO = 64,
};

/* The part of struct task_struct that the models use; hangs from task.kernel. */
struct task_struct {
	unsigned flags; /* enum task_pf */
	struct blk_plug plug;

	/* dirty throttling */
	int64_t nr_dirtied;
	int64_t nr_dirtied_pause;
	uint64_t dirty_paused_when; /* jiffies */

	struct mempolicy mempolicy; /* nodes that its pages come from */

	struct mm_struct *mm; /* what it has mapped; NULL: nothing yet; owned by vm->mms */

	/* reclaim */
	uint64_t reclaim_stall_ns;

	/* direct compaction of this task, whose result it may keep for itself; NULL: none */
	struct capture_control *capture;
};

static inline struct task_struct *task_struct(const struct task *t)
{
	return t->kernel;
}

/* The page frames' owner for a task. */
static inline struct linux_vm *task_vm(const struct task *t)
{
	return t->sim->kernel;
}
#endif
