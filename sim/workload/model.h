/*
 * model.h - the workload's own tables, to be listed among the models of a personality
 */
#ifndef MMSIM_WORKLOAD_MODEL_H
#define MMSIM_WORKLOAD_MODEL_H

#include "sim/table/model.h"

struct sim;
struct task;

/* The columns of task_sample that every personality has. */
struct task_sample {
	int64_t ops, bytes, blocked_ns, cpu_ns;
};

/* Their rows, for a structure that has a struct task_sample as a member. */
#define WORKLOAD_TASK_ROWS(type, member)                                                           \
	{ "ops", METRIC_COUNTER, UNIT_COUNT, offsetof(type, member.ops), "calls made" },           \
	    { "bytes", METRIC_COUNTER, UNIT_BYTES, offsetof(type, member.bytes),                   \
	      "read, written or touched by its calls" },                                           \
	    { "blocked_ns", METRIC_COUNTER, UNIT_NS, offsetof(type, member.blocked_ns),            \
	      "time in calls without the CPU: blocked, or waiting for the CPU" },                  \
	{                                                                                          \
		"cpu_ns", METRIC_COUNTER, UNIT_NS, offsetof(type, member.cpu_ns), "CPU time used"  \
	}

/* Tasks of the scenario by number, 0..n-1, in its order. */
int workload_nr_tasks(const struct sim *s);
/* NULL: there was no CPU for it.  *name (unless NULL): borrowed. */
const struct task *workload_task(const struct sim *s, int i, const char **name);
void workload_task_sample(const struct sim *s, int i, struct task_sample *out);

/* Metrics of the kind "task": a row of samples per task of the scenario. */
extern const struct model workload_model;

/*
 * What the personality's own rows of "tasks:" (task_keys) say of a task, as they were read.  NULL:
 * there are no such rows, or the task is none of the scenario.
 */
const void *workload_task_conf(const struct task *t);
/* Whether its time has come: tasks of a scenario have a start; others have begun. */
bool workload_task_has_begun(const struct task *t);
#endif
