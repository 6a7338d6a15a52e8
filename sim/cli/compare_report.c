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
#include "sim/cli/run_label.h"

#define MAX_CURVES 8 /* on one picture; more cannot be told apart */

#define MAX_CHART_NAME 56 /* of a picture, without what makes a cut one unique */

/* FNV-1a: pictures of other comparisons have other names, also where these are cut. */
static uint32_t hash_of(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	return hash;
}

/* "vm.dirty_ratio_5_20", or the names of the files; the caller frees it. */
static char *chart_name(const struct compare *c)
{
	struct str name = { 0 };
	char *safe;

	for (int a = 0; a < c->plan.nr_axes - (c->seeds != 0); a++) {
		if (!plan_names_runs(&c->plan.axes[a]))
			continue;
		str_addf(&name, "%s%s", name.len ? "-" : "", c->plan.axes[a].key);
		for (int v = 0; v < c->plan.axes[a].n; v++)
			str_addf(&name, "_%s", c->plan.axes[a].values[v]);
	}
	if (c->at != FOREVER)
		str_addf(&name, "-at_%.9gs", (double)c->at / 1e9);
	if (c->seeds)
		str_addf(&name, "-%d_seeds", c->seeds);
	for (int r = 0; !c->plan.nr_axes && r < c->nr_runs; r++) {
		char *of_file = run_name_of(c->paths[r]);

		str_addf(&name, "%s%s", r ? "-" : "", of_file);
		sim_free(of_file);
	}
	safe = cli_file_name(str_get(&name));
	if (name.len > MAX_CHART_NAME) {
		char *cut =
		    str_format("%.*s-%08x", MAX_CHART_NAME - 9, safe, hash_of(str_get(&name)));

		sim_free(safe);
		safe = cut;
	}
	str_free(&name);
	return safe;
}

int compare_draw(const struct compare *c, const struct sheet *sheet, const char *folder,
		 const char *name)
{
	int exit_code = EXIT_DONE;

	for (int f = 0; f < NR_PICTURE_FORMATS && !exit_code; f++) {
		char *path = f == PICTURE_TXT
				 ? NULL
				 : str_format("%s/compare-%s.%s", folder, name, picture_formats[f]);

		if (c->formats[f]) {
			exit_code = gnuplot_draw(sheet, (enum picture_format)f, path, c->force);
			if (!exit_code && path && !c->json && !c->csv && !c->plan.quiet)
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

/* names: of the files. */
static int draw(const struct compare *c, struct db *const *dbs, const char *const *names,
		int nr_dbs, const struct personality *const *p, const char *folder)
{
	const struct chart *charts[MAX_CURVES];
	int n = nr_dbs < MAX_CURVES ? nr_dbs : MAX_CURVES, exit_code;
	char *labels[MAX_CURVES], *scenario, *title, *name = chart_name(c);
	struct sheet sheet;

	if (!choose_charts(p, n, charts)) {
		sim_free(name);
		return EXIT_DONE;
	}
	run_labels(dbs, names, n, labels);
	scenario = db_run_text(dbs[0], "scenario");
	title =
	    str_format("%s: %s%s", charts[0]->title, scenario, n < nr_dbs ? " (the first 8)" : "");
	if (strcmp(charts[0]->name, "kernels") == 0)
		sheet_of_kernels(&sheet, dbs, (const char *const *)labels, n, charts, title);
	else
		sheet_of_runs(&sheet, dbs, (const char *const *)labels, n, charts[0], title);
	exit_code = sheet.nr_panels ? compare_draw(c, &sheet, folder, name) : EXIT_DONE;
	sheet_free(&sheet);
	sim_free(title);
	sim_free(name);
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

	for (int a = 0; a < c->plan.nr_axes; a++) {
		if (!plan_names_runs(&c->plan.axes[a]))
			continue;
		for (int r = 0; r < c->nr_runs; r++)
			values[r] = compare_value(c, r, a);
		figures_add_key(fs, c->plan.axes[a].key, values);
	}
	if (!c->plan.nr_axes) {
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
static int draw_runs(const struct compare *c, struct db *const *dbs,
		     const struct personality *const *p, const char *folder)
{
	struct db **some = sim_calloc((size_t)c->nr_runs, sizeof(struct db *));
	const struct personality **of = sim_calloc((size_t)c->nr_runs, sizeof(*of));
	char **names = sim_calloc((size_t)c->nr_runs, sizeof(*names));
	int step = c->seeds ? c->seeds : 1, n = 0, exit_code;

	for (int r = 0; r < c->nr_runs; r += step) {
		of[n] = p[r];
		names[n] = run_name_of(c->paths[r]);
		some[n++] = dbs[r];
	}
	exit_code = draw(c, some, (const char *const *)names, n, of, folder);
	for (int r = 0; r < n; r++)
		sim_free(names[r]);
	sim_free(names);
	sim_free(of);
	sim_free(some);
	return exit_code;
}

/* Whether two runs that ended came out alike: in every figure. */
static bool are_alike(const struct figures *fs, int a, int b)
{
	for (int i = 0; i < fs->n; i++) {
		const struct run_figure *f = &fs->f[i];

		if (f->has[a] != f->has[b] || f->values[a] < f->values[b] ||
		    f->values[a] > f->values[b])
			return false;
	}
	return fs->n > 0 && *fs->digest[a] && *fs->digest[b];
}

/* The keys in which runs like this one differ from it, "vm.dirty_ratio and vm.swappiness". */
static void keys_without_effect(const struct compare *c, const struct figures *fs, int run,
				struct str *keys)
{
	/* without axes the first key is the name of the file */
	for (int k = !c->plan.nr_axes; k < fs->nr_keys; k++) {
		bool same = true;

		for (int r = run + 1; r < fs->nr_runs; r++)
			if (are_alike(fs, run, r))
				same = same && strcmp(fs->labels[k][r], fs->labels[k][run]) == 0;
		if (!same)
			str_addf(keys, "%s%s", keys->len ? " and " : "", cli_escape(fs->keys[k]));
	}
}

/* Runs that came out alike although they were set differently. */
static void note_alike(const struct compare *c, const struct figures *fs, int run)
{
	struct str keys = { 0 }, rows = { 0 };
	bool every_sample = true;

	str_addf(&rows, "%d", run + 1);
	for (int r = run + 1; r < fs->nr_runs; r++) {
		if (!are_alike(fs, run, r))
			continue;
		str_addf(&rows, ", %d", r + 1);
		every_sample = every_sample && strcmp(fs->digest[r], fs->digest[run]) == 0;
	}
	keys_without_effect(c, fs, run, &keys);
	if (keys.len)
		printf("note: rows %s are equal in every %s: what %s was set to had no effect\n",
		       rows.s, every_sample ? "sample" : "figure", keys.s);
	str_free(&keys);
	str_free(&rows);
}

static void note_equal(const struct compare *c, const struct figures *fs)
{
	for (int run = 0; run < fs->nr_runs; run++) {
		bool known = false;

		for (int r = 0; r < run && !known; r++)
			known = are_alike(fs, r, run);
		if (!known)
			note_alike(c, fs, run);
	}
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
		       cli_escape(f->shown));
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
		if (!c->seeds)
			note_equal(c, fs);
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
		p[r] = cli_personality_of(c->plan.cli, dbs[r]);
		if (!p[r]) {
			sim_free(p);
			return EXIT_INPUT;
		}
	}
	figures_read_each(&fs, dbs, c->nr_runs, p);
	name_runs(c, &fs, dbs, p);
	print_figures(c, &fs);
	exit_code = draw_runs(c, dbs, p, folder);
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
