/*
 * bandwidth_work.c - the estimate of a device's bandwidth, some time after an inode was written
 *
 * Writers and the flusher keep the estimate up to date while they are busy.  200 ms after the last
 * page of an inode was written a worker does, so that what was written then counts.  It is a task:
 * of it and a writer whose pause ends at the same tick either may be first.  The pool gives work to
 * the worker that became idle last, which mostly is the flusher's.
 *
 * Like:        Linux 6.1, mm/page-writeback.c: wb_inode_writeback_end; mm/backing-dev.c: bw_dwork
 * Simplified:  while a device's flusher is at work one worker does it for all devices, on the CPU
 *              of the first that needs it, not any of a pool that is bound to no CPU
 */
#include <stdio.h>

#include "models/linux/task.h"
#include "models/linux/writeback/dirty_ratelimit.h"
#include "models/linux/writeback/writeback.h"

#define UNBOUND_POOLS 2 /* per-CPU pools of a CPU, after which those bound to none are numbered */

void wb_bandwidth_work(struct task *t, struct bdi_writeback *wb)
{
	wb_update_bandwidth(wb);
	task_run(t, (sim_time)task_vm(t)->machine->cost.bandwidth_work);
}

static void bw_work(struct task *t, void *arg)
{
	struct bw_worker *w = arg;

	task_struct(t)->flags |= PF_WQ_WORKER;
	for (;;) {
		while (list_empty(&w->work)) {
			t->waits_for = "an estimate to bring up to date";
			task_wait(t, &w->wait, FOREVER);
		}
		t->waits_for = NULL;

		struct bdi_writeback *wb = LIST_FIRST(&w->work, struct bdi_writeback, bw_work);

		list_del(&wb->bw_work);
		wb_bandwidth_work(t, wb);
	}
}

static void make_worker(struct bdi_writeback *wb, struct bw_worker *w)
{
	struct linux_vm *vm = wb->bdi->vm;
	char name[32];

	snprintf(name, sizeof(name), "kworker/u%d:0", UNBOUND_POOLS * vm->nr_cpu_ids);
	w->task = linux_kthread(vm, wb->flusher->cpu, name, bw_work, w);
	cpu_place_sleeper(w->task); /* since the boot */
}

static void bw_timer_fn(struct sim *s, struct timer *timer)
{
	struct bdi_writeback *wb = CONTAINER_OF(timer, struct bdi_writeback, bw_timer);
	struct bw_worker *w = &wb->bdi->vm->wb_domain->bw_worker;

	if (wait_queue_active(&wb->flusher_wait)) { /* the worker that was idle last */
		wb->bw_pending = true;
		wake_up_all(s, &wb->flusher_wait);
		return;
	}
	if (!w->task)
		make_worker(wb, w);
	list_add_tail(&wb->bw_work, &w->work);
	wake_up(s, &w->wait);
}

void wb_init_bw_work(struct bdi_writeback *wb)
{
	timer_init(&wb->bw_timer, bw_timer_fn);
	list_init(&wb->bw_work);
}

void bw_worker_init(struct bw_worker *w)
{
	wait_queue_init(&w->wait);
	list_init(&w->work);
}

void wb_inode_writeback_start(struct bdi_writeback *wb)
{
	wb->writeback_inodes++;
}

void wb_inode_writeback_end(struct bdi_writeback *wb)
{
	struct sim *s = wb->bdi->vm->sim;

	SIM_ASSERT(wb->writeback_inodes > 0);
	wb->writeback_inodes--;
	if (!timer_pending(&wb->bw_timer) && !list_linked(&wb->bw_work) && !wb->bw_pending)
		timer_mod(s, &wb->bw_timer, jiffies(s) + BANDWIDTH_INTERVAL);
}
