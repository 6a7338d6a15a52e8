/*
 * kern_synch.c - sleeping, waking, threads of the kernel
 */
#include "models/freebsd/freebsd.h"

/* End of a sleep with a limit; lies on the sleeper's stack. */
struct sleep_timeout {
	struct event event;
	struct task *task;
	bool fired;
};

static void timeout(struct sim *s, struct event *e)
{
	struct sleep_timeout *limit = CONTAINER_OF(e, struct sleep_timeout, event);

	(void)s;
	limit->fired = true;
	task_wake(limit->task);
}

static bool sleep_on(struct task *t, struct wait_queue *chan, const char *wmesg, uint64_t ticks)
{
	struct sim *s = t->sim;
	struct sleep_timeout limit = { .task = t };
	struct wait_entry w;

	wait_entry_init(&w, t);
	if (ticks) {
		const uint64_t tick = NS_PER_SEC / hz;

		/* ends at a tick, as all callouts do */
		event_schedule(s, &limit.event, (task_now(t) / tick + ticks) * tick, EVENT_TIMER,
			       timeout);
	}
	wait_prepare(chan, &w, WAIT_EXCLUSIVE);
	t->waits_for = wmesg;
	task_block(t);
	t->waits_for = NULL;
	wait_finish(&w);
	if (ticks)
		event_cancel(s, &limit.event);
	return limit.fired;
}

bool tsleep(struct task *t, struct wait_queue *chan, const char *wmesg, uint64_t ticks)
{
	struct thread *td = t->kernel;
	bool fired;

	if (td)
		td->canswap = false;
	fired = sleep_on(t, chan, wmesg, ticks);
	if (td)
		td->canswap = true;
	return fired;
}

bool tsleep_user(struct task *t, struct wait_queue *chan, const char *wmesg, uint64_t ticks)
{
	return sleep_on(t, chan, wmesg, ticks);
}

void wakeup(struct sim *s, struct wait_queue *chan)
{
	wake_up_all(s, chan);
}

void task_lost(struct task *t, enum freebsd_loss loss, sim_time began)
{
	struct vmmeter *cnt = &task_freebsd(t)->cnt;
	int64_t *sums[NR_FREEBSD_LOSSES] = {
		[LOSS_VMWAIT] = &cnt->sim_vmwait_ns,       [LOSS_FLSWAI] = &cnt->sim_flswai_ns,
		[LOSS_NEWBUF] = &cnt->sim_newbuf_ns,       [LOSS_READ] = &cnt->sim_read_stall_ns,
		[LOSS_SWAPIN] = &cnt->sim_swapin_stall_ns, [LOSS_WRITE] = &cnt->sim_write_stall_ns,
		[LOSS_SWAPPED] = &cnt->sim_swapped_ns,     [LOSS_WDRAIN] = &cnt->sim_wdrain_ns,
	};
	int64_t ns = (int64_t)(task_now(t) - began);

	if (t->flags & (TASK_KERNEL | TASK_IRQ))
		return;
	*sums[loss] += ns;
	t->lost_ns[loss] += ns;
}

struct task *kproc_create(struct freebsd_vm *vm, const char *name, task_fn *fn)
{
	return task_spawn(vm->sim, &vm->sim->cpus[0], name, TASK_KERNEL | TASK_DAEMON, fn, vm);
}

void vm_panic(struct freebsd_vm *vm, const char *what)
{
	vm->call_panicked = true;
	kernel_bug(vm->sim, what);
}
