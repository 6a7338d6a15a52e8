/*
 * report_runs.c - several runs in one report: what belongs together stands side by side
 *
 * A folder may have the results of several comparisons.  Runs of one scenario to
 * which the same keys were given are one group; of results that do not say what
 * was given to them, all of a scenario are.  Within a group runs of
 * several kernels share the chart "kernels", those of one kernel its chart
 * "compare".
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/report.h"
#include "sim/cli/run_label.h"

/* Some of the runs of a report. */
struct some {
	struct db **dbs;              /* owned */
	const char **labels;          /* owned */
	const struct personality **p; /* owned */
	int n;
	const char *suffix; /* of the ids of its sections */
};

/* Sections with another end of their ids, so that each is there once in a page; NULL: without. */
static void put_renamed(struct str *out, const char *text, const char *suffix)
{
	static const char with_id[] = "<section id=\"";
	const char *at;

	for (; (at = strstr(text, with_id)); text = strchr(at, '>')) {
		const char *id = at + sizeof(with_id) - 1;

		str_addn(out, text, (size_t)(at - text));
		str_add(out, "<section");
		if (suffix)
			str_addf(out, " id=\"%.*s%s\"", (int)strcspn(id, "\""), id, suffix);
	}
	str_add(out, text);
}

/* ---- groups ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "vm.dirty_ratio, vm.swappiness at 5 s": what was given to a run; the caller frees it. */
static char *keys_of(struct db *db)
{
	static const char *const columns[] = { "t_ns", "option", "name" };
	struct db_query q = { "setting", columns, ARRAY_LEN(columns), NULL, 0, false, 0 };
	struct db_rows *rows = db_select(db, &q);
	struct str text = { 0 };
	char **names = NULL;
	size_t n = 0, cap = 0;

	while (db_next(rows)) {
		double at = (double)db_number(rows, 0) / 1e9;
		void *grown = names;

		if (strcmp(db_text(rows, 1), "set") != 0 || strcmp(db_text(rows, 2), "seed") == 0)
			continue;
		sim_grow(&grown, &cap, n + 1, sizeof(*names));
		names = grown;
		names[n++] = at > 0 ? str_format("%s at %.9g s", db_text(rows, 2), at)
				    : sim_strdup(db_text(rows, 2));
	}
	db_rows_free(rows);
	if (n)
		qsort(names, n, sizeof(*names), by_text);
	for (size_t i = 0; i < n; i++)
		if (!i || strcmp(names[i], names[i - 1]) != 0)
			str_addf(&text, "%s%s", text.len ? ", " : "", names[i]);
	for (size_t i = 0; i < n; i++)
		sim_free(names[i]);
	sim_free(names);
	return str_take(&text);
}

/* The number of each run's group, in the order of their first runs; how many there are. */
static int find_groups(const struct report_runs *r, char **titles, int *of)
{
	int n = 0;

	for (int i = 0; i < r->n; i++) {
		char *scenario = db_run_text(r->dbs[i], "scenario");
		char *keys = keys_of(r->dbs[i]);
		char *title = str_format("%s%s%s", scenario, *keys ? ": " : "", keys);

		of[i] = 0;
		while (of[i] < n && strcmp(titles[of[i]], title) != 0)
			of[i]++;
		if (of[i] == n)
			titles[n++] = title;
		else
			sim_free(title);
		sim_free(scenario);
		sim_free(keys);
	}
	return n;
}

static struct some some_of(const struct report_runs *r, const int *of, int group)
{
	struct some s = { .suffix = "" };

	s.dbs = sim_calloc((size_t)r->n, sizeof(*s.dbs));
	s.labels = sim_calloc((size_t)r->n, sizeof(*s.labels));
	s.p = sim_calloc((size_t)r->n, sizeof(*s.p));
	for (int i = 0; i < r->n; i++) {
		if (of && of[i] != group)
			continue;
		s.dbs[s.n] = r->dbs[i];
		s.labels[s.n] = r->labels[i];
		s.p[s.n++] = r->p[i];
	}
	return s;
}

/* What they are called beside each other; owned by the caller, s->n texts. */
static char **name_runs(struct some *s)
{
	char **labels = sim_calloc((size_t)s->n, sizeof(*labels));

	run_labels(s->dbs, s->labels, s->n, labels);
	for (int i = 0; i < s->n; i++)
		s->labels[i] = labels[i];
	return labels;
}

static void some_free(struct some *s)
{
	sim_free(s->dbs);
	sim_free(s->labels);
	sim_free(s->p);
}

/* Those of one kernel. */
static struct some of_kernel(const struct some *all, const struct personality *p)
{
	const struct report_runs r = {
		.n = all->n, .dbs = all->dbs, .labels = all->labels, .p = all->p
	};
	int *of = sim_calloc((size_t)all->n, sizeof(*of));
	struct some s;

	for (int i = 0; i < all->n; i++)
		of[i] = all->p[i] == p;
	s = some_of(&r, of, 1);
	s.suffix = all->suffix;
	sim_free(of);
	return s;
}

static bool is_first_of_kernel(const struct some *s, int run)
{
	for (int i = 0; i < run; i++)
		if (s->p[i] == s->p[run])
			return false;
	return true;
}

