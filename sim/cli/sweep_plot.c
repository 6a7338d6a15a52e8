/*
 * sweep_plot.c - pictures of a merged sweep
 *
 *	points, settings, one figure  ->  cells, by the values of up to three keys  ->  response.gp
 *
 * The file may be from anybody: numbers in it are tested before they are places in arrays.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/figures.h"
#include "sim/cli/plan.h"
#include "sim/cli/stat_test.h"
#include "sim/cli/sweep_plot.h"

#define MAX_DRAWN    3 /* keys */
#define MAX_PANELS   9
#define MAX_VALUES   PLAN_MAX_VALUES
#define MAX_POINTS   1000000
#define MAX_TICKS    12 /* values of a curve with a mark each */
#define MAX_LABELS   24 /* values of a side of a map that are named */
#define MAX_TEXTS    16 /* columns of a map whose cells have their value as text */
#define LOG_SPAN     20 /* from the least to the greatest value: then the axis is logarithmic */
#define KEY_WIDTH    130
#define CURVE_WIDTH  860
#define CURVE_HEIGHT 460

/* A key that varies, and its values in the order in which they are drawn. */
struct axis {
	char *key, *unit; /* owned */
	char **values;    /* owned, and the texts */
	double *numbers;  /* owned */
	int n;
	bool numeric; /* all values are numbers */
	int fixed;    /* the value that --where asks for; -1: all */
};

/* What came out for one value of each key. */
struct cell {
	double values[PLAN_MAX_SEEDS];
	int n;
	double mean, low, high;
};

/* All that a picture shows. */
struct response {
	struct axis axes[PLAN_MAX_AXES];
	int nr_axes;
	int drawn[MAX_DRAWN]; /* axes: along, up, a panel each */
	int nr_drawn;
	struct cell *cells; /* owned; [panel][row][column] */
	int size[MAX_DRAWN];
	char *title, *subtitle; /* owned */
	char *figure;           /* owned; with its unit */
	double divisor, low, high;
	bool txt;
};

/* ---- reading ---- */

struct value {
	char *text;
	double number;
};

