/*
 * figures.c - numbers that tell how runs were, side by side
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/cli/figures.h"
#include "sim/cli/json.h"
#include "sim/cli/sheet.h"
#include "sim/cli/text_table.h"
#include "sim/workload/workload.h"

/* ---- reading ---- */

static struct run_figure *find(struct figures *fs, const char *name, enum unit unit)
{
	for (int i = 0; i < fs->n; i++)
		if (strcmp(fs->f[i].name, name) == 0)
			return &fs->f[i];
	fs->f = sim_realloc(fs->f, (size_t)(fs->n + 1) * sizeof(*fs->f));

	struct run_figure *f = &fs->f[fs->n++];

	*f = (struct run_figure){ .name = sim_strdup(name), .unit = unit };
	f->values = sim_calloc((size_t)fs->nr_runs, sizeof(*f->values));
	f->has = sim_calloc((size_t)fs->nr_runs, sizeof(*f->has));
	return f;
}

static void set(struct run_figure *f, int run, double value)
{
	f->values[run] = value;
	f->has[run] = true;
}

static void set_of_task(struct run_figure *f, int run, double value)
{
	f->of_task = true;
	set(f, run, value);
}

static void read_figure(struct figures *fs, struct db *db, int run, const struct figure *def)
{
	const struct chart_series series = { def->table, def->column, def->name, CHART_LINE, 1, 1 };
	struct run_figure *f = find(fs, def->name, def->unit);
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
			set(f, run, c.y[c.n - 1]);
			break;
		case FIGURE_MAX:
			set(f, run, max);
			break;
		case FIGURE_MIN:
			set(f, run, min);
			break;
		case FIGURE_MEAN:
			set(f, run, sum / (double)c.n);
			break;
		}
	}
	sim_free(c.label);
	sim_free(c.x);
	sim_free(c.y);
}

/* The samples of one task, from row to row. */
struct task_bytes {
	char *task;
	int64_t first; /* of the sample before its first byte, ns */
	int64_t last;  /* of the one with its last */
	int64_t bytes;
};

/* Bytes per second; nothing of a task that moved none. */
static void end_task(struct figures *fs, int run, struct task_bytes *b)
{
	if (b->bytes && b->last > b->first)
		set_of_task(find(fs, b->task, UNIT_BYTES_PER_SEC), run,
			    (double)b->bytes * 1e9 / (double)(b->last - b->first));
	sim_free(b->task);
	*b = (struct task_bytes){ 0 };
}

static void read_tasks(struct figures *fs, struct db *db, int run)
{
	const struct metric_object *o = &workload_task_metrics;
	const char *const columns[] = { o->keys[0].name, "t_ns", "bytes" };
	struct db_query q = { .table = o->table, .columns = columns, .nr_columns = 3, .sorted = 1 };
	struct db_rows *rows = db_select(db, &q);
	struct task_bytes b = { 0 };

	while (db_next(rows)) {
		int64_t t = db_number(rows, 1), bytes = db_number(rows, 2);

		if (b.task && strcmp(b.task, db_text(rows, 0)) != 0)
			end_task(fs, run, &b);
		if (!b.task)
			b.task = sim_strdup(db_text(rows, 0));
		if (!b.bytes && !bytes)
			b.first = t;
		if (bytes != b.bytes)
			b.last = t;
		b.bytes = bytes;
	}
	end_task(fs, run, &b);
	db_rows_free(rows);
}

/* The histogram of one call of a task: buckets from short to long. */
struct call_times {
	char *task, *op;
	size_t n, cap;
	struct call_bucket {
		int64_t ns, count;
	} * bucket;
	int64_t calls;
};

