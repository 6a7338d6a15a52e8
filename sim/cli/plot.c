/*
 * plot.c - mmsim plot: pictures of a results file
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/gnuplot.h"
#include "sim/cli/run_label.h"
#include "sim/cli/sweep_plot.h"

#define MAX_CHARTS 32
#define NOT_THERE  "what it shows was not recorded or did not happen"

enum {
	OPT_CHART = 256,
	OPT_FORMAT,
	OPT_FORCE,
	OPT_FIGURE,
	OPT_WHERE,
};

static const struct cli_option options[] = {
	{ OPT_CHART, "chart", "NAME", "which (watermarks and dirty; mmsim list charts; all)" },
	{ 'o', "output", "FILE|DIR", "a picture, or the folder for several (beside DB)" },
	{ OPT_FORMAT, "format", "NAME", "svg (default), png, pdf, or txt: in the terminal" },
	{ OPT_FIGURE, "figure", "NAME", "of a sweep: what is drawn (what it was ranked by)" },
	{ OPT_WHERE, "where", "KEY=VALUE", "of a sweep: only points with this value of a key" },
	{ OPT_FORCE, "force", NULL, "replace a file that mmsim did not make" },
	{ 0 },
};

struct plot_args {
	const char *db;
	const char *names[MAX_CHARTS]; /* of charts */
	int nr_names;
	const char *figures[MAX_CHARTS]; /* of a sweep */
	int nr_figures;
	struct setting where[SWEEP_PLOT_MAX_WHERE];
	int nr_where;
	bool unnamed;    /* nobody named them: those that have nothing to show are left out */
	const char *out; /* NULL: beside the database */
	bool out_is_folder;
	bool has_format;
	enum picture_format format;
	bool force;
};

static bool find_format(const char *word, enum picture_format *format)
{
	for (int i = 0; i < NR_PICTURE_FORMATS; i++) {
		if (strcmp(word, picture_formats[i]) == 0) {
			*format = (enum picture_format)i;
			return true;
		}
	}
	return false;
}

/* Adds "a,b" to the charts to draw. */
static bool add_names(struct plot_args *a, char *text)
{
	for (char *save = NULL, *name = strtok_r(text, ",", &save); name;
	     name = strtok_r(NULL, ",", &save)) {
		if (a->nr_names == MAX_CHARTS) {
			cli_usage(&plot_command, "at most %d charts are accepted", MAX_CHARTS);
			return false;
		}
		a->names[a->nr_names++] = name;
	}
	return true;
}

static bool take_option(struct plot_args *a, int id, char *value)
{
	switch (id) {
	case OPT_CHART:
		return add_names(a, value);
	case 'o':
		a->out = value;
		return true;
	case OPT_FIGURE:
		if (a->nr_figures == MAX_CHARTS) {
			cli_usage(&plot_command, "at most %d figures are accepted", MAX_CHARTS);
			return false;
		}
		a->figures[a->nr_figures++] = value;
		return true;
	case OPT_WHERE:
		if (a->nr_where == SWEEP_PLOT_MAX_WHERE) {
			cli_usage(&plot_command, "at most %d keys are accepted",
				  SWEEP_PLOT_MAX_WHERE);
			return false;
		}
		return cli_setting(&plot_command, "--where", value, &a->where[a->nr_where++]);
	case OPT_FORCE:
		a->force = true;
		return true;
	case OPT_FORMAT:
		a->has_format = true;
		if (find_format(value, &a->format))
			return true;
		cli_usage(&plot_command, "--format %s: accepted: svg, png, pdf, txt",
			  cli_escape(value));
		return false;
	}
	return false;
}

/* Whether -o is a folder, and which format its extension asks for. */
static bool look_at_output(struct plot_args *a)
{
	const char *slash, *dot;
	enum picture_format format;

	if (!a->out)
		return true;
	if (strcmp(a->out, "-") == 0) {
		a->out = NULL;
		if (!a->has_format)
			a->format = PICTURE_TXT;
		if (a->format == PICTURE_TXT)
			return true;
		cli_usage(&plot_command, "-o -: only txt goes to standard output");
		return false;
	}
	slash = strrchr(a->out, '/');
	dot = strrchr(slash ? slash : a->out, '.');
	if (cli_is_folder(a->out) || (slash && !slash[1]) || !dot || !dot[1]) {
		a->out_is_folder = true;
		return true;
	}
	if (!find_format(dot + 1, &format)) {
		cli_usage(&plot_command, "-o %s: accepted extensions: .svg, .png, .pdf, .txt",
			  cli_escape(a->out));
		return false;
	}
	if (a->has_format && a->format != format) {
		cli_usage(&plot_command, "-o %s is no %s", cli_escape(a->out),
			  picture_formats[a->format]);
		return false;
	}
	a->format = format;
	a->has_format = true;
	return true;
}