static int by_number(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static void read_values(struct db *db, int64_t nr, struct axis *axis)
{
	const char *const columns[] = { "value", "number" };
	const struct db_key key = { "axis", NULL, nr };
	struct db_query q = { .table = "axis_value",
			      .columns = columns,
			      .nr_columns = 2,
			      .keys = &key,
			      .nr_keys = 1 };
	struct db_rows *rows = db_select(db, &q);
	struct value *list = sim_calloc(MAX_VALUES, sizeof(*list));

	axis->numeric = true;
	while (axis->n < MAX_VALUES && db_next(rows)) {
		axis->numeric = axis->numeric && !db_is_null(rows, 1);
		list[axis->n++] = (struct value){ sim_strdup(db_text(rows, 0)), db_real(rows, 1) };
	}
	if (axis->numeric)
		qsort(list, (size_t)axis->n, sizeof(*list), by_number);
	axis->values = sim_calloc((size_t)axis->n + 1, sizeof(*axis->values));
	axis->numbers = sim_calloc((size_t)axis->n + 1, sizeof(*axis->numbers));
	for (int i = 0; i < axis->n; i++) {
		axis->values[i] = list[i].text;
		axis->numbers[i] = axis->numeric ? list[i].number : i + 1;
	}
	sim_free(list);
	db_rows_free(rows);
}

static void read_axes(struct db *db, struct response *r)
{
	const char *const columns[] = { "axis", "key", "unit" };
	const struct db_key key = { "varies", NULL, 1 };
	struct db_query q = {
		.table = "axis", .columns = columns, .nr_columns = 3, .keys = &key, .nr_keys = 1
	};
	struct db_rows *rows = db_select(db, &q);

	while (r->nr_axes < PLAN_MAX_AXES && db_next(rows)) {
		struct axis *axis = &r->axes[r->nr_axes++];

		*axis = (struct axis){ .key = sim_strdup(db_text(rows, 1)),
				       .unit = sim_strdup(db_text(rows, 2)),
				       .fixed = -1 };
		read_values(db, db_number(rows, 0), axis);
	}
	db_rows_free(rows);
}

static int axis_named(const struct response *r, const char *key)
{
	for (int a = 0; a < r->nr_axes; a++)
		if (strcmp(r->axes[a].key, key) == 0)
			return a;
	return -1;
}

static int value_named(const struct axis *axis, const char *text)
{
	for (int i = 0; i < axis->n; i++)
		if (strcmp(axis->values[i], text) == 0)
			return i;
	return -1;
}

/* Which value each point has of each axis, from 0; -1: none. */
static int *read_settings(struct db *db, const struct response *r, int nr_points)
{
	const char *const columns[] = { "point", "key", "value" };
	struct db_query q = { .table = "setting", .columns = columns, .nr_columns = 3 };
	struct db_rows *rows = db_select(db, &q);
	size_t n = (size_t)nr_points * (size_t)r->nr_axes;
	int *values = sim_calloc(n + 1, sizeof(*values));

	for (size_t i = 0; i < n; i++)
		values[i] = -1;
	while (db_next(rows)) {
		int64_t point = db_number(rows, 0);
		int a = axis_named(r, db_text(rows, 1));

		if (a >= 0 && point >= 1 && point <= nr_points)
			values[(point - 1) * r->nr_axes + a] =
			    value_named(&r->axes[a], db_text(rows, 2));
	}
	db_rows_free(rows);
	return values;
}

static int count_points(struct db *db)
{
	const char *column = "point";
	struct db_query q = { .table = "point", .columns = &column, .nr_columns = 1 };
	struct db_rows *rows = db_select(db, &q);
	int n = 0;

	while (n < MAX_POINTS && db_next(rows))
		n++;
	db_rows_free(rows);
	return n;
}

static char *text_of_sweep(struct db *db, const char *column)
{
	struct db_query q = { .table = "sweep", .columns = &column, .nr_columns = 1 };
	struct db_rows *rows = db_select(db, &q);
	char *text = sim_strdup(db_next(rows) ? db_text(rows, 0) : "");

	db_rows_free(rows);
	return text;
}

char *sweep_plot_default(struct db *db)
{
	char *name = text_of_sweep(db, "sort");

	if (*name)
		return name;
	sim_free(name);
	cli_error("no figure tells the points of this sweep apart; accepted: --figure NAME");
	return NULL;
}

static void no_such_figure(struct db *db, const char *figure)
{
	const char *column = "name";
	struct db_query q = {
		.table = "figure", .columns = &column, .nr_columns = 1, .distinct = true
	};
	struct db_rows *rows = db_select(db, &q);
	char *names[256];
	struct str list = { 0 };
	size_t n = 0;

	while (n < ARRAY_LEN(names) && db_next(rows)) {
		names[n] = sim_strdup(db_text(rows, 0));
		str_addf(&list, "%s%s", n ? ", " : "", cli_escape(names[n]));
		n++;
	}
	cli_error("no figure \"%s\"%s; accepted: %s", cli_escape(figure),
		  cli_did_you_mean(figure, (const char *const *)names, n), str_get(&list));
	for (size_t i = 0; i < n; i++)
		sim_free(names[i]);
	str_free(&list);
	db_rows_free(rows);
}

/* The cell of a point; NULL: it is none of those that are drawn. */
static struct cell *cell_of(const struct response *r, const int *values)
{
	int at = 0;

	for (int a = 0; a < r->nr_axes; a++)
		if (r->axes[a].fixed >= 0 && values[a] != r->axes[a].fixed)
			return NULL;
	for (int d = r->nr_drawn - 1; d >= 0; d--) {
		int v = values[r->drawn[d]];

		if (v < 0)
			return NULL;
		at = at * r->size[d] + v;
	}
	return &r->cells[at];
}

static int nr_cells(const struct response *r)
{
	return r->size[0] * r->size[1] * r->size[2];
}

static void sum_up(struct cell *c)
{
	for (int i = 0; i < c->n; i++)
		c->mean += c->values[i] / c->n;
	c->low = c->high = c->mean;
	if (c->n > 1)
		stat_bootstrap_mean(c->values, c->n, &c->low, &c->high);
}

/* The values of a figure, by cell; false (said): there is none. */
static bool read_figure(struct db *db, struct response *r, const char *figure)
{
	const char *const columns[] = { "point", "value", "unit" };
	const struct db_key key = { "name", figure, 0 };
	struct db_query q = {
		.table = "figure", .columns = columns, .nr_columns = 3, .keys = &key, .nr_keys = 1
	};
	struct db_rows *rows = db_select(db, &q);
	int nr_points = count_points(db), *values = read_settings(db, r, nr_points);
	enum unit unit = UNIT_COUNT;
	bool any = false;
	double max = 0;
	const char *shown;

	r->cells = sim_calloc((size_t)nr_cells(r), sizeof(*r->cells));
	while (db_next(rows)) {
		int64_t point = db_number(rows, 0);
		struct cell *c = point >= 1 && point <= nr_points
				     ? cell_of(r, values + (point - 1) * r->nr_axes)
				     : NULL;

		any = true;
		unit_of_base(db_text(rows, 2), &unit);
		if (!c || c->n == PLAN_MAX_SEEDS)
			continue;
		c->values[c->n++] = db_real(rows, 1);
		max = c->values[c->n - 1] > max ? c->values[c->n - 1] : max;
	}
	db_rows_free(rows);
	sim_free(values);
	if (!any) {
		no_such_figure(db, figure);
		return false;
	}
	shown = unit_for_people(unit, max, &r->divisor);
	r->figure = str_format(*shown ? "%s (%s)" : "%s", figure, shown);
	for (int i = 0; i < nr_cells(r); i++)
		sum_up(&r->cells[i]);
	return true;
}

/* ---- what is drawn ---- */

static bool fix(struct response *r, const struct setting *where)
{
	int a = axis_named(r, where->key);
	struct str list = { 0 };

	if (a < 0) {
		for (int i = 0; i < r->nr_axes; i++)
			str_addf(&list, "%s%s", i ? ", " : "", cli_escape(r->axes[i].key));
		cli_error("--where %s: no such key varies; accepted: %s", cli_escape(where->key),
			  str_get(&list));
	} else {
		r->axes[a].fixed = value_named(&r->axes[a], where->value);
		for (int i = 0; i < r->axes[a].n && r->axes[a].fixed < 0; i++)
			str_addf(&list, "%s%s", i ? ", " : "", cli_escape(r->axes[a].values[i]));
		if (r->axes[a].fixed < 0)
			cli_error("--where %s: no such value \"%s\"; accepted: %s",
				  cli_escape(where->key), cli_escape(where->value), str_get(&list));
	}
	str_free(&list);
	return a >= 0 && r->axes[a].fixed >= 0;
}

/* Which axes are drawn; false (said): too many, or none. */
static bool choose_axes(struct response *r, const struct setting *where, int nr_where)
{
	int n = 0;

	for (int i = 0; i < nr_where; i++)
		if (!fix(r, &where[i]))
			return false;
	for (int d = 0; d < MAX_DRAWN; d++)
		r->size[d] = 1;
	for (int a = 0; a < r->nr_axes; a++) {
		if (r->axes[a].fixed >= 0)
			continue;
		if (n < MAX_DRAWN) {
			r->drawn[n] = a;
			r->size[n] = r->axes[a].n;
		}
		n++;
	}
	r->nr_drawn = n < MAX_DRAWN ? n : MAX_DRAWN;
	if (n >= 1 && n <= MAX_DRAWN && r->size[2] <= MAX_PANELS)
		return true;
	if (!n)
		cli_error("nothing varies that could be drawn");
	else if (n > MAX_DRAWN)
		cli_error("%d keys vary; accepted: up to %d; --where KEY=VALUE keeps to one value "
			  "of a key",
			  n, MAX_DRAWN);
	else
		cli_error("%s has %d values, a panel each; accepted: up to %d; --where %s=VALUE "
			  "keeps to one",
			  cli_escape(r->axes[r->drawn[2]].key), r->size[2], MAX_PANELS,
			  cli_escape(r->axes[r->drawn[2]].key));
	return false;
}

/* Lowest and highest of what is seen; a curve begins at 0 if it comes near. */
static void find_range(struct response *r)
{
	bool curve = r->nr_drawn == 1, any = false;

	for (int i = 0; i < nr_cells(r); i++) {
		const struct cell *c = &r->cells[i];
		double low = c->low, high = c->high;

		if (!c->n)
			continue;
		for (int k = 0; curve && k < c->n; k++) {
			low = c->values[k] < low ? c->values[k] : low;
			high = c->values[k] > high ? c->values[k] : high;
		}
		r->low = !any || low / r->divisor < r->low ? low / r->divisor : r->low;
		r->high = !any || high / r->divisor > r->high ? high / r->divisor : r->high;
		any = true;
	}
	if (curve || r->txt) {
		double room = (r->high - r->low) * 0.08;

		if (r->low >= 0 && (r->low < r->high / 2 || room <= 0))
			r->low = 0;
		else
			r->low -= room;
		r->high += room > 0 ? room : r->high > 0 ? r->high * 0.08 : 1;
	}
}

static void name_picture(struct db *db, struct response *r, const char *figure)
{
	char *scenario = text_of_sweep(db, "scenario"), *seeds = text_of_sweep(db, "seeds");
	struct str subtitle = { 0 };

	r->title = str_format("%s: %s", figure, scenario);
	if (strtol(seeds, NULL, 10) > 1)
		str_addf(&subtitle, "mean of %s seeds", seeds);
	else
		str_add(&subtitle, "one run for each combination");
	for (int a = 0; a < r->nr_axes; a++)
		if (r->axes[a].fixed >= 0)
			str_addf(&subtitle, ", %s %s", r->axes[a].key,
				 r->axes[a].values[r->axes[a].fixed]);
	r->subtitle = str_take(&subtitle);
	sim_free(scenario);
	sim_free(seeds);
}

/* ---- the data of the script ---- */

static bool is_logarithmic(const struct axis *a)
{
	return a->numeric && a->n > 2 && a->numbers[0] > 0 &&
	       a->numbers[a->n - 1] >= LOG_SPAN * a->numbers[0];
}

/* "vm.dirty_ratio (percent)"; the unit only where numbers stand without one. */
static void put_axis(FILE *f, const struct axis *axis)
{
	const char *first = axis->n ? axis->values[0] : "";
	bool plain = axis->numeric && strspn(first, "-0123456789.") == strlen(first);

	gnuplot_put_name(f, axis->key);
	if (plain && *axis->unit) {
		fputs(" (", f);
		gnuplot_put_name(f, axis->unit);
		fputc(')', f);
	}
	fputc('\t', f);
}

static int columns_of(const struct response *r)
{
	return r->size[2] <= 3 ? r->size[2] : r->size[2] == 4 ? 2 : 3;
}

static bool write_head(const char *folder, const struct response *r)
{
	const struct axis *x = &r->axes[r->drawn[0]];
	bool curve = r->nr_drawn == 1;
	FILE *f = gnuplot_create(folder, "response.tsv");

	if (!f)
		return false;
	gnuplot_put_name(f, r->title);
	fputc('\t', f);
	gnuplot_put_name(f, r->subtitle);
	fputs(curve ? "\tcurve\t" : "\tmap\t", f);
	put_axis(f, x);
	if (curve)
		fputs(" \t", f);
	else
		put_axis(f, &r->axes[r->drawn[1]]);
	gnuplot_put_name(f, r->figure);
	fprintf(f, "\t%.9g\t%.9g\t%d\t%d\t%d\t%d\t%d\n", r->low, r->high, r->size[2], columns_of(r),
		r->size[1], curve && is_logarithmic(x), !curve || x->n <= MAX_TICKS || !x->numeric);
	return fclose(f) == 0;
}

/* The names of the values of an axis at 1, 2, ... or, for a curve, at what they are. */
static bool write_ticks(const char *folder, const char *name, const struct axis *axis, bool curve)
{
	int step = (axis->n + MAX_LABELS - 1) / MAX_LABELS;
	FILE *f = gnuplot_create(folder, name);

	if (!f)
		return false;
	for (int i = 0; i < axis->n; i++) {
		fprintf(f, "%.9g\t", curve ? axis->numbers[i] : i + 1.0);
		gnuplot_put_name(f, i % step ? " " : axis->values[i]);
		fputc('\n', f);
	}
	return fclose(f) == 0;
}

static bool write_curve(const char *folder, const struct response *r)
{
	const struct axis *x = &r->axes[r->drawn[0]];
	FILE *curve = gnuplot_create(folder, "curve.tsv");
	FILE *points = curve ? gnuplot_create(folder, "points.tsv") : NULL;
	bool ok = points != NULL;

	for (int i = 0; ok && i < x->n; i++) {
		const struct cell *c = &r->cells[i];

		if (!c->n) {
			fputc('\n', curve);
			continue;
		}
		fprintf(curve, "%.9g\t%.9g\t%.9g\t%.9g\t", x->numbers[i], c->mean / r->divisor,
			c->low / r->divisor, c->high / r->divisor);
		gnuplot_put_name(curve, x->values[i]);
		fputc('\n', curve);
		for (int k = 0; k < c->n; k++)
			fprintf(points, "%.9g\t%.9g\n", x->numbers[i], c->values[k] / r->divisor);
	}
	ok = (!points || fclose(points) == 0) && ok;
	return (!curve || fclose(curve) == 0) && ok;
}

/* Light text on dark cells. */
static void put_cell(FILE *f, const struct response *r, int column, int row, const struct cell *c)
{
	double v = c->mean / r->divisor, span = r->high - r->low;
	bool dark = span > 0 && (v - r->low) / span < 0.6;
	struct str text = { 0 };

	if (!c->n) {
		fprintf(f, "%d\t%d\tNaN\t \t0\n", column + 1, row + 1);
		return;
	}
	if (r->size[0] * columns_of(r) <= MAX_TEXTS)
		figure_print(&text, v, r->high, false);
	else
		str_addc(&text, ' ');
	fprintf(f, "%d\t%d\t%.9g\t%s\t%d\n", column + 1, row + 1, v, text.s,
		dark ? 0xffffff : 0x222222);
	str_free(&text);
}

static bool write_map(const char *folder, const struct response *r, int panel)
{
	char *name = str_format("map-%d.tsv", panel + 1);
	FILE *f = gnuplot_create(folder, name);

	sim_free(name);
	if (!f)
		return false;
	for (int row = 0; row < r->size[1]; row++)
		for (int column = 0; column < r->size[0]; column++)
			put_cell(f, r, column, row,
				 &r->cells[(panel * r->size[1] + row) * r->size[0] + column]);
	return fclose(f) == 0;
}

/* For text: the rows of the first panel as curves. */
static bool write_row(const char *folder, const struct response *r, int row)
{
	const struct axis *y = &r->axes[r->drawn[1]];
	char *name = str_format("row-%d.tsv", row + 1);
	FILE *f = gnuplot_create(folder, name);

	sim_free(name);
	if (!f)
		return false;
	gnuplot_put_name(f, y->key);
	fputc(' ', f);
	gnuplot_put_name(f, y->values[row]);
	fputc('\n', f);
	for (int column = 0; column < r->size[0]; column++) {
		const struct cell *c = &r->cells[row * r->size[0] + column];

		if (c->n)
			fprintf(f, "%d\t%.9g\n", column + 1, c->mean / r->divisor);
	}
	return fclose(f) == 0;
}

static bool write_maps(const char *folder, const struct response *r)
{
	FILE *f = gnuplot_create(folder, "panels.tsv");
	bool ok = f && write_ticks(folder, "ytics.tsv", &r->axes[r->drawn[1]], false);

	for (int p = 0; ok && p < r->size[2]; p++) {
		fprintf(f, "%d\t", p + 1);
		if (r->nr_drawn == MAX_DRAWN) {
			gnuplot_put_name(f, r->axes[r->drawn[2]].key);
			fputc(' ', f);
			gnuplot_put_name(f, r->axes[r->drawn[2]].values[p]);
		}
		fputs(" \n", f);
		ok = write_map(folder, r, p);
	}
	for (int row = 0; ok && r->txt && row < r->size[1]; row++)
		ok = write_row(folder, r, row);
	return (!f || fclose(f) == 0) && ok;
}

static bool write_data(const char *folder, const void *arg)
{
	const struct response *r = arg;
	bool curve = r->nr_drawn == 1;

	return write_head(folder, r) &&
	       write_ticks(folder, "xtics.tsv", &r->axes[r->drawn[0]], curve) &&
	       (curve ? write_curve(folder, r) : write_maps(folder, r));
}

/* ---- the picture ---- */

static int clamp(int v, int low, int high)
{
	return v < low ? low : v > high ? high : v;
}

static struct drawing drawing_of(const struct response *r)
{
	int columns = columns_of(r), lines = (r->size[2] + columns - 1) / columns;
	struct drawing d = {
		.script = "response.gp",
		.width = CURVE_WIDTH,
		.height = CURVE_HEIGHT,
		.key = KEY_WIDTH,
		.write = write_data,
		.arg = r,
	};

	if (r->txt) {
		gnuplot_txt_size(1, &d.width, &d.height);
	} else if (r->nr_drawn > 1) {
		int width = clamp(r->size[0] * 64, 320, 640);
		int height = clamp(r->size[1] * 40, 260, 560);

		d.width = 92 + columns * (width + 40) + KEY_WIDTH - 20;
		d.height = 150 + lines * height + (lines - 1) * 58;
	}
	return d;
}

static void free_response(struct response *r)
{
	for (int a = 0; a < r->nr_axes; a++) {
		for (int i = 0; i < r->axes[a].n; i++)
			sim_free(r->axes[a].values[i]);
		sim_free(r->axes[a].values);
		sim_free(r->axes[a].numbers);
		sim_free(r->axes[a].key);
		sim_free(r->axes[a].unit);
	}
	sim_free(r->cells);
	sim_free(r->title);
	sim_free(r->subtitle);
	sim_free(r->figure);
	sim_free(r);
}

int sweep_plot(struct db *db, const char *figure, const struct setting *where, int nr_where,
	       enum picture_format format, const char *path, bool force)
{
	struct response *r = sim_calloc(1, sizeof(*r));
	int exit_code = EXIT_INPUT;

	r->txt = format == PICTURE_TXT;
	read_axes(db, r);
	if (choose_axes(r, where, nr_where) && read_figure(db, r, figure)) {
		struct drawing d;

		find_range(r);
		name_picture(db, r, figure);
		d = drawing_of(r);
		exit_code = gnuplot_run(&d, format, path, force);
	}
	free_response(r);
	return exit_code;
}
