/*
 * compare_runs.c - the runs of a comparison, each in a process of its own
 *
 * With --at the beginning runs once, in the first process; the branches are
 * forked from it at that moment, and each goes on with results of its own.
 * With --seeds, too, each seed is a process that does so for its branches.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/mem.h"
#include "sim/cli/compare.h"
#include "sim/cli/jobs.h"

/* The axes of a beginning and its branches: without that of the seeds. */
static int own_axes(const struct compare *c)
{
	return c->plan.nr_axes - (c->seeds != 0);
}

/* Which run a branch is: all, or those of one seed. */
static int run_of(const struct compare *c, int branch)
{
	return c->seeds ? branch * c->seeds + c->seed : branch;
}

/* The values that a branch sets at --at, from the axes with several. */
static const struct tunable_value *branch_values(void *arg, int branch, int *n)
{
	struct compare *c = arg;
	int run = run_of(c, branch);

	*n = 0;
	for (int a = 0; a < own_axes(c); a++) {
		struct tunable_value *v = &c->values[*n];
		char *why = NULL;

		if (c->plan.axes[a].n < 2)
			continue;
		if (tunable_find(c->tables.tunables, c->plan.axes[a].key, &v->ref) &&
		    tunable_parse(v->ref.row, compare_value(c, run, a), v, &why))
			(*n)++;
		sim_free(why);
	}
	return c->values;
}

static void print_failures(const struct compare *c, int run, const struct run_result *result)
{
	if (result->failures)
		fprintf(stderr, "mmsim: %s:\n%s", cli_escape(c->paths[run]),
			str_get(&result->report));
}

/* In the child: one run; its failures are named after it. */
static int run_child(const struct compare *c, int run)
{
	struct setting sets[PLAN_MAX_AXES];
	struct run_options o = {
		.scenario = c->plan.scenario,
		.sets = sets,
		.nr_sets = c->plan.nr_axes,
		.out = c->paths[run],
		.force = c->force,
		.until = c->plan.until,
		.trace = c->plan.trace,
		.nr_trace = c->plan.nr_trace,
	};
	struct run_result result;
	int exit_code;

	compare_settings(c, run, sets);
	exit_code = run_one(c->plan.cli, &o, &result);
	print_failures(c, run, &result);
	run_result_free(&result);
	return exit_code;
}

static int run_all(const struct compare *c)
{
	int exit_code, run = jobs_fork(c->nr_runs, c->at_once, &exit_code);

	if (run >= 0)
		_exit(run_child(c, run));
	return exit_code;
}

static int fork_branches(void *arg, int *exit_code)
{
	const struct compare *c = arg;

	if (c->seeds)
		return jobs_fork(c->nr_runs / c->seeds, 1, exit_code);
	return jobs_fork(c->nr_runs, c->at_once, exit_code);
}

/* What all branches have in common: the values that are not compared, and the seed. */
static int beginning_settings(const struct compare *c, struct setting *sets)
{
	int n = 0;

	for (int a = 0; a < own_axes(c); a++)
		if (c->plan.axes[a].n == 1)
			sets[n++] =
			    (struct setting){ c->plan.axes[a].key, c->plan.axes[a].values[0] };
	if (c->seeds)
		sets[n++] =
		    (struct setting){ "seed", c->plan.axes[c->plan.nr_axes - 1].values[c->seed] };
	return n;
}

