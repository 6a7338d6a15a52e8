/*
 * task_group.c - tasks that are told as one
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/task_group.h"
#include "sim/workload/workload.h"

/* ---- tasks ---- */

size_t task_names(struct db *db, char ***names)
{
	const struct metric_object *o = &workload_task_metrics;
	const char *const columns[] = { "t_ns", o->keys[0].name };
	struct db_query last = { .table = o->table, .columns = columns, .nr_columns = 1 };
	struct db_rows *rows = db_select(db, &last);
	struct db_key at = { "t_ns", NULL, 0 };
	struct db_query q = {
		.table = o->table, .columns = columns, .nr_columns = 2, .keys = &at, .nr_keys = 1
	};
	size_t n = 0, cap = 0;
	void *list = NULL;

	/* a task that was there once has a row in every sample behind, in the order of births */
	while (db_next(rows))
		at.number = db_number(rows, 0);
	db_rows_free(rows);
	rows = db_select(db, &q);
	while (db_next(rows)) {
		sim_grow(&list, &cap, n + 1, sizeof(**names));
		((char **)list)[n++] = sim_strdup(db_text(rows, 1));
	}
	db_rows_free(rows);
	*names = list;
	return n;
}

/* ---- groups ---- */

/* Of a task that was declared with others by "count": "reader.12" as "reader.*"; NULL: it was not.
 */
static char *kind_of_clone(const char *task)
{
	const char *dot = strrchr(task, '.');

	if (!dot || dot == task || !dot[1] || dot[1 + strspn(dot + 1, "0123456789")])
		return NULL;
	return str_format("%.*s.*", (int)(dot - task), task);
}

/* "service+12+3" as "service+*+*"; NULL: there are no others like it.  The caller frees it. */
static char *kind_of(const char *task)
{
	struct str kind = { 0 };

	if (!strchr(task, '+'))
		return kind_of_clone(task);
	while (*task) {
		str_addc(&kind, *task);
		if (*task++ == '+') {
			task += strspn(task, "0123456789");
			str_addc(&kind, '*');
		}
	}
	return kind.s;
}

bool task_group_has(const char *group, const char *task)
{
	while (*group) {
		if (*group == '*') {
			size_t digits = strspn(task, "0123456789");

			if (!digits)
				return false;
			task += digits;
		} else if (*task++ != *group) {
			return false;
		}
		group++;
	}
	return !*task;
}

static struct task_group *find_group(struct task_groups *gs, const char *name)
{
	for (int i = 0; i < gs->n; i++)
		if (strcmp(gs->g[i].name, name) == 0)
			return &gs->g[i];
	gs->g = sim_realloc(gs->g, (size_t)(gs->n + 1) * sizeof(*gs->g));
	gs->g[gs->n] = (struct task_group){ .name = sim_strdup(name) };
	return &gs->g[gs->n++];
}

/* Counts the tasks of each kind in a run. */
static void count_kinds(struct task_groups *gs, struct db *db)
{
	struct task_groups here = { 0 };
	char **names;
	size_t n = task_names(db, &names);

	for (size_t i = 0; i < n; i++) {
		char *kind = kind_of(names[i]);

		if (kind)
			find_group(&here, kind)->most++;
		sim_free(kind);
		sim_free(names[i]);
	}
	sim_free(names);
	for (int i = 0; i < here.n; i++) {
		struct task_group *g = find_group(gs, here.g[i].name);
		int tasks = here.g[i].most;

		g->least = !g->most || tasks < g->least ? tasks : g->least;
		g->most = tasks > g->most ? tasks : g->most;
	}
	task_groups_free(&here);
}

