/*
 * run.h - a program while it is walked: for sim/workload alone
 */
#ifndef MMSIM_WORKLOAD_RUN_H
#define MMSIM_WORKLOAD_RUN_H

#include "sim/workload/model.h"
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
	sim_time call_began;     /* of the call it is in */
	int bugs;                /* simulated BUGs in the call that runs */
	char *bug;               /* owned; what the first was */
	bool ended;
	sim_time still_at; /* guard against walking on without time passing */
	uint64_t still;
	struct event event; /* the next interrupt */

	/* children: see fork.c */
	struct runner *parent;     /* borrowed; NULL: not made by fork */
	const struct block *body;  /* what it walks; of a child not all of the program */
	int nr_forks, nr_children; /* so far, and of these not ended */
	struct wait_queue child_ended;
};

/* run_task.c: the function of a task; arg is its runner. */
void run_task(struct task *t, void *arg);
/* The program sleeps by its own choice: no time lost. */
void program_sleep_until(struct task *t, sim_time at);
/* Walks the program once; false: it cannot go on. */
bool run_program(struct runner *r);
/* call_run.c */
bool run_call(struct runner *r, const struct step *step);
/* The simulated kernel found a BUG: it belongs to the call that runs. */
void note_kernel_bug(struct sim *s, const char *what);
/* What became of the BUGs of a call: reported, unless they were expected. */
void settle_bugs(struct runner *r, const struct step *step, bool expected);
/* The newest result of a slot, for struct result_values; arg is the runner. */
bool newest_result(void *arg, int slot, struct result *out);
/*
 * After each round of what is repeated: false if the program must end, because time stands still
 * (then it has failed) or because an interrupt meets the end of the run.
 */
bool run_goes_on(struct runner *r);
/* Whether a result is as it was said; else a failure is reported. */
bool check_expected(struct runner *r, const struct step *step, const struct expected *expected,
		    int64_t value, bool is_ptr);

/* An error of a step that nobody expected; see call_errors.c. */
struct call_error {
	const struct runner *runner; /* the first that met it */
	const struct step *step;
	int64_t error; /* a negative errno value; 0: NULL instead of an object */
	uint64_t times;
	sim_time first;
	bool others;  /* other tasks that walk the program met it as well */
	bool nothing; /* no error: a stream met its end at once */
};
/* What a call gave (is_ptr: 0 stands for NULL) for which nothing was expected: an error is noted.
 */
void note_call_error(struct runner *r, const struct step *step, int64_t value, bool is_ptr);
/* A stream had nothing to read: seldom meant, and seen in no figure. */
void note_nothing_read(struct runner *r, const struct step *step);
/* Adds them to the report and hands them to the hook; after the run. */
void report_call_errors(struct workload *w);

/* The end of run_task, for a child: walks its steps, then the personality ends it. */
void run_forked(struct task *t, struct runner *r);
/* Adds a result to those that a name stands for. */
void ref_list_add(struct ref_list *list, const struct result *result);
/* fork.c */
void run_fork(struct runner *r, const struct step *step);
void run_wait(struct runner *r);

/* workload.c */
/* A runner for a child that walks body; name becomes its own.  Freed with the workload. */
struct runner *add_child_runner(struct runner *parent, const struct block *body, char *name);
/* Where the next child runs: as its parent may, in turns. */
struct cpu *choose_child_cpu(const struct runner *parent);
const struct zipf *zipf_get(struct workload *w, uint64_t n, uint64_t exponent);

/* report.c */
/* " (file:line:col)", nothing if it is not known. */
void print_place(struct str *out, struct place at);
/* "1.000000 s" */
void print_seconds(struct str *out, sim_time at);
/* A failure in a step (NULL: outside of all); those of one step and one format are one line. */
void report_failure(struct runner *r, const struct step *step, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The task was killed: no failure, but worth a line of the report. */
void report_killed(struct runner *r);
/* A simulated BUG outside of all calls. */
void report_kernel_failure(struct sim *s, const char *what);
void free_report(struct workload *w);
#endif
