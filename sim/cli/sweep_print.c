/*
 * sweep_print.c - what came out of a sweep: a ranked table, or JSON, or CSV
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/json.h"
#include "sim/cli/sheet.h"
#include "sim/cli/sweep.h"
#include "sim/cli/text_table.h"

#define SHOWN_ERRORS 5

static const char *verdict(const struct sweep_cell *c)
{
	if (c->best)
		return "best";
	if (!c->p.den)
		return "";
	return stat_significant(c->p) ? "differs" : "no significant difference";
}

/* ---- the table ---- */

/* How the values of a figure are shown. */
struct shown {
	const char *unit;
	double divisor, max; /* max: the highest, in the unit that is shown */
	bool whole;
};

static struct shown shown_as(const struct figures *fs, const struct run_figure *f)
{
	double max = figure_max(f, fs->nr_runs);
	struct shown w = { 0 };

	w.unit = unit_for_people(f->unit, max, &w.divisor);
	w.max = max / w.divisor;
	w.whole = !(w.divisor > 1 || w.divisor < 1) && f->unit != UNIT_COUNT;
	return w;
}

/* What all rows of the table need. */
struct ranking {
	const struct sweep *s;
	const struct sweep_results *r;
	struct shown shown[SWEEP_MAX_SORTS]; /* of each sort */
	bool failures;                       /* some failed, or are not there */
};

static void add_value(struct str *out, const struct shown *w, double v)
{
	figure_print(out, v / w->divisor, w->max, w->whole);
}

static void add_heads(const struct ranking *k, struct text_table *t)
{
	const struct sweep *s = k->s;
	const struct sweep_results *r = k->r;

	text_table_init(t, "rank");
	for (int a = 0; a < s->plan.nr_axes; a++)
		if (plan_names_runs(&s->plan.axes[a]))
			text_table_add_column(t, cli_escape(s->plan.axes[a].key));
	for (int i = 0; i < r->nr_sorts; i++) {
		const char *unit = k->shown[i].unit;
		char *head =
		    str_format(*unit ? "%s (%s)" : "%s", cli_escape(r->sorts[i]->name), unit);

		text_table_add_column(t, head);
		sim_free(head);
		if (i == 0 && s->seeds > 1)
			text_table_add_column(t, "95 % interval");
		if (i == 0)
			text_table_add_column(t, "to the best");
	}
	if (s->seeds > 1)
		text_table_add_column(t, "");
	if (k->failures)
		text_table_add_column(t, "failed");
}

/* The columns of the figure that ranks. */
static void add_ranked(const struct ranking *k, struct text_table *t, int combination)
{
	const struct sweep_cell *cell = &k->r->cells[combination];
	const struct sweep_cell *best = &k->r->cells[k->r->order[0]];
	const struct shown *w = &k->shown[0];
	struct str mean = { 0 }, interval = { 0 }, by = { 0 };

	if (cell->n) {
		add_value(&mean, w, cell->mean);
		add_value(&interval, w, cell->low);
		str_add(&interval, " .. ");
		add_value(&interval, w, cell->high);
		if (!cell->best && best->mean > 0)
			figure_difference(&by, cell->mean, best->mean);
		else if (!cell->best)
			str_addf(&by, "%+.4g", (cell->mean - best->mean) / w->divisor);
	}
	text_table_number(t, "%s", cell->n ? str_get(&mean) : "-");
	if (k->s->seeds > 1)
		text_table_text(t, "%s", str_get(&interval));
	text_table_number(t, "%s", str_get(&by));
	str_free(&mean);
	str_free(&interval);
	str_free(&by);
}

/* Points of a combination that failed or were refused, and those that are not there. */
static void count_failures(const struct sweep *s, const struct sweep_results *r, int combination,
			   int *failed, int *missing)
{
	*failed = *missing = 0;
	for (int k = 0; k < s->seeds; k++) {
		const struct sweep_point *p = &r->points[combination * s->seeds + k];

		*missing += !p->state;
		*failed += p->failures > 0;
	}
}

