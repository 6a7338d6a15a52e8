/*
 * run.h - a program while it is walked: for sim/workload alone
 */
#ifndef MMSIM_WORKLOAD_RUN_H
#define MMSIM_WORKLOAD_RUN_H

#include "sim/workload/program.h"

/* The results that a name stands for, oldest first. */
struct ref_list {
	struct result *v; /* owned */
	size_t first, n, cap;
	bool was_used; /* something was given once */
};

/* What a task keeps of a call between its steps. */
struct call_state {
	char *args; /* owned; struct args */
	struct pattern pattern;
	bool has_pattern;
};

/* The columns of task_sample. */
struct task_sample {
	int64_t ops, bytes, blocked_ns, cpu_ns;
};

/* One task that walks a program, or one source of interrupts. */
struct runner {
	struct workload *w;
	struct program *program;
	struct task *task;        /* borrowed; of interrupts that of the CPU */
	char *name;               /* owned */
	struct call_state *calls; /* owned; by call id */
	struct ref_list *slots;   /* owned; by slot */
	void **objects;           /* owned; looked up so far */
	struct rng rng;
	struct task_progress progress;
	struct task_sample sample;
	const struct step *step; /* where it is */
	int bugs;                /* simulated BUGs in the call that runs */
	char *bug;               /* owned; what the first was */
	bool ended;
	sim_time still_at; /* guard against walking on without time passing */
	uint64_t still;
	struct event event; /* the next interrupt */
};

/* run_task.c: the function of a task; arg is its runner. */
void run_task(struct task *t, void *arg);
/* Walks the program once; false: it cannot go on. */
bool run_program(struct runner *r);
/* call_run.c */
bool run_call(struct runner *r, const struct step *step);
/* The simulated kernel found a BUG: it belongs to the call that runs. */
void note_kernel_bug(struct sim *s, const char *what);
/* The newest result of a slot, for struct result_values; arg is the runner. */
bool newest_result(void *arg, int slot, struct result *out);
/* Whether time stands still: the runner failed then and must end. */
bool run_is_stuck(struct runner *r);
/* Whether a result is as it was said; else a failure is reported. */
bool check_expected(struct runner *r, const struct step *step, const struct expected *expected,
		    int64_t value, bool is_ptr);

/* workload.c */
void report_failure(struct runner *r, const struct step *step, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A simulated BUG outside of all calls. */
void report_kernel_failure(struct sim *s, const char *what);
const struct zipf *zipf_get(struct workload *w, uint64_t n, uint64_t exponent);
#endif
