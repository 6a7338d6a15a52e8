/*
 * plan.h - many runs of one scenario: keys, each with the values it shall have
 *
 * Shared by the commands that run a scenario more than once.  Which combinations of the values run,
 * and with which seeds, is up to each of them.
 */
#ifndef MMSIM_CLI_PLAN_H
#define MMSIM_CLI_PLAN_H

#include "sim/cli/run_one.h"
#include "sim/cli/tuning.h"

#define PLAN_MAX_AXES   32
#define PLAN_MAX_VALUES 1024
#define PLAN_MIN_SEEDS  4 /* with fewer no difference could be called one at 5 % */
#define PLAN_MAX_SEEDS  32

/* A key and its values. */
struct plan_axis {
	char *key; /* owned, and the values */
	char *values[PLAN_MAX_VALUES];
	int n;
	bool replaces; /* values of "compare:": names the runs, with one value, too */
};

struct plan {
	const struct cli *cli;
	const struct cli_command *command; /* whose usage is wrong if it is */
	const char *scenario;
	struct plan_axis *axes; /* owned; PLAN_MAX_AXES */
	int nr_axes;
	int nr_file_axes;     /* the first so many are from files of settings */
	struct tuning tuning; /* files of settings, for all runs */
	const char *trace[PLAN_MAX_AXES];
	int nr_trace;
	sim_time until; /* end of all runs; FOREVER: the scenario's */
	bool quiet;
	bool host_failed; /* a scenario is there and could not be read */
};

void plan_init(struct plan *p, const struct cli *cli, const struct cli_command *command);
void plan_free(struct plan *p);
/* Adds a key with the values between the commas of a text; false (said) if there are too many. */
bool plan_add_axis(struct plan *p, const char *key, const char *values);
/* A pattern of tracepoints to record; false (said) if there are too many. */
bool plan_add_trace(struct plan *p, const char *glob);
/*
 * What the files of settings say, as keys with one value before all others; what the command line
 * says of a key counts.  quiet: nothing is said of lines without effect.  0, or the exit code after
 * saying what is wrong.
 */
int plan_add_tuning(struct plan *p, bool quiet);
/*
 * The scenario's own "compare:" unless the command line gave a key several values; then what is
 * there more than once is named.  False (said): there is nothing to vary; that is allowed with one.
 */
bool plan_add_own(struct plan *p, bool one);
/* For --seeds: false (said): the key "seed" has several values. */
bool plan_has_no_seeds(const struct plan *p);
/* Whether runs are told apart by it. */
bool plan_names_runs(const struct plan_axis *a);
/* The value of an axis in one of all combinations, from 0; the last axis changes fastest. */
const char *plan_value(const struct plan *p, uint64_t combination, int axis);
/*
 * Reads and boots the scenario with some settings, and lets it go.  look, if not NULL, is called
 * before the boot; false: it said what is wrong.  *need grows to the memory that such a run may
 * take, bytes; said: notes that were printed before.  False after saying what is wrong.
 */
typedef bool plan_look_fn(void *arg, const struct scenario *sc, const struct diag *files);
bool plan_try(struct plan *p, const struct setting *sets, int n, struct str *said, uint64_t *need,
	      plan_look_fn *look, void *arg);
/* The name of a scenario's file without folder and extension; the caller frees it. */
char *plan_name(const char *scenario);
/* results/<scenario>; the caller frees it. */
char *plan_default_folder(const char *scenario);
#endif