static char *failed_text(const struct sweep *s, const struct sweep_results *r, int combination)
{
	struct str text = { 0 };
	int failed, missing;

	count_failures(s, r, combination, &failed, &missing);
	if (failed)
		str_addf(&text, s->seeds > 1 ? "%d of %d" : "yes", failed, s->seeds);
	if (missing)
		str_addf(&text, s->seeds > 1 ? "%s%d missing" : "%smissing", failed ? ", " : "",
			 missing);
	return str_take(&text);
}

static void add_row(const struct ranking *k, struct text_table *t, int combination)
{
	const struct sweep *s = k->s;
	const struct sweep_results *r = k->r;

	text_table_number(t, "%d", r->rank[combination]);
	for (int a = 0; a < s->plan.nr_axes; a++)
		if (plan_names_runs(&s->plan.axes[a]))
			text_table_number(t, "%s", cli_escape(sweep_value(s, combination, a)));
	if (r->nr_sorts)
		add_ranked(k, t, combination);
	for (int i = 1; i < r->nr_sorts; i++) {
		struct sweep_cell cell = sweep_cell(s, r->sorts[i], combination);
		struct str mean = { 0 };

		add_value(&mean, &k->shown[i], cell.mean);
		text_table_number(t, "%s", cell.n ? str_get(&mean) : "-");
		str_free(&mean);
	}
	if (s->seeds > 1)
		text_table_text(t, "%s", verdict(&r->cells[combination]));
	if (k->failures) {
		char *text = failed_text(s, r, combination);

		text_table_text(t, "%s", text);
		sim_free(text);
	}
}

static bool any_failures(const struct sweep *s, const struct sweep_results *r)
{
	for (int p = 0; p < s->nr_points; p++)
		if (!r->points[p].state || r->points[p].failures)
			return true;
	return false;
}

static void print_table(const struct sweep *s, const struct sweep_results *r)
{
	int n = s->top && s->top < s->nr_combinations ? s->top : s->nr_combinations;
	struct ranking k = { .s = s, .r = r, .failures = any_failures(s, r) };
	struct text_table t;

	if (r->nr_sorts)
		printf("\nby %s, the %s first\n", cli_escape(r->sorts[0]->name),
		       r->descending[0] ? "highest" : "lowest");
	else
		puts("\nno figure tells the points apart");
	for (int i = 0; i < r->nr_sorts; i++)
		k.shown[i] = shown_as(&r->figures, r->sorts[i]);
	add_heads(&k, &t);
	for (int i = 0; i < n; i++)
		add_row(&k, &t, r->order[i]);
	text_table_print(&t);
	text_table_free(&t);
	if (n < s->nr_combinations)
		printf("... %d more: --top 0\n", s->nr_combinations - n);
}

/* How many of those that were tested against the best one are told apart from it. */
static void print_tests(const struct sweep *s, const struct sweep_results *r)
{
	int tested = 0, like = 0;

	for (int c = 0; c < s->nr_combinations; c++) {
		const struct sweep_cell *cell = &r->cells[c];

		tested += cell->p.den && !cell->best;
		like += cell->p.den && !cell->best && !stat_significant(cell->p);
	}
	if (tested && like)
		printf("%d seeds each; %d of %d others do not differ significantly from the best "
		       "(5 %%): it may be the best by chance\n",
		       s->seeds, like, tested);
	else if (tested)
		printf("%d seeds each; all others differ significantly from the best (5 %%)\n",
		       s->seeds);
}

/* What else can be ranked by. */
static void print_figures(const struct sweep *s, const struct sweep_results *r)
{
	int limit = text_table_terminal_width(), column = 0;

	for (int i = 0; i < r->figures.n && !s->nr_sorts; i++) {
		const char *name = cli_escape(r->figures.f[i].name);

		if (&r->figures.f[i] == r->sorts[0])
			continue;
		if (!column)
			column = printf("--sort takes as well: %s", name);
		else if (column + 2 + (int)strlen(name) > limit)
			column = printf(",\n  %s", name) - 2;
		else
			column += printf(", %s", name);
	}
	if (column)
		putchar('\n');
}

