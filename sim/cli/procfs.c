/*
 * procfs.c - mmsim procfs: files of /proc as they are at one moment of a run
 *
 * The texts have the kernel's own form to the last byte, so none of them can
 * say who made it.  A small file beside them does: where it lies, the files may
 * be replaced.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/out_file.h"
#include "sim/cli/run_again.h"
#include "sim/cli/run_one.h"
#include "sim/cli/tuning.h"

#define MAX_SETS  256
#define MARK_FILE ".mmsim"

enum {
	OPT_AT = 256,
	OPT_SET,
	OPT_SEED,
	OPT_FORCE,
	OPT_SYSCTL,
	OPT_TUNED,
};

static const struct cli_option options[] = {
	{ OPT_AT, "at", "TIME", "the moment, in simulated time: 12.5s" },
	{ 'o', "output", "DIR", "the folder that stands for /proc" },
	{ OPT_SET, "set", "KEY=VALUE",
	  "a tunable (vm.min_free_kbytes=65536) or a value of the scenario" },
	TUNING_OPTIONS(OPT_SYSCTL, OPT_TUNED),
	{ OPT_SEED, "seed", "N", "of all random streams" },
	{ OPT_FORCE, "force", NULL, "replace files that mmsim did not make" },
	{ 'q', "quiet", NULL, "do not print the names of the files" },
	{ 0 },
};

struct procfs_args {
	const struct cli *cli;
	struct run_options run;
	struct setting sets[MAX_SETS];
	struct tuning tuning;
	const char *dir;
	bool has_at;
	bool force;
	bool quiet;
};

static char *path_in(const struct procfs_args *a, const char *name)
{
	return str_format("%s/%s", a->dir, name);
}

/* ---- writing ---- */

static int write_file(const struct procfs_args *a, const char *name, const struct str *text)
{
	char *path = path_in(a, name);
	char *folder = sim_strndup(path, (size_t)(strrchr(path, '/') - path));
	int exit_code = cli_make_folder(folder)
			    ? out_file_write(path, str_get(text), text->len, a->force)
			    : EXIT_HOST;

	if (!exit_code && !a->quiet && strcmp(name, MARK_FILE) != 0)
		puts(cli_escape(path));
	sim_free(folder);
	sim_free(path);
	return exit_code;
}

static int write_mark(const struct procfs_args *a)
{
	struct str text = { 0 };
	int exit_code;

	str_add(&text, OUT_FILE_MARK " procfs: the files beside this one may be replaced\n");
	exit_code = write_file(a, MARK_FILE, &text);
	str_free(&text);
	return exit_code;
}

/* The files of all objects of a row. */
static int write_objects(const struct procfs_args *a, struct sim *s, const struct proc_file *f)
{
	const char *mark = strstr(f->path, "NAME"), *name;
	int exit_code = 0;

	for (int i = 0; !exit_code && (name = f->object(s, i)) != NULL; i++) {
		struct str text = { 0 };
		char *path = str_format("%.*s%s%s", (int)(mark - f->path), f->path, name, mark + 4);

		f->show_object(s, i, &text);
		exit_code = write_file(a, path, &text);
		sim_free(path);
		str_free(&text);
	}
	return exit_code;
}

/* The moment has come, or the run stopped before it. */
static int look_at(struct sim *s, const char *stopped, void *arg)
{
	const struct procfs_args *a = arg;
	const struct personality *p = s->tables->personality;
	int exit_code;

	if (stopped) {
		cli_error("--at: the run ends at %" PRIu64 ".%09" PRIu64 " s: %s",
			  s->now / NS_PER_SEC, s->now % NS_PER_SEC, stopped);
		return EXIT_INPUT;
	}
	exit_code = write_mark(a);
	for (int i = 0; i < p->nr_procfs && !exit_code; i++) {
		const struct proc_file *f = &p->procfs[i];
		struct str text = { 0 };

		if (f->object) {
			exit_code = write_objects(a, s, f);
			continue;
		}
		f->show(s, &text);
		exit_code = write_file(a, f->path, &text);
		str_free(&text);
	}
	return exit_code;
}

/* ---- what can be wrong before the run ---- */

static bool folder_is_ours(const struct procfs_args *a)
{
	char *path = path_in(a, MARK_FILE);
	bool ours = out_file_is_ours(path);

	sim_free(path);
	return ours;
}

/* Whether the moment and the files are possible; returns the exit code. */
static int look_ahead(const struct scenario *sc, void *arg)
{
	struct procfs_args *a = arg;
	const struct personality *p = sc->personality;
	int exit_code = 0;

	if (!p->nr_procfs) {
		cli_error("%s shows no files of /proc", p->name);
		return EXIT_INPUT;
	}
	if (a->run.until > sc->duration) {
		struct str duration = { 0 };

		unit_print(&duration, UNIT_NS, (int64_t)sc->duration);
		cli_error("--at: the scenario ends after %s", str_get(&duration));
		str_free(&duration);
		return EXIT_INPUT;
	}
	a->force |= folder_is_ours(a);
	for (int i = 0; i < p->nr_procfs && !exit_code; i++) {
		char *path = path_in(a, p->procfs[i].path);

		if (!p->procfs[i].object)
			exit_code = out_file_check(path, a->force);
		sim_free(path);
	}
	return exit_code;
}