static bool is_one_kernel(const struct some *s)
{
	for (int i = 1; i < s->n; i++)
		if (s->p[i] != s->p[0])
			return false;
	return true;
}

/* ---- pictures ---- */

static const struct chart *chart_named(const struct personality *p, const char *name)
{
	for (int i = 0; i < p->nr_charts; i++)
		if (strcmp(p->charts[i].name, name) == 0)
			return &p->charts[i];
	return NULL;
}

/* The curves of several kernels on one sheet. */
static void put_kernels(struct str *out, const struct some *s)
{
	const struct chart **charts = sim_calloc((size_t)s->n, sizeof(*charts));
	bool all = true;

	for (int i = 0; i < s->n; i++) {
		charts[i] = chart_named(s->p[i], "kernels");
		all = all && charts[i];
	}
	if (all) {
		struct sheet sheet;

		sheet_of_kernels(&sheet, s->dbs, s->labels, s->n, charts, charts[0]->title);
		report_sheet(out, &sheet, "chart-kernels", charts[0]->title, false);
		sheet_free(&sheet);
	}
	sim_free(charts);
}

/* The curves of runs of one kernel. */
static void put_compared(struct str *out, const struct some *s, const char *id)
{
	const struct chart *chart = chart_named(s->p[0], "compare");
	struct sheet sheet;

	if (!chart)
		return;
	sheet_of_runs(&sheet, s->dbs, s->labels, s->n, chart, chart->title);
	report_sheet(out, &sheet, id, chart->title, false);
	sheet_free(&sheet);
}

/* ---- one group ---- */

static void put_one(struct str *out, struct db *db, const char *label, const struct personality *p)
{
	struct str run = { 0 };

	str_add(out, "<details><summary>Run ");
	html_text(out, label);
	str_add(out, ": what happened, latencies, tunables</summary>\n");
	report_run(&run, db);
	report_happenings(&run, db, p);
	report_failed_calls(&run, db);
	report_latency(&run, db);
	report_tunables(&run, db, p);
	report_log(&run, db);
	put_renamed(out, str_get(&run), NULL);
	str_free(&run);
	str_add(out, "</details>\n");
}

/* What only runs of one kernel have in common, and what was simplified in it. */
static void put_kernel(struct str *out, const struct some *s, int run, bool alone)
{
	const struct personality *p = s->p[run];
	struct some same = of_kernel(s, p);
	char *end = alone ? sim_strdup("") : str_format("-%s", p->name);
	struct str text = { 0 };

	if (!alone)
		str_addf(out, "<h2>%s</h2>\n", p->name);
	if (alone || same.n > 1)
		put_compared(&text, &same, "chart-compare");
	report_happened(&text, same.dbs, same.labels, same.n, p);
	put_renamed(out, str_get(&text), end);
	str_free(&text);
	for (int i = 0; i < same.n; i++)
		put_one(out, same.dbs[i], same.labels[i], p);
	report_honesty(&text, same.dbs[0], p);
	put_renamed(out, str_get(&text), end);
	str_free(&text);
	sim_free(end);
	some_free(&same);
}

static void put_group(struct str *out, const struct some *s)
{
	bool alone = is_one_kernel(s);

	report_figures(out, s->dbs, s->labels, s->n, s->p);
	if (!alone)
		put_kernels(out, s);
	for (int i = 0; i < s->n; i++)
		if (is_first_of_kernel(s, i))
			put_kernel(out, s, i, alone);
}

/* What was taken, and where it stands. */
static void put_contents(struct str *out, const struct report_runs *r, char *const *titles,
			 const int *of, int n)
{
	str_addf(out, "<p>These are %d comparisons:</p>\n<ul>\n", n);
	for (int g = 0; g < n; g++) {
		int runs = 0;

		for (int i = 0; i < r->n; i++)
			runs += of[i] == g;
		str_addf(out, "<li><a href=\"#group-%d\">", g + 1);
		html_text(out, titles[g]);
		str_addf(out, "</a>, %d %s</li>\n", runs, runs == 1 ? "run" : "runs");
	}
	str_add(out, "</ul>\n");
}

void report_several(struct str *out, const struct report_runs *r, bool in_groups)
{
	char **titles = sim_calloc((size_t)r->n, sizeof(*titles));
	int *of = sim_calloc((size_t)r->n, sizeof(*of));
	int n = find_groups(r, titles, of);

	if (in_groups && n > 1)
		put_contents(out, r, titles, of, n);
	for (int g = 0; g < (in_groups ? n : 1); g++) {
		struct some s = some_of(r, in_groups ? of : NULL, g);
		char **labels = name_runs(&s);
		char *end = g ? str_format("-%d", g + 1) : sim_strdup("");
		struct str group = { 0 };

		if (in_groups && n > 1) {
			str_addf(out, "<h2 class=\"group\" id=\"group-%d\">", g + 1);
			html_text(out, titles[g]);
			str_add(out, "</h2>\n");
		}
		put_group(&group, &s);
		put_renamed(out, str_get(&group), end);
		str_free(&group);
		sim_free(end);
		for (int i = 0; i < s.n; i++)
			sim_free(labels[i]);
		sim_free(labels);
		some_free(&s);
	}
	for (int g = 0; g < n; g++)
		sim_free(titles[g]);
	sim_free(titles);
	sim_free(of);
}
