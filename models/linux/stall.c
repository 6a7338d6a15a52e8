/*
 * stall.c - time lost by cause, and the samples of tasks
 */
#include "models/linux/model_list.h"
#include "models/linux/procfs/load.h"
#include "models/linux/stall.h"
#include "models/linux/task.h"

_Static_assert(NR_STALL_CAUSES <= TASK_LOSSES, "each cause has its place in struct task");

/* --- accounting --- */

static int64_t *machine_sum(struct linux_vm *vm, enum stall_cause cause)
{
	switch (cause) {
	case STALL_RECLAIM:
		return &vm->stat.sim_reclaim_stall_ns;
	case STALL_COMPACT:
		return &vm->stat.sim_compact_stall_ns;
	case STALL_RECLAIM_THROTTLE:
		return &vm->stat.sim_reclaim_throttle_ns;
	case STALL_DIRTY_THROTTLE:
		return &vm->stat.sim_throttle_ns;
	case STALL_REFAULT:
		return &vm->stat.sim_refault_stall_ns;
	case STALL_SWAPIN:
		return &vm->stat.sim_swapin_stall_ns;
	case STALL_READ:
		return &vm->stat.sim_read_stall_ns;
	case STALL_PAGE:
		return &vm->stat.sim_page_stall_ns;
	case NR_STALL_CAUSES:
		break;
	}
	return NULL;
}

static void charge(struct task *t, enum stall_cause cause, sim_time ns)
{
	int64_t *sum = machine_sum(task_vm(t), cause);

	if (!sum || (t->flags & (TASK_KERNEL | TASK_IRQ)))
		return;
	*sum += (int64_t)ns;
	t->lost_ns[cause] += (int64_t)ns;
}

static void change(struct task *t, enum stall_cause cause)
{
	struct stall *stall = &task_struct(t)->stall;
	sim_time now = task_now(t);

	charge(t, stall->cause, now - stall->since);
	if (!(t->flags & TASK_KERNEL))
		psi_task_change(task_vm(t), now, stall->cause, cause);
	*stall = (struct stall){ cause, now };
}

enum stall_cause stall_enter(struct task *t, enum stall_cause cause)
{
	enum stall_cause outer;

	if (task_in_irq(t))
		return STALL_NONE;
	outer = task_struct(t)->stall.cause;
	change(t, cause);
	return outer;
}

void stall_leave(struct task *t, enum stall_cause outer)
{
	if (!task_in_irq(t))
		change(t, outer);
}

void stall_note(struct task *t, enum stall_cause cause, sim_time ns)
{
	struct stall *stall = &task_struct(t)->stall;

	charge(t, cause, ns);
	stall->since += ns; /* not once more for what is around it */
}

/* --- samples --- */

static const struct metric task_rows[] = {
	WORKLOAD_TASK_ROWS,
	WORKLOAD_TASK_LOST("reclaim_stall_ns", STALL_RECLAIM,
			   "of its time, in direct reclaim, not held back"),
	WORKLOAD_TASK_LOST("compact_stall_ns", STALL_COMPACT, "in direct compaction"),
	WORKLOAD_TASK_LOST("reclaim_throttle_ns", STALL_RECLAIM_THROTTLE, "held back in reclaim"),
	WORKLOAD_TASK_LOST("dirty_throttle_ns", STALL_DIRTY_THROTTLE, "held back as a writer"),
	WORKLOAD_TASK_LOST("refault_stall_ns", STALL_REFAULT,
			   "waiting for pages to be read that had been evicted"),
	WORKLOAD_TASK_LOST("swapin_stall_ns", STALL_SWAPIN, "waiting for pages of swap"),
	WORKLOAD_TASK_LOST("read_stall_ns", STALL_READ, "waiting for other pages to be read"),
	WORKLOAD_TASK_LOST("page_stall_ns", STALL_PAGE,
			   "waiting for a page lock, or for a page to be written"),
};

const struct metric_object linux_task_metrics = WORKLOAD_TASK_OBJECT(task_rows);

static const struct metric_object *const metrics[] = { &linux_task_metrics, NULL };

const struct model task_model = {
	.name = "task",
	.metrics = metrics,
};