static const struct chart *find_chart(const struct personality *p, const char *name)
{
	const char *names[MAX_CHARTS];
	int n = 0;

	for (int i = 0; i < p->nr_charts; i++) {
		if (strcmp(p->charts[i].name, name) == 0)
			return &p->charts[i];
		if (n < MAX_CHARTS)
			names[n++] = p->charts[i].name;
	}
	cli_error("no chart \"%s\" of %s%s (mmsim list charts)", cli_escape(name), p->name,
		  cli_did_you_mean(name, names, (size_t)n));
	return NULL;
}

/* The charts to draw; false after saying which is unknown. */
static bool choose_charts(struct plot_args *a, const struct personality *p)
{
	a->unnamed = !a->nr_names || (a->nr_names == 1 && strcmp(a->names[0], "all") == 0);
	if (!a->nr_names)
		for (int i = 0; i < p->nr_charts && i < 2; i++)
			a->names[a->nr_names++] = p->charts[i].name;
	if (a->nr_names == 1 && strcmp(a->names[0], "all") == 0) {
		a->nr_names = 0;
		for (int i = 0; i < p->nr_charts && a->nr_names < MAX_CHARTS; i++)
			if (!chart_is_of_several(&p->charts[i]))
				a->names[a->nr_names++] = p->charts[i].name;
	}
	for (int i = 0; i < a->nr_names; i++)
		if (!find_chart(p, a->names[i]))
			return false;
	if (!a->nr_names)
		cli_error("%s has no charts", p->name);
	return a->nr_names > 0;
}

/* Where a chart goes: the file named, or <folder>/<results>-<chart>.<format>. */
static char *picture_path(const struct plot_args *a, const char *chart)
{
	const char *slash = strrchr(a->db, '/');
	const char *base = slash ? slash + 1 : a->db;
	char *name, *path;

	if (a->out && !a->out_is_folder)
		return sim_strdup(a->out);
	name = run_name_of(a->db);
	if (a->out)
		path =
		    str_format("%s%s%s-%s.%s", a->out, a->out[strlen(a->out) - 1] == '/' ? "" : "/",
			       name, chart, picture_formats[a->format]);
	else
		path = str_format("%.*s%s-%s.%s", (int)(base - a->db), a->db, name, chart,
				  picture_formats[a->format]);
	sim_free(name);
	return path;
}

static int draw_chart(const struct plot_args *a, struct db *db, const struct chart *chart,
		      bool *drawn)
{
	char *scenario = db_run_text(db, "scenario");
	char *title = str_format("%s: %s", chart->title, scenario);
	bool on_terminal = a->format == PICTURE_TXT && !a->out;
	char *path = on_terminal ? NULL : picture_path(a, chart->name);
	struct sheet sheet;
	int exit_code = EXIT_DONE;

	sheet_of_run(&sheet, db, chart, title);
	if (!sheet.nr_panels) {
		if (!a->unnamed)
			cli_error("%s: nothing to draw: %s", chart->name, NOT_THERE);
	} else {
		exit_code = gnuplot_draw(&sheet, a->format, path, a->force);
		if (!exit_code && path)
			puts(cli_escape(path));
		*drawn = true;
	}
	sheet_free(&sheet);
	sim_free(path);
	sim_free(title);
	sim_free(scenario);
	return exit_code;
}

static int plot_db(struct plot_args *a, struct db *db, const struct personality *p)
{
	bool drawn = false;
	int exit_code = EXIT_DONE;

	if (!choose_charts(a, p))
		return EXIT_INPUT;
	if (a->nr_names > 1 && a->out && !a->out_is_folder)
		return cli_usage(&plot_command,
				 "-o %s: %d charts are drawn, which need a folder; accepted: a "
				 "folder, or one --chart",
				 cli_escape(a->out), a->nr_names);
	if (a->out_is_folder && !cli_make_folder(a->out))
		return EXIT_HOST;
	for (int i = 0; i < a->nr_names && !exit_code; i++)
		exit_code = draw_chart(a, db, find_chart(p, a->names[i]), &drawn);
	if (!exit_code && !drawn && a->unnamed)
		cli_error("%s: nothing to draw: %s", cli_escape(a->db), NOT_THERE);
	if (!exit_code && !cli_flush())
		exit_code = EXIT_HOST;
	return exit_code ? exit_code : drawn ? EXIT_DONE : EXIT_INPUT; /* they do not have it */
}

