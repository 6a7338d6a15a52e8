/*
 * compare.h - mmsim compare, between its files
 *
 *   compare.c         the command line
 *   compare_plan.c    which runs there are, and whether they can be (plan.h)
 *   compare_runs.c    the runs themselves
 *   compare_report.c  tables and pictures of what came out
 *   compare_seeds.c   the same where each was run with several seeds
 *   compare_real.c    one run beside samples of a real machine
 */
#ifndef MMSIM_CLI_COMPARE_H
#define MMSIM_CLI_COMPARE_H

#include "sim/cli/figures.h"
#include "sim/cli/gnuplot.h"
#include "sim/cli/plan.h"

#define COMPARE_MAX_RUNS  PLAN_MAX_VALUES
#define COMPARE_MIN_PAIRS 6 /* seeds with --at; five would cry wolf 6 times in 100 */

struct compare {
	struct plan plan;
	const char *out;  /* folder, NULL: default */
	int jobs;         /* 0: one per processor */
	int seeds;        /* runs of each combination; the last axis is the seed then; 0: one */
	const char *real; /* folder of a collected machine; NULL: none */
	bool force, json, csv;
	bool formats[NR_PICTURE_FORMATS]; /* pictures to draw */
	sim_time at;                      /* FOREVER: values hold from the beginning */
	int seed; /* with seeds and at: the seed whose beginning runs, 0..seeds - 1 */

	char **paths; /* owned; of the results files */
	int nr_runs;
	struct tunable_value values[PLAN_MAX_AXES]; /* with at: of the branch asked for last */
	struct tables tables;                       /* with at: of the scenario's kernel */
	int at_once;                                /* runs at a time */
};

/*
 * From the command line and the scenario: all combinations, tested, and the names of their results
 * in a folder.  False after saying what is wrong.  *need: bytes of memory that one run may take.
 */
bool compare_plan(struct compare *c, uint64_t *need);
void compare_name_results(struct compare *c, const char *folder);
/* The value of an axis in run number run; the last axis changes fastest. */
const char *compare_value(const struct compare *c, int run, int axis);
/* In the order in which they are written: with --at what is compared comes last. */
void compare_settings(const struct compare *c, int run, struct setting *sets);
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
