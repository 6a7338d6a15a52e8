/*
 * task.h - what a Linux task has beyond a thread of control
 */
#ifndef MMSIM_LINUX_TASK_H
#define MMSIM_LINUX_TASK_H

#include "models/linux/alloc/mempolicy.h"
#include "models/linux/stall.h"
#include "models/linux/storage/bio.h"

enum task_pf {
	PF_MEMALLOC = 1, /* reclaims: may use the reserves, must not reclaim again */
	PF_KSWAPD = 2,
	PF_LOCAL_THROTTLE = 4,
	PF_OOM_VICTIM = 16,
	PF_MEMALLOC_NOFS = 32,
	PF_MEMALLOC_NOIO = 64,
	PF_EXITING = 128,   /* its program has ended */
	PF_WQ_WORKER = 256, /* of a workqueue */
};

/* What the OOM killer knows of a task; see reclaim/oom_kill.h. */
struct oom_task {
	int score_adj;    /* -1000..1000 */
	bool origin;      /* it takes much memory now, and goes first: swapoff */
	bool skip;        /* its memory was given back, or cannot be: not chosen any more */
	bool reap_queued; /* the reaper has it on its list, or will have it after a while */
	struct timer reaper_timer; /* pending: the victim may still end by itself */
	struct list reap_link;     /* in oom_state.reap_list */
	struct task *task;         /* whose it is; set when it is queued for the reaper */
};

/* The part of struct task_struct that the models use; hangs from task.kernel. */
struct task_struct {
	unsigned flags; /* enum task_pf */
	struct blk_plug plug;
	uint16_t ioprio; /* its class and level for I/O (storage/blk.h); 0: by its nice value */

	/* dirty throttling */
	int64_t nr_dirtied;
	int64_t nr_dirtied_pause;
	uint64_t dirty_paused_when; /* jiffies */
	sim_time fsync_since;       /* it is in fsync; 0: it is not */

	struct mempolicy mempolicy; /* nodes that its pages come from */

	uint64_t rlimit_memlock; /* bytes that it may lock in memory; RLIM_INFINITY: any */

	struct mm_struct *mm; /* what it has mapped; NULL: nothing yet; owned by vm->mms */
	struct inode *evict;  /* without a name, it had them last: to be freed; borrowed */
	struct oom_task oom;
	struct stall stall; /* what it loses time for; see stall.h */

	/* reclaim */
	uint64_t reclaimed_slab; /* slab pages it gave back while it reclaims, not yet counted */

	/* direct compaction of this task, whose result it may keep for itself; NULL: none */
	struct capture_control *capture;
};

#define RLIM_INFINITY UINT64_MAX

/* What a scenario says of a task beside what all kernels know. */
struct linux_task_conf {
	int64_t oom_score_adj;
	int64_t rlimit_memlock; /* bytes; -1: no limit */
};

extern const struct key_schema linux_task_keys;
/* A new task: what the scenario says of it. */
void task_conf_init(struct task *t);

static inline struct task_struct *task_struct(const struct task *t)
{
	return t->kernel;
}

/* Until restored the task may use the reserves and reclaims nothing for itself; they nest. */
static inline unsigned memalloc_noreclaim_save(struct task *t)
{
	unsigned saved = task_struct(t)->flags & PF_MEMALLOC;

	task_struct(t)->flags |= PF_MEMALLOC;
	return saved;
}

static inline void memalloc_noreclaim_restore(struct task *t, unsigned saved)
{
	task_struct(t)->flags = (task_struct(t)->flags & ~(unsigned)PF_MEMALLOC) | saved;
}

/* The page frames' owner for a task. */
static inline struct linux_vm *task_vm(const struct task *t)
{
	return t->sim->kernel;
}
#endif
