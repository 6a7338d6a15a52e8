/*
 * compare.c - mmsim compare: one scenario with several tunings, side by side
 *
 * Every combination of the values is a run of its own in a process of its own,
 * as many at a time as there are processors.  What they were is read from
 * their results files, like those of runs that ended long ago.
 */
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/compare.h"
#include "sim/cli/jobs.h"

enum {
	OPT_SET = 256,
	OPT_FORCE,
	OPT_FORMAT,
	OPT_JSON,
	OPT_TRACE,
	OPT_AT,
	OPT_SEEDS,
	OPT_REAL,
	OPT_SEED,
	OPT_UNTIL,
	OPT_CSV,
	OPT_SYSCTL,
	OPT_TUNED,
};

static const struct cli_option options[] = {
	{ OPT_SET, "set", "KEY=V1,V2,...", "values to compare; with one value: for all runs" },
	{ OPT_AT, "at", "TIME",
	  "run the beginning once; set the values to compare (tunables) at this simulated time" },
	{ OPT_SEEDS, "seeds", "N",
	  "run each with so many seeds, 4 to 32, and say which differences are more than chance" },
	TUNING_OPTIONS(OPT_SYSCTL, OPT_TUNED),
	{ OPT_SEED, "seed", "N", "of all random streams, for all runs" },
	{ OPT_UNTIL, "until", "TIME", "stop all runs at this simulated time: 12.5s" },
	{ OPT_REAL, "real", "DIR",
	  "lay the samples that collect-machine --watch took over those of one results file" },
	{ 'j', "jobs", "N", "runs at a time (one per processor)" },
	{ 'o', "output", "DIR", "folder for results and picture (results/<scenario>/)" },
	{ OPT_FORMAT, "format", "NAME", "of the picture: svg, png, pdf, txt, none (svg,png)" },
	{ OPT_TRACE, "trace", "GLOB", "record the tracepoints that match" },
	{ OPT_FORCE, "force", NULL, "replace files that mmsim did not make" },
	{ OPT_JSON, "json", NULL, "the figures as JSON" },
	{ OPT_CSV, "csv", NULL, "the figures as CSV, a row per run and figure" },
	{ 'q', "quiet", NULL, "print the figures and errors, nothing else" },
	{ 0 },
};

static int compare_scenario(struct compare *c)
{
	char *folder;
	uint64_t need;
	int exit_code;

	if (c->seeds && c->at != FOREVER && c->seeds < COMPARE_MIN_PAIRS)
		return cli_usage(&compare_command,
				 "--seeds %d with --at; accepted: %d..%d (fewer pairs cannot tell "
				 "chance from difference)",
				 c->seeds, COMPARE_MIN_PAIRS, PLAN_MAX_SEEDS);
	exit_code = plan_add_tuning(&c->plan, c->json || c->csv || c->plan.quiet);
	if (exit_code)
		return exit_code;
	if (!compare_plan(c, &need))
		return c->plan.host_failed ? EXIT_HOST : EXIT_INPUT;
	folder = c->out ? sim_strdup(c->out) : plan_default_folder(c->plan.scenario);
	if (!cli_make_folder(folder)) {
		exit_code = EXIT_HOST;
	} else {
		compare_name_results(c, folder);
		/* beside each branch of a seed there is its beginning */
		c->at_once = jobs_at_once(c->jobs, c->seeds && c->at != FOREVER ? 2 * need : need);
		exit_code = compare_run(c, folder);
		if (exit_code <= EXIT_FAILED)
			exit_code = jobs_worse(exit_code, compare_report(c, folder));
	}
	sim_free(folder);
	return exit_code;
}

static int compare_files(struct compare *c, char **files, int n)
{
	char *folder;
	int exit_code;

	if (c->plan.nr_axes || c->seeds || c->plan.tuning.nr_files || c->at != FOREVER ||
	    c->plan.until != FOREVER)
		return cli_usage(&compare_command, "%s is for scenarios, not for results",
				 c->seeds                   ? "--seeds"
				 : c->plan.nr_axes          ? "--set"
				 : c->at != FOREVER         ? "--at"
				 : c->plan.until != FOREVER ? "--until"
							    : "a file of settings");
	folder = c->out ? sim_strdup(c->out) : str_folder(files[0]);
	c->nr_runs = n;
	c->paths = sim_calloc((size_t)n, sizeof(*c->paths));
	for (int i = 0; i < n; i++)
		c->paths[i] = sim_strdup(files[i]);
	exit_code = !c->out || cli_make_folder(folder) ? compare_report(c, folder) : EXIT_HOST;
	sim_free(folder);
	return exit_code;
}

/* "svg,png" or "none". */
static bool take_formats(struct compare *c, char *words)
{
	memset(c->formats, 0, sizeof(c->formats));
	for (char *save = NULL, *word = strtok_r(words, ",", &save); word;
	     word = strtok_r(NULL, ",", &save)) {
		int f = 0;

		while (f < NR_PICTURE_FORMATS && strcmp(word, picture_formats[f]) != 0)
			f++;
		if (f < NR_PICTURE_FORMATS) {
			c->formats[f] = true;
		} else if (strcmp(word, "none") != 0) {
			cli_usage(&compare_command,
				  "--format %s: accepted: svg, png, pdf, txt, none",
				  cli_escape(word));
			return false;
		}
	}
	return true;
}

