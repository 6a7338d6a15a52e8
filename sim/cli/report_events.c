/*
 * report_events.c - what happened when: lanes over time, and a table
 *
 * The kinds are rows of the personality (struct happening).  Stretches of one
 * kind that lie close to each other are one row of the table, as many as a
 * reader can take in; how many they were and how long in all is said there.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/report.h"

#define WIDTH      2000 /* of a lane */
#define HEIGHT     16
#define MAX_GROUPS 8  /* rows of one kind in the table */
#define MAX_WRITES 40 /* rows of tunables that were written */
#define MAX_NAMES  6  /* of tasks that were killed in one row */

/* Stretches that lie close to each other. */
struct group {
	int kind;
	double from, to;
	double active; /* seconds of them in which it went on */
	size_t n;
	double amount;
	char *text; /* owned; a tunable that was written, kind is -1; or which tasks were killed */
};

/* One kind that happened in this run. */
struct kind {
	const struct happening *h;
	struct curve c;      /* stretches, or moments with y = x; owned */
	struct curve amount; /* owned */
};

struct happened {
	struct kind *kinds; /* owned */
	int nr_kinds;
	struct group *groups; /* owned */
	size_t n, cap;
	double last; /* end of the run, s */
};

static void free_curve(struct curve *c)
{
	sim_free(c->label);
	sim_free(c->x);
	sim_free(c->y);
}

static void free_kinds(struct happened *ha)
{
	for (int i = 0; i < ha->nr_kinds; i++) {
		free_curve(&ha->kinds[i].c);
		free_curve(&ha->kinds[i].amount);
	}
	sim_free(ha->kinds);
}

/* ---- reading ---- */

static void read_kinds(struct happened *ha, struct db *db, const struct personality *p)
{
	ha->kinds = sim_calloc((size_t)p->nr_happenings + 1, sizeof(*ha->kinds));
	for (int i = 0; i < p->nr_happenings; i++) {
		const struct happening *h = &p->happenings[i];
		struct kind *k = &ha->kinds[ha->nr_kinds];
		bool known = false;

		for (int j = 0; j < ha->nr_kinds; j++)
			known |= strcmp(ha->kinds[j].h->series.label, h->series.label) == 0;
		if (known)
			continue;
		k->h = h;
		if (!series_read(db, &h->series, NULL, 0, &k->c)) {
			free_curve(&k->c);
			continue;
		}
		if (h->series.style == CHART_POINTS)
			memcpy(k->c.y, k->c.x, k->c.n * sizeof(*k->c.y));
		if (h->amount) {
			const char *table =
			    h->series.style == CHART_ACTIVE ? h->series.table : "vmstat_sample";
			const struct chart_series counter = {
				table, h->amount, "", CHART_LINE, 1, 1
			};

			series_read(db, &counter, NULL, 0, &k->amount);
		}
		ha->nr_kinds++;
	}
}

/* A counter at any time, as if it grew evenly between samples. */
static double counter_at(const struct curve *c, double t)
{
	size_t low = 0, high = c->n;

	if (!c->n)
		return 0;
	while (high - low > 1) {
		size_t mid = (low + high) / 2;

		if (c->x[mid] <= t)
			low = mid;
		else
			high = mid;
	}
	if (high == c->n || c->x[low] >= t || c->x[high] <= c->x[low])
		return c->y[low];
	return c->y[low] + (c->y[high] - c->y[low]) * (t - c->x[low]) / (c->x[high] - c->x[low]);
}

/* ---- grouping ---- */

static size_t groups_with_gap(const struct curve *c, double gap)
{
	size_t n = c->n ? 1 : 0;

	for (size_t i = 1; i < c->n; i++)
		n += c->x[i] - c->y[i - 1] > gap;
	return n;
}

static struct group *add_group(struct happened *ha, int kind, double from)
{
	void *groups = ha->groups;

	sim_grow(&groups, &ha->cap, ha->n + 1, sizeof(*ha->groups));
	ha->groups = groups;
	ha->groups[ha->n] = (struct group){ .kind = kind, .from = from, .to = from };
	return &ha->groups[ha->n++];
}

static void group_kind(struct happened *ha, int kind)
{
	const struct curve *c = &ha->kinds[kind].c;
	const struct curve *amount = &ha->kinds[kind].amount;
	double gap = ha->last / 400;
	struct group *g = NULL;

	while (groups_with_gap(c, gap) > MAX_GROUPS)
		gap *= 2;
	for (size_t i = 0; i < c->n; i++) {
		if (!g || c->x[i] - g->to > gap)
			g = add_group(ha, kind, c->x[i]);
		g->to = c->y[i] > g->to ? c->y[i] : g->to;
		g->active += c->y[i] - c->x[i];
		g->n++;
		g->amount = counter_at(amount, g->to) - counter_at(amount, g->from);
	}
}

