/*
 * sheet.c - what is to be drawn: which panels, with which curves
 */
#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/cli/sheet.h"
#include "sim/cli/sheet_objects.h"

#define MAX_LOOKS 8 /* of curves that can be told apart */

/* ---- panels ---- */

static void free_panel(struct panel *p)
{
	for (int c = 0; c < p->nr_curves; c++) {
		sim_free(p->curves[c].label);
		sim_free(p->curves[c].x);
		sim_free(p->curves[c].y);
	}
	sim_free(p->curves);
	sim_free(p->title);
}

void sheet_drop_panel(struct sheet *s)
{
	free_panel(&s->panels[--s->nr_panels]);
}

struct panel *sheet_add_panel(struct sheet *s, const struct chart_panel *cp, char *title,
			      int max_curves)
{
	s->panels = sim_realloc(s->panels, (size_t)(s->nr_panels + 1) * sizeof(*s->panels));

	struct panel *p = &s->panels[s->nr_panels++];

	*p = (struct panel){ .title = title,
			     .unit = cp->unit,
			     .axis = cp->axis ? cp->axis : "",
			     .from_zero = cp->from_zero,
			     .foot = cp->foot };
	p->curves = sim_calloc((size_t)max_curves, sizeof(*p->curves));
	return p;
}

void panel_drop_curves(struct panel *p,
		       bool (*unwanted)(const struct panel *p, const struct curve *c))
{
	int kept = 0;

	for (int c = 0; c < p->nr_curves; c++) {
		struct curve *curve = &p->curves[c];

		if (!unwanted(p, curve)) {
			p->curves[kept++] = *curve;
			continue;
		}
		sim_free(curve->label);
		sim_free(curve->x);
		sim_free(curve->y);
	}
	p->nr_curves = kept;
}

/* Always 0, in panels of many causes of which few happen. */
static bool is_zero(const struct panel *p, const struct curve *c)
{
	(void)p;
	if (c->style == CHART_LIMIT || c->style == CHART_SHADE)
		return false;
	for (size_t i = 0; i < c->n; i++)
		if (c->y[i] > 0 || c->y[i] < 0)
			return false;
	return true;
}

/* Takes a panel away in which nothing ever is but limits and shades. */
static void drop_if_empty(struct sheet *s)
{
	struct panel *p = &s->panels[s->nr_panels - 1];

	for (int c = 0; c < p->nr_curves; c++)
		for (size_t i = 0; i < p->curves[c].n; i++)
			if (p->curves[c].style != CHART_LIMIT &&
			    p->curves[c].style != CHART_SHADE &&
			    (p->curves[c].y[i] > 0 || p->curves[c].y[i] < 0))
				return;
	sheet_drop_panel(s);
}

/* The number of an object in tracepoints, by its name; -1: not known. */
static int64_t number_of(struct db *db, const char *kind, const char *name)
{
	const char *column = "id";
	const struct db_key keys[] = { { "kind", kind, 0 }, { "name", name, 0 } };
	struct db_query q = {
		.table = "object", .columns = &column, .nr_columns = 1, .keys = keys, .nr_keys = 2
	};
	struct db_rows *rows = db_select(db, &q);
	int64_t id = db_next(rows) ? db_number(rows, 0) : -1;

	db_rows_free(rows);
	return id;
}

/* Which rows of a series' table are about the object: by those of its keys that the table has. */
static int keys_in(struct db *db, const struct chart_panel *cp, const struct chart_series *s,
		   const struct object *o, struct db_key keys[MAX_KEYS])
{
	int n = 0;

	for (int k = 0; k < o->nr_keys; k++)
		if (db_has(db, s->table, o->key[k].column))
			keys[n++] = o->key[k];
	if (!n && cp->number && o->nr_keys && db_has(db, s->table, cp->number))
		keys[n++] = (struct db_key){ cp->number, NULL,
					     o->text[0] ? number_of(db, cp->number, o->text[0])
							: o->key[0].number };
	return n;
}

