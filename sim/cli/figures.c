/*
 * figures.c - numbers that tell how runs were, side by side
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/figures.h"
#include "sim/cli/sheet.h"
#include "sim/cli/stat_test.h"
#include "sim/cli/task_group.h"
#include "sim/workload/workload.h"

void figures_init(struct figures *fs, int nr_runs)
{
	*fs = (struct figures){ .nr_runs = nr_runs };
	fs->digest = sim_calloc((size_t)nr_runs, sizeof(*fs->digest));
	fs->state = sim_calloc((size_t)nr_runs, sizeof(*fs->state));
}

/* ---- reading ---- */

struct run_figure *figures_find(struct figures *fs, const char *name, enum unit unit)
{
	for (int i = 0; i < fs->n; i++)
		if (strcmp(fs->f[i].name, name) == 0)
			return &fs->f[i];
	fs->f = sim_realloc(fs->f, (size_t)(fs->n + 1) * sizeof(*fs->f));

	struct run_figure *f = &fs->f[fs->n++];

	*f = (struct run_figure){ .name = sim_strdup(name),
				  .shown = sim_strdup(name),
				  .unit = unit };
	f->values = sim_calloc((size_t)fs->nr_runs, sizeof(*f->values));
	f->has = sim_calloc((size_t)fs->nr_runs, sizeof(*f->has));
	return f;
}

void figure_set(struct run_figure *f, int run, double value)
{
	f->values[run] = value;
	f->has[run] = true;
}

/* The figure of a task or of a group; what: " read p99", "" for what it moved. */
static struct run_figure *find_of_task(struct figures *fs, const char *task,
				       const struct task_group *group, const char *what,
				       enum unit unit)
{
	char *name = str_format("%s%s", group ? group->name : task, what);
	struct run_figure *f = figures_find(fs, name, unit);

	f->of_task = true;
	if (group && !f->of_group) {
		f->of_group = true;
		sim_free(f->shown);
		f->shown = str_format("%s%s", group->shown, what);
	}
	sim_free(name);
	return f;
}

static void read_figure(struct figures *fs, struct db *db, int run, const struct figure *def)
{
	const struct chart_series series = { def->table, def->column, def->name, CHART_LINE, 1, 1 };
	struct run_figure *f = figures_find(fs, def->name, def->unit);
	double sum = 0, min = 0, max = 0;
	struct curve c;

	if (series_read(db, &series, NULL, 0, &c)) {
		min = max = c.y[0];
		for (size_t i = 0; i < c.n; i++) {
			sum += c.y[i];
			min = c.y[i] < min ? c.y[i] : min;
			max = c.y[i] > max ? c.y[i] : max;
		}
		switch (def->how) {
		case FIGURE_LAST:
			figure_set(f, run, c.y[c.n - 1]);
			break;
		case FIGURE_MAX:
			figure_set(f, run, max);
			break;
		case FIGURE_MIN:
			figure_set(f, run, min);
			break;
		case FIGURE_MEAN:
			figure_set(f, run, sum / (double)c.n);
			break;
		}
	}
	sim_free(c.label);
	sim_free(c.x);
	sim_free(c.y);
}

/* ---- what tasks moved ---- */

/* The samples of one task, from row to row. */
struct task_bytes {
	char *task;
	int64_t first; /* of the sample before its first byte, ns */
	int64_t last;  /* of the one with its last */
	int64_t bytes;
};

/* What the tasks of a run came to. */
struct task_rates {
	struct figures *fs;
	int run;
	const struct task_groups *groups;
	struct sample_times times;
	struct members {
		double *rates; /* owned; of those that moved something */
		size_t n, cap;
	} * members; /* owned; by group */
};

/* Bytes per second; nothing of a task that moved none. */
static void end_task(struct task_rates *tr, struct task_bytes *b)
{
	const struct task_group *group = b->task ? task_group_of(tr->groups, b->task) : NULL;
	double rate = (double)b->bytes * 1e9 / (double)(b->last - b->first);

	if (b->bytes && b->last > b->first && group) {
		struct members *m = &tr->members[group - tr->groups->g];
		void *rates = m->rates;

		sim_grow(&rates, &m->cap, m->n + 1, sizeof(*m->rates));
		m->rates = rates;
		m->rates[m->n++] = rate;
	} else if (b->bytes && b->last > b->first) {
		figure_set(find_of_task(tr->fs, b->task, NULL, "", UNIT_BYTES_PER_SEC), tr->run,
			   rate);
	}
	sim_free(b->task);
	*b = (struct task_bytes){ 0 };
}

/* The median of each group. */
static void end_groups(struct task_rates *tr)
{
	for (int i = 0; i < tr->groups->n; i++) {
		struct members *m = &tr->members[i];

		if (m->n) {
			stat_sort(m->rates, m->n);
			figure_set(
			    find_of_task(tr->fs, NULL, &tr->groups->g[i], "", UNIT_BYTES_PER_SEC),
			    tr->run, (m->rates[(m->n - 1) / 2] + m->rates[m->n / 2]) / 2);
		}
		sim_free(m->rates);
	}
	sim_free(tr->members);
}

