/*
 * figures.h - numbers that tell how runs were, side by side
 */
#ifndef MMSIM_CLI_FIGURES_H
#define MMSIM_CLI_FIGURES_H

#include "sim/cli/cli.h"

struct run_figure {
	char *name;  /* owned: "dirty max", "writer read p99", "service+* read p99" */
	char *shown; /* owned; the same for people: "service+* (300) read p99" */
	enum unit unit;
	double *values;  /* owned; by run */
	bool *has;       /* owned; by run: there is such a value */
	bool of_task;    /* one of many such, maybe: of a task or one of its calls */
	bool of_group;   /* of many children of one parent: medians, calls of all (task_group.h) */
	bool is_single;  /* the time of the only call of its kind, of this task */
	bool is_failure; /* so many calls of a task failed with an error: see read_failed */
};

struct figures {
	struct run_figure *f; /* owned */
	int n;
	int nr_runs;
	/* The tunables (or settings) in which the runs differ, and what else tells them apart. */
	char **keys;    /* owned */
	char ***labels; /* owned; [key][run], owned */
	int nr_keys;
	char **digest; /* owned; by run, "" if it did not end */
	char **state;  /* owned; by run */
};

/* Nothing so far, of so many runs. */
void figures_init(struct figures *fs, int nr_runs);
/* The one of this name; a new one comes last. */
struct run_figure *figures_find(struct figures *fs, const char *name, enum unit unit);
void figure_set(struct run_figure *f, int run, double value);
/* Reads all figures of runs of one kernel. */
void figures_read(struct figures *fs, struct db *const *dbs, int n, const struct personality *p);
/* The same of runs of several kernels, p[run]: what they call the same is one column. */
void figures_read_each(struct figures *fs, struct db *const *dbs, int n,
		       const struct personality *const *p);
/* A column of labels; values[run] are copied. */
void figures_add_key(struct figures *fs, const char *key, const char *const *values);
/* Columns for the kernel, if it is not the same, and for the tunables in which runs of one kernel
 * began differently; p[run]: values that have a word are shown by it. */
void figures_add_tunables(struct figures *fs, struct db *const *dbs,
			  const struct personality *const *p);
/* figures_print.c: one row per run, with the difference to the first one; in blocks as wide as the
 * terminal.  What is equal in all runs stands in a line below. */
void figures_print(const struct figures *fs);
/* The highest value, 0 if none is higher. */
double figure_max(const struct run_figure *f, int nr_runs);
/* A number for people: three or four digits that count, as many behind the point as beside max. */
void figure_print(struct str *out, double v, double max, bool whole);
/* "+4.2 %" from base > 0 to v; above 1000 % the factor: "x18.7". */
void figure_difference(struct str *out, double v, double base);
void figures_print_json(const struct figures *fs);
/* A row per run and figure: what tells the run apart, figure, unit, value; with a head (RFC 4180).
 */
void figures_print_csv(const struct figures *fs);
void figures_free(struct figures *fs);
#endif