/* The time within which a share of the calls ended: the middle of its bucket. */
static void set_percentile(struct figures *fs, int run, const struct call_times *c, int percent)
{
	int64_t rank = (c->calls * percent + 99) / 100, seen = 0;
	char *name = str_format("%s %s p%d", c->task, c->op, percent);

	for (size_t i = 0; i < c->n; i++) {
		double begin = (double)c->bucket[i].ns;

		seen += c->bucket[i].count;
		if (seen >= rank) {
			set_of_task(find(fs, name, UNIT_NS), run,
				    begin + (begin >= 32 ? begin / 64 : 0));
			break;
		}
	}
	sim_free(name);
}

static void end_call(struct figures *fs, int run, struct call_times *c)
{
	if (c->calls > 1) {
		set_percentile(fs, run, c, 50);
		set_percentile(fs, run, c, 99);
	}
	sim_free(c->task);
	sim_free(c->op);
	c->task = c->op = NULL;
	c->n = 0;
	c->calls = 0;
}

static void read_latencies(struct figures *fs, struct db *db, int run)
{
	const char *const columns[] = { "task", "op", "bucket_ns", "count" };
	struct db_query q = {
		.table = "latency", .columns = columns, .nr_columns = 4, .sorted = 2
	};
	struct db_rows *rows = db_select(db, &q);
	struct call_times c = { 0 };

	while (db_next(rows)) {
		const char *task = db_text(rows, 0), *op = db_text(rows, 1);

		if (c.task && (strcmp(c.task, task) != 0 || strcmp(c.op, op) != 0))
			end_call(fs, run, &c);
		if (!c.task) {
			c.task = sim_strdup(task);
			c.op = sim_strdup(op);
		}
		sim_grow((void **)&c.bucket, &c.cap, c.n + 1, sizeof(*c.bucket));
		c.bucket[c.n++] = (struct call_bucket){ db_number(rows, 2), db_number(rows, 3) };
		c.calls += db_number(rows, 3);
	}
	end_call(fs, run, &c);
	sim_free(c.bucket);
	db_rows_free(rows);
}

/* How often each call of a task failed, by error; 0 in runs in which it never did. */
static void read_failed(struct figures *fs, struct db *const *dbs, int run)
{
	const char *const columns[] = { "task", "op", "error", "count" };
	struct db_query q = { "failed_call", columns, 4, NULL, 0, false, 0 };
	struct db_rows *rows = db_select(dbs[run], &q);

	while (db_next(rows)) {
		char *name = str_format("%s %s failed: %s", db_text(rows, 0), db_text(rows, 1),
					db_text(rows, 2));
		struct run_figure *f = find(fs, name, UNIT_COUNT);

		for (int r = 0; !f->is_failure && r < fs->nr_runs; r++)
			f->has[r] = db_has(dbs[r], "failed_call", "count");
		f->is_failure = f->of_task = true;
		f->values[run] += (double)db_number(rows, 3);
		sim_free(name);
	}
	db_rows_free(rows);
}