/* "free pages, node 0 zone Normal" */
static char *panel_title(const struct chart_panel *cp, const struct object *o)
{
	struct str title = { 0 };

	str_add(&title, cp->title);
	for (int k = 0; k < o->nr_keys; k++) {
		str_add(&title, k ? " " : ", ");
		if (strcmp(o->key[k].column, "name") != 0)
			str_addf(&title, "%s ", o->key[k].column);
		if (o->text[k])
			str_add(&title, o->text[k]);
		else
			str_addf(&title, "%lld", (long long)o->key[k].number);
	}
	return title.s;
}

static bool has_label(const struct panel *p, const char *label)
{
	for (int c = 0; c < p->nr_curves; c++)
		if (strcmp(p->curves[c].label, label) == 0)
			return true;
	return false;
}

static bool add_curve(struct panel *p, struct db *db, const struct chart_series *series,
		      const struct db_key *keys, int nr_keys)
{
	struct curve *c = &p->curves[p->nr_curves];

	if (!series_read(db, series, keys, nr_keys, c)) {
		sim_free(c->label);
		return false;
	}
	p->nr_curves++;
	return true;
}

/* The same for each task. */
static void add_tasks(struct panel *p, struct db *db, const struct chart_panel *cp,
		      const struct chart_series *series, struct db_key keys[MAX_KEYS], int nr_keys)
{
	struct drawn_task tasks[MAX_OBJECTS];
	int n = sheet_find_tasks(db, tasks);

	for (int i = 0; i < n; i++) {
		keys[nr_keys] = (struct db_key){ cp->split, tasks[i].name, 0 };
		if (add_curve(p, db, series, keys, nr_keys + 1)) {
			sim_free(p->curves[p->nr_curves - 1].label);
			p->curves[p->nr_curves - 1].label = tasks[i].shown;
		} else {
			sim_free(tasks[i].shown);
		}
		sim_free(tasks[i].name);
	}
}

/* A curve for each value of the key column "split", which is its label: "Movable", "node 0". */
static void add_curves(struct panel *p, struct db *db, const struct chart_panel *cp,
		       const struct chart_series *series, struct db_key keys[MAX_KEYS], int nr_keys)
{
	struct db_query q = { .table = series->table,
			      .columns = &cp->split,
			      .nr_columns = 1,
			      .keys = keys,
			      .nr_keys = nr_keys,
			      .distinct = true };
	struct db_rows *rows;

	if (is_of_tasks(series->table, cp->split)) {
		add_tasks(p, db, cp, series, keys, nr_keys);
		return;
	}
	rows = db_select(db, &q);
	for (int n = 0; n < MAX_OBJECTS && db_next(rows); n++) {
		bool is_text = db_is_text(rows, 0);
		char *value = is_text
				  ? sim_strdup(db_text(rows, 0))
				  : str_format("%s %lld", cp->split, (long long)db_number(rows, 0));

		keys[nr_keys] =
		    (struct db_key){ cp->split, is_text ? value : NULL, db_number(rows, 0) };
		if (add_curve(p, db, series, keys, nr_keys + 1)) {
			sim_free(p->curves[p->nr_curves - 1].label);
			p->curves[p->nr_curves - 1].label = value;
		} else {
			sim_free(value);
		}
	}
	db_rows_free(rows);
}

/* The first series of a label: others of that label take its place where it has no data. */
static int first_named(const struct chart_panel *cp, int i)
{
	for (int k = 0; k < i; k++)
		if (strcmp(cp->series[k].label, cp->series[i].label) == 0)
			return k;
	return i;
}

/* The look of a series, whatever others have to show: the same in two pictures side by side.  0:
 * too many to be told apart. */
