/*
 * sweep.c - mmsim sweep: one scenario at many points, here or on a cluster
 *
 * Runs the points that have not been run, puts all of them into one database, and ranks them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/jobs.h"
#include "sim/cli/sweep.h"

#define DEFAULT_TOP 20

enum {
	OPT_SET = 256,
	OPT_SEEDS,
	OPT_SAMPLE,
	OPT_SEED,
	OPT_UNTIL,
	OPT_SYSCTL,
	OPT_TUNED,
	OPT_SORT,
	OPT_TOP,
	OPT_SHARE,
	OPT_MERGE,
	OPT_SLURM,
	OPT_PARALLEL,
	OPT_CHUNK,
	OPT_KEEP,
	OPT_FORCE,
	OPT_JSON,
	OPT_CSV,
};

static const struct cli_option options[] = {
	{ OPT_SET, "set", "KEY=V1,V2,...", "values of a key; with one value: for all points" },
	{ OPT_SEEDS, "seeds", "N", "run each combination with so many seeds, 4 to 32" },
	{ OPT_SAMPLE, "sample", "N", "so many combinations of the grid, drawn by the seed" },
	TUNING_OPTIONS(OPT_SYSCTL, OPT_TUNED),
	{ OPT_SEED, "seed", "N", "of all random streams, and of the sample" },
	{ OPT_UNTIL, "until", "TIME", "stop all runs at this simulated time: 12.5s" },
	{ OPT_SORT, "sort", "FIGURE[:asc|:desc]",
	  "rank by it; a second one stands beside it and decides where the first is equal" },
	{ OPT_TOP, "top", "N", "rows of the table (20; 0: all)" },
	{ 'j', "jobs", "N", "runs at a time (one per processor)" },
	{ 'o', "output", "DIR", "folder for points and database (results/<scenario>/)" },
	{ OPT_KEEP, "keep", NULL, "keep the whole results of each point, in DIR/points/" },
	{ OPT_SHARE, "share", "I/N", "run the I-th of N parts of the points, and nothing else" },
	{ OPT_MERGE, "merge", NULL, "run nothing: make the database of the points that are there" },
	{ OPT_SLURM, "slurm", NULL, "run nothing: write DIR/sweep.sbatch, a job array of shares" },
	{ OPT_PARALLEL, "parallel", NULL,
	  "run nothing: write DIR/sweep.joblist, shares for GNU parallel" },
	{ OPT_CHUNK, "chunk", "N", "points of a share of --slurm and --parallel (100)" },
	{ OPT_FORCE, "force", NULL, "replace files that mmsim did not make" },
	{ OPT_JSON, "json", NULL, "the ranking as JSON, with all figures" },
	{ OPT_CSV, "csv", NULL, "the figures as CSV, a row per point and figure" },
	{ 'q', "quiet", NULL, "print the table and errors, nothing else" },
	{ 0 },
};

/* "3/8" */
static bool take_share(struct sweep *s, const char *text)
{
	const char *slash = strchr(text, '/'), *why;
	int64_t i, n;

	if (slash && unit_parse(UNIT_COUNT, text, (size_t)(slash - text), &i, &why) &&
	    unit_parse(UNIT_COUNT, slash + 1, strlen(slash + 1), &n, &why) && i >= 1 && i <= n &&
	    n <= SWEEP_MAX_POINTS) {
		s->share = (int)i;
		s->shares = (int)n;
		return true;
	}
	cli_usage(&sweep_command, "--share %s: accepted: I/N, as 3/8: 1/N to N/N",
		  cli_escape(text));
	return false;
}

static bool take_sort(struct sweep *s, const char *text)
{
	struct sweep_sort *sort = &s->sorts[s->nr_sorts];
	bool up = str_ends_with(text, ":asc"), down = str_ends_with(text, ":desc");

	if (s->nr_sorts == SWEEP_MAX_SORTS) {
		cli_usage(&sweep_command, "at most %d --sort are accepted", SWEEP_MAX_SORTS);
		return false;
	}
	sort->name = sim_strndup(text, strlen(text) - (up ? 4 : down ? 5 : 0));
	sort->order = up ? SORT_ASCENDING : down ? SORT_DESCENDING : SORT_BEST;
	s->nr_sorts++;
	return true;
}