static bool take_option(struct compare *c, int id, char *value)
{
	struct setting set;

	switch (id) {
	case OPT_SET:
		return cli_setting(&compare_command, "--set", value, &set) &&
		       plan_add_axis(&c->plan, set.key, set.value);
	case 'j':
		return cli_number(&compare_command, "-j", value, 1, JOBS_MAX, &c->jobs);
	case OPT_SEEDS:
		return cli_number(&compare_command, "--seeds", value, PLAN_MIN_SEEDS,
				  PLAN_MAX_SEEDS, &c->seeds);
	case OPT_SYSCTL:
		return tuning_add(&c->plan.tuning, &compare_command, TUNING_SYSCTL, value);
	case OPT_TUNED:
		return tuning_add(&c->plan.tuning, &compare_command, TUNING_TUNED, value);
	case OPT_REAL:
		c->real = value;
		return true;
	case 'o':
		c->out = value;
		return true;
	case OPT_FORMAT:
		return take_formats(c, value);
	case OPT_AT:
		return cli_time(&compare_command, "--at", value, &c->at);
	case OPT_FORCE:
		return c->force = true;
	case OPT_JSON:
		return c->json = true;
	case OPT_CSV:
		return c->csv = true;
	case 'q':
		return c->plan.quiet = true;
	case OPT_SEED:
		return plan_add_axis(&c->plan, "seed", value);
	case OPT_UNTIL:
		return cli_time(&compare_command, "--until", value, &c->plan.until);
	case OPT_TRACE:
		return plan_add_trace(&c->plan, value);
	}
	return false;
}

static int compare_main(const struct cli *cli, int argc, char **argv)
{
	struct compare c = { .at = FOREVER };
	struct cli_args args;
	int id, exit_code, n;

	c.formats[PICTURE_SVG] = c.formats[PICTURE_PNG] = true;
	plan_init(&c.plan, cli, &compare_command);
	cli_args_init(&args, &compare_command, argc, argv);
	while ((id = cli_next(&args)) >= 0 && take_option(&c, id, args.value))
		;
	n = argc - optind;
	if (id != CLI_END) {
		exit_code = cli_leave(id);
	} else if (c.csv && (c.json || c.real)) {
		exit_code = cli_usage(&compare_command, "--csv and %s; accepted: one of them",
				      c.json ? "--json" : "--real");
	} else if (n < 1) {
		exit_code = cli_usage(&compare_command, "a scenario or results files are needed");
	} else if (n > COMPARE_MAX_RUNS) {
		exit_code =
		    cli_usage(&compare_command, "at most %d results files", COMPARE_MAX_RUNS);
	} else if (c.real && n != 1) {
		exit_code = cli_usage(&compare_command, "--real wants one results file");
	} else if (c.real) {
		exit_code = compare_real(&c, argv[optind]);
	} else if (n == 1 && db_is_results(argv[optind])) {
		exit_code = cli_usage(&compare_command,
				      "one results file; accepted: a scenario, two or more results "
				      "files, or one with --real DIR");
	} else if (n == 1) {
		c.plan.scenario = argv[optind];
		exit_code = compare_scenario(&c);
	} else {
		exit_code = compare_files(&c, argv + optind, n);
	}
	for (int r = 0; c.paths && r < c.nr_runs; r++)
		sim_free(c.paths[r]);
	sim_free(c.paths);
	tables_free(&c.tables);
	plan_free(&c.plan);
	return exit_code;
}

const struct cli_command compare_command = {
	.name = "compare",
	.args = "SCENARIO --set KEY=V1,V2,... [--set ...] [--sysctl FILE] [--tuned PROFILE]\n"
		"                     [--at TIME] [--seeds N] [--seed N] [--until TIME] [-j N]\n"
		"                     [-o DIR] [--json|--csv] [--quiet]\n"
		"       mmsim compare DB DB... [-o DIR] [--json|--csv]\n"
		"       mmsim compare DB --real DIR [-o DIR] [--json]",
	.summary = "run a scenario with several tunings and put them side by side",
	.details =
	    "Several --set give every combination.  Without one that has several values, the\n"
	    "scenario's own \"compare:\" says what to compare; --set of one of its keys takes the\n"
	    "place of the values there, and other keys are written after them.  Differences are\n"
	    "to the first run, in percent.  Pictures are named after what was compared.\n\n"
	    "With --seeds every combination runs so often, each time with a seed of its own.\n"
	    "The table has means; a difference to the first combination is called one if the\n"
	    "test of Mann and Whitney says so at 5 %, and has an interval of 95 % (bootstrap).\n"
	    "With --at as well, each seed has a beginning of its own that all combinations branch\n"
	    "from; these pairs are tested as such (Wilcoxon).\n",
	.options = options,
	.run = compare_main,
};
