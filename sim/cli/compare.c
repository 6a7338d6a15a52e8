/*
 * compare.c - mmsim compare: one scenario with several tunings, side by side
 *
 * Every combination of the values is a run of its own in a process of its own,
 * as many at a time as there are processors.  What they were is read from
 * their results files, like those of runs that ended long ago.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/diag.h"
#include "sim/base/mem.h"
#include "sim/cli/figures.h"
#include "sim/cli/gnuplot.h"
#include "sim/cli/jobs.h"
#include "sim/cli/run_one.h"

#define MAX_AXES   32
#define MAX_RUNS   1024
#define MAX_NAME   60
#define MAX_CURVES 8 /* on one picture; more cannot be told apart */

enum {
	OPT_SET = 256,
	OPT_FORCE,
	OPT_FORMAT,
	OPT_JSON,
	OPT_TRACE,
	OPT_AT,
};

static const struct cli_option options[] = {
	{ OPT_SET, "set", "KEY=V1,V2,...", "values to compare; with one value: for all runs" },
	{ OPT_AT, "at", "TIME",
	  "run the beginning once; set the values to compare (tunables) at this simulated time" },
	{ 'j', "jobs", "N", "runs at a time (one per processor)" },
	{ 'o', "output", "DIR", "folder for results and picture (results/<scenario>/)" },
	{ OPT_FORMAT, "format", "NAME", "of the picture: svg, png, pdf, txt, none (svg,png)" },
	{ OPT_TRACE, "trace", "GLOB", "record the tracepoints that match" },
	{ OPT_FORCE, "force", NULL, "replace files that mmsim did not make" },
	{ OPT_JSON, "json", NULL, "the figures as JSON" },
	{ 0 },
};

/* A key and its values. */
struct axis {
	char *key; /* owned, and the values */
	char *values[MAX_RUNS];
	int n;
};

struct compare {
	const struct cli *cli;
	struct axis *axes; /* owned; MAX_AXES */
	int nr_axes;
	const char *scenario;
	const char *out; /* folder, NULL: default */
	int jobs;        /* 0: one per processor */
	bool force, json;
	bool formats[NR_PICTURE_FORMATS]; /* pictures to draw */
	const char *trace[MAX_AXES];
	int nr_trace;
	sim_time at; /* FOREVER: values hold from the beginning */

	char **paths; /* owned; of the results files */
	int nr_runs;
	struct tunable_value values[MAX_AXES]; /* with at: of the branch asked for last */
	struct tables tables;                  /* with at: of the scenario's kernel */
	int at_once;                           /* runs at a time */
};

/* ---- what to run ---- */

static bool add_axis(struct compare *c, const char *key, char *values)
{
	struct axis *a = &c->axes[c->nr_axes];

	if (c->nr_axes == MAX_AXES) {
		cli_usage(&compare_command, "at most %d keys are accepted", MAX_AXES);
		return false;
	}
	*a = (struct axis){ .key = sim_strdup(key) };
	c->nr_axes++;
	for (char *v = values; v; v = strchr(v, ',') ? strchr(v, ',') + 1 : NULL) {
		if (a->n == MAX_RUNS) {
			cli_usage(&compare_command, "at most %d values are accepted", MAX_RUNS);
			return false;
		}
		a->values[a->n++] = sim_strndup(v, strcspn(v, ","));
	}
	return true;
}

static bool has_several(const struct compare *c)
{
	for (int a = 0; a < c->nr_axes; a++)
		if (c->axes[a].n > 1)
			return true;
	return false;
}

/* The scenario's own "compare:", unless the command line says what to compare. */
static bool add_own_axes(struct compare *c)
{
	struct diag d = { 0 };
	struct scenario *sc;
	bool ok;

	if (has_several(c))
		return true;
	sc = run_load(c->cli, &d, c->scenario, NULL, 0);
	ok = sc && run_check(&d, sc, NULL, 0);
	for (int i = 0; ok && i < sc->nr_compare && c->nr_axes < MAX_AXES; i++) {
		const struct sweep_axis *own = &sc->compare[i];
		struct axis *a = &c->axes[c->nr_axes++];

		*a = (struct axis){ .key = sim_strdup(own->key) };
		for (int v = 0; v < own->n && a->n < MAX_RUNS; v++)
			a->values[a->n++] = sim_strdup(own->values[v]);
	}
	if (sc)
		scenario_free(sc);
	diag_free(&d);
	if (ok && !has_several(c)) {
		cli_usage(&compare_command,
			  "nothing to compare: --set KEY=V1,V2 or \"compare:\" in "
			  "the scenario");
		ok = false;
	}
	return ok;
}