/* What each task of an engine must be told as well. */
static void remember(struct sweep *s, const char *name, const char *value)
{
	str_addf(&s->again, " --%s", name);
	if (value) {
		str_addc(&s->again, ' ');
		sweep_quote(&s->again, value);
	}
}

static bool take_plan_option(struct sweep *s, int id, char *value)
{
	struct setting set;

	for (const struct cli_option *o = options; o->name; o++)
		if (o->id == id)
			remember(s, o->name, o->arg ? value : NULL);
	switch (id) {
	case OPT_SET:
		return cli_setting(&sweep_command, "--set", value, &set) &&
		       plan_add_axis(&s->plan, set.key, set.value);
	case OPT_SEED:
		return plan_add_axis(&s->plan, "seed", value);
	case OPT_SEEDS:
		return cli_number(&sweep_command, "--seeds", value, PLAN_MIN_SEEDS, PLAN_MAX_SEEDS,
				  &s->seeds);
	case OPT_SAMPLE:
		return cli_number(&sweep_command, "--sample", value, 1, SWEEP_MAX_POINTS,
				  &s->sample);
	case OPT_UNTIL:
		return cli_time(&sweep_command, "--until", value, &s->plan.until);
	case OPT_SYSCTL:
		return tuning_add(&s->plan.tuning, &sweep_command, TUNING_SYSCTL, value);
	case OPT_TUNED:
		return tuning_add(&s->plan.tuning, &sweep_command, TUNING_TUNED, value);
	case OPT_SORT:
		return take_sort(s, value);
	case OPT_KEEP:
		return s->keep = true;
	case OPT_FORCE:
		return s->force = true;
	}
	return false;
}

static bool take_option(struct sweep *s, int id, char *value)
{
	switch (id) {
	case 'j':
		return cli_number(&sweep_command, "-j", value, 1, JOBS_MAX, &s->jobs);
	case 'o':
		s->out = value;
		return true;
	case 'q':
		return s->plan.quiet = true;
	case OPT_TOP:
		return cli_number(&sweep_command, "--top", value, 0, SWEEP_MAX_POINTS, &s->top);
	case OPT_SHARE:
		return take_share(s, value);
	case OPT_MERGE:
		return s->merge = true;
	case OPT_SLURM:
		return s->slurm = true;
	case OPT_PARALLEL:
		return s->parallel = true;
	case OPT_CHUNK:
		return cli_number(&sweep_command, "--chunk", value, 1, SWEEP_MAX_POINTS, &s->chunk);
	case OPT_JSON:
		return s->json = true;
	case OPT_CSV:
		return s->csv = true;
	}
	return take_plan_option(s, id, value);
}

/* What does not go together; 0, or the exit code after saying so. */
static int check_options(const struct sweep *s)
{
	bool script = s->slurm || s->parallel;

	if (s->json && s->csv)
		return cli_usage(&sweep_command, "--csv and --json; accepted: one of them");
	if (s->merge + script + (s->shares > 0) > 1)
		return cli_usage(&sweep_command, "--merge, --share and --slurm or --parallel: "
						 "accepted: one of them");
	if (script && strcmp(s->plan.scenario, "-") == 0)
		return cli_usage(&sweep_command, "each task reads the scenario: standard input can "
						 "be read once; accepted: a file");
	if (s->chunk && !script)
		return cli_usage(&sweep_command, "--chunk is for --slurm and --parallel");
	return 0;
}