/*
 * A task is looked at in every sample from its birth on: one that comes later may have moved
 * something before it is seen for the first time, and it was born behind the sample before.
 */
static void read_tasks(struct figures *fs, struct db *db, int run, const struct task_groups *groups)
{
	const struct metric_object *o = &workload_task_metrics;
	const char *const columns[] = { o->keys[0].name, "t_ns", "bytes" };
	struct db_query q = { .table = o->table, .columns = columns, .nr_columns = 3, .sorted = 1 };
	struct task_rates tr = { .fs = fs, .run = run, .groups = groups };
	struct db_rows *rows = db_select(db, &q);
	struct task_bytes b = { 0 };

	tr.members = sim_calloc((size_t)groups->n + 1, sizeof(*tr.members));
	sample_times_read(&tr.times, db);
	while (db_next(rows)) {
		int64_t t = db_number(rows, 1), bytes = db_number(rows, 2);

		if (b.task && strcmp(b.task, db_text(rows, 0)) != 0)
			end_task(&tr, &b);
		if (!b.task) {
			b.task = sim_strdup(db_text(rows, 0));
			b.first = sample_time_before(&tr.times, t);
		}
		if (!b.bytes && !bytes)
			b.first = t;
		if (bytes != b.bytes)
			b.last = t;
		b.bytes = bytes;
	}
	end_task(&tr, &b);
	end_groups(&tr);
	sample_times_free(&tr.times);
	db_rows_free(rows);
}

/* ---- how long their calls took ---- */

/* The time within which a share of the calls ended: the middle of its bucket. */
static double percentile(const struct call_times *c, int percent)
{
	int64_t ns = call_times_within(c, 10 * percent);

	return (double)ns + (ns >= 32 ? (double)ns / 64 : 0);
}

static void set_percentile(struct figures *fs, int run, const struct call_times *c, int percent)
{
	char *what = str_format(" %s p%d", c->op, percent);

	figure_set(find_of_task(fs, c->task, c->group, what, UNIT_NS), run, percentile(c, percent));
	sim_free(what);
}

/* One call has no percentiles, only its time. */
static void set_single(struct figures *fs, int run, const struct call_times *c)
{
	char *what = str_format(" %s", c->op);
	struct run_figure *f = find_of_task(fs, c->task, c->group, what, UNIT_NS);

	f->is_single = true;
	figure_set(f, run, percentile(c, 100));
	sim_free(what);
}

static void read_latencies(struct figures *fs, struct db *db, int run,
			   const struct task_groups *groups)
{
	struct call_list l;

	call_list_read(&l, db, groups);
	for (size_t i = 0; i < l.n; i++) {
		if (l.c[i].calls == 1) {
			set_single(fs, run, &l.c[i]);
		} else if (l.c[i].calls > 1) {
			set_percentile(fs, run, &l.c[i], 50);
			set_percentile(fs, run, &l.c[i], 99);
		}
	}
	call_list_free(&l);
}

/* ---- all ---- */

/* How often each call of a task failed, by error; 0 in runs in which it never did. */
static void read_failed(struct figures *fs, struct db *const *dbs, int run,
			const struct task_groups *groups)
{
	const char *const columns[] = { "task", "op", "error", "count" };
	struct db_query q = { "failed_call", columns, 4, NULL, 0, false, 0 };
	struct db_rows *rows = db_select(dbs[run], &q);

	while (db_next(rows)) {
		char *what = str_format(" %s failed: %s", db_text(rows, 1), db_text(rows, 2));
		const struct task_group *group = task_group_of(groups, db_text(rows, 0));
		struct run_figure *f = find_of_task(fs, db_text(rows, 0), group, what, UNIT_COUNT);

		for (int r = 0; !f->is_failure && r < fs->nr_runs; r++)
			f->has[r] = db_has(dbs[r], "failed_call", "count");
		f->is_failure = true;
		f->values[run] += (double)db_number(rows, 3);
		sim_free(what);
	}
	db_rows_free(rows);
}

void figures_read_each(struct figures *fs, struct db *const *dbs, int n,
		       const struct personality *const *p)
{
	struct task_groups groups;

	figures_init(fs, n);
	task_groups_read(&groups, dbs, n);
	for (int r = 0; r < n; r++) {
		read_tasks(fs, dbs[r], r, &groups);
		fs->digest[r] = db_run_text(dbs[r], "digest");
		fs->state[r] = db_run_text(dbs[r], "state");
	}
	for (int k = 0; k < n; k++) {
		bool seen = false;

		for (int before = 0; before < k; before++)
			seen |= p[before] == p[k];
		/* kernel by kernel, in the order of its rows */
		for (int i = 0; !seen && i < p[k]->nr_figures; i++)
			for (int r = k; r < n; r++)
				if (p[r] == p[k])
					read_figure(fs, dbs[r], r, &p[k]->figures[i]);
	}
	for (int r = 0; r < n; r++)
		read_latencies(fs, dbs[r], r, &groups);
	for (int r = 0; r < n; r++)
		read_failed(fs, dbs, r, &groups);
	task_groups_free(&groups);
}

