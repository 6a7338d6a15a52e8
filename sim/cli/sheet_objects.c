/*
 * sheet_objects.c - what the panels of a chart are about: zones, disks, tasks of one run
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/sheet_objects.h"
#include "sim/cli/task_group.h"
#include "sim/workload/workload.h"

static double max_of(double a, double b)
{
	return a > b ? a : b;
}

/* Splits "node, zone". */
static int split_keys(char *text, const char *names[MAX_KEYS])
{
	int n = 0;

	for (char *save = NULL, *name = strtok_r(text, ", ", &save); name && n < MAX_KEYS;
	     name = strtok_r(NULL, ", ", &save))
		names[n++] = name;
	return n;
}

/* The highest value of a column for one object. */
static double highest(struct db *db, const char *table, const char *column, const struct object *o)
{
	struct db_query q = { .table = table,
			      .columns = &column,
			      .nr_columns = 1,
			      .keys = o->key,
			      .nr_keys = o->nr_keys };
	struct db_rows *rows = db_select(db, &q);
	double max = 0;

	while (db_next(rows))
		max = max_of(max, (double)db_number(rows, 0));
	db_rows_free(rows);
	return max;
}

void sheet_free_objects(struct object *objects, int n)
{
	for (int i = 0; i < n; i++)
		for (int k = 0; k < MAX_KEYS; k++)
			sim_free(objects[i].text[k]);
}

/* Takes those away that have less than a share (percent) of the largest; returns what is left. */
static int drop_small(struct object objects[MAX_OBJECTS], int n, int share)
{
	double largest = 0;
	int kept = 0;

	for (int i = 0; i < n; i++)
		largest = max_of(largest, objects[i].size);
	for (int i = 0; i < n; i++) {
		if (objects[i].size * 100 < largest * share)
			sheet_free_objects(&objects[i], 1);
		else
			objects[kept++] = objects[i];
	}
	return kept;
}

const char *object_table(const struct chart_panel *cp)
{
	return cp->objects ? cp->objects : cp->series[0].table;
}

int sheet_find_tasks(struct db *db, struct drawn_task tasks[MAX_OBJECTS])
{
	struct task_groups groups;
	char **names;
	size_t nr_names = task_names(db, &names);
	int n = 0;

	task_groups_read(&groups, &db, 1);
	for (size_t i = 0; i < nr_names; i++) {
		const struct task_group *g = task_group_of(&groups, names[i]);
		const char *name = g ? g->name : names[i];
		bool known = false;

		for (int k = 0; k < n && g; k++)
			known = known || strcmp(tasks[k].name, name) == 0;
		if (n < MAX_OBJECTS && !known)
			tasks[n++] = (struct drawn_task){ sim_strdup(name),
							  g ? str_format("%s: mean", g->shown)
							    : sim_strdup(name),
							  g != NULL };
		sim_free(names[i]);
	}
	sim_free(names);
	task_groups_free(&groups);
	return n;
}

bool is_of_tasks(const char *table, const char *column)
{
	return strcmp(table, workload_task_metrics.table) == 0 &&
	       strcmp(column, workload_task_metrics.keys[0].name) == 0;
}

/* Those tasks as objects of panels. */
static int find_task_objects(struct db *db, const struct chart_panel *cp, const char *name,
			     struct object objects[MAX_OBJECTS])
{
	struct drawn_task tasks[MAX_OBJECTS];
	int nr_tasks = sheet_find_tasks(db, tasks), n = 0;

	for (int i = 0; i < nr_tasks; i++) {
		struct object *o = &objects[n];

		*o = (struct object){ .nr_keys = 1, .size = 1 };
		o->text[0] = tasks[i].name;
		o->key[0] = (struct db_key){ name, o->text[0], 0 };
		sim_free(tasks[i].shown);
		if (cp->skip && !tasks[i].is_group)
			o->size = highest(db, workload_task_metrics.table, cp->skip, o);
		if (o->size > 0)
			n++;
		else
			sheet_free_objects(o, 1);
	}
	return drop_small(objects, n, cp->share);
}

int sheet_find_objects(struct db *db, const struct chart_panel *cp, char *keys,
		       struct object objects[MAX_OBJECTS])
{
	const char *names[MAX_KEYS];
	const char *table = object_table(cp);
	struct db_query q = { .table = table, .columns = names, .distinct = true };
	struct db_rows *rows;
	int n = 0;

	q.nr_columns = split_keys(keys, names);
	objects[0] = (struct object){ 0 };
	if (!q.nr_columns)
		return 1;
	if (q.nr_columns == 1 && is_of_tasks(table, names[0]))
		return find_task_objects(db, cp, names[0], objects);
	rows = db_select(db, &q);
	while (n < MAX_OBJECTS && db_next(rows)) {
		struct object *o = &objects[n];

		*o = (struct object){ .nr_keys = q.nr_columns, .size = 1 };
		for (int k = 0; k < q.nr_columns; k++) {
			o->text[k] = db_is_text(rows, k) ? sim_strdup(db_text(rows, k)) : NULL;
			o->key[k] = (struct db_key){ names[k], o->text[k], db_number(rows, k) };
		}
		if (cp->skip)
			o->size = highest(db, table, cp->skip, o);
		if (o->size > 0)
			n++;
		else
			sheet_free_objects(o, 1);
	}
	db_rows_free(rows);
	return drop_small(objects, n, cp->share);
}
