/*
 * run.c - mmsim run: one scenario, one results file
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/mem.h"
#include "sim/cli/plan.h"
#include "sim/cli/summary.h"

#define MAX_SETS   256
#define MAX_TRACES 64

enum {
	OPT_FORCE = 256,
	OPT_SET,
	OPT_SEED,
	OPT_UNTIL,
	OPT_CHECK,
	OPT_TRACE,
	OPT_SYSCTL,
	OPT_TUNED,
};

static const struct cli_option options[] = {
	{ 'o', "output", "DB", "the results file (results/<scenario>.db)" },
	{ OPT_FORCE, "force", NULL, "replace a file that mmsim did not make" },
	{ OPT_SET, "set", "KEY=VALUE",
	  "a tunable (vm.dirty_ratio=10, queue.sda.read_ahead_kb=512) or a value of the scenario" },
	TUNING_OPTIONS(OPT_SYSCTL, OPT_TUNED),
	{ OPT_SEED, "seed", "N", "of all random streams" },
	{ OPT_UNTIL, "until", "TIME", "stop at this simulated time: 12.5s" },
	{ OPT_CHECK, "check", "WHEN",
	  "recount everything at the end (default), at each sample or after each event" },
	{ OPT_TRACE, "trace", "GLOB", "record the tracepoints that match: mm_vmscan_*" },
	{ 'q', "quiet", NULL, "print nothing but errors and failures" },
	{ 0 },
};

struct run_args {
	struct run_options o;
	struct setting sets[MAX_SETS];
	const char *trace[MAX_TRACES];
	struct tuning tuning;
	bool quiet;
};

static bool parse_check(const char *word, enum check_when *when)
{
	static const char *const words[] = { "end", "sample", "event" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(word, words[i]) == 0) {
			*when = (enum check_when)i;
			return true;
		}
	}
	cli_usage(&run_command, "--check=%s: accepted: end, sample, event%s", cli_escape(word),
		  cli_did_you_mean(word, words, ARRAY_LEN(words)));
	return false;
}

static bool take_option(struct run_args *a, int id, char *value)
{
	switch (id) {
	case 'o':
		a->o.out = value;
		return true;
	case 'q':
		a->quiet = true;
		return true;
	case OPT_FORCE:
		a->o.force = true;
		return true;
	case OPT_SET:
	case OPT_SEED:
		if (a->o.nr_sets == MAX_SETS) {
			cli_usage(&run_command, "at most %d settings are accepted", MAX_SETS);
			return false;
		}
		if (id == OPT_SET)
			return cli_setting(&run_command, "--set", value, &a->sets[a->o.nr_sets++]);
		a->sets[a->o.nr_sets++] = (struct setting){ "seed", value };
		return true;
	case OPT_SYSCTL:
		return tuning_add(&a->tuning, &run_command, TUNING_SYSCTL, value);
	case OPT_TUNED:
		return tuning_add(&a->tuning, &run_command, TUNING_TUNED, value);
	case OPT_UNTIL:
		return cli_time(&run_command, "--until", value, &a->o.until);
	case OPT_CHECK:
		return parse_check(value, &a->o.check_when);
	case OPT_TRACE:
		if (a->o.nr_trace == MAX_TRACES) {
			cli_usage(&run_command, "at most %d patterns are accepted", MAX_TRACES);
			return false;
		}
		a->trace[a->o.nr_trace++] = value;
		return true;
	}
	return false;
}

/* results/<scenario>.db */
static char *default_path(const char *scenario)
{
	char *name = plan_name(scenario);
	char *path = str_format("results/%s.db", name);

	sim_free(name);
	return path;
}

/* written: the results are whole; else there are no figures that could be trusted. */
static void print_summary(const struct cli *cli, const struct run_args *a,
			  const struct run_result *r, bool written)
{
	double seconds = (double)r->end / 1e9;

	printf("scenario   %s\n", cli_escape(a->o.scenario));
	printf("simulated  %.9g s%s%s%s\n", seconds, r->reason ? " (" : "",
	       r->reason ? r->reason : "", r->reason ? ")" : "");
	printf("results    %s\n", cli_escape(a->o.out));
	printf("digest     %016" PRIx64 "\n", r->digest);
	fputs(str_get(&r->report), stdout);
	if (written)
		summary_print(cli, a->o.out);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "took       %.2f s (%.3g simulated seconds per second)\n",
			r->host_seconds, r->host_seconds > 0 ? seconds / r->host_seconds : 0);
}

static int run_with(const struct cli *cli, struct run_args *a)
{
	struct run_result result;
	struct setting *sets;
	char *path = NULL;
	int exit_code = tuning_read(&a->tuning, cli, a->o.scenario, a->quiet);

	if (exit_code)
		return exit_code;
	if (!a->o.out) {
		path = default_path(a->o.scenario);
		a->o.out = path;
	}
	sets = tuning_with(&a->tuning, a->sets, a->o.nr_sets, &a->o.nr_sets);
	a->o.sets = sets;
	a->o.trace = a->trace;
	a->o.progress = a->o.notes = !a->quiet;
	a->o.make_folder = path != NULL;
	exit_code = run_one(cli, &a->o, &result);
	if (result.state && !a->quiet)
		print_summary(cli, a, &result, exit_code != EXIT_HOST);
	else if (result.state && result.failures)
		fputs(str_get(&result.report), stderr);
	run_result_free(&result);
	sim_free(path);
	sim_free(sets);
	if (!cli_flush() && exit_code == EXIT_DONE)
		exit_code = EXIT_HOST;
	return exit_code;
}

static int run_main(const struct cli *cli, int argc, char **argv)
{
	struct run_args *a = sim_calloc(1, sizeof(*a));
	struct cli_args args;
	int id, exit_code;

	a->o.until = FOREVER;
	cli_args_init(&args, &run_command, argc, argv);
	while ((id = cli_next(&args)) >= 0 && take_option(a, id, args.value))
		;
	if (id != CLI_END) {
		exit_code = cli_leave(id);
	} else if (argc - optind != 1) {
		exit_code = cli_usage(&run_command, argc == optind ? "a scenario is needed"
								   : "one scenario at a time");
	} else {
		a->o.scenario = argv[optind];
		exit_code = run_with(cli, a);
	}
	tuning_free(&a->tuning);
	sim_free(a);
	return exit_code;
}

const struct cli_command run_command = {
	.name = "run",
	.args = "SCENARIO [-o DB] [--force] [--set KEY=VALUE]... [--sysctl FILE]...\n"
		"                 [--tuned PROFILE]... [--seed N] [--until TIME]\n"
		"                 [--check=end|sample|event] [--trace=GLOB]... [--quiet]",
	.summary = "simulate a scenario and write its results",
	.details =
	    "A scenario that may need more memory than this computer has, or that asks for more\n"
	    "calls than anybody waits for, is refused; --set large=true runs it.\n",
	.options = options,
	.run = run_main,
};