void figures_read(struct figures *fs, struct db *const *dbs, int n, const struct personality *p)
{
	const struct personality **each = sim_calloc((size_t)n, sizeof(*each));

	for (int r = 0; r < n; r++)
		each[r] = p;
	figures_read_each(fs, dbs, n, each);
	sim_free(each);
}

void figures_add_key(struct figures *fs, const char *key, const char *const *values)
{
	size_t n = (size_t)fs->nr_keys + 1;

	fs->keys = sim_realloc(fs->keys, n * sizeof(*fs->keys));
	fs->labels = sim_realloc(fs->labels, n * sizeof(*fs->labels));
	fs->keys[fs->nr_keys] = sim_strdup(key);
	fs->labels[fs->nr_keys] = sim_calloc((size_t)fs->nr_runs, sizeof(char *));
	for (int r = 0; r < fs->nr_runs; r++)
		fs->labels[fs->nr_keys][r] = sim_strdup(values[r]);
	fs->nr_keys++;
}

/* The value a tunable began with, in words if it has one; NULL: none.  The caller frees it. */
static char *first_value(struct db *db, const struct tables *t, const char *name)
{
	const char *column = "value";
	const struct db_key key = { "name", name, 0 };
	struct db_query q = { "tunable", &column, 1, &key, 1, false, 0 };
	struct db_rows *rows = db_select(db, &q);
	const char *value = db_next(rows) ? db_text(rows, 0) : NULL;
	char *shown = value ? sim_strdup(tunable_in_words(t->tunables, name, value)) : NULL;

	db_rows_free(rows);
	return shown;
}

/* A column for a tunable in which runs of one kernel differ; others have none. */
static void add_tunable(struct figures *fs, struct db *const *dbs, const struct tables *t,
			const char *name, char *const *kernels, const char *kernel)
{
	char **values = sim_calloc((size_t)fs->nr_runs, sizeof(*values));
	const char *first = NULL;
	bool differ = false;

	for (int r = 0; r < fs->nr_runs; r++) {
		bool same = strcmp(kernels[r], kernel) == 0;

		values[r] = same ? first_value(dbs[r], t, name) : NULL;
		if (!values[r])
			values[r] = sim_strdup("-");
		if (same && !first)
			first = values[r];
		differ = differ || (same && strcmp(values[r], first) != 0);
	}
	if (differ)
		figures_add_key(fs, name, (const char *const *)values);
	for (int r = 0; r < fs->nr_runs; r++)
		sim_free(values[r]);
	sim_free(values);
}

void figures_add_tunables(struct figures *fs, struct db *const *dbs,
			  const struct personality *const *p)
{
	const char *column = "name";
	struct db_query q = { "tunable", &column, 1, NULL, 0, true, 0 };
	char **kernels = sim_calloc((size_t)fs->nr_runs, sizeof(*kernels));
	bool differ = false;

	for (int r = 0; r < fs->nr_runs; r++) {
		kernels[r] = db_run_text(dbs[r], "personality");
		differ = differ || strcmp(kernels[r], kernels[0]) != 0;
	}
	if (differ)
		figures_add_key(fs, "personality", (const char *const *)kernels);
	for (int r = 0; r < fs->nr_runs; r++) {
		bool seen = false;
		struct db_rows *rows;
		struct tables t;

		for (int before = 0; before < r; before++)
			seen = seen || strcmp(kernels[before], kernels[r]) == 0;
		if (seen)
			continue;
		tables_init(&t, p[r]);
		rows = db_select(dbs[r], &q);
		while (db_next(rows))
			add_tunable(fs, dbs, &t, db_text(rows, 0), kernels, kernels[r]);
		db_rows_free(rows);
		tables_free(&t);
	}
	for (int r = 0; r < fs->nr_runs; r++)
		sim_free(kernels[r]);
	sim_free(kernels);
}

void figures_free(struct figures *fs)
{
	for (int i = 0; i < fs->n; i++) {
		sim_free(fs->f[i].name);
		sim_free(fs->f[i].shown);
		sim_free(fs->f[i].values);
		sim_free(fs->f[i].has);
	}
	for (int k = 0; k < fs->nr_keys; k++) {
		for (int r = 0; r < fs->nr_runs; r++)
			sim_free(fs->labels[k][r]);
		sim_free(fs->labels[k]);
		sim_free(fs->keys[k]);
	}
	for (int r = 0; r < fs->nr_runs; r++) {
		sim_free(fs->digest[r]);
		sim_free(fs->state[r]);
	}
	sim_free(fs->f);
	sim_free(fs->keys);
	sim_free(fs->labels);
	sim_free(fs->digest);
	sim_free(fs->state);
}
