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

struct linux_task_sample {
	struct task_sample base;
	int64_t lost_ns[NR_STALL_CAUSES];
};

#define LOST(column, cause, meaning)                                                               \
	{                                                                                          \
		column, METRIC_COUNTER, UNIT_NS,                                                   \
		    offsetof(struct linux_task_sample, lost_ns[STALL_##cause]), meaning            \
	}

static const struct metric task_rows[] = {
	WORKLOAD_TASK_ROWS(struct linux_task_sample, base),
	LOST("reclaim_stall_ns", RECLAIM, "of its time, in direct reclaim, not held back"),
	LOST("compact_stall_ns", COMPACT, "in direct compaction"),
	LOST("reclaim_throttle_ns", RECLAIM_THROTTLE, "held back in reclaim"),
	LOST("dirty_throttle_ns", DIRTY_THROTTLE, "held back as a writer"),
	LOST("refault_stall_ns", REFAULT, "waiting for pages to be read that had been evicted"),
	LOST("swapin_stall_ns", SWAPIN, "waiting for pages of swap"),
	LOST("read_stall_ns", READ, "waiting for other pages to be read"),
	LOST("page_stall_ns", PAGE, "waiting for a page lock, or for a page to be written"),
};

static int count_tasks(struct sim *s)
{
	return workload_nr_tasks(s);
}

/* One after the other: the recorder reads a row before it asks for the next. */
static const void *task_stat(struct sim *s, int i)
{
	struct linux_vm *vm = linux_vm(s);
	const struct task *t = workload_task(s, i, NULL);

	if (!vm->task_sample)
		vm->task_sample = sim_calloc(1, sizeof(*vm->task_sample));
	workload_task_sample(s, i, &vm->task_sample->base);
	for (int c = 0; c < NR_STALL_CAUSES; c++)
		vm->task_sample->lost_ns[c] = t ? t->lost_ns[c] : 0;
	return vm->task_sample;
}

static void task_key(struct sim *s, int i, union metric_key_value *keys)
{
	workload_task(s, i, &keys[0].text);
}

const struct metric_object linux_task_metrics = {
	.name = "task",
	.table = "task_sample",
	.meaning = "a task of the scenario at a sample",
	.keys = { { "name", true, "of the task" } },
	.nr_keys = 1,
	.rows = task_rows,
	.nr_rows = ARRAY_LEN(task_rows),
	.count = count_tasks,
	.stat = task_stat,
	.key = task_key,
};

static const struct metric_object *const metrics[] = { &linux_task_metrics, NULL };

const struct model task_model = {
	.name = "task",
	.metrics = metrics,
};
