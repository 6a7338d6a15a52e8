/*
 * series.c - one curve out of a results file
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/sheet.h"
#include "sim/cli/task_group.h"
#include "sim/workload/workload.h"

#define MAX_SUM     12   /* columns joined by "+" */
#define MAX_SHOWN   3000 /* points of a curve; more are not seen */
#define MAX_WINDOWS 150  /* values of a rate or mean */

void curve_add_point(struct curve *c, double x, double y)
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
	if (to < from)
		to = from;
	if (c->n && c->y[c->n - 1] >= from)
		c->y[c->n - 1] = to;
	else
		curve_add_point(c, from, to);
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

/* Splits "a+b*2" into names and what they count; returns how many. */
static int split_sum(char *text, const char *names[MAX_SUM], double factors[MAX_SUM])
{
	int n = 0;

	for (char *save = NULL, *name = strtok_r(text, "+", &save); name && n < MAX_SUM;
	     name = strtok_r(NULL, "+", &save)) {
		char *times = strchr(name, '*');

		factors[n] = times ? strtod(times + 1, NULL) : 1;
		if (times)
			*times = '\0';
		names[n++] = name;
	}
	return n;
}

/* The last of a stretch of samples that have one value on the picture. */
static size_t window_end(const struct curve *c, size_t from, double length)
{
	size_t i = from + 1;

	while (i + 1 < c->n && c->x[i] - c->x[from] < length * (1 - 1e-9))
		i++;
	return i;
}

/* How much time one value of a rate or mean stands for: a picture shows so many of them. */
static double window_of(const struct curve *c)
{
	return c->n ? (c->x[c->n - 1] - c->x[0]) / MAX_WINDOWS : 0;
}

/* Differences per second of what was read. */
static void make_rates(struct curve *c)
{
	double length = window_of(c);
	size_t n = 0;

	for (size_t i = 0, end; i + 1 < c->n; i = end) {
		end = window_end(c, i, length);
		if (c->x[end] <= c->x[i])
			continue;

		double rate = (c->y[end] - c->y[i]) / (c->x[end] - c->x[i]);

		c->x[n] = c->x[end];
		c->y[n++] = rate;
	}
	c->n = n;
}

static void make_means(struct curve *c)
{
	double length = window_of(c);
	size_t n = 0;

	for (size_t i = 0, end; i + 1 < c->n; i = end) {
		double sum = 0;

		end = window_end(c, i, length);
		for (size_t k = i + 1; k <= end; k++)
			sum += c->y[k];
		c->x[n] = c->x[end];
		c->y[n++] = sum / (double)(end - i);
	}
	c->n = n;
}

/* The times while the values were not 0, or in which they grew. */
static void make_stretches(struct curve *c, enum chart_style style)
{
	struct curve all = *c;

	*c = (struct curve){ .style = CHART_SHADE, .label = all.label };
	for (size_t i = 1; i < all.n; i++)
		if (style == CHART_SHADE ? all.y[i - 1] > 0 : all.y[i] > all.y[i - 1])
			add_stretch(c, all.x[i - 1], all.x[i]);
	sim_free(all.x);
	sim_free(all.y);
}

/* From each row of one tracepoint to the next one of another. */
static void read_spans(struct db *db, const struct chart_series *s, const struct db_key *keys,
		       int nr_keys, struct curve *c)
{
	const char *t = "t_ns";
	struct db_query from = { s->table, &t, 1, keys, nr_keys, false, 0 };
	struct db_query to = { s->column, &t, 1, keys, nr_keys, false, 0 };
	struct db_rows *begin = db_select(db, &from), *end = db_select(db, &to);
	char *t_end = db_run_text(db, "t_end_ns");
	double last = strtod(t_end, NULL) / 1e9; /* of a killed run: 0 */
	bool more = db_next(end);

	sim_free(t_end);
	while (db_next(begin)) {
		int64_t at = db_number(begin, 0);

		while (more && db_number(end, 0) < at)
			more = db_next(end);
		add_stretch(c, (double)at / 1e9, more ? (double)db_number(end, 0) / 1e9 : last);
	}
	db_rows_free(begin);
	db_rows_free(end);
}

/* ---- tasks ---- */

void sample_times_read(struct sample_times *times, struct db *db)
{
	const char *column = "t_ns";
	struct db_query q = { .table = "vmstat_sample", .columns = &column, .nr_columns = 1 };
	struct db_rows *rows = db_select(db, &q);

	*times = (struct sample_times){ 0 };
	while (db_next(rows)) {
		void *grown = times->t_ns;

		sim_grow(&grown, &times->cap, times->n + 1, sizeof(*times->t_ns));
		times->t_ns = grown;
		times->t_ns[times->n++] = db_number(rows, 0);
	}
	db_rows_free(rows);
}

