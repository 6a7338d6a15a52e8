/*
 * export.c - mmsim export: results in the forms that other programs read
 */
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/export.h"

enum {
	OPT_FORMAT = 256,
	OPT_FORCE,
};

static const struct export_format *const formats[] = {
	&ftrace_format,
	&ftrace_noirq_format,
	&openmetrics_format,
	&perfetto_format,
};

const struct export_format *export_format_at(size_t i)
{
	return i < ARRAY_LEN(formats) ? formats[i] : NULL;
}

static const struct cli_option options[] = {
	{ OPT_FORMAT, "format", "NAME", "ftrace, ftrace-noirq, openmetrics or perfetto" },
	{ 'o', "output", "FILE", "the file; - is standard output (beside DB)" },
	{ OPT_FORCE, "force", NULL, "replace a file that mmsim did not make" },
	{ 'q', "quiet", NULL, "do not print the name of the file" },
	{ 0 },
};

struct export_args {
	const struct cli *cli;
	const struct export_format *format;
	const char *db;
	const char *out; /* NULL: beside the database */
	bool force;
	bool quiet;
};

static bool find_format(struct export_args *a, const char *word)
{
	const char *names[ARRAY_LEN(formats)];
	struct str known = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		names[i] = formats[i]->name;
		str_addf(&known, "%s%s", i ? ", " : "", names[i]);
		if (strcmp(word, names[i]) == 0)
			a->format = formats[i];
	}
	if (!a->format)
		cli_usage(&export_command, "--format %s: accepted: %s%s", cli_escape(word),
			  str_get(&known), cli_did_you_mean(word, names, ARRAY_LEN(names)));
	str_free(&known);
	return a->format != NULL;
}

static bool take_option(struct export_args *a, int id, char *value)
{
	switch (id) {
	case OPT_FORMAT:
		a->format = NULL;
		return find_format(a, value);
	case 'o':
		a->out = value;
		return true;
	case OPT_FORCE:
		a->force = true;
		return true;
	case 'q':
		a->quiet = true;
		return true;
	}
	return false;
}

/* Beside the results: x.db becomes x.ftrace. */
static char *path_beside(const struct export_args *a)
{
	size_t len = strlen(a->db);

	if (str_ends_with(a->db, ".db"))
		len -= 3;
	return str_format("%.*s%s", (int)len, a->db, a->format->extension);
}

static int write_file(const struct export_args *a, struct export *e, const char *path)
{
	struct out_file out;
	int exit_code = a->format->check(e);
	int ended;

	if (!exit_code)
		exit_code = out_file_begin(&out, path, a->force);
	if (exit_code)
		return exit_code;
	e->out = &out;
	exit_code = a->format->write(e);
	ended = out_file_end(&out, !exit_code);
	if (!exit_code)
		exit_code = ended;
	if (!exit_code && !a->quiet && strcmp(path, "-") != 0)
		puts(cli_escape(path));
	return exit_code;
}

static int export_results(const struct export_args *a)
{
	struct export e = { .path = a->db };
	char *path = a->out ? sim_strdup(a->out) : path_beside(a);
	int exit_code;

	e.db = db_open(a->db, &exit_code);
	if (e.db) {
		e.personality = cli_personality_of(a->cli, e.db);
		exit_code = e.personality ? write_file(a, &e, path) : EXIT_INPUT;
		if (!exit_code && db_failed(e.db))
			exit_code = EXIT_INPUT;
		db_close(e.db);
	}
	sim_free(path);
	if (!cli_flush() && exit_code == EXIT_DONE)
		exit_code = EXIT_HOST;
	return exit_code;
}

static int export_main(const struct cli *cli, int argc, char **argv)
{
	struct export_args a = { .cli = cli };
	struct cli_args args;
	int id;

	cli_args_init(&args, &export_command, argc, argv);
	while ((id = cli_next(&args)) >= 0 && take_option(&a, id, args.value))
		;
	if (id != CLI_END)
		return cli_leave(id);
	if (argc - optind != 1)
		return cli_usage(&export_command, argc == optind ? "results are needed"
								 : "one results file at a time");
	if (!a.format)
		return cli_usage(&export_command, "a format, --format NAME, is needed");
	if (a.out && !*a.out)
		return cli_usage(&export_command, "-o: the name of a file is needed");
	a.db = argv[optind];
	return export_results(&a);
}

const struct cli_command export_command = {
	.name = "export",
	.args =
	    "DB --format ftrace|ftrace-noirq|openmetrics|perfetto [-o FILE] [--force] [--quiet]",
	.summary = "write results in a form that programs of others read",
	.details =
	    "ftrace is the text of the kernel's trace file, from the tracepoints that were\n"
	    "recorded; ftrace-noirq is the same without the column of flags (trace option\n"
	    "noirq-info).  openmetrics is all samples for Prometheus, under the names that its\n"
	    "node exporter gives.  perfetto is a timeline of tasks, from tracepoints, with\n"
	    "counters from samples.  Times are those of the simulation, which begins at 0.\n"
	    "docs/export.md says which program opens what, and what results do not hold.\n",
	.options = options,
	.run = export_main,
};