/* The value of an axis in run number run; the last axis changes fastest. */
static const char *value_of(const struct compare *c, int run, int axis)
{
	for (int a = c->nr_axes - 1; a > axis; a--)
		run /= c->axes[a].n;
	return c->axes[axis].values[run % c->axes[axis].n];
}

static bool count_runs(struct compare *c)
{
	c->nr_runs = 1;
	for (int a = 0; a < c->nr_axes; a++) {
		c->nr_runs *= c->axes[a].n;
		if (c->nr_runs > MAX_RUNS) {
			cli_usage(&compare_command, "more than %d runs", MAX_RUNS);
			return false;
		}
	}
	return true;
}

static void settings_of(const struct compare *c, int run, struct setting *sets)
{
	for (int a = 0; a < c->nr_axes; a++)
		sets[a] = (struct setting){ c->axes[a].key, value_of(c, run, a) };
}

/* vm.dirty_ratio_5-vm.swappiness_60, or run-003 if that gets too long or is not unique. */
static char *run_name(const struct compare *c, int run, bool numbered)
{
	struct str name = { 0 };
	char *safe;

	if (numbered)
		return str_format("run-%03d", run + 1);
	for (int a = 0; a < c->nr_axes; a++)
		if (c->axes[a].n > 1)
			str_addf(&name, "%s%s_%s", name.len ? "-" : "", c->axes[a].key,
				 value_of(c, run, a));
	safe = name.len > MAX_NAME ? NULL : cli_file_name(str_get(&name));
	str_free(&name);
	return safe;
}

static bool names_are_usable(const struct compare *c)
{
	bool ok = true;

	for (int r = 0; r < c->nr_runs && ok; r++) {
		char *name = run_name(c, r, false);

		ok = name != NULL;
		for (int k = 0; k < r && ok; k++) {
			char *other = run_name(c, k, false);

			ok = strcmp(name, other) != 0;
			sim_free(other);
		}
		sim_free(name);
	}
	return ok;
}