static int look_of_series(const struct chart_panel *cp, int i)
{
	int look = 1;

	if (cp->split || cp->nr_series > MAX_LOOKS)
		return 0;
	i = first_named(cp, i);
	for (int k = 0; k < i; k++)
		look += first_named(cp, k) == k && cp->series[k].style < CHART_SHADE &&
			cp->series[k].style != CHART_LIMIT;
	return look;
}

static void add_object(struct sheet *s, struct db *db, const struct chart_panel *cp,
		       const struct object *o)
{
	struct panel *p = sheet_add_panel(s, cp, panel_title(cp, o),
					  cp->nr_series * (cp->split ? MAX_OBJECTS : 1));

	for (int i = 0; i < cp->nr_series; i++) {
		const struct chart_series *series = &cp->series[i];
		struct db_key keys[MAX_KEYS];
		int nr_keys = keys_in(db, cp, series, o, keys);

		if (has_label(p, series->label))
			continue;
		if (cp->split && nr_keys < MAX_KEYS && db_has(db, series->table, cp->split))
			add_curves(p, db, cp, series, keys, nr_keys);
		else if (add_curve(p, db, series, keys, nr_keys))
			p->curves[p->nr_curves - 1].look = look_of_series(cp, i);
	}
	if (cp->skip_zero)
		panel_drop_curves(p, is_zero);
	drop_if_empty(s);
}

static bool same_objects(const struct chart_panel *a, const struct chart_panel *b)
{
	return a->each && b->each && strcmp(a->each, b->each) == 0 &&
	       strcmp(object_table(a), object_table(b)) == 0;
}

void sheet_of_run(struct sheet *s, struct db *db, const struct chart *chart, const char *title)
{
	if (chart->of_calls) {
		sheet_of_calls(s, db, chart, title);
		return;
	}
	*s = (struct sheet){ .title = sim_strdup(title), .question = chart->question };
	for (int p = 0; p < chart->nr_panels;) {
		const struct chart_panel *cp = &chart->panels[p];
		char *keys = sim_strdup(cp->each ? cp->each : "");
		struct object objects[MAX_OBJECTS];
		int n = sheet_find_objects(db, cp, keys, objects), together = 1;

		/* all panels of one object before those of the next */
		while (p + together < chart->nr_panels &&
		       same_objects(cp, &chart->panels[p + together]))
			together++;
		for (int i = 0; i < n; i++)
			for (int k = 0; k < together; k++)
				add_object(s, db, &chart->panels[p + k], &objects[i]);
		sheet_free_objects(objects, n);
		sim_free(keys);
		p += together;
	}
	sheet_finish(s);
}

/* One panel for one series: a curve per run, of the largest object. */
static void add_series(struct sheet *s, struct db *const *dbs, const char *const *labels, int n,
		       const struct chart_panel *cp, const struct chart_series *series)
{
	struct panel *p = sheet_add_panel(s, cp, NULL, n);

	for (int r = 0; r < n; r++) {
		char *keys = sim_strdup(cp->each ? cp->each : "");
		struct object objects[MAX_OBJECTS], *largest = objects;
		int nr = sheet_find_objects(dbs[r], cp, keys, objects), nr_keys;
		struct db_key key[MAX_KEYS];
		struct curve *c = &p->curves[p->nr_curves];

		for (int i = 1; i < nr; i++)
			if (objects[i].size > largest->size)
				largest = &objects[i];
		if (nr) {
			nr_keys = keys_in(dbs[r], cp, series, largest, key);
			if (!p->title) {
				char *about = panel_title(cp, largest);

				p->title = str_format("%s: %s", series->label, about);
				sim_free(about);
			}
			if (series_read(dbs[r], series, key, nr_keys, c)) {
				sim_free(c->label);
				c->label = sim_strdup(labels[r]);
				c->look = r + 1;
				p->nr_curves++;
			} else {
				sim_free(c->label);
			}
		}
		sheet_free_objects(objects, nr);
		sim_free(keys);
	}
	drop_if_empty(s);
}

