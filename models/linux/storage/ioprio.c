/*
 * ioprio.c - whose requests are served first: priorities of tasks for I/O
 *
 * A request has the priority of who submits it; mq-deadline serves class by class, other schedulers
 * do not look at it, and requests of different priorities are never merged.  What the flusher
 * writes has the flusher's.
 *
 * Like:        Linux 6.1, block/ioprio.c, include/linux/ioprio.h
 * Left out:    priorities of other tasks, of processes' groups and users
 */
#include <errno.h>

#include "models/linux/arg.h"
#include "models/linux/storage/blk.h"

const struct key_word ioprio_words[] = {
	{ "none", IOPRIO_CLASS_NONE, "best-effort, its level by the nice value" },
	{ "realtime", IOPRIO_CLASS_RT, "before all others" },
	{ "best-effort", IOPRIO_CLASS_BE, "as most are" },
	{ "idle", IOPRIO_CLASS_IDLE, "when nobody else wants the disk, or after ten seconds" },
	{ NULL, 0, NULL },
};

uint16_t get_current_ioprio(const struct task *t)
{
	uint16_t ioprio = task_struct(t)->ioprio;

	if (IOPRIO_PRIO_CLASS(ioprio) != IOPRIO_CLASS_NONE)
		return ioprio;
	return IOPRIO_PRIO_VALUE(t->flags & TASK_REALTIME ? IOPRIO_CLASS_RT : IOPRIO_CLASS_BE,
				 (t->nice - MIN_NICE) / 5);
}

int ioprio_set(struct task *t, int class, int level)
{
	if (class == IOPRIO_CLASS_NONE && level)
		return -EINVAL;
	task_struct(t)->ioprio = IOPRIO_PRIO_VALUE(class, level);
	return 0;
}

static int64_t op_ioprio_set(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	return ioprio_set(t, (int)a->class, (int)a->level);
}

static const struct op ioprio_ops[] = {
	{ "ioprio_set", "class, level = 0", NULL, op_ioprio_set, OP_NO_IRQ,
	  "set the task's priority for I/O, as ionice does; children have that of their parent" },
};

const struct model ioprio_model = {
	.name = "ioprio",
	.ops = ioprio_ops,
	.nr_ops = ARRAY_LEN(ioprio_ops),
};