/* Tunables written while the run went on. */
static void group_writes(struct happened *ha, struct db *db, const struct personality *p)
{
	static const char *const columns[] = { "t_ns", "name", "value" };
	struct db_query q = { "tunable", columns, 3, NULL, 0, false, 0 };
	struct db_rows *rows = db_select(db, &q);
	struct tables tables;

	tables_init(&tables, p);
	for (int n = 0; n < MAX_WRITES && db_next(rows);) {
		const char *name = db_text(rows, 1);
		double t = (double)db_number(rows, 0) / 1e9;

		if (t <= 0)
			continue;
		add_group(ha, -1, t)->text = str_format(
		    "%s = %s", name, tunable_in_words(tables.tunables, name, db_text(rows, 2)));
		n++;
	}
	db_rows_free(rows);
	tables_free(&tables);
}

/*
 * Which tasks were killed, by the kernel's log: the names in brackets of the lines that say so.
 * Of many the first ones.
 */
static char *names_of_killed(struct db *db, double from, double to)
{
	static const char *const columns[] = { "t_ns", "line" };
	struct db_query q = { "kernel_log", columns, 2, NULL, 0, false, 0 };
	struct db_rows *rows = db_select(db, &q);
	struct str names = { 0 };
	int n = 0;

	while (db_next(rows)) {
		double t = (double)db_number(rows, 0) / 1e9;
		const char *line = db_text(rows, 1);
		const char *name = strchr(line, '(');

		if (t < from || t > to || !name || !strcasestr(line, "killed"))
			continue;
		if (n++ < MAX_NAMES)
			str_addf(&names, "%s%.*s", names.len ? ", " : "",
				 (int)strcspn(name + 1, ")"), name + 1);
	}
	db_rows_free(rows);
	if (n > MAX_NAMES)
		str_addf(&names, " and %d more", n - MAX_NAMES);
	return names.len ? names.s : NULL;
}

static void name_killed(struct happened *ha, struct db *db)
{
	for (size_t i = 0; i < ha->n; i++) {
		struct group *g = &ha->groups[i];

		if (g->kind >= 0 && strstr(ha->kinds[g->kind].h->series.label, "killed"))
			g->text = names_of_killed(db, g->from, g->to);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->from < y->from || x->from > y->from)
		return x->from < y->from ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->text && y->text ? strcmp(x->text, y->text) : 0;
}

/* ---- writing ---- */

static void put_lane(struct str *out, const struct kind *k, int number, double last)
{
	str_add(out, "<div class=\"lane\"><span>");
	html_text(out, k->h->series.label);
	str_addf(out,
		 "</span><svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\">"
		 "<title>",
		 WIDTH, HEIGHT);
	html_text(out, k->h->meaning);
	str_add(out, "</title><path class=\"g\" d=\"");
	report_ticks(out, last, WIDTH, HEIGHT);
	str_addf(out, "\"/><path class=\"a%d\" d=\"", number % 8 + 1);
	report_stretches(out, &k->c, 0, last, WIDTH, HEIGHT);
	str_add(out, "\"/></svg></div>\n");
}

static void put_amount(struct str *out, const struct happening *h, double amount)
{
	if (!h->amount || amount <= 0)
		return;
	html_quantity(out, h->unit, amount);
	str_addf(out, " %s", h->amount_is);
}

static void put_summary(struct str *out, const struct happened *ha)
{
	str_add(out, "<div class=\"when\">");
	html_table(out, "what|>times|>in all|>first|>last|how much|what it means");
	for (int i = 0; i < ha->nr_kinds; i++) {
		const struct kind *k = &ha->kinds[i];
		double active = 0;

		for (size_t j = 0; j < k->c.n; j++)
			active += k->c.y[j] - k->c.x[j];
		html_row(out);
		html_cell(out, false);
		html_text(out, k->h->series.label);
		html_cell(out, true);
		str_addf(out, "%zu", k->c.n);
		html_cell(out, true);
		if (active > 0)
			html_time(out, active);
		html_cell(out, true);
		html_time(out, k->c.x[0]);
		html_cell(out, true);
		html_time(out, k->c.y[k->c.n - 1]);
		html_cell(out, false);
		put_amount(out, k->h, counter_at(&k->amount, ha->last) - counter_at(&k->amount, 0));
		str_add(out, "<td class=\"w\">");
		html_text(out, k->h->meaning);
	}
	html_table_end(out);
	str_add(out, "</div>");
}

static void put_groups(struct str *out, const struct happened *ha)
{
	html_table(out, ">from|>to|what|>went on for|how much");
	for (size_t i = 0; i < ha->n; i++) {
		const struct group *g = &ha->groups[i];
		const struct happening *h = g->kind < 0 ? NULL : ha->kinds[g->kind].h;

		html_row(out);
		html_cell(out, true);
		html_time(out, g->from);
		html_cell(out, true);
		if (g->to > g->from)
			html_time(out, g->to);
		html_cell(out, false);
		if (!h) {
			str_add(out, "<code>");
			html_text(out, g->text);
			str_add(out, "</code> written");
		} else {
			html_text(out, h->series.label);
			if (g->text) {
				str_add(out, ": ");
				html_text(out, g->text);
			}
			if (g->n > 1)
				str_addf(out, " <span class=\"dim\">%zu times</span>", g->n);
		}
		html_cell(out, true);
		if (g->active > 0)
			html_time(out, g->active);
		html_cell(out, false);
		if (h)
			put_amount(out, h, g->amount);
	}
	html_table_end(out);
}