int64_t sample_time_before(const struct sample_times *times, int64_t t_ns)
{
	size_t low = 0, high = times->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (times->t_ns[mid] < t_ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? times->t_ns[low - 1] : t_ns;
}

void sample_times_free(struct sample_times *times)
{
	sim_free(times->t_ns);
	*times = (struct sample_times){ 0 };
}

static bool is_of_tasks(const struct chart_series *s)
{
	return strcmp(s->table, workload_task_metrics.table) == 0;
}

/* A counter of a task that was born later began at 0, behind the sample before its first row. */
static void begin_at_birth(struct curve *c, struct db *db)
{
	struct sample_times times;
	int64_t first;
	double before;

	if (!c->n)
		return;
	sample_times_read(&times, db);
	first = (int64_t)(c->x[0] * 1e9 + 0.5);
	before = (double)sample_time_before(&times, first) / 1e9;
	sample_times_free(&times);
	if (before >= c->x[0])
		return;
	curve_add_point(c, 0, 0);
	memmove(c->x + 1, c->x, (c->n - 1) * sizeof(*c->x));
	memmove(c->y + 1, c->y, (c->n - 1) * sizeof(*c->y));
	c->x[0] = before;
	c->y[0] = 0;
}

/* The name of a group of tasks among the keys, taken away from them; NULL: there is none. */
static const char *take_group(const struct chart_series *s, const struct db_key *keys, int *nr_keys)
{
	const struct db_key *last = *nr_keys ? &keys[*nr_keys - 1] : NULL;

	if (!last || !is_of_tasks(s) || !last->text || !strchr(last->text, '*'))
		return NULL;
	--*nr_keys;
	return last->text;
}

/* ---- rows ---- */

static void read_rows(struct db *db, const struct chart_series *s, const struct db_key *keys,
		      int nr_keys, struct curve *c)
{
	double scale =
	    (double)(s->multiply ? s->multiply : 1) / (double)(s->divide ? s->divide : 1);
	char *text = sim_strdup(s->column);
	const char *group = take_group(s, keys, &nr_keys);
	const char *columns[MAX_SUM + 2] = { "t_ns" };
	double factors[MAX_SUM];
	struct db_query q = {
		.table = s->table, .columns = columns, .keys = keys, .nr_keys = nr_keys
	};
	struct db_rows *rows;
	int64_t last = -1;
	int nr_sum, members = 0;

	nr_sum = split_sum(text, columns + 1, factors);
	q.nr_columns = 1 + nr_sum + (group != NULL);
	columns[1 + nr_sum] = workload_task_metrics.keys[0].name;
	rows = db_select(db, &q);
	while (db_next(rows)) {
		int64_t t = db_number(rows, 0);
		double v = 0;

		if (group && !task_group_has(group, db_text(rows, 1 + nr_sum)))
			continue;
		for (int i = 0; i < nr_sum; i++)
			v += (double)db_number(rows, 1 + i) * factors[i];
		members = t == last ? members + 1 : 1;
		if (t == last && s->style != CHART_POINTS)
			c->y[c->n - 1] += v * scale;
		else
			curve_add_point(c, (double)t / 1e9, v * scale);
		last = t;
	}
	db_rows_free(rows);
	sim_free(text);
	if (is_of_tasks(s) && (nr_keys || group))
		begin_at_birth(c, db);
	for (size_t i = 0; group && i < c->n; i++)
		c->y[i] /= members; /* in the end all of them were born */
}

bool series_read(struct db *db, const struct chart_series *s, const struct db_key *keys,
		 int nr_keys, struct curve *c)
{
	*c = (struct curve){ .style = s->style, .label = sim_strdup(s->label) };
	switch (s->style) {
	case CHART_LINE:
	case CHART_LIMIT:
	case CHART_POINTS:
		read_rows(db, s, keys, nr_keys, c);
		break;
	case CHART_MEAN:
		read_rows(db, s, keys, nr_keys, c);
		make_means(c);
		break;
	case CHART_RATE:
		read_rows(db, s, keys, nr_keys, c);
		make_rates(c);
		break;
	case CHART_SHADE:
	case CHART_ACTIVE:
		read_rows(db, s, keys, nr_keys, c);
		make_stretches(c, s->style);
		break;
	case CHART_SPAN:
		c->style = CHART_SHADE;
		if (db_has(db, s->column, "t_ns")) /* else nobody knows where they end */
			read_spans(db, s, keys, nr_keys, c);
		break;
	}
	if (c->n)
		return true;
	sim_free(c->x); /* rates of a single sample: there was room, but no point */
	sim_free(c->y);
	c->x = c->y = NULL;
	return false;
}
