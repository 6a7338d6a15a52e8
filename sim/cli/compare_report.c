/*
 * compare_report.c - what came out of the runs of a comparison: a table and a picture
 *
 * What they were is read from their results files, like those of runs that ended
 * long ago.
 */
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/compare.h"

#define MAX_CURVES 8 /* on one picture; more cannot be told apart */

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

int compare_draw(const struct compare *c, const struct sheet *sheet, const char *folder)
{
	int exit_code = EXIT_DONE;

	for (int f = 0; f < NR_PICTURE_FORMATS && !exit_code; f++) {
		char *path = f == PICTURE_TXT
				 ? NULL
				 : str_format("%s/compare.%s", folder, picture_formats[f]);

		if (c->formats[f]) {
			exit_code = gnuplot_draw(sheet, (enum picture_format)f, path, c->force);
			if (!exit_code && path && !c->json && !c->csv && !c->quiet)
				printf("picture  %s\n", cli_escape(path));
		}
		sim_free(path);
	}
	return exit_code;
}

static const struct chart *chart_named(const struct personality *p, const char *name)
{
	for (int i = 0; i < p->nr_charts; i++)
		if (strcmp(p->charts[i].name, name) == 0)
			return &p->charts[i];
	return NULL;
}

/* Runs of one kernel have its chart "compare", those of several each its chart "kernels". */
static bool choose_charts(const struct personality *const *p, int n, const struct chart **charts)
{
	bool one_kernel = true;

	for (int r = 1; r < n; r++)
		one_kernel = one_kernel && p[r] == p[0];
	for (int r = 0; r < n; r++) {
		charts[r] = chart_named(p[r], one_kernel ? "compare" : "kernels");
		if (!charts[r])
			return false;
	}
	return true;
}

static int draw(const struct compare *c, struct db *const *dbs, int nr_dbs,
		const struct figures *fs, const struct personality *const *p, const char *folder)
{
	const struct chart *charts[MAX_CURVES];
	int n = nr_dbs < MAX_CURVES ? nr_dbs : MAX_CURVES, exit_code;
	char *labels[MAX_CURVES], *scenario, *title;
	struct sheet sheet;

	if (!choose_charts(p, n, charts))
		return EXIT_DONE;
	for (int r = 0; r < n; r++)
		labels[r] = curve_label(c, fs, r);
	scenario = db_run_text(dbs[0], "scenario");
	title =
	    str_format("%s: %s%s", charts[0]->title, scenario, n < nr_dbs ? " (the first 8)" : "");
	if (strcmp(charts[0]->name, "kernels") == 0)
		sheet_of_kernels(&sheet, dbs, (const char *const *)labels, n, charts, title);
	else
		sheet_of_runs(&sheet, dbs, (const char *const *)labels, n, charts[0], title);
	exit_code = sheet.nr_panels ? compare_draw(c, &sheet, folder) : EXIT_DONE;
	sheet_free(&sheet);
	sim_free(title);
	sim_free(scenario);
	for (int r = 0; r < n; r++)
		sim_free(labels[r]);
	return exit_code;
}

/* Adds the columns that name the runs. */
static void name_runs(const struct compare *c, struct figures *fs, struct db *const *dbs,
		      const struct personality *const *p)
{
	const char **values = sim_calloc((size_t)c->nr_runs, sizeof(*values));

	for (int a = 0; a < c->nr_axes; a++) {
		if (c->axes[a].n < 2)
			continue;
		for (int r = 0; r < c->nr_runs; r++)
			values[r] = compare_value(c, r, a);
		figures_add_key(fs, c->axes[a].key, values);
	}
	if (!c->nr_axes) {
		for (int r = 0; r < c->nr_runs; r++) {
			const char *slash = strrchr(c->paths[r], '/');

			values[r] = slash ? slash + 1 : c->paths[r];
		}
		figures_add_key(fs, "results", values);
		figures_add_tunables(fs, dbs, p);
	}
	sim_free(values);
}

/* With seeds the first run of each combination stands for all of them. */
static int draw_runs(const struct compare *c, struct db *const *dbs, const struct figures *fs,
		     const struct personality *const *p, const char *folder)
{
	struct db **some = sim_calloc((size_t)c->nr_runs, sizeof(struct db *));
	const struct personality **of = sim_calloc((size_t)c->nr_runs, sizeof(*of));
	int step = c->seeds ? c->seeds : 1, n = 0, exit_code;

	for (int r = 0; r < c->nr_runs; r += step) {
		of[n] = p[r];
		some[n++] = dbs[r];
	}
	exit_code = draw(c, some, n, fs, of, folder);
	sim_free(of);
	sim_free(some);
	return exit_code;
}

/* A step that did nothing in some runs only: they did not do the same work. */
static void note_failures(const struct figures *fs)
{
	bool any = false;

	for (int i = 0; i < fs->n; i++) {
		const struct run_figure *f = &fs->f[i];
		bool differ = false;

		for (int r = 1; r < fs->nr_runs && f->is_failure; r++)
			differ =
			    differ || f->values[r] > f->values[0] || f->values[r] < f->values[0];
		if (!differ)
			continue;
		printf("%s%s", any ? ", " : "note: the runs differ in calls that failed: ",
		       cli_escape(f->name));
		any = true;
	}
	if (any)
		putchar('\n');
}

static void print_figures(const struct compare *c, const struct figures *fs)
{
	if (c->csv)
		figures_print_csv(fs);
	else if (c->seeds && c->json)
		compare_print_seeds_json(c, fs);
	else if (c->seeds)
		compare_print_seeds(c, fs);
	else if (c->json)
		figures_print_json(fs);
	else
		figures_print(fs);
	if (!c->json && !c->csv) {
		note_failures(fs);
		putchar('\n');
	}
}

/* Prints and draws. */
static int report(const struct compare *c, struct db *const *dbs, const char *folder)
{
	const struct personality **p = sim_calloc((size_t)c->nr_runs, sizeof(*p));
	struct figures fs;
	int exit_code;

	for (int r = 0; r < c->nr_runs; r++) {
		p[r] = cli_personality_of(c->cli, dbs[r]);
		if (!p[r]) {
			sim_free(p);
			return EXIT_INPUT;
		}
	}
	figures_read_each(&fs, dbs, c->nr_runs, p);
	name_runs(c, &fs, dbs, p);
	print_figures(c, &fs);
	exit_code = draw_runs(c, dbs, &fs, p, folder);
	figures_free(&fs);
	sim_free(p);
	return exit_code ? exit_code : cli_flush() ? EXIT_DONE : EXIT_HOST;
}

int compare_report(const struct compare *c, const char *folder)
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
