/*
 * compare.h - mmsim compare, between its files
 *
 *   compare.c         the command line
 *   compare_plan.c    which runs there are, and whether they can be
 *   compare_runs.c    the runs themselves
 *   compare_report.c  tables and pictures of what came out
 *   compare_seeds.c   the same where each was run with several seeds
 *   compare_real.c    one run beside samples of a real machine
 */
#ifndef MMSIM_CLI_COMPARE_H
#define MMSIM_CLI_COMPARE_H

#include "sim/cli/figures.h"
#include "sim/cli/gnuplot.h"
#include "sim/cli/run_one.h"
#include "sim/cli/tuning.h"

#define COMPARE_MAX_AXES  32
#define COMPARE_MAX_RUNS  1024
#define COMPARE_MIN_SEEDS 4 /* with fewer no difference could be called one at 5 % */
#define COMPARE_MIN_PAIRS 6 /* the same with --at; five would cry wolf 6 times in 100 */
#define COMPARE_MAX_SEEDS 32

/* A key and its values. */
struct compare_axis {
	char *key; /* owned, and the values */
	char *values[COMPARE_MAX_RUNS];
	int n;
	bool replaces; /* values of "compare:": names the runs, with one value, too */
};

struct compare {
	const struct cli *cli;
	struct compare_axis *axes; /* owned; COMPARE_MAX_AXES */
	int nr_axes;
	int nr_file_axes;     /* the first so many are from files of settings */
	struct tuning tuning; /* files of settings, for all runs */
	const char *scenario;
	const char *out;  /* folder, NULL: default */
	int jobs;         /* 0: one per processor */
	int seeds;        /* runs of each combination; the last axis is the seed then; 0: one */
	const char *real; /* folder of a collected machine; NULL: none */
	bool force, json, csv, quiet;
	bool host_failed;                 /* a scenario is there and could not be read */
	bool formats[NR_PICTURE_FORMATS]; /* pictures to draw */
	const char *trace[COMPARE_MAX_AXES];
	int nr_trace;
	sim_time at;    /* FOREVER: values hold from the beginning */
	sim_time until; /* end of all runs; FOREVER: the scenario's */
	int seed;       /* with seeds and at: the seed whose beginning runs, 0..seeds - 1 */

	char **paths; /* owned; of the results files */
	int nr_runs;
	struct tunable_value values[COMPARE_MAX_AXES]; /* with at: of the branch asked for last */
	struct tables tables;                          /* with at: of the scenario's kernel */
	int at_once;                                   /* runs at a time */
};

/* Adds a key with the values between the commas of a text; false (said) if there are too many. */
bool compare_add_axis(struct compare *c, const char *key, char *values);
/*
 * What the files of settings say, as keys with one value before all others; what the command line
 * says of a key counts.  0, or the exit code after saying what is wrong.
 */
int compare_add_tuning(struct compare *c);
/*
 * From the command line and the scenario: all combinations, tested, and the names of their results
 * in a folder.  False after saying what is wrong.  *need: bytes of memory that one run may take.
 */
bool compare_plan(struct compare *c, uint64_t *need);
void compare_name_results(struct compare *c, const char *folder);
/* results/<scenario>; the caller frees it. */
char *compare_default_folder(const char *scenario);
/* The value of an axis in run number run; the last axis changes fastest. */
const char *compare_value(const struct compare *c, int run, int axis);
/* In the order in which they are written: with --at what is compared comes last. */
void compare_settings(const struct compare *c, int run, struct setting *sets);
/* Whether runs are told apart by it. */
bool compare_names_runs(const struct compare_axis *a);
/* "vm.dirty_ratio 5, vm.swappiness 60": those of the first nr_axes (all, or without the seeds) that
 * tell runs apart; the caller frees it. */
char *compare_describe(const struct compare *c, int run, int nr_axes);

/* Runs all; what was and what was not done is said if that was ended early.  The exit code. */
int compare_run(struct compare *c, const char *folder);

/* Reads all results, prints the figures and draws.  The exit code. */
int compare_report(const struct compare *c, const char *folder);
/* Draws all formats that were asked for, as folder/compare-NAME.*; the exit code. */
int compare_draw(const struct compare *c, const struct sheet *sheet, const char *folder,
		 const char *name);
/* The curves of a run and of c->real over each other, and how far they are apart. */
int compare_real(const struct compare *c, const char *path);
/* The figures of runs with several seeds: means, intervals, and which differences are any. */
void compare_print_seeds(const struct compare *c, const struct figures *fs);
void compare_print_seeds_json(const struct compare *c, const struct figures *fs);
#endif
