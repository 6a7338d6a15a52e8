/*
 * run_one.h - one run from scenario to results, for the commands that run
 */
#ifndef MMSIM_CLI_RUN_ONE_H
#define MMSIM_CLI_RUN_ONE_H

#include "sim/cli/cli.h"
#include "sim/scenario/scenario.h"

struct workload;

/* A run that is split at one moment into branches with different tunables. */
struct run_split {
	sim_time at;
	int n;                    /* branches */
	const char *const *paths; /* of their results; run_options.out is that of the beginning */
	/* The values of branch i, each a row of the run's tables. */
	const struct tunable_value *(*values)(void *arg, int i, int *n);
	/* Makes the processes: in a branch its number; -1 where all have ended, with *exit_code. */
	int (*fork)(void *arg, int *exit_code);
	void *arg;
};

/* A run for its state at run_options.until, which is not judged.  Both return exit codes. */
struct run_look {
	/* Before the run: 0, or it shall not begin (said). */
	int (*ahead)(const struct scenario *sc, void *arg);
	/* At that moment; stopped: why the run did not come so far, else NULL. */
	int (*at)(struct sim *s, const char *stopped, void *arg);
	void *arg;
};

struct run_options {
	const char *scenario; /* path */
	const struct setting *sets;
	int nr_sets;
	const char *out;  /* path of the database; NULL: none */
	bool scratch;     /* it is thrown away soon */
	bool make_folder; /* the folder of out may be made */
	bool force;
	sim_time until; /* FOREVER: the scenario's duration */
	enum check_when check_when;
	const char *const *trace; /* shell patterns, besides the scenario's */
	int nr_trace;
	bool notes;                    /* say which values have no effect, on standard error */
	bool progress;                 /* a bar on standard error */
	const struct run_split *split; /* NULL: not */
	const struct run_look *look;   /* NULL: the run is judged */
	const struct run_again *again; /* the scenario is that of results (run_again.h); or NULL */
};

struct run_result {
	uint64_t digest;
	sim_time end;
	const char *state;             /* "finished", "stopped" */
	const char *reason;            /* why it stopped early, or NULL */
	struct str report;             /* owned; a line per expectation and failure */
	size_t expect_from, expect_to; /* where in it the lines of expectations are */
	int failures;
	double host_seconds; /* what the run itself took */
	int branch;          /* of a split run; -1: this process only began it */
};

/*
 * Reads a scenario with settings; NULL after printing all errors.  If it comes back in spite of
 * errors (diag_failed), run_check adds those of the tasks and prints all.  To be freed before d.
 */
struct scenario *run_load(const struct cli *cli, struct diag *d, const char *path,
			  const struct setting *sets, int nr_sets);
/*
 * The programs of the scenario for the tables, in which the tracepoints are switched on, the
 * scenario's and those of trace.  Tests all that can be tested without a run; NULL after printing
 * all errors.  The caller frees it.
 */
struct workload *run_compile(struct diag *d, const struct scenario *sc, struct tables *t,
			     const char *const *trace, int nr_trace, sim_time until);
/* Whether the scenario can be run: programs of tasks, tracepoints, memory.  Prints what is wrong.
 */
bool run_check(struct diag *d, const struct scenario *sc, const char *const *trace, int nr_trace);
/*
 * Boots the scenario's machine and lets it go again, after run_check: finds and prints what only
 * the boot can find.  Nothing runs.  *notes gets lines about what looks like a mistake and is none,
 * each value that has no effect among it (run_void.c).
 */
bool run_rehearse(struct diag *d, const struct scenario *sc, struct str *notes);
/*
 * Prints those lines on standard error, behind the path (NULL: none).  said: what was said of other
 * runs, which is not said again; NULL: nothing.
 */
void run_print_notes(const char *path, const struct str *notes, struct str *said);
/* Boots, and looks for what expectations name; false: there are errors, in d. */
bool run_boot(struct sim *s, struct diag *d, const struct scenario *sc, struct tables *t,
	      struct workload *w);
/* Whether a value that was given is no longer what is in force after the boot. */
bool run_any_void(const struct scenario *sc, struct sim *s);
/* Which value undid which: a line each.  Writes them again, so nothing may run after it. */
void run_find_void(const struct scenario *sc, struct sim *s, struct str *notes);
/* Runs; returns the exit code.  result is to be freed with run_result_free in any case. */
int run_one(const struct cli *cli, const struct run_options *o, struct run_result *result);
void run_result_free(struct run_result *result);
#endif
