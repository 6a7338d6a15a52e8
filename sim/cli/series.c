/*
 * series.c - one curve out of a results file
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/sheet.h"

#define MAX_SUM 4        /* columns joined by "+" */
#define MAX_SHOWN 3000   /* points of a curve; more are not seen */

static void add_point(struct curve *c, double x, double y)
{
	void *xs = c->x, *ys = c->y;
	size_t cap = c->cap;

	sim_grow(&xs, &cap, c->n + 1, sizeof(double));
	sim_grow(&ys, &c->cap, c->n + 1, sizeof(double));
	c->x = xs;
	c->y = ys;
	c->x[c->n] = x;
	c->y[c->n++] = y;
}

/* From x to y something was going on; touching stretches become one. */
static void add_stretch(struct curve *c, double from, double to)
{
	if (c->n && c->y[c->n - 1] >= from)
		c->y[c->n - 1] = to;
	else
		add_point(c, from, to);
}

/*
 * What is drawn of a long curve: of every stretch of rows the lowest, the
 * highest and the last point, so that no peak is lost.
 */
void series_thin_out(struct curve *c)
{
	size_t step = c->n / (MAX_SHOWN / 3), n = 0;

	if (c->n <= MAX_SHOWN || c->style == CHART_SHADE)
		return;
	for (size_t i = 0; i < c->n; i += step) {
		size_t end = i + step < c->n ? i + step : c->n;
		size_t low = i, high = i;

		for (size_t k = i; k < end; k++) {
			low = c->y[k] < c->y[low] ? k : low;
			high = c->y[k] > c->y[high] ? k : high;
		}
		for (size_t k = i; k < end; k++) {
			if (k != low && k != high && k != end - 1)
				continue;
			c->x[n] = c->x[k];
			c->y[n++] = c->y[k];
		}
	}
	c->n = n;
}

/* Splits "a+b" into names; returns how many. */
static int split_sum(char *text, const char *names[MAX_SUM])
{
	int n = 0;

	for (char *save = NULL, *name = strtok_r(text, "+", &save); name && n < MAX_SUM;
	     name = strtok_r(NULL, "+", &save))
		names[n++] = name;
	return n;
}

struct reader {
	enum chart_style style;
	double scale;
	double last_t, last_v;
	bool any;
};

static void take(struct reader *r, struct curve *c, double t, double v)
{
	switch (r->style) {
	case CHART_LINE:
	case CHART_LIMIT:
	case CHART_POINTS:
		add_point(c, t, v * r->scale);
		break;
	case CHART_RATE:
		if (r->any && t > r->last_t)
			add_point(c, t, (v - r->last_v) / (t - r->last_t) * r->scale);
		break;
	case CHART_SHADE:
		if (r->any && r->last_v > 0)
			add_stretch(c, r->last_t, t);
		break;
	case CHART_ACTIVE:
		if (r->any && v > r->last_v)
			add_stretch(c, r->last_t, t);
		break;
	}
	r->any = true;
	r->last_t = t;
	r->last_v = v;
}

bool series_read(struct db *db, const struct chart_series *s, const struct db_key *keys,
		 int nr_keys, struct curve *c)
{
	struct reader r = { .style = s->style, .scale = s->scale > 0 ? s->scale : 1 };
	char *text = sim_strdup(s->column);
	const char *columns[MAX_SUM + 1] = { "t_ns" };
	struct db_query q = { .table = s->table, .columns = columns, .keys = keys,
			      .nr_keys = nr_keys };
	struct db_rows *rows;

	q.nr_columns = 1 + split_sum(text, columns + 1);
	*c = (struct curve){ .style = s->style == CHART_ACTIVE ? CHART_SHADE : s->style,
			     .label = sim_strdup(s->label) };
	rows = db_select(db, &q);
	while (db_next(rows)) {
		double v = 0;

		for (int i = 1; i < q.nr_columns; i++)
			v += (double)db_number(rows, i);
		take(&r, c, (double)db_number(rows, 0) / 1e9, v);
	}
	db_rows_free(rows);
	sim_free(text);
	return c->n > 0;
}