void figures_read_each(struct figures *fs, struct db *const *dbs, int n,
		       const struct personality *const *p)
{
	*fs = (struct figures){ .nr_runs = n };
	fs->digest = sim_calloc((size_t)n, sizeof(*fs->digest));
	fs->state = sim_calloc((size_t)n, sizeof(*fs->state));
	for (int r = 0; r < n; r++) {
		read_tasks(fs, dbs[r], r);
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
		read_latencies(fs, dbs[r], r);
	for (int r = 0; r < n; r++)
		read_failed(fs, dbs, r);
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

/* ---- printing ---- */

static bool is_there(const struct run_figure *f, int nr_runs)
{
	for (int r = 0; r < nr_runs; r++)
		if (f->has[r] && (f->values[r] > 0 || f->values[r] < 0))
			return true;
	return false;
}

/* "812.4", "+4.2 %"; the difference to the first run is "=" if there is none. */
static char *cell(const struct run_figure *f, int run, double divisor)
{
	double v = f->values[run] / divisor, base = f->values[0] / divisor;
	struct str text = { 0 };

	if (!f->has[run])
		return sim_strdup("-");
	if (v > 0 && v < 0.1) /* far below the others of its column, but not nothing */
		str_addf(&text, "%.2g", v);
	else if (divisor > 1 || divisor < 1)
		str_addf(&text, v < 100 ? "%.2f" : v < 1000 ? "%.1f" : "%.0f", v);
	else
		str_addf(&text, "%.0f", v);
	if (run == 0) {
		str_add(&text, "         "); /* where the others have their difference */
	} else if (f->has[0]) {
		if (f->values[run] <= f->values[0] && f->values[run] >= f->values[0])
			str_add(&text, "        =");
		else if (base > 0 && (v - base) / base < 0.0005 && (v - base) / base > -0.0005)
			str_add(&text, "  <0.1 %");
		else if (base > 0)
			str_addf(&text, " %+6.1f %%", (v - base) * 100 / base);
		else
			str_add(&text, "         ");
	}
	return text.s;
}

/* One column of the table as text. */
struct column_text {
	char *head;
	char **cells; /* by run */
	int width;
	bool number;
};

static int width_of(const struct column_text *c, int nr_runs)
{
	int width = (int)strlen(c->head);

	for (int r = 0; r < nr_runs; r++)
		width = (int)strlen(c->cells[r]) > width ? (int)strlen(c->cells[r]) : width;
	return width;
}

static void add_figure_column(struct column_text *c, const struct run_figure *f, int nr_runs)
{
	double max = 0, divisor;
	const char *unit, *name;

	for (int r = 0; r < nr_runs; r++)
		max = f->values[r] > max ? f->values[r] : max;
	unit = unit_for_people(f->unit, max, &divisor);
	name = cli_escape(f->name); /* of a task in a file from anywhere */
	c->head = *unit ? str_format("%s (%s)", name, unit) : sim_strdup(name);
	c->cells = sim_calloc((size_t)nr_runs, sizeof(*c->cells));
	for (int r = 0; r < nr_runs; r++)
		c->cells[r] = cell(f, r, divisor);
	c->number = true;
	c->width = width_of(c, nr_runs);
}

static void add_text_column(struct column_text *c, const char *head, char *const *cells,
			    int nr_runs)
{
	c->head = sim_strdup(cli_escape(head));
	c->cells = sim_calloc((size_t)nr_runs, sizeof(*c->cells));
	for (int r = 0; r < nr_runs; r++)
		c->cells[r] = sim_strdup(cli_escape(cells[r]));
	c->width = width_of(c, nr_runs);
}

/* Columns 0..nr_keys-1 name the runs; columns from..to-1 are the figures of this block. */
static void print_block(const struct column_text *c, int nr_keys, int from, int to, int nr_runs)
{
	struct text_table t;

	text_table_init(&t, "");
	for (int i = 0; i < to; i++)
		if (i < nr_keys || i >= from)
			text_table_add_column(&t, c[i].head);
	for (int r = 0; r < nr_runs; r++) {
		for (int i = 0; i < to; i++) {
			if (i >= nr_keys && i < from)
				continue;
			if (c[i].number)
				text_table_number(&t, "%s", c[i].cells[r]);
			else
				text_table_text(&t, "%s", c[i].cells[r]);
		}
	}
	text_table_print(&t);
	text_table_free(&t);
}

static void print_blocks(const struct column_text *c, int nr_keys, int n, int nr_runs)
{
	int keys_width = 0, limit = text_table_terminal_width();

	for (int i = 0; i < nr_keys; i++)
		keys_width += c[i].width + 2;
	for (int from = nr_keys; from < n;) {
		int width = keys_width + c[from].width, to = from + 1;

		while (to < n && to - from + nr_keys < TEXT_TABLE_MAX_COLUMNS &&
		       width + 2 + c[to].width <= limit)
			width += 2 + c[to++].width;
		if (from > nr_keys)
			putchar('\n');
		print_block(c, nr_keys, from, to, nr_runs);
		from = to;
	}
}

static bool all_finished(const struct figures *fs)
{
	for (int r = 0; r < fs->nr_runs; r++)
		if (strcmp(fs->state[r], "finished") != 0)
			return false;
	return true;
}

void figures_print(const struct figures *fs)
{
	struct column_text *c = sim_calloc((size_t)(fs->nr_keys + fs->n + 2), sizeof(*c));
	int n = 0;

	for (int k = 0; k < fs->nr_keys; k++)
		add_text_column(&c[n++], fs->keys[k], fs->labels[k], fs->nr_runs);
	for (int i = 0; i < fs->n; i++)
		if (is_there(&fs->f[i], fs->nr_runs))
			add_figure_column(&c[n++], &fs->f[i], fs->nr_runs);
	if (!all_finished(fs))
		add_text_column(&c[n++], "state", fs->state, fs->nr_runs);
	add_text_column(&c[n++], "digest", fs->digest, fs->nr_runs);
	print_blocks(c, fs->nr_keys, n, fs->nr_runs);
	for (int i = 0; i < n; i++) {
		for (int r = 0; r < fs->nr_runs; r++)
			sim_free(c[i].cells[r]);
		sim_free(c[i].cells);
		sim_free(c[i].head);
	}
	sim_free(c);
}

void figures_print_json(const struct figures *fs)
{
	struct json j = { 0 };

	json_list(&j, NULL);
	for (int r = 0; r < fs->nr_runs; r++) {
		json_object(&j, NULL);
		json_object(&j, "run");
		for (int k = 0; k < fs->nr_keys; k++)
			json_text(&j, fs->keys[k], fs->labels[k][r]);
		json_end_object(&j);
		json_object(&j, "figures");
		for (int i = 0; i < fs->n; i++) {
			const struct run_figure *f = &fs->f[i];

			if (!f->has[r]) {
				json_null(&j, f->name);
				continue;
			}
			json_object(&j, f->name);
			json_real(&j, "value", f->values[r]);
			json_text(&j, "unit", unit_base(f->unit));
			if (r && f->has[0] && f->values[0] > 0)
				json_real(&j, "percent",
					  (f->values[r] - f->values[0]) * 100 / f->values[0]);
			json_end_object(&j);
		}
		json_end_object(&j);
		json_text(&j, "state", fs->state[r]);
		json_text(&j, "digest", fs->digest[r]);
		json_end_object(&j);
	}
	json_end_list(&j);
	json_print(&j);
}

/* A text in CSV: quoted where it must be. */
static void put_csv(struct str *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		str_add(out, text);
		return;
	}
	str_addc(out, '"');
	for (; *text; text++) {
		if (*text == '"')
			str_addc(out, '"');
		str_addc(out, *text);
	}
	str_addc(out, '"');
}

void figures_print_csv(const struct figures *fs)
{
	struct str out = { 0 };

	for (int k = 0; k < fs->nr_keys; k++) {
		put_csv(&out, fs->keys[k]);
		str_addc(&out, ',');
	}
	str_add(&out, "figure,unit,value\n");
	for (int r = 0; r < fs->nr_runs; r++) {
		for (int i = 0; i < fs->n; i++) {
			const struct run_figure *f = &fs->f[i];

			if (!f->has[r])
				continue;
			for (int k = 0; k < fs->nr_keys; k++) {
				put_csv(&out, fs->labels[k][r]);
				str_addc(&out, ',');
			}
			put_csv(&out, f->name);
			str_addf(&out, ",%s,", unit_base(f->unit));
			json_print_real(&out, f->values[r]);
			str_addc(&out, '\n');
		}
	}
	fputs(str_get(&out), stdout);
	str_free(&out);
}

void figures_free(struct figures *fs)
{
	for (int i = 0; i < fs->n; i++) {
		sim_free(fs->f[i].name);
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
