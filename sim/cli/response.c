/*
 * response.c - what a merged sweep came to, over the values of the keys that varied
 *
 * The file may be from anybody: numbers in it are tested before they are places in arrays.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/response.h"
#include "sim/cli/stat_test.h"

#define MAX_VALUES PLAN_MAX_VALUES
#define MAX_POINTS 1000000
#define MAX_NUMBER 1e18
#define MAX_NAMED  256 /* figures in a message */

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

/* No infinity, nor what comes near it. */
static bool is_sane(double v)
{
	return v >= -MAX_NUMBER && v <= MAX_NUMBER;
}

static void read_values(struct db *db, int64_t nr, struct response_axis *axis)
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
		axis->numeric = axis->numeric && !db_is_null(rows, 1) && is_sane(db_real(rows, 1));
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

void response_read_axes(struct response *r, struct db *db)
{
	const char *const columns[] = { "axis", "key", "unit" };
	const struct db_key key = { "varies", NULL, 1 };
	struct db_query q = {
		.table = "axis", .columns = columns, .nr_columns = 3, .keys = &key, .nr_keys = 1
	};
	struct db_rows *rows = db_select(db, &q);

	while (r->nr_axes < PLAN_MAX_AXES && db_next(rows)) {
		struct response_axis *axis = &r->axes[r->nr_axes++];

		*axis = (struct response_axis){ .key = sim_strdup(db_text(rows, 1)),
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

static int value_named(const struct response_axis *axis, const char *text)
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

char *response_text(struct db *db, const char *column)
{
	struct db_query q = { .table = "sweep", .columns = &column, .nr_columns = 1 };
	struct db_rows *rows = db_select(db, &q);
	char *text = sim_strdup(db_next(rows) ? db_text(rows, 0) : "");

	db_rows_free(rows);
	return text;
}

static void no_such_figure(struct db *db, const char *figure)
{
	const char *column = "name";
	struct db_query q = {
		.table = "figure", .columns = &column, .nr_columns = 1, .distinct = true
	};
	struct db_rows *rows = db_select(db, &q);
	char *names[MAX_NAMED];
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
static struct response_cell *cell_of(const struct response *r, const int *values)
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

int response_nr_cells(const struct response *r)
{
	return r->size[0] * r->size[1] * r->size[2];
}

/* The values of a figure, by cell; false (said): there is none. */
bool response_read_figure(struct response *r, struct db *db, const char *figure)
{
	const char *const columns[] = { "point", "value", "unit" };
	const struct db_key key = { "name", figure, 0 };
	struct db_query q = {
		.table = "figure", .columns = columns, .nr_columns = 3, .keys = &key, .nr_keys = 1
	};
	struct db_rows *rows = db_select(db, &q);
	int nr_points = count_points(db), *values = read_settings(db, r, nr_points);
	bool named = false, any = false;

	r->cells = sim_calloc((size_t)response_nr_cells(r), sizeof(*r->cells));
	while (db_next(rows)) {
		int64_t point = db_number(rows, 0);
		struct response_cell *c = point >= 1 && point <= nr_points
					      ? cell_of(r, values + (point - 1) * r->nr_axes)
					      : NULL;

		named = true;
		unit_of_base(db_text(rows, 2), &r->unit);
		if (!c || c->n == PLAN_MAX_SEEDS || !is_sane(db_real(rows, 1)))
			continue;
		any = true;
		c->values[c->n++] = db_real(rows, 1);
		r->max = c->values[c->n - 1] > r->max ? c->values[c->n - 1] : r->max;
	}
	db_rows_free(rows);
	sim_free(values);
	if (!any) {
		if (named)
			cli_error("nothing to draw: no point that is asked for has the figure "
				  "\"%s\"",
				  cli_escape(figure));
		else
			no_such_figure(db, figure);
		return false;
	}
	for (int i = 0; i < response_nr_cells(r); i++) {
		struct response_cell *c = &r->cells[i];

		c->mean = stat_mean(c->values, c->n, &c->low, &c->high);
	}
	return true;
}

/* ---- which axes are drawn ---- */

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
bool response_choose(struct response *r, const struct setting *where, int nr_where)
{
	int n = 0;

	for (int i = 0; i < nr_where; i++)
		if (!fix(r, &where[i]))
			return false;
	for (int d = 0; d < RESPONSE_MAX_DRAWN; d++)
		r->size[d] = 1;
	for (int a = 0; a < r->nr_axes; a++) {
		if (r->axes[a].fixed >= 0)
			continue;
		if (n < RESPONSE_MAX_DRAWN) {
			r->drawn[n] = a;
			r->size[n] = r->axes[a].n;
		}
		n++;
	}
	r->nr_drawn = n < RESPONSE_MAX_DRAWN ? n : RESPONSE_MAX_DRAWN;
	if (n >= 1 && n <= RESPONSE_MAX_DRAWN && r->size[2] <= RESPONSE_MAX_PANELS &&
	    response_nr_cells(r) <= RESPONSE_MAX_CELLS)
		return true;
	if (!n)
		cli_error("nothing varies that could be drawn");
	else if (n > RESPONSE_MAX_DRAWN)
		cli_error("%d keys vary; accepted: up to %d; --where KEY=VALUE keeps to one value "
			  "of a key",
			  n, RESPONSE_MAX_DRAWN);
	else if (r->size[2] <= RESPONSE_MAX_PANELS)
		cli_error("%d by %d values cannot be told apart in a picture; accepted: up to %d "
			  "cells; --where KEY=VALUE keeps to one value of a key",
			  r->size[0], r->size[1], RESPONSE_MAX_CELLS);
	else
		cli_error("%s has %d values, a panel each; accepted: up to %d; --where %s=VALUE "
			  "keeps to one",
			  cli_escape(r->axes[r->drawn[2]].key), r->size[2], RESPONSE_MAX_PANELS,
			  cli_escape(r->axes[r->drawn[2]].key));
	return false;
}

void response_free(struct response *r)
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
}
