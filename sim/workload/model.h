/*
 * model.h - the workload's own tables, to be listed among the models of a personality
 */
#ifndef MMSIM_WORKLOAD_MODEL_H
#define MMSIM_WORKLOAD_MODEL_H

#include "sim/engine/task.h"
#include "sim/table/model.h"

/* The columns of task_sample. */
struct task_sample {
	int64_t ops, bytes, blocked_ns, cpu_ns;
	int64_t lost_ns[TASK_LOSSES]; /* by the causes of the personality */
};

/* Rows of the columns that every personality has. */
#define WORKLOAD_TASK_ROWS                                                                         \
	{ "ops", METRIC_COUNTER, UNIT_COUNT, offsetof(struct task_sample, ops), "calls made" },    \
	    { "bytes", METRIC_COUNTER, UNIT_BYTES, offsetof(struct task_sample, bytes),            \
	      "read, written or touched by its calls" },                                           \
	    { "blocked_ns", METRIC_COUNTER, UNIT_NS, offsetof(struct task_sample, blocked_ns),     \
	      "time without the CPU, its own sleeps not counted: blocked, or waiting for it" },    \
	{                                                                                          \
		"cpu_ns", METRIC_COUNTER, UNIT_NS, offsetof(struct task_sample, cpu_ns),           \
		    "CPU time used"                                                                \
	}

/* A row of the time that tasks lost by a cause: an index of task.lost_ns. */
#define WORKLOAD_TASK_LOST(column, cause, meaning)                                                 \
	{                                                                                          \
		column, METRIC_COUNTER, UNIT_NS, offsetof(struct task_sample, lost_ns[cause]),     \
		    meaning                                                                        \
	}

/* The kind "task" with the rows of a personality: a row of samples per task of the scenario. */
#define WORKLOAD_TASK_OBJECT(task_rows) WORKLOAD_TASK_OBJECT_STAT(task_rows, workload_task_stat)
/* The same where the personality has something to do before: stat_fn calls workload_task_stat. */
#define WORKLOAD_TASK_OBJECT_STAT(task_rows, stat_fn)                                              \
	{                                                                                          \
		.name = "task", .table = "task_sample",                                            \
		.meaning = "a task of the scenario at a sample",                                   \
		.keys = { { "name", true, "of the task" } }, .nr_keys = 1, .rows = (task_rows),    \
		.nr_rows = ARRAY_LEN(task_rows), .count = workload_count_tasks, .stat = (stat_fn), \
		.key = workload_task_key, .of_tasks = true,                                        \
	}
int workload_count_tasks(struct sim *s);
struct task *workload_task(struct sim *s, int i);     /* NULL: there was no CPU for it */
const void *workload_task_stat(struct sim *s, int i); /* struct task_sample; until the next call */
void workload_task_key(struct sim *s, int i, union metric_key_value *keys);

/* Rows of charts that every personality has, charts.c. */
extern const struct chart_series workload_bytes_series[1];
extern const struct chart_panel workload_task_panels[4];
extern const struct chart_panel workload_call_panels[1];

#define WORKLOAD_TASKS_CHART                                                                       \
	{                                                                                          \
		.name = "tasks", .title = "Tasks",                                                 \
		.question =                                                                        \
		    "What does each task get done, and how much of its time does it wait?",        \
		.panels = workload_task_panels, .nr_panels = 4                                     \
	}
#define WORKLOAD_PERCENTILES_CHART                                                                 \
	{                                                                                          \
		.name = "percentiles", .title = "How long calls take",                             \
		.question = "How long do most calls take, and how long the slowest ones?",         \
		.panels = workload_call_panels, .nr_panels = 1, .of_calls = true                   \
	}
/* Of several runs: the tasks that do most. */
#define WORKLOAD_COMPARE_PANEL                                                                     \
	{                                                                                          \
		.title = "task", .unit = UNIT_BYTES_PER_SEC, .each = "name", .skip = "bytes",      \
		.most = 4, .series = workload_bytes_series, .nr_series = 1                         \
	}

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