/* The same for an object that is named: runs that do not have it have no curve. */
static void add_series_of(struct sheet *s, struct db *const *dbs, const char *const *labels, int n,
			  const struct chart_panel *cp, const struct chart_series *series,
			  const struct object *o)
{
	char *about = panel_title(cp, o);
	struct panel *p = sheet_add_panel(s, cp, str_format("%s: %s", series->label, about), n);

	for (int r = 0; r < n; r++) {
		struct db_key key[MAX_KEYS];
		int nr_keys = keys_in(dbs[r], cp, series, o, key);
		struct curve *c = &p->curves[p->nr_curves];
		bool has_data = series_read(dbs[r], series, key, nr_keys, c);

		sim_free(c->label);
		if (!has_data)
			continue;
		c->label = sim_strdup(labels[r]);
		c->look = r + 1;
		p->nr_curves++;
	}
	sim_free(about);
	drop_if_empty(s);
}

static void add_objects(struct sheet *s, struct db *const *dbs, const char *const *labels, int n,
			const struct chart_panel *cp)
{
	char *keys = sim_strdup(cp->each);
	struct object objects[MAX_OBJECTS];
	int nr = sheet_find_objects(dbs[0], cp, keys, objects);

	for (int o = 0; o < nr && o < cp->most; o++)
		for (int i = 0; i < cp->nr_series; i++)
			add_series_of(s, dbs, labels, n, cp, &cp->series[i], &objects[o]);
	sheet_free_objects(objects, nr);
	sim_free(keys);
}

void sheet_of_runs(struct sheet *s, struct db *const *dbs, const char *const *labels, int n,
		   const struct chart *chart, const char *title)
{
	*s = (struct sheet){ .title = sim_strdup(title), .question = chart->question };
	for (int p = 0; p < chart->nr_panels; p++) {
		const struct chart_panel *cp = &chart->panels[p];

		if (cp->most) {
			add_objects(s, dbs, labels, n, cp);
			continue;
		}
		for (int i = 0; i < cp->nr_series; i++)
			add_series(s, dbs, labels, n, cp, &cp->series[i]);
	}
	sheet_finish(s);
}

/* All series of a run's panel; samples of all objects are added up. */
static void add_kernel(struct panel *p, struct db *db, const char *label,
		       const struct chart_panel *cp)
{
	for (int i = 0; i < cp->nr_series; i++) {
		struct curve *c = &p->curves[p->nr_curves];

		if (!add_curve(p, db, &cp->series[i], NULL, 0))
			continue;
		sim_free(c->label);
		c->label = str_format("%s: %s", label, cp->series[i].label);
	}
}

void sheet_of_kernels(struct sheet *s, struct db *const *dbs, const char *const *labels, int n,
		      const struct chart *const *charts, const char *title)
{
	*s = (struct sheet){ .title = sim_strdup(title), .question = charts[0]->question };
	for (int i = 0; i < charts[0]->nr_panels; i++) {
		const struct chart_panel *first = &charts[0]->panels[i];
		struct panel *p =
		    sheet_add_panel(s, first, sim_strdup(first->title), n * MAX_OBJECTS);

		for (int r = 0; r < n; r++)
			for (int k = 0; k < charts[r]->nr_panels; k++)
				if (strcmp(charts[r]->panels[k].title, first->title) == 0)
					add_kernel(p, dbs[r], labels[r], &charts[r]->panels[k]);
		drop_if_empty(s);
	}
	sheet_finish(s);
}

bool chart_is_of_several(const struct chart *chart)
{
	return strcmp(chart->name, "compare") == 0 || strcmp(chart->name, "kernels") == 0;
}

void sheet_free(struct sheet *s)
{
	for (int p = 0; p < s->nr_panels; p++)
		free_panel(&s->panels[p]);
	sim_free(s->panels);
	sim_free(s->title);
}