static void print_errors(const struct sweep *s, const struct sweep_results *r)
{
	int nr_refused = 0, nr_failed = 0;

	for (int p = 0; p < s->nr_points; p++) {
		char *name;

		nr_failed += r->points[p].failures && !sweep_point_refused(&r->points[p]);
		if (!sweep_point_refused(&r->points[p]) || ++nr_refused > SHOWN_ERRORS)
			continue;
		name = sweep_describe(s, p);
		fprintf(stderr, "mmsim: cannot be run: %s:\n%s", cli_escape(name),
			r->points[p].error);
		sim_free(name);
	}
	if (nr_refused > SHOWN_ERRORS)
		fprintf(stderr, "mmsim: and %d more that cannot be run\n",
			nr_refused - SHOWN_ERRORS);
	if (nr_failed)
		cli_error("%d of %d points failed: tables \"expectation\" and \"point\" say why",
			  nr_failed, s->nr_points);
	if (r->nr_done < s->nr_points)
		cli_error("%d of %d points are missing; the command without --merge runs them",
			  s->nr_points - r->nr_done, s->nr_points);
}

/* ---- JSON ---- */

static void print_cell_json(struct json *j, const struct sweep *s, const struct sweep_results *r,
			    const struct run_figure *f, int combination)
{
	struct sweep_cell cell =
	    f == r->sorts[0] ? r->cells[combination] : sweep_cell(s, f, combination);

	if (!cell.n) {
		json_null(j, f->name);
		return;
	}
	json_object(j, f->name);
	json_real(j, "mean", cell.mean);
	json_text(j, "unit", unit_base(f->unit));
	if (s->seeds > 1) {
		json_number(j, "n", cell.n);
		json_real(j, "low", cell.low);
		json_real(j, "high", cell.high);
	}
	if (cell.p.den)
		json_real(j, "p", (double)cell.p.num / (double)cell.p.den);
	if (f == r->sorts[0] && *verdict(&cell))
		json_text(j, "verdict", verdict(&cell));
	json_end_object(j);
}

static void print_row_json(struct json *j, const struct sweep *s, const struct sweep_results *r,
			   int combination)
{
	int failed, missing;

	json_object(j, NULL);
	json_number(j, "rank", r->rank[combination]);
	json_object(j, "set");
	for (int a = 0; a < s->plan.nr_axes; a++)
		json_text(j, s->plan.axes[a].key, sweep_value(s, combination, a));
	json_end_object(j);
	json_object(j, "figures");
	for (int i = 0; i < r->figures.n; i++)
		print_cell_json(j, s, r, &r->figures.f[i], combination);
	json_end_object(j);
	count_failures(s, r, combination, &failed, &missing);
	json_number(j, "failed", failed);
	json_number(j, "missing", missing);
	json_end_object(j);
}

static void print_json(const struct sweep *s, const struct sweep_results *r, const char *path)
{
	struct json j = { 0 };
	char digest[17];

	snprintf(digest, sizeof(digest), "%016" PRIx64, r->digest);
	json_object(&j, NULL);
	json_text(&j, "scenario", s->name);
	json_text(&j, "database", path);
	json_text(&j, "digest", digest);
	json_number(&j, "points", s->nr_points);
	json_number(&j, "done", r->nr_done);
	json_number(&j, "seeds", s->seeds);
	if (r->nr_sorts) {
		json_text(&j, "sort", r->sorts[0]->name);
		json_bool(&j, "descending", r->descending[0]);
	}
	json_list(&j, "combinations");
	for (int i = 0; i < s->nr_combinations; i++)
		print_row_json(&j, s, r, r->order[i]);
	json_end_list(&j);
	json_end_object(&j);
	json_print(&j);
}

void sweep_print(const struct sweep *s, const struct sweep_results *r, const char *path)
{
	if (s->json) {
		print_json(s, r, path);
	} else if (s->csv) {
		figures_print_csv(&r->figures);
	} else {
		if (!s->plan.quiet) {
			printf("database   %s\n", cli_escape(path));
			printf("digest     %016" PRIx64 "\n", r->digest);
		}
		print_table(s, r);
		if (!s->plan.quiet) {
			print_tests(s, r);
			print_figures(s, r);
		}
	}
	fflush(stdout);
	print_errors(s, r);
}