/* The database and the table. */
static int merge(struct sweep *s)
{
	char *path = str_format("%s/%s.sweep.db", s->folder, s->name);
	struct sweep_results r = { 0 };
	int exit_code = sweep_read(s, &r);

	if (!exit_code)
		exit_code = cli_make_folder(s->folder) ? sweep_write(s, &r, path) : EXIT_HOST;
	if (!exit_code) {
		sweep_print(s, &r, path);
		for (int p = 0; p < s->nr_points; p++)
			if (!r.points[p].state || r.points[p].failures)
				exit_code = EXIT_FAILED;
	}
	sweep_results_free(&r, s);
	sim_free(path);
	return exit_code;
}

static int run_all(struct sweep *s)
{
	int n, *points = sweep_share(s, s->shares ? s->share : 1, s->shares ? s->shares : 1, &n);
	int exit_code = sweep_run(s, points, n);

	sim_free(points);
	/* what one point met was told; the others are results */
	if (!s->shares && (exit_code <= EXIT_FAILED || exit_code == EXIT_BUG))
		exit_code = jobs_worse(exit_code, merge(s));
	return exit_code;
}

static int sweep_with(struct sweep *s)
{
	int exit_code = check_options(s);

	if (!exit_code)
		exit_code = sweep_plan(s);
	if (exit_code)
		return exit_code;
	exit_code = s->slurm || s->parallel ? sweep_write_scripts(s)
		    : s->merge              ? merge(s)
					    : run_all(s);
	return cli_flush() || exit_code ? exit_code : EXIT_HOST;
}

static void free_sweep(struct sweep *s)
{
	for (int i = 0; i < s->nr_sorts; i++)
		sim_free(s->sorts[i].name);
	plan_free(&s->plan);
	diag_free(&s->files);
	tables_free(&s->tables);
	str_free(&s->again);
	sim_free(s->combinations);
	sim_free(s->keys);
	sim_free(s->folder);
	sim_free(s->name);
}

static int sweep_main(const struct cli *cli, int argc, char **argv)
{
	struct sweep s = { .seeds = 1, .top = DEFAULT_TOP };
	struct cli_args args;
	int id, exit_code;

	plan_init(&s.plan, cli, &sweep_command);
	cli_args_init(&args, &sweep_command, argc, argv);
	while ((id = cli_next(&args)) >= 0 && take_option(&s, id, args.value))
		;
	if (id != CLI_END) {
		exit_code = cli_leave(id);
	} else if (argc - optind != 1) {
		exit_code = cli_usage(&sweep_command, argc == optind ? "a scenario is needed"
								     : "one scenario at a time");
	} else {
		s.plan.scenario = argv[optind];
		exit_code = sweep_with(&s);
	}
	free_sweep(&s);
	return exit_code;
}

const struct cli_command sweep_command = {
	.name = "sweep",
	.args =
	    "SCENARIO --set KEY=V1,V2,... [--set ...] [--seeds N] [--sample N]\n"
	    "                   [--sysctl FILE] [--tuned PROFILE] [--seed N] [--until TIME]\n"
	    "                   [--sort FIGURE] [--top N] [-j N] [-o DIR] [--keep] [--json|--csv]\n"
	    "                   [--share I/N | --merge | --slurm | --parallel] [--quiet]",
	.summary = "run a scenario at many points and rank them, here or on a cluster",
	.details =
	    "Points are all combinations of the values of all --set, or of the scenario's own\n"
	    "\"compare:\".  What a point came to is a small file in DIR/points/; a point that is "
	    "there\n"
	    "is not run again, so the same command goes on after Ctrl-C, and with more values.\n"
	    "All points are put into one database, DIR/<scenario>.sweep.db: \"mmsim plot\" draws "
	    "it.\n\n"
	    "The table is ranked by a figure of mmsim compare: --sort writer, --sort 'reader read\n"
	    "p99'.  What is moved in a second is best if it is high, everything else if it is "
	    "low,\n"
	    "unless :asc or :desc stands behind it.  With --seeds it has means with an interval "
	    "of\n"
	    "95 %, and says which do not differ significantly from the best.\n",
	.options = options,
	.run = sweep_main,
};
