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
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/sheet.h"

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

static struct db_rows *histogram(struct db *db, const struct db_key keys[2])
{
	static const char *const columns[] = { "bucket_ns", "count" };
	struct db_query q = {
		.table = "latency", .columns = columns, .nr_columns = 2, .keys = keys, .nr_keys = 2
	};

	return db_select(db, &q);
}

/* Rows lie in the order of buckets.  A bucket is a step as wide as its share of calls. */
static void add_histogram(struct panel *p, struct db *db, const struct db_key keys[2])
{
	struct curve *c = &p->curves[p->nr_curves];
	struct db_rows *rows = histogram(db, keys);
	double all = 0, faster = 0;

	while (db_next(rows))
		all += (double)db_number(rows, 1);
	db_rows_free(rows);
	if (all < MIN_CALLS)
		return;
	*c = (struct curve){ .style = CHART_LINE, .label = sim_strdup(keys[0].text) };
	p->nr_curves++;
	rows = histogram(db, keys);
	while (db_next(rows)) {
		double ns = (double)db_number(rows, 0), left;

		curve_add_point(c, log10_of(all / (all - faster)), ns);
		faster += (double)db_number(rows, 1);
		left = all - faster > 0.5 ? all - faster : 0.5; /* behind the slowest */
		curve_add_point(c, log10_of(all / left), ns);
	}
	db_rows_free(rows);
}

/* Values of a column of the histograms, with a key or without; owned by the caller. */
static int values_of(struct db *db, const char *column, const struct db_key *key,
		     char *values[MAX_CURVES])
{
	struct db_query q = { .table = "latency",
			      .columns = &column,
			      .nr_columns = 1,
			      .keys = key,
			      .nr_keys = key ? 1 : 0,
			      .distinct = true };
	struct db_rows *rows = db_select(db, &q);
	int n = 0;

	while (n < MAX_CURVES && db_next(rows))
		values[n++] = sim_strdup(db_text(rows, 0));
	db_rows_free(rows);
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
	char *ops[MAX_CURVES], *tasks[MAX_CURVES];
	int nr_ops = values_of(db, "op", NULL, ops);

	*s = (struct sheet){ .title = sim_strdup(title), .question = chart->question };
	for (int o = 0; o < nr_ops; o++) {
		struct db_key keys[2] = { { "task", NULL, 0 }, { "op", ops[o], 0 } };
		int nr_tasks = values_of(db, "task", &keys[1], tasks);
		struct panel *p = sheet_add_panel(
		    s, chart->panels, str_format("%s: %s", chart->panels[0].title, ops[o]),
		    MAX_CURVES);

		for (int t = 0; t < nr_tasks; t++) {
			keys[0].text = tasks[t];
			add_histogram(p, db, keys);
			sim_free(tasks[t]);
		}
		if (p->nr_curves)
			choose_scale(p);
		else
			sheet_drop_panel(s);
		sim_free(ops[o]);
	}
	sheet_finish(s);
	s->time_label = "share of calls that were faster: 1 is 90 %, 2 is 99 %, 3 is 99.9 % ...";
}