static char *default_folder(const char *scenario)
{
	const char *slash = strrchr(scenario, '/');
	const char *base = slash ? slash + 1 : scenario;
	const char *dot = strrchr(base, '.');
	char *text = sim_strndup(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
	char *name = cli_file_name(text);
	char *folder = str_format("results/%s", name);

	sim_free(text);
	sim_free(name);
	return folder;
}

static void name_results(struct compare *c, const char *folder)
{
	bool numbered = !names_are_usable(c);

	c->paths = sim_calloc((size_t)c->nr_runs, sizeof(*c->paths));
	for (int r = 0; r < c->nr_runs; r++) {
		char *name = run_name(c, r, numbered);

		c->paths[r] = str_format("%s/%s.db", folder, name);
		sim_free(name);
	}
}

/* The values that a branch sets at --at, from the axes with several. */
static const struct tunable_value *branch_values(void *arg, int run, int *n)
{
	struct compare *c = arg;

	*n = 0;
	for (int a = 0; a < c->nr_axes; a++) {
		struct tunable_value *v = &c->values[*n];
		char *why = NULL;

		if (c->axes[a].n < 2)
			continue;
		if (tunable_find(c->tables.tunables, c->axes[a].key, &v->ref) &&
		    tunable_parse(v->ref.row, value_of(c, run, a), v, &why))
			(*n)++;
		sim_free(why);
	}
	return c->values;
}

/* Whether all keys with several values can be set while a kernel runs. */
static bool can_branch(struct compare *c, const struct scenario *sc)
{
	if (c->at >= sc->duration) {
		cli_error("--at: the run ends before that");
		return false;
	}
	tables_init(&c->tables, sc->personality);
	for (int a = 0; a < c->nr_axes; a++) {
		struct tunable_ref ref;

		if (c->axes[a].n > 1 && (!tunable_find(c->tables.tunables, c->axes[a].key, &ref) ||
					 ref.class->boot_only)) {
			cli_error("--at: \"%s\" cannot be set while the kernel runs; accepted: "
				  "tunables (mmsim list tunables)",
				  cli_escape(c->axes[a].key));
			return false;
		}
	}
	return true;
}

/* Reads every combination before the first one runs; sets the memory one run needs. */
static bool check_all(struct compare *c, uint64_t *need)
{
	*need = 0;
	for (int r = 0; r < c->nr_runs; r++) {
		struct setting sets[MAX_AXES];
		struct diag d = { 0 };
		struct scenario *sc;
		bool ok;

		settings_of(c, r, sets);
		sc = run_load(c->cli, &d, c->scenario, sets, c->nr_axes);
		ok = sc && run_check(&d, sc, c->trace, c->nr_trace);
		if (ok && sc->personality->estimate)
			*need = max_u64(*need, sc->personality->estimate(sc));
		if (ok && c->at != FOREVER && r == 0)
			ok = can_branch(c, sc);
		if (sc)
			scenario_free(sc);
		diag_free(&d);
		if (!ok)
			return false;
	}
	return true;
}

/* ---- running ---- */

static void print_failures(const struct compare *c, int run, const struct run_result *result)
{
	if (result->failures)
		fprintf(stderr, "mmsim: %s:\n%s", cli_escape(c->paths[run]),
			str_get(&result->report));
}

/* In the child: one run; its failures are named after it. */
static int run_child(const struct compare *c, int run)
{
	struct setting sets[MAX_AXES];
	struct run_options o = {
		.scenario = c->scenario,
		.sets = sets,
		.nr_sets = c->nr_axes,
		.out = c->paths[run],
		.force = c->force,
		.until = FOREVER,
		.trace = c->trace,
		.nr_trace = c->nr_trace,
	};
	struct run_result result;
	int exit_code;

	settings_of(c, run, sets);
	exit_code = run_one(c->cli, &o, &result);
	print_failures(c, run, &result);
	run_result_free(&result);
	return exit_code;
}

static int fork_runs(void *arg, int *exit_code)
{
	const struct compare *c = arg;

	return jobs_fork(c->nr_runs, c->at_once, exit_code);
}

static int run_all(const struct compare *c)
{
	int exit_code, run = fork_runs((void *)c, &exit_code);

	if (run >= 0)
		_exit(run_child(c, run));
	return exit_code;
}

/* The beginning runs here, into a file of its own that is taken away once all have ended. */
static int run_split(const struct compare *c, const char *folder)
{
	struct setting sets[MAX_AXES];
	char *path = str_format("%s/beginning.db", folder);
	const struct run_split split = {
		.at = c->at,
		.n = c->nr_runs,
		.paths = (const char *const *)c->paths,
		.values = branch_values,
		.fork = fork_runs,
		.arg = (void *)c,
	};
	struct run_options o = {
		.scenario = c->scenario,
		.sets = sets,
		.out = path,
		.force = c->force,
		.until = FOREVER,
		.trace = c->trace,
		.nr_trace = c->nr_trace,
		.split = &split,
	};
	struct run_result result;
	int exit_code;

	for (int a = 0; a < c->nr_axes; a++)
		if (c->axes[a].n == 1)
			sets[o.nr_sets++] =
			    (struct setting){ c->axes[a].key, c->axes[a].values[0] };
	exit_code = run_one(c->cli, &o, &result);
	if (result.branch >= 0) {
		print_failures(c, result.branch, &result);
		_exit(exit_code);
	}
	if (!result.state)
		unlink(path);
	run_result_free(&result);
	sim_free(path);
	return exit_code;
}

/* ---- what came out ---- */

/* "dirty_ratio 5, swappiness 60": the name of a run's curve. */
static char *curve_label(const struct compare *c, const struct figures *fs, int run)
{
	struct str label = { 0 };

	/* the names of files say less than the tunables behind them */
	for (int k = !c->nr_axes && fs->nr_keys > 1; k < fs->nr_keys; k++) {
		const char *dot = strrchr(fs->keys[k], '.');

		if (!c->nr_axes && k == 0)
			str_add(&label, fs->labels[k][run]);
		else
			str_addf(&label, "%s%s %s", label.len ? ", " : "",
				 dot ? dot + 1 : fs->keys[k], fs->labels[k][run]);
	}
	return label.s;
}

static int draw_all(const struct compare *c, const struct sheet *sheet, const char *folder)
{
	int exit_code = EXIT_DONE;

	for (int f = 0; f < NR_PICTURE_FORMATS && !exit_code; f++) {
		char *path = f == PICTURE_TXT
				 ? NULL
				 : str_format("%s/compare.%s", folder, picture_formats[f]);

		if (c->formats[f]) {
			exit_code = gnuplot_draw(sheet, (enum picture_format)f, path, c->force);
			if (!exit_code && path && !c->json)
				printf("picture  %s\n", cli_escape(path));
		}
		sim_free(path);
	}
	return exit_code;
}

static int draw(const struct compare *c, struct db *const *dbs, const struct figures *fs,
		const struct personality *p, const char *folder)
{
	const struct chart *chart = NULL;
	int n = fs->nr_runs < MAX_CURVES ? fs->nr_runs : MAX_CURVES, exit_code;
	char *labels[MAX_CURVES], *scenario, *title;
	struct sheet sheet;

	for (int i = 0; i < p->nr_charts; i++)
		if (strcmp(p->charts[i].name, "compare") == 0)
			chart = &p->charts[i];
	if (!chart)
		return EXIT_DONE;
	for (int r = 0; r < n; r++)
		labels[r] = curve_label(c, fs, r);
	scenario = db_run_text(dbs[0], "scenario");
	title =
	    str_format("%s: %s%s", chart->title, scenario, n < fs->nr_runs ? " (the first 8)" : "");
	sheet_of_runs(&sheet, dbs, (const char *const *)labels, n, chart, title);
	exit_code = sheet.nr_panels ? draw_all(c, &sheet, folder) : EXIT_DONE;
	sheet_free(&sheet);
	sim_free(title);
	sim_free(scenario);
	for (int r = 0; r < n; r++)
		sim_free(labels[r]);
	return exit_code;
}

/* Adds the columns that name the runs. */
static void name_runs(const struct compare *c, struct figures *fs, struct db *const *dbs)
{
	const char **values = sim_calloc((size_t)c->nr_runs, sizeof(*values));

	for (int a = 0; a < c->nr_axes; a++) {
		if (c->axes[a].n < 2)
			continue;
		for (int r = 0; r < c->nr_runs; r++)
			values[r] = value_of(c, r, a);
		figures_add_key(fs, c->axes[a].key, values);
	}
	if (!c->nr_axes) {
		for (int r = 0; r < c->nr_runs; r++) {
			const char *slash = strrchr(c->paths[r], '/');

			values[r] = slash ? slash + 1 : c->paths[r];
		}
		figures_add_key(fs, "results", values);
		figures_add_tunables(fs, dbs);
	}
	sim_free(values);
}

static int report(const struct compare *c, struct db *const *dbs, const char *folder)
{
	const struct personality *p = cli_personality_of(c->cli, dbs[0]);
	struct figures fs;
	int exit_code;

	if (!p)
		return EXIT_INPUT;
	figures_read(&fs, dbs, c->nr_runs, p);
	name_runs(c, &fs, dbs);
	if (c->json)
		figures_print_json(&fs);
	else
		figures_print(&fs);
	if (!c->json)
		putchar('\n');
	exit_code = draw(c, dbs, &fs, p, folder);
	figures_free(&fs);
	return exit_code ? exit_code : cli_flush() ? EXIT_DONE : EXIT_HOST;
}

static int report_files(const struct compare *c, const char *folder)
{
	struct db **dbs = sim_calloc((size_t)c->nr_runs, sizeof(*dbs));
	int exit_code = EXIT_DONE, n = 0;

	while (n < c->nr_runs && (dbs[n] = db_open(c->paths[n], &exit_code)) != NULL)
		n++;
	exit_code = n < c->nr_runs ? exit_code : report(c, dbs, folder);
	for (int r = 0; r < n; r++)
		db_close(dbs[r]);
	sim_free(dbs);
	return exit_code;
}

/* ---- the command ---- */

static int compare_scenario(struct compare *c)
{
	char *folder;
	uint64_t need;
	int exit_code = EXIT_INPUT;

	if (!add_own_axes(c) || !count_runs(c) || !check_all(c, &need))
		return EXIT_INPUT;
	folder = c->out ? sim_strdup(c->out) : default_folder(c->scenario);
	if (!cli_make_folder(folder)) {
		exit_code = EXIT_HOST;
	} else {
		name_results(c, folder);
		c->at_once = jobs_at_once(c->jobs, need);
		exit_code = c->at == FOREVER ? run_all(c) : run_split(c, folder);
		if (exit_code <= EXIT_FAILED)
			exit_code = jobs_worse(exit_code, report_files(c, folder));
	}
	sim_free(folder);
	return exit_code;
}

static int compare_files(struct compare *c, char **files, int n)
{
	const char *slash = strrchr(files[0], '/');
	char *folder = c->out  ? sim_strdup(c->out)
		       : slash ? sim_strndup(files[0], (size_t)(slash - files[0]) + 1)
			       : sim_strdup(".");
	int exit_code;

	if (c->nr_axes) {
		sim_free(folder);
		return cli_usage(&compare_command, "--set is for scenarios, not for results");
	}
	c->nr_runs = n;
	c->paths = sim_calloc((size_t)n, sizeof(*c->paths));
	for (int i = 0; i < n; i++)
		c->paths[i] = sim_strdup(files[i]);
	exit_code = !c->out || cli_make_folder(folder) ? report_files(c, folder) : EXIT_HOST;
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

static bool take_jobs(struct compare *c, const char *text)
{
	const char *why;
	int64_t n;

	if (unit_parse(UNIT_COUNT, text, strlen(text), &n, &why) && n >= 1 && n <= JOBS_MAX) {
		c->jobs = (int)n;
		return true;
	}
	cli_usage(&compare_command, "-j %s: accepted: 1..%d", cli_escape(text), JOBS_MAX);
	return false;
}

static bool take_option(struct compare *c, int id, char *value)
{
	struct setting set;

	switch (id) {
	case OPT_SET:
		return cli_setting(&compare_command, value, &set) &&
		       add_axis(c, set.key, (char *)set.value);
	case 'j':
		return take_jobs(c, value);
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
	case OPT_TRACE:
		if (c->nr_trace == MAX_AXES) {
			cli_usage(&compare_command, "at most %d patterns are accepted", MAX_AXES);
			return false;
		}
		c->trace[c->nr_trace++] = value;
		return true;
	}
	return false;
}

static int compare_main(const struct cli *cli, int argc, char **argv)
{
	struct compare c = { .cli = cli, .at = FOREVER };
	struct cli_args args;
	int id, exit_code, n;

	c.formats[PICTURE_SVG] = c.formats[PICTURE_PNG] = true;
	c.axes = sim_calloc(MAX_AXES, sizeof(*c.axes));
	cli_args_init(&args, &compare_command, argc, argv);
	while ((id = cli_next(&args)) >= 0 && take_option(&c, id, args.value))
		;
	n = argc - optind;
	if (id != CLI_END) {
		exit_code = cli_leave(id);
	} else if (n < 1) {
		exit_code = cli_usage(&compare_command, "a scenario or results files are needed");
	} else if (n > MAX_RUNS) {
		exit_code = cli_usage(&compare_command, "at most %d results files", MAX_RUNS);
	} else if (n == 1) {
		c.scenario = argv[optind];
		exit_code = compare_scenario(&c);
	} else {
		exit_code = compare_files(&c, argv + optind, n);
	}
	for (int r = 0; c.paths && r < c.nr_runs; r++)
		sim_free(c.paths[r]);
	sim_free(c.paths);
	tables_free(&c.tables);
	for (int a = 0; a < c.nr_axes; a++) {
		sim_free(c.axes[a].key);
		for (int v = 0; v < c.axes[a].n; v++)
			sim_free(c.axes[a].values[v]);
	}
	sim_free(c.axes);
	return exit_code;
}

const struct cli_command compare_command = {
	.name = "compare",
	.args = "SCENARIO --set KEY=V1,V2,... [--set ...] [--at TIME] [-j N] [-o DIR] [--json]\n"
		"       mmsim compare DB DB... [-o DIR] [--json]",
	.summary = "run a scenario with several tunings and put them side by side",
	.details =
	    "Several --set give every combination.  Without one that has several values, the\n"
	    "scenario's own \"compare:\" says what to compare.  Differences are to the first\n"
	    "run, in percent.\n",
	.options = options,
	.run = compare_main,
};
