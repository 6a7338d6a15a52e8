/*
 * run_again.h - a run once more, from what its results keep
 *
 * Results carry the files of their scenario and what was set.  A run that is
 * made from them is compared with the rows of the results, so that a version
 * of mmsim that computes otherwise says so.
 */
#ifndef MMSIM_CLI_RUN_AGAIN_H
#define MMSIM_CLI_RUN_AGAIN_H

#include "sim/base/diag.h"
#include "sim/cli/run_one.h"
#include "sim/record/row_check.h"

/* A tunable that a branch of compare --at was set. */
struct late_setting {
	sim_time at;
	char *name, *value; /* owned */
};

struct run_again {
	const char *path;     /* borrowed; of the results */
	struct db *db;        /* owned */
	struct diag files;    /* owned; the scenario and what it includes */
	char *scenario;       /* owned; the name of its file */
	struct setting *sets; /* owned, and the texts */
	int nr_sets;
	char **trace; /* owned; patterns */
	int nr_trace;
	struct late_setting *late; /* owned; in order of time */
	int nr_late;
	sim_time end;            /* of the recorded run; FOREVER: it was killed */
	struct row_check *check; /* owned */
};

/* Reads them; 0, or the exit code after saying why the run cannot be repeated. */
int run_again_open(struct run_again *a, const char *path);
/* Options of a run that repeats it; the rest of o is not touched. */
void run_again_options(const struct run_again *a, struct run_options *o);
/*
 * Goes on to just before the moment that the run is for, setting what its branch was set.  False
 * (said): this is not the run that was recorded.
 */
bool run_again_go(const struct run_again *a, struct sim *s, struct recorder *r, sim_time until);
/* Writes a tunable while the run goes on; says if the kernel refuses. */
void run_set_value(struct sim *s, const struct tunable_value *v, const char *name);
void run_again_free(struct run_again *a);
#endif