void report_happenings(struct str *out, struct db *db, const struct personality *p)
{
	char *t_end = db_run_text(db, "t_end_ns");
	struct happened ha = { .last = strtod(t_end, NULL) / 1e9 };

	sim_free(t_end);
	read_kinds(&ha, db, p);
	for (int i = 0; i < ha.nr_kinds; i++) {
		double end = ha.kinds[i].c.y[ha.kinds[i].c.n - 1];

		ha.last = end > ha.last ? end : ha.last; /* of a killed run */
	}
	if (ha.last <= 0)
		ha.last = 1;
	for (int i = 0; i < ha.nr_kinds; i++)
		group_kind(&ha, i);
	name_killed(&ha, db);
	group_writes(&ha, db, p);
	if (ha.n)
		qsort(ha.groups, ha.n, sizeof(*ha.groups), by_time);
	html_section(out, "events", "What happened when",
		     "Exact where the tracepoint was recorded, else to a sample.");
	if (ha.nr_kinds) {
		str_add(out, "<div class=\"lanes\">");
		for (int i = 0; i < ha.nr_kinds; i++)
			put_lane(out, &ha.kinds[i], i, ha.last);
		str_add(out, "<div class=\"lane\"><span></span><div class=\"axis\">");
		report_axis(out, ha.last, "simulated time (s)", false);
		str_add(out, "</div></div></div>\n");
		put_summary(out, &ha);
	}
	if (ha.n) {
		str_add(out, "<details open><summary>In the order of time</summary>");
		put_groups(out, &ha);
		str_add(out, "</details>\n");
	} else if (!p->nr_happenings) {
		str_addf(out, "<p>What happens in %s is not looked for.</p>\n", p->name);
	} else {
		str_add(out, "<p>Nothing: memory was never short, no writer was held back.</p>\n");
	}
	html_section_end(out);
	for (size_t i = 0; i < ha.n; i++)
		sim_free(ha.groups[i].text);
	free_kinds(&ha);
	sim_free(ha.groups);
}

/* ---- several runs ---- */

/* "3 times, 1.2 s in all" of a kind in one run. */
static void put_times(struct str *out, const struct happened *ha, const struct happening *h)
{
	for (int i = 0; i < ha->nr_kinds; i++) {
		const struct kind *k = &ha->kinds[i];
		double active = 0;

		if (strcmp(k->h->series.label, h->series.label) != 0)
			continue;
		for (size_t j = 0; j < k->c.n; j++)
			active += k->c.y[j] - k->c.x[j];
		str_addf(out, "%zu", k->c.n);
		if (active > 0) {
			str_add(out, " <span class=\"dim\">in all ");
			html_time(out, active);
			str_add(out, "</span>");
		}
		return;
	}
	str_add(out, "<span class=\"dim\">-</span>");
}

/* The first row of a kind that happened in any of the runs, once. */
static bool is_listed(const struct happened *ha, int n, const struct personality *p, int row)
{
	const char *label = p->happenings[row].series.label;

	for (int i = 0; i < row; i++)
		if (strcmp(p->happenings[i].series.label, label) == 0)
			return false;
	for (int r = 0; r < n; r++)
		for (int i = 0; i < ha[r].nr_kinds; i++)
			if (strcmp(ha[r].kinds[i].h->series.label, label) == 0)
				return true;
	return false;
}

void report_happened(struct str *out, struct db *const *dbs, const char *const *labels, int n,
		     const struct personality *p)
{
	struct happened *ha = sim_calloc((size_t)n, sizeof(*ha));

	for (int r = 0; r < n; r++)
		read_kinds(&ha[r], dbs[r], p);
	html_section(out, "events", "What happened",
		     "How often, and for how long in all; when stands with each run below.");
	str_add(out, "<div class=\"scroll wide\"><table><thead><tr><th>what</th>");
	for (int r = 0; r < n; r++) {
		str_add(out, "<th class=\"n\">");
		html_text(out, labels[r]);
		str_add(out, "</th>");
	}
	str_add(out, "<th class=\"w\">what it means</th></tr></thead><tbody>");
	for (int i = 0; i < p->nr_happenings; i++) {
		if (!is_listed(ha, n, p, i))
			continue;
		html_row(out);
		html_cell(out, false);
		html_text(out, p->happenings[i].series.label);
		for (int r = 0; r < n; r++) {
			html_cell(out, true);
			put_times(out, &ha[r], &p->happenings[i]);
		}
		str_add(out, "<td class=\"w\">");
		html_text(out, p->happenings[i].meaning);
	}
	html_table_end(out);
	html_section_end(out);
	for (int r = 0; r < n; r++)
		free_kinds(&ha[r]);
	sim_free(ha);
}
