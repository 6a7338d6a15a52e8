/*
 * sweep.h - mmsim sweep, between its files
 *
 *   sweep.c          the command line
 *   sweep_plan.c     which points there are: grid, sample, seeds; and the keys of their results
 *   sweep_point.c    what a point came to, as a small file
 *   sweep_runs.c     the runs themselves
 *   sweep_merge.c    all points as one database
 *   sweep_rank.c     which combinations are best
 *   sweep_print.c    the same as a table, as JSON, as CSV
 *   sweep_engines.c  the same runs by Slurm or GNU parallel
 *   sweep_plot.c     pictures of a merged sweep
 *
 * A combination has one value of each key; a point is a combination and a seed: one run.
 */
#ifndef MMSIM_CLI_SWEEP_H
#define MMSIM_CLI_SWEEP_H

#include "sim/cli/figures.h"
#include "sim/cli/plan.h"
#include "sim/cli/stat_test.h"

#define SWEEP_MAX_POINTS 100000
#define SWEEP_MAX_SORTS  4

/* A figure to rank by. */
struct sweep_sort {
	char *name; /* owned */
	enum { SORT_BEST, SORT_ASCENDING, SORT_DESCENDING } order;
};

struct sweep {
	struct plan plan;
	const char *out; /* folder, NULL: default */
	int jobs;        /* 0: one per processor */
	int seeds; /* points of each combination; each has a seed of its own if there are several */
	int sample;        /* so many combinations of the grid; 0: all */
	int share, shares; /* the points of one task of an engine, 1..shares; 0: all */
	int chunk;         /* points of such a task */
	int top;           /* rows of the table; 0: all */
	bool merge, slurm, parallel, keep, force, json, csv;
	struct sweep_sort sorts[SWEEP_MAX_SORTS];
	int nr_sorts;
	struct str again; /* owned; options that are the same in each task, for a shell */

	/* what the scenario says */
	char *folder, *name;  /* owned; of results, of the scenario */
	struct diag files;    /* owned; that it was read from */
	uint64_t files_hash;  /* of these */
	int64_t seed;         /* that all others are drawn from */
	struct tables tables; /* of its kernel */
	uint64_t need;        /* memory that a run may take, bytes */

	uint64_t grid;          /* combinations of all values */
	int nr_combinations;    /* that belong to the sweep */
	uint64_t *combinations; /* owned; their numbers in the grid, from 0 */
	int nr_points;
	uint64_t *keys; /* owned; by point: hash of all that its results depend on */
};

/* ---- sweep_plan.c ---- */

/*
 * From the command line and the scenario: all points.  Every value of every key is tried beside the
 * first values of the others, without a run.  0, or the exit code after saying what is wrong.
 */
int sweep_plan(struct sweep *s);
/* The value of an axis in a combination; the last axis changes fastest. */
const char *sweep_value(const struct sweep *s, int combination, int axis);
/* The seed of a point. */
int64_t sweep_seed(const struct sweep *s, int point);
/*
 * What is set for a point, in the order in which it is written; PLAN_MAX_AXES + 1 are enough.
 * seed: room for a number.  How many.
 */
int sweep_settings(const struct sweep *s, int point, struct setting *sets, char seed[24]);
/* "vm.dirty_ratio 5, vm.swappiness 60"; the caller frees it. */
char *sweep_describe(const struct sweep *s, int point);
/*
 * Numbers 0..of-1, n of them that are all different, in order; the same for the same seed.  The
 * caller frees them.
 */
uint64_t *sweep_sample(uint64_t of, int n, int64_t seed);
/* The points of share 1..shares: each is in one share, and sizes differ by one at most.  The caller
 * frees them. */
int *sweep_share(const struct sweep *s, int share, int shares, int *n);

/* ---- sweep_point.c ---- */

/* What a point came to. */
struct sweep_point {
	char *state;  /* owned, as all texts: "finished", "stopped", "refused" */
	char *digest; /* of the run; "" if it was refused */
	char *error;  /* "": none */
	int64_t end;  /* simulated time, ns */
	int failures;
	struct sweep_figure {
		char *name;
		enum unit unit;
		double value;
		bool is_failure; /* so many calls failed: 0 in points that do not have it */
	} * figures;
	size_t nr_figures, cap_figures;
	struct sweep_expectation {
		char *text;
		bool passed;
	} * expectations;
	size_t nr_expectations, cap_expectations;
	uint64_t sum; /* hash of all of this; set by reading and writing */
};

/* The file of a point, or what else has its key; ending: ".point".  The caller frees it. */
char *sweep_path(const struct sweep *s, int point, const char *ending);
/* Writes the file whole or not at all; the exit code. */
int sweep_point_write(const char *path, uint64_t key, struct sweep_point *p);
/* Whether it cannot be run. */
bool sweep_point_refused(const struct sweep_point *p);
/* False: there is none, or it is damaged, or it is that of another key. */
bool sweep_point_read(const char *path, uint64_t key, struct sweep_point *p);
void sweep_point_add_figure(struct sweep_point *p, const char *name, enum unit unit, double value,
			    bool is_failure);
void sweep_point_add_expectation(struct sweep_point *p, bool passed, const char *text);
void sweep_point_free(struct sweep_point *p);

/* ---- sweep_runs.c ---- */

/* Runs those of some points that have not been run; the exit code. */
int sweep_run(struct sweep *s, const int *points, int n);

/* ---- sweep_merge.c, sweep_rank.c, sweep_print.c ---- */

/* A figure of one combination. */
struct sweep_cell {
	int n;            /* points that have it */
	double mean;      /* of these */
	double low, high; /* with several seeds: where the mean lies with 95 % */
	struct stat_p p;  /* of being as good as the best; den 0: not tested */
	bool best;        /* it is the best one, or exactly as good */
};

/* What came out of a sweep. */
struct sweep_results {
	struct sweep_point *points; /* owned; without a state: missing */
	struct figures figures;     /* by point */
	int nr_done;
	uint64_t digest;
	const struct run_figure *sorts[SWEEP_MAX_SORTS]; /* in figures; the first one ranks */
	bool descending[SWEEP_MAX_SORTS];
	int nr_sorts;
	int *order;               /* owned; combinations from the best to the worst */
	int *rank;                /* owned; by combination: from 1, those that are equal have one */
	struct sweep_cell *cells; /* owned; by combination, of the first sort */
};

/* Reads all points, and ranks; the exit code.  To be freed in any case. */
int sweep_read(const struct sweep *s, struct sweep_results *r);
/* Writes the database at path; the exit code. */
int sweep_write(const struct sweep *s, const struct sweep_results *r, const char *path);
void sweep_results_free(struct sweep_results *r, const struct sweep *s);
/* Finds the figures to rank by, and ranks; false (said): there is no such figure. */
bool sweep_rank(const struct sweep *s, struct sweep_results *r);
/* A figure of a combination: its mean, and with several seeds the interval. */
struct sweep_cell sweep_cell(const struct sweep *s, const struct run_figure *f, int combination);
/* path: of the database. */
void sweep_print(const struct sweep *s, const struct sweep_results *r, const char *path);

/* ---- sweep_engines.c ---- */

/* Adds a word to what a shell reads. */
void sweep_quote(struct str *out, const char *word);
/* Writes what --slurm and --parallel ask for; the exit code. */
int sweep_write_scripts(struct sweep *s);

#endif