static int run_for_files(struct procfs_args *a)
{
	const struct run_look look = { look_ahead, look_at, a };
	struct run_result result;
	int exit_code;

	a->run.look = &look;
	a->run.progress = !a->quiet;
	exit_code = run_one(a->cli, &a->run, &result);
	run_result_free(&result);
	return exit_code;
}

/* The run of a results file, once more. */
static int run_results(struct procfs_args *a)
{
	struct run_again again;
	int exit_code;

	if (a->run.nr_sets || a->tuning.nr_files)
		return cli_usage(&procfs_command,
				 "settings are for scenarios; results have their own");
	exit_code = run_again_open(&again, a->run.scenario);
	if (!exit_code && a->run.until > again.end) {
		cli_error("--at: the run ends at %" PRIu64 ".%09" PRIu64 " s",
			  again.end / NS_PER_SEC, again.end % NS_PER_SEC);
		exit_code = EXIT_INPUT;
	}
	if (!exit_code) {
		run_again_options(&again, &a->run);
		exit_code = run_for_files(a);
	}
	run_again_free(&again);
	return exit_code;
}

static int run_scenario(struct procfs_args *a)
{
	int exit_code = tuning_read(&a->tuning, a->cli, a->run.scenario, a->quiet);
	struct setting *sets;

	if (exit_code)
		return exit_code;
	sets = tuning_with(&a->tuning, a->sets, a->run.nr_sets, &a->run.nr_sets);
	a->run.sets = sets;
	exit_code = run_for_files(a);
	sim_free(sets);
	return exit_code;
}

static int procfs_with(struct procfs_args *a)
{
	int exit_code = db_is_results(a->run.scenario) ? run_results(a) : run_scenario(a);

	if (!cli_flush() && exit_code == EXIT_DONE)
		exit_code = EXIT_HOST;
	return exit_code;
}

/* ---- the command line ---- */

static bool take_option(struct procfs_args *a, int id, char *value)
{
	switch (id) {
	case 'o':
		a->dir = value;
		return true;
	case 'q':
		a->quiet = true;
		return true;
	case OPT_FORCE:
		a->force = true;
		return true;
	case OPT_AT:
		a->has_at = true;
		return cli_time(&procfs_command, "--at", value, &a->run.until);
	case OPT_SYSCTL:
		return tuning_add(&a->tuning, &procfs_command, TUNING_SYSCTL, value);
	case OPT_TUNED:
		return tuning_add(&a->tuning, &procfs_command, TUNING_TUNED, value);
	case OPT_SET:
	case OPT_SEED:
		if (a->run.nr_sets == MAX_SETS) {
			cli_usage(&procfs_command, "at most %d settings are accepted", MAX_SETS);
			return false;
		}
		if (id == OPT_SET)
			return cli_setting(&procfs_command, "--set", value,
					   &a->sets[a->run.nr_sets++]);
		a->sets[a->run.nr_sets++] = (struct setting){ "seed", value };
		return true;
	}
	return false;
}

static int procfs_main(const struct cli *cli, int argc, char **argv)
{
	struct procfs_args *a = sim_calloc(1, sizeof(*a));
	struct cli_args args;
	int id, exit_code;

	a->cli = cli;
	cli_args_init(&args, &procfs_command, argc, argv);
	while ((id = cli_next(&args)) >= 0 && take_option(a, id, args.value))
		;
	if (id != CLI_END) {
		exit_code = cli_leave(id);
	} else if (argc - optind != 1) {
		exit_code =
		    cli_usage(&procfs_command, argc == optind ? "a scenario or results are needed"
							      : "one scenario at a time");
	} else if (!a->has_at || !a->dir || !*a->dir) {
		exit_code = cli_usage(&procfs_command, "%s is needed",
				      a->has_at ? "a folder, -o DIR," : "a moment, --at TIME,");
	} else {
		a->run.scenario = argv[optind];
		exit_code = procfs_with(a);
	}
	tuning_free(&a->tuning);
	sim_free(a);
	return exit_code;
}

const struct cli_command procfs_command = {
	.name = "procfs",
	.args = "SCENARIO|DB --at TIME -o DIR [--set KEY=VALUE]... [--sysctl FILE]...\n"
		"                    [--tuned PROFILE]... [--seed N] [--force] [--quiet]",
	.summary = "write files of /proc as the simulated kernel shows them at a moment",
	.details =
	    "Runs the scenario up to that moment and keeps no results; what it expects is not\n"
	    "judged.  DIR stands for /proc: DIR/zoneinfo.  A moment that the run does not reach\n"
	    "is an error, and nothing is written.  Results of an earlier run keep their scenario:\n"
	    "it runs again, and its rows are compared with those of the results; if this mmsim\n"
	    "computes others, it says so and writes nothing (exit code 1).\n",
	.options = options,
	.run = procfs_main,
};
