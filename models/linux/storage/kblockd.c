/*
 * kblockd.c - serving a queue, at once or by a worker
 *
 * A task that sleeps with requests in its plug must not keep them back: they may be what it waits
 * for.  It hands them to their queue and asks the worker of its CPU to serve that.  A driver that
 * may sleep while it takes a request, as one whose disk is memory, has its queue served by a
 * worker in any case.
 *
 * Like:        Linux 6.1, block/blk-mq.c: blk_mq_run_hw_queue, blk_mq_run_work_fn
 * Simplified:  one worker per CPU, made when it is needed first
 */
#include <stdio.h>

#include "models/linux/storage/blk.h"
#include "models/linux/task.h"

/* The worker of a CPU. */
struct kblockd_worker {
	struct task *task; /* NULL: never needed so far */
	struct wait_queue wait;
	struct list work; /* queues to be served */
};

static void kblockd(struct task *t, void *arg)
{
	struct kblockd_worker *w = arg;

	task_struct(t)->flags |= PF_WQ_WORKER;
	for (;;) {
		while (list_empty(&w->work)) {
			t->waits_for = "a queue to serve";
			task_wait(t, &w->wait, FOREVER);
		}
		t->waits_for = NULL;

		struct request_queue *q = LIST_FIRST(&w->work, struct request_queue, run_work);
		const struct cost_table *cost = &q->vm->machine->cost;

		list_del(&q->run_work);
		task_run(t, (sim_time)cost->kblockd_work);
		blk_mq_dispatch_requests(q);
		task_run(t, (sim_time)cost->kblockd_done);
	}
}

static void make_worker(struct linux_vm *vm, struct cpu *cpu, struct kblockd_worker *w)
{
	char name[32];

	wait_queue_init(&w->wait);
	list_init(&w->work);
	snprintf(name, sizeof(name), "kworker/%d:1H", cpu->id);
	w->task = task_spawn(vm->sim, cpu, name, TASK_KERNEL | TASK_DAEMON, kblockd, w);
	cpu_place_sleeper(w->task); /* since the boot */
	task_set_nice(w->task, MIN_NICE);
	linux_personality.task_start(w->task);
}

/* The queue is served by one worker: the one that was asked last. */
static void queue_work(struct request_queue *q, struct cpu *cpu)
{
	struct linux_vm *vm = q->vm;
	struct kblockd_worker *w;

	if (!vm->queues->kblockd)
		vm->queues->kblockd = sim_calloc((size_t)vm->sim->nr_cpus, sizeof(*w));
	w = &vm->queues->kblockd[cpu->id];
	if (!w->task)
		make_worker(vm, cpu, w);
	if (list_linked(&q->run_work))
		list_del(&q->run_work);
	list_add_tail(&q->run_work, &w->work);
	wake_up(vm->sim, &w->wait);
}

void blk_mq_run_hw_queue(struct request_queue *q, bool async)
{
	struct task *t = q->vm->sim->current;

	if (!blk_mq_has_work(q))
		return;
	if (async || q->disk->conf.memory_backed)
		queue_work(q, t ? t->cpu : &q->vm->sim->cpus[0]);
	else
		blk_mq_dispatch_requests(q);
}