void task_groups_read(struct task_groups *gs, struct db *const *dbs, int n)
{
	int kept = 0;

	*gs = (struct task_groups){ 0 };
	for (int r = 0; r < n; r++)
		count_kinds(gs, dbs[r]);
	for (int i = 0; i < gs->n; i++) {
		struct task_group *g = &gs->g[i];

		if (g->most <= TASK_GROUP_ALONE) {
			sim_free(g->name);
			continue;
		}
		g->shown = g->least < g->most
			       ? str_format("%s (%d..%d)", g->name, g->least, g->most)
			       : str_format("%s (%d)", g->name, g->most);
		gs->g[kept++] = *g;
	}
	gs->n = kept;
}

const struct task_group *task_group_of(const struct task_groups *gs, const char *task)
{
	for (int i = 0; i < gs->n; i++)
		if (task_group_has(gs->g[i].name, task))
			return &gs->g[i];
	return NULL;
}

void task_groups_free(struct task_groups *gs)
{
	for (int i = 0; i < gs->n; i++) {
		sim_free(gs->g[i].name);
		sim_free(gs->g[i].shown);
	}
	sim_free(gs->g);
	*gs = (struct task_groups){ 0 };
}

/* ---- how long calls took ---- */

static struct call_times *find_call(struct call_list *l, const char *task, const char *op,
				    const struct task_group *group)
{
	void *grown = l->c;

	/* rows of one task and call follow each other; those of a group do not */
	for (size_t i = l->n; i > 0; i--) {
		struct call_times *c = &l->c[i - 1];

		if (strcmp(c->task, task) == 0 && strcmp(c->op, op) == 0)
			return c;
		if (!group)
			break;
	}
	sim_grow(&grown, &l->cap, l->n + 1, sizeof(*l->c));
	l->c = grown;
	l->c[l->n] = (struct call_times){ sim_strdup(task), sim_strdup(op), group, NULL, 0, 0, 0 };
	return &l->c[l->n++];
}

static int by_time(const void *a, const void *b)
{
	const struct call_bucket *x = a, *y = b;

	return (x->ns > y->ns) - (x->ns < y->ns);
}

/* The buckets of several tasks as those of one. */
static void merge(struct call_times *c)
{
	size_t n = 0;

	qsort(c->bucket, c->n, sizeof(*c->bucket), by_time);
	for (size_t i = 0; i < c->n; i++) {
		if (n && c->bucket[n - 1].ns == c->bucket[i].ns)
			c->bucket[n - 1].count += c->bucket[i].count;
		else
			c->bucket[n++] = c->bucket[i];
	}
	c->n = n;
}

void call_list_read(struct call_list *l, struct db *db, const struct task_groups *gs)
{
	static const char *const columns[] = { "task", "op", "bucket_ns", "count" };
	struct db_query q = {
		.table = "latency", .columns = columns, .nr_columns = 4, .sorted = 2
	};
	struct db_rows *rows = db_select(db, &q);

	*l = (struct call_list){ 0 };
	while (db_next(rows)) {
		const char *task = db_text(rows, 0);
		const struct task_group *group = task_group_of(gs, task);
		struct call_times *c =
		    find_call(l, group ? group->name : task, db_text(rows, 1), group);
		void *buckets = c->bucket;

		sim_grow(&buckets, &c->cap, c->n + 1, sizeof(*c->bucket));
		c->bucket = buckets;
		c->bucket[c->n++] = (struct call_bucket){ db_number(rows, 2), db_number(rows, 3) };
		c->calls += db_number(rows, 3);
	}
	db_rows_free(rows);
	for (size_t i = 0; i < l->n; i++)
		if (l->c[i].group)
			merge(&l->c[i]);
}

int64_t call_times_within(const struct call_times *c, int per_1000)
{
	int64_t rank = (int64_t)(((__int128)c->calls * per_1000 + 999) / 1000), seen = 0;
	size_t i = 0;

	while (i + 1 < c->n && (seen += c->bucket[i].count) < rank)
		i++;
	return c->bucket[i].ns;
}

void call_list_free(struct call_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		sim_free(l->c[i].task);
		sim_free(l->c[i].op);
		sim_free(l->c[i].bucket);
	}
	sim_free(l->c);
	*l = (struct call_list){ 0 };
}
