/*
 * percentiles.c - how long calls took, from the histograms of a results file
 *
 * A panel for each call, a curve for each task that made it.  From left to right stand
 * the calls from the fastest to the slowest; the axis counts nines, so that the
 * few slow ones are seen as well as the many others:
 *
 *	0   1      2      3
 *	    90 %   99 %   99.9 % of the calls were faster
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/sheet.h"
#include "sim/cli/task_group.h"

#define MAX_CURVES 16 /* of a panel, and panels; more are not readable */
#define MIN_CALLS  10 /* of a task: fewer have no distribution */
#define LOG_SPAN   20 /* from shortest to longest: then the axis is logarithmic */

double log10_of(double v)
{
	double log = 0, bit = 1;

	for (; v >= 10; v /= 10)
		log += 1;
	for (int i = 0; i < 20; i++) {
		v *= v;
		bit /= 2;
		if (v >= 10) {
			v /= 10;
			log += bit;
		}
	}
	return log;
}

/* Buckets lie in their order.  One is a step as wide as its share of calls. */
static void add_histogram(struct panel *p, const struct call_times *calls)
{
	struct curve *c = &p->curves[p->nr_curves];
	double all = (double)calls->calls, faster = 0;

	if (calls->calls < MIN_CALLS)
		return;
	*c =
	    (struct curve){ .style = CHART_LINE,
			    .label = sim_strdup(calls->group ? calls->group->shown : calls->task) };
	p->nr_curves++;
	for (size_t i = 0; i < calls->n; i++) {
		double ns = (double)calls->bucket[i].ns, left;

		curve_add_point(c, log10_of(all / (all - faster)), ns);
		faster += (double)calls->bucket[i].count;
		left = all - faster > 0.5 ? all - faster : 0.5; /* behind the slowest */
		curve_add_point(c, log10_of(all / left), ns);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The calls that were made, in the order of their names; borrowed from the list. */
static int ops_of(const struct call_list *l, const char *ops[MAX_CURVES])
{
	const char **all = sim_calloc(l->n + 1, sizeof(*all));
	int n = 0;

	for (size_t i = 0; i < l->n; i++)
		all[i] = l->c[i].op;
	qsort(all, l->n, sizeof(*all), by_text);
	for (size_t i = 0; i < l->n && n < MAX_CURVES; i++)
		if (!n || strcmp(ops[n - 1], all[i]) != 0)
			ops[n++] = all[i];
	sim_free(all);
	return n;
}

static void choose_scale(struct panel *p)
{
	double low = 0, high = 0;

	for (int c = 0; c < p->nr_curves; c++) {
		const struct curve *curve = &p->curves[c];

		if (low <= 0 || curve->y[0] < low)
			low = curve->y[0];
		if (curve->y[curve->n - 1] > high)
			high = curve->y[curve->n - 1];
	}
	p->logarithmic = low > 0 && high > low * LOG_SPAN;
}

void sheet_of_calls(struct sheet *s, struct db *db, const struct chart *chart, const char *title)
{
	const char *ops[MAX_CURVES];
	struct task_groups groups;
	struct call_list calls;
	int nr_ops;

	task_groups_read(&groups, &db, 1);
	call_list_read(&calls, db, &groups);
	nr_ops = ops_of(&calls, ops);
	*s = (struct sheet){ .title = sim_strdup(title), .question = chart->question };
	for (int o = 0; o < nr_ops; o++) {
		struct panel *p = sheet_add_panel(
		    s, chart->panels, str_format("%s: %s", chart->panels[0].title, ops[o]),
		    MAX_CURVES);

		for (size_t i = 0; i < calls.n && p->nr_curves < MAX_CURVES; i++)
			if (strcmp(calls.c[i].op, ops[o]) == 0)
				add_histogram(p, &calls.c[i]);
		if (p->nr_curves)
			choose_scale(p);
		else
			sheet_drop_panel(s);
	}
	call_list_free(&calls);
	task_groups_free(&groups);
	sheet_finish(s);
	s->time_label = "share of calls that were faster: 1 is 90 %, 2 is 99 %, 3 is 99.9 % ...";
}
