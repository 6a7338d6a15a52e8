/*
 * task_conf.c - what a scenario says of a task that only Linux knows
 */
#include "models/linux/reclaim/oom_kill.h"
#include "models/linux/task.h"

static const struct key task_rows[] = {
	{ .name = "oom_score_adj",
	  .type = KEY_INT,
	  .offset = offsetof(struct linux_task_conf, oom_score_adj),
	  .min = OOM_SCORE_ADJ_MIN,
	  .max = OOM_SCORE_ADJ_MAX,
	  .meaning = "how much more likely it is killed when memory is used up, in thousandths of "
		     "all memory; -1000: never" },
	{ .name = "rlimit_memlock",
	  .type = KEY_INT,
	  .unit = UNIT_BYTES,
	  .offset = offsetof(struct linux_task_conf, rlimit_memlock),
	  .def = "-1",
	  .min = -1,
	  .max = INT64_MAX,
	  .meaning = "RLIMIT_MEMLOCK: bytes that it may lock in memory, without CAP_IPC_LOCK; "
		     "-1: as many as it likes" },
};

const struct key_schema linux_task_keys = {
	.name = "task",
	.keys = task_rows,
	.nr_keys = ARRAY_LEN(task_rows),
	.size = sizeof(struct linux_task_conf),
	.seen = SIZE_MAX,
};

void task_conf_init(struct task *t)
{
	const struct linux_task_conf *conf = workload_task_conf(t);
	struct task_struct *ts = task_struct(t);

	ts->rlimit_memlock = RLIM_INFINITY;
	if (!conf)
		return;
	ts->oom.score_adj = (int)conf->oom_score_adj;
	if (conf->rlimit_memlock >= 0)
		ts->rlimit_memlock = (uint64_t)conf->rlimit_memlock;
}