/* One picture of a sweep for each figure that was asked for. */
static int plot_sweep(struct plot_args *a)
{
	int exit_code = EXIT_INPUT;
	char *first = NULL;
	struct db *db = db_open_kind(a->db, &sweep_kind, &exit_code);

	if (!db)
		return exit_code;
	if (!a->nr_figures) {
		first = sweep_plot_default(db);
		if (first)
			a->figures[a->nr_figures++] = first;
	}
	exit_code = a->nr_figures ? EXIT_DONE : EXIT_INPUT;
	if (a->nr_figures > 1 && a->out && !a->out_is_folder)
		exit_code =
		    cli_usage(&plot_command, "-o %s: %d figures are drawn, which need a folder",
			      cli_escape(a->out), a->nr_figures);
	else if (a->out_is_folder && !cli_make_folder(a->out))
		exit_code = EXIT_HOST;
	for (int i = 0; i < a->nr_figures && !exit_code; i++) {
		char *name = cli_file_name(a->figures[i]);
		bool on_terminal = a->format == PICTURE_TXT && !a->out;
		char *path = on_terminal ? NULL : picture_path(a, name);

		exit_code =
		    sweep_plot(db, a->figures[i], a->where, a->nr_where, a->format, path, a->force);
		if (!exit_code && path)
			puts(cli_escape(path));
		sim_free(path);
		sim_free(name);
	}
	sim_free(first);
	db_close(db);
	return exit_code || cli_flush() ? exit_code : EXIT_HOST;
}

static int plot_run(const struct cli *cli, struct plot_args *a)
{
	int exit_code;
	struct db *db = db_open(a->db, &exit_code);
	const struct personality *p;

	if (!db)
		return exit_code;
	p = cli_personality_of(cli, db);
	exit_code = p ? plot_db(a, db, p) : EXIT_INPUT;
	db_close(db);
	return exit_code;
}

const struct personality *cli_personality_of(const struct cli *cli, struct db *db)
{
	char *name = db_run_text(db, "personality");
	const struct personality *found = cli_find_personality(cli, name);

	sim_free(name);
	return found;
}

static int plot_main(const struct cli *cli, int argc, char **argv)
{
	struct plot_args a = { .format = PICTURE_SVG };
	struct cli_args args;
	bool sweep;
	int id;

	cli_args_init(&args, &plot_command, argc, argv);
	while ((id = cli_next(&args)) >= 0 && take_option(&a, id, args.value))
		;
	if (id != CLI_END)
		return cli_leave(id);
	if (argc - optind != 1)
		return cli_usage(&plot_command, "one results file is needed");
	if (!look_at_output(&a))
		return EXIT_INPUT;
	a.db = argv[optind];
	if (cli_is_folder(a.db)) {
		cli_error("%s: is a folder; accepted: one results file; all in it side by side: "
			  "mmsim report %s, mmsim compare %s/*.db",
			  cli_escape(a.db), cli_escape(a.db), cli_escape(a.db));
		return EXIT_INPUT;
	}
	sweep = db_kind_of(a.db) == &sweep_kind;
	if (sweep && a.nr_names)
		return cli_usage(&plot_command, "--chart is for a run; of a sweep: --figure NAME");
	if (!sweep && (a.nr_figures || a.nr_where))
		return cli_usage(&plot_command, "--figure and --where are for a sweep; of a run: "
						"--chart NAME");
	return sweep ? plot_sweep(&a) : plot_run(cli, &a);
}

const struct cli_command plot_command = {
	.name = "plot",
	.args =
	    "DB [--chart NAME]... [-o FILE|DIR] [--format svg|png|pdf|txt] [--force]\n"
	    "       mmsim plot X.sweep.db [--figure NAME]... [--where KEY=VALUE]... [-o FILE|DIR]",
	.summary = "draw the results of a run, or a sweep",
	.details = "The extension of -o decides the format.\n\n"
		   "A sweep of one key is drawn as a curve, with the spread over its seeds; one of "
		   "two as\n"
		   "a map of colours, one of three as a map for each value of the last key.\n",
	.options = options,
	.run = plot_main,
};
