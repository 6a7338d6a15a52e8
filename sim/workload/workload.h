/*
 * workload.h - the tasks and interrupts of a scenario
 *
 * Programs are read and checked before the run (workload_compile), so that a
 * run never meets a wrong word.
 */
#ifndef MMSIM_WORKLOAD_WORKLOAD_H
#define MMSIM_WORKLOAD_WORKLOAD_H

#include "sim/scenario/scenario.h"
#include "sim/engine/task.h"

struct workload;

/* The rows of "tasks:" and "interrupts:", and the words of steps, for documents. */
extern const struct key_schema workload_task_schema, workload_irq_schema;
extern const struct key_schema workload_repeat_schema; /* words of every call */
extern const struct key_schema workload_stream_schema; /* and of those on a stretch of a file */
extern const struct key_schema workload_loop_schema, workload_choice_schema, workload_fork_schema;

/* A step that is no call of a kernel: "loop", "sleep", ...; all kernels have them. */
struct control_word {
	const char *name, *takes, *meaning;
};

/* The i-th of them; NULL: there are no more. */
const struct control_word *workload_control_word(size_t i);

/*
 * What looks like a mistake and is none for certain, a line each: far more calls than anybody waits
 * for, as far as costs tell; stretches beyond the end of a mapping.  After the boot.
 */
void workload_notes(const struct workload *w, struct sim *s, sim_time until, struct str *out);
/* Reads "tasks:" and "interrupts:", without the steps that are wrong: these are reported to d. */
struct workload *workload_read(struct diag *d, const struct scenario *sc);
/* The same; NULL if anything is wrong. */
struct workload *workload_compile(struct diag *d, const struct scenario *sc);
/* After the run was freed (sim_free_run), and before the scenario is. */
void workload_free(struct workload *w);
/*
 * Calls, and steps without one, that tasks and interrupts ask for until this time of a run, as far
 * as that follows from the scenario (see demand.c); *at: the program that asks for most.
 */
uint64_t workload_demand(const struct workload *w, sim_time until, struct place *at);
/*
 * After the boot: whether what expectations and asserts name is there, or can come; an error to d
 * for each that cannot.
 */
bool workload_find_expected(struct workload *w, struct diag *d, struct sim *s);
/* The names of tasks and interrupts, as the scenario has them; NULL: there are no more. */
const char *workload_name(const struct workload *w, int i);
/* Makes the tasks; they start at their time. */
void workload_start(struct workload *w, struct sim *s);

/* A call whose result is to be recorded: named by as: or expected. */
typedef void workload_result_fn(struct sim *s, const struct task *t, const char *op, int64_t value,
				bool is_ptr, bool ok);
/* The time one call took, blocked time included; for the latency histograms. */
typedef void workload_latency_fn(struct sim *s, const struct task *t, const char *op, sim_time ns);
/* Calls of one step that failed alike where nothing was expected of them. */
struct failed_call {
	const char *task; /* or interrupt, as in the scenario */
	const char *op;
	int nth; /* of the steps of the task with this call, as they are written; from 1 */
	const char *error; /* "ENOMEM"; "NULL": no object */
	uint64_t times;
	sim_time first; /* when the first returned */
};
/* Told after the run (workload_settle), in the order of their first. */
typedef void workload_failed_fn(struct sim *s, const struct failed_call *call);
struct workload_hooks {
	workload_result_fn *result;
	workload_latency_fn *latency;
	workload_failed_fn *failed;
};
void workload_set_hooks(struct workload *w, const struct workload_hooks *hooks);

/*
 * The run is over: simulated BUGs of calls that did not come to an end, a panic above all, count
 * unless they were expected.
 */
void workload_settle(struct workload *w);
/* Results that differed from returns:, asserts that failed, simulated BUGs nobody expected. */
int workload_failures(const struct workload *w);
/*
 * One line per kind of failure: "FAIL: task reader: read returned -12, expected 4096, 3 times,
 * first at 5 ms (file:line:col)"; and what is worth a line without being one: tasks that were
 * killed, calls that failed where nothing was expected of them.
 */
const char *workload_report(struct workload *w);
/*
 * Whether no task that has not ended does anything by itself: each waits without a limit, or is in
 * a call.  Then only the kernel can get them on.  False if none is left.
 */
bool workload_depends_on_kernel(const struct sim *s);
/* Whether a task that has not ended has the CPU, or waits for it. */
bool workload_any_runs(const struct sim *s);
/* Calls that returned, of all tasks. */
uint64_t workload_nr_ops(const struct sim *s);
/*
 * What each task that has not ended waits for, since when and for whom, one line each; and the
 * kernel's threads.  For runs that cannot go on.
 */
void workload_describe_stuck(const struct sim *s, struct str *out);
/*
 * What a task has done so far, for results: operations and bytes of its calls, and the time it was
 * without the CPU while it did not sleep by its own choice, up to now.
 */
struct task_progress {
	int64_t ops, bytes;
	int64_t blocked_ns;
};
struct task_progress workload_progress(const struct task *t);
/* The kind of objects "task": a row of samples per workload task (table task_sample). */
extern const struct metric_object workload_task_metrics;
#endif
