/*
 * workqueue.c - work that is done later, by one of a pool of workers
 *
 * Whoever queues work wakes the worker that became idle last.  A worker that finds more work than
 * its own wakes the next one before it begins, then does all there is by itself, as far as it
 * comes.  The other one often finds nothing left; but as it is the last to become idle, it has the
 * next turn.  So two workers take turns, with a CPU time of each, where work of two kinds comes at
 * the same tick.
 *
 * Like:        Linux 6.1, kernel/workqueue.c: worker_thread, process_one_work
 * Simplified:  a pool for the CPU that its workers stay on, not one bound to none; workers are
 *              never too many
 */
#include <stdio.h>

#include "models/linux/linux.h"
#include "models/linux/task.h"
#include "models/linux/workqueue.h"

#define CPU_POOLS 2 /* a CPU's own pools, behind which those bound to none are numbered */

struct worker {
	struct worker_pool *pool;
	struct task *task;
	struct list link;      /* worker_pool.workers */
	struct list idle;      /* worker_pool.idle; not linked: it is at work */
	struct list scheduled; /* work queued again while this worker does it */
};

static bool wake_up_worker(struct worker_pool *pool)
{
	return !list_empty(&pool->idle) &&
	       task_wake(LIST_FIRST(&pool->idle, struct worker, idle)->task);
}

static bool insert_work(struct work *work)
{
	list_add_tail(&work->entry, &work->pool->worklist);
	return wake_up_worker(work->pool);
}

/* ---- workers ---- */

static void process_one_work(struct worker *worker, struct work *work)
{
	struct worker_pool *pool = worker->pool;
	struct task *t = worker->task;

	list_del(&work->entry);
	if (work->worker) { /* never at two places at once */
		list_add_tail(&work->entry, &work->worker->scheduled);
		return;
	}
	work->worker = worker;
	if (!list_empty(&pool->worklist))
		wake_up_worker(pool);
	work->fn(t, work);
	cond_resched(t);
	work->worker = NULL;
}

/* Does what there is.  True: what its turn costs is in that of some work. */
static bool process_works(struct worker *worker)
{
	struct worker_pool *pool = worker->pool;
	bool has_turn = false;

	while (!list_empty(&pool->worklist)) {
		struct work *work = LIST_FIRST(&pool->worklist, struct work, entry);

		has_turn |= work->has_turn && !work->worker;
		process_one_work(worker, work);
		while (!list_empty(&worker->scheduled))
			process_one_work(worker,
					 LIST_FIRST(&worker->scheduled, struct work, entry));
	}
	return has_turn;
}

static void worker_thread(struct task *t, void *arg);

static struct worker *create_worker(struct worker_pool *pool)
{
	struct linux_vm *vm = pool->vm;
	struct worker *worker = sim_calloc(1, sizeof(*worker));
	char name[48];

	worker->pool = pool;
	list_init(&worker->scheduled);
	list_add_tail(&worker->link, &pool->workers);
	list_add(&worker->idle, &pool->idle);
	snprintf(name, sizeof(name), "kworker/u%d:%d", CPU_POOLS * vm->nr_cpu_ids,
		 vm->nr_unbound_workers++);
	worker->task = linux_kthread(vm, pool->cpu, name, worker_thread, worker);
	return worker;
}

static void worker_thread(struct task *t, void *arg)
{
	struct worker *worker = arg;
	struct worker_pool *pool = worker->pool;

	task_struct(t)->flags |= PF_WQ_WORKER;
	for (bool first = true;; first = false) {
		bool has_turn = first;

		list_del(&worker->idle);
		t->waits_for = NULL;
		if (!list_empty(&pool->worklist)) {
			/* somebody must be there to be woken while this one sleeps at its work */
			if (list_empty(&pool->idle))
				create_worker(pool);
			has_turn = process_works(worker);
		}
		if (!has_turn)
			task_run(t, (sim_time)pool->vm->machine->cost.worker_turn);
		task_will_block(t);
		list_add(&worker->idle, &pool->idle);
		t->waits_for = "work";
		if (list_empty(&pool->worklist))
			task_block(t);
	}
}

/* ---- pools ---- */

void worker_pool_init(struct worker_pool *pool, struct linux_vm *vm, struct cpu *cpu)
{
	*pool = (struct worker_pool){ .vm = vm, .cpu = cpu };
	list_init(&pool->worklist);
	list_init(&pool->idle);
	list_init(&pool->workers);
}

void worker_pool_add(struct worker_pool *pool)
{
	create_worker(pool);
}

void worker_pool_add_idle(struct worker_pool *pool)
{
	cpu_place_sleeper(create_worker(pool)->task);
}

void worker_pool_free(struct worker_pool *pool)
{
	LIST_FOR_EACH_SAFE (pos, next, &pool->workers)
		sim_free(LIST_ENTRY(pos, struct worker, link));
}

/* ---- work ---- */

static void delayed_work_timer_fn(struct sim *s, struct timer *timer)
{
	(void)s;
	insert_work(&CONTAINER_OF(timer, struct delayed_work, timer)->work);
}

void delayed_work_init(struct delayed_work *dwork, struct worker_pool *pool, work_fn *fn)
{
	*dwork = (struct delayed_work){ .work = { .fn = fn, .pool = pool } };
	list_init(&dwork->work.entry);
	timer_init(&dwork->timer, delayed_work_timer_fn);
}

void delayed_work_init_deferrable(struct delayed_work *dwork, struct worker_pool *pool, work_fn *fn)
{
	delayed_work_init(dwork, pool, fn);
	timer_init_deferrable(&dwork->timer, delayed_work_timer_fn, pool->cpu);
}

bool delayed_work_pending(const struct delayed_work *dwork)
{
	return list_linked(&dwork->work.entry) || timer_pending(&dwork->timer);
}

void queue_delayed_work(struct delayed_work *dwork, uint64_t ticks)
{
	struct sim *s = dwork->work.pool->vm->sim;

	if (delayed_work_pending(dwork))
		return;
	if (ticks)
		timer_mod(s, &dwork->timer, jiffies(s) + ticks);
	else
		insert_work(&dwork->work);
}

bool requeue_work(struct delayed_work *dwork)
{
	timer_del(dwork->work.pool->vm->sim, &dwork->timer);
	if (list_linked(&dwork->work.entry))
		list_del(&dwork->work.entry);
	return insert_work(&dwork->work);
}

void delayed_work_free(struct delayed_work *dwork)
{
	timer_del(dwork->work.pool->vm->sim, &dwork->timer);
}
