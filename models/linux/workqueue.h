/*
 * workqueue.h - work that is done later, by one of a pool of workers
 */
#ifndef MMSIM_LINUX_WORKQUEUE_H
#define MMSIM_LINUX_WORKQUEUE_H

#include "sim/sim.h"

struct linux_vm;
struct work;
struct worker;

typedef void work_fn(struct task *t, struct work *work);

struct work {
	work_fn *fn;
	struct worker_pool *pool;
	struct list entry;     /* linked: nobody has begun it */
	struct worker *worker; /* who does it now; NULL: nobody */
	bool has_turn;         /* what fn costs has the worker's turn in it (cost.worker_turn) */
};

struct delayed_work {
	struct work work;
	struct timer timer; /* pending: it is queued when this ends */
};

/* Workers that are bound to no queue, only to a CPU. */
struct worker_pool {
	struct linux_vm *vm;
	struct cpu *cpu;
	struct list worklist; /* struct work by entry, first come, first served */
	struct list idle;     /* struct worker by idle: who became idle last is first */
	struct list workers;  /* struct worker by link, owned */
};

void worker_pool_init(struct worker_pool *pool, struct linux_vm *vm, struct cpu *cpu);
/* One more worker; it looks for work as soon as it runs.  The others are made when none is idle. */
void worker_pool_add(struct worker_pool *pool);
/* One that was made long ago. */
void worker_pool_add_idle(struct worker_pool *pool);
void worker_pool_free(struct worker_pool *pool);

void delayed_work_init(struct delayed_work *dwork, struct worker_pool *pool, work_fn *fn);
/* The same of work that an idle CPU does not tick for. */
void delayed_work_init_deferrable(struct delayed_work *dwork, struct worker_pool *pool,
				  work_fn *fn);
/* Whether it is to be done: by and by, or as soon as somebody comes to it. */
bool delayed_work_pending(const struct delayed_work *dwork);
/* Queues it after so many ticks; nothing is changed if it is pending. */
void queue_delayed_work(struct delayed_work *dwork, uint64_t ticks);
/* Queues it now, behind all others, wherever it was.  True: a worker slept, and was woken. */
bool requeue_work(struct delayed_work *dwork);
void delayed_work_free(struct delayed_work *dwork);
#endif