/* The beginning runs here, into a file of its own that is taken away once all have ended. */
static int run_split(struct compare *c, const char *folder)
{
	struct setting sets[PLAN_MAX_AXES];
	char *path = c->seeds ? str_format("%s/beginning-%d.db", folder, c->seed + 1)
			      : str_format("%s/beginning.db", folder);
	const char *paths[COMPARE_MAX_RUNS];
	const struct run_split split = {
		.at = c->at,
		.n = c->seeds ? c->nr_runs / c->seeds : c->nr_runs,
		.paths = paths,
		.values = branch_values,
		.fork = fork_branches,
		.arg = c,
	};
	struct run_options o = {
		.scenario = c->plan.scenario,
		.sets = sets,
		.nr_sets = beginning_settings(c, sets),
		.out = path,
		.force = c->force,
		.until = c->plan.until,
		.trace = c->plan.trace,
		.nr_trace = c->plan.nr_trace,
		.split = &split,
	};
	struct run_result result;
	int exit_code;

	for (int i = 0; i < split.n; i++)
		paths[i] = c->paths[run_of(c, i)];
	exit_code = run_one(c->plan.cli, &o, &result);
	if (result.branch >= 0) {
		print_failures(c, run_of(c, result.branch), &result);
		_exit(exit_code);
	}
	if (result.state && exit_code <= EXIT_FAILED) {
		cli_error("--at: the run ended before that%s%s", result.reason ? ": " : "",
			  result.reason ? result.reason : "");
		exit_code = EXIT_INPUT;
	}
	if (result.state && exit_code >= EXIT_SIGINT)
		cli_error("stopped before --at: %s is the beginning", cli_escape(path));
	else if (exit_code != EXIT_INPUT || result.state)
		unlink(path);
	run_result_free(&result);
	sim_free(path);
	return exit_code;
}

static int run_split_seeds(struct compare *c, const char *folder)
{
	int exit_code, seed = jobs_fork(c->seeds, c->at_once, &exit_code);

	if (seed >= 0) {
		c->seed = seed;
		_exit(run_split(c, folder));
	}
	return exit_code;
}

/* ---- what was done when it was ended early ---- */

/* Which file is at a path, to tell a new one from an older one. */
struct file_id {
	dev_t device;
	ino_t inode;
	struct timespec changed;
};

static struct file_id file_at(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return (struct file_id){ 0 };
	return (struct file_id){ st.st_dev, st.st_ino, st.st_mtim };
}

static bool same_file(struct file_id a, struct file_id b)
{
	return a.device == b.device && a.inode == b.inode && a.changed.tv_sec == b.changed.tv_sec &&
	       a.changed.tv_nsec == b.changed.tv_nsec;
}

/* "done", "stopped at 1.2 s": what the results of a run say. */
static char *state_of(const char *path, bool *done)
{
	int exit_code;
	struct db *db = db_open(path, &exit_code);
	char *state = db ? db_run_text(db, "state") : sim_strdup("");
	char *end = db ? db_run_text(db, "t_end_ns") : sim_strdup("0");
	char *text;

	*done = strcmp(state, "finished") == 0;
	text = *done ? sim_strdup("done")
	       : strcmp(state, "stopped") == 0
		   ? str_format("stopped at %.6g s", strtod(end, NULL) / 1e9)
		   : sim_strdup("not complete");
	sim_free(state);
	sim_free(end);
	db_close(db);
	return text;
}

static void say_what_is_done(const struct compare *c, const struct file_id *before)
{
	struct str list = { 0 };
	int nr_done = 0;

	for (int r = 0; r < c->nr_runs; r++) {
		bool done = false;
		bool begun =
		    !same_file(before[r], file_at(c->paths[r])) && access(c->paths[r], F_OK) == 0;
		char *state = begun ? state_of(c->paths[r], &done) : sim_strdup("not begun");
		char *name = compare_describe(c, r, c->plan.nr_axes);

		nr_done += done;
		str_addf(&list, "  %-20s %s\n", state, cli_escape(name));
		sim_free(state);
		sim_free(name);
	}
	fprintf(stderr, "mmsim: ended early; of %d runs %d %s done:\n%s", c->nr_runs, nr_done,
		nr_done == 1 ? "is" : "are", str_get(&list));
	str_free(&list);
}

int compare_run(struct compare *c, const char *folder)
{
	struct file_id *before = sim_calloc((size_t)c->nr_runs, sizeof(*before));
	int exit_code;

	for (int r = 0; r < c->nr_runs; r++)
		before[r] = file_at(c->paths[r]);
	exit_code = c->at == FOREVER ? run_all(c)
		    : c->seeds       ? run_split_seeds(c, folder)
				     : run_split(c, folder);
	if (exit_code > EXIT_FAILED)
		say_what_is_done(c, before);
	sim_free(before);
	return exit_code;
}
