/*
 * report_calls.c - how long calls took, and which failed
 */
#include <inttypes.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/report.h"
#include "sim/cli/task_group.h"

#define MAX_CALLS 300 /* rows of a table */

/* The cells that both tables begin with: task, call, and a number. */
static void begin_row(struct str *out, const char *task, const char *op, int64_t number)
{
	html_row(out);
	html_cell(out, false);
	html_text(out, task);
	html_cell(out, false);
	str_add(out, "<code>");
	html_text(out, op);
	str_add(out, "</code>");
	html_cell(out, true);
	str_addf(out, "%" PRId64, number);
}

/* ---- latencies ---- */

static void put_latency(struct str *out, const struct call_times *c)
{
	static const int per_1000[] = { 500, 900, 990, 999, 1000 };

	begin_row(out, c->group ? c->group->shown : c->task, c->op, c->calls);
	for (size_t i = 0; i < ARRAY_LEN(per_1000); i++) {
		html_cell(out, true);
		html_quantity(out, UNIT_NS, (double)call_times_within(c, per_1000[i]));
	}
}

/* The end of a section with so many calls from a table of the results. */
static void end_calls(struct str *out, int n, const char *table)
{
	html_table_end(out);
	if (n == MAX_CALLS)
		str_addf(out,
			 "<p class=\"dim\">The first %d; all are in the table %s of the "
			 "results.</p>\n",
			 MAX_CALLS, table);
	html_section_end(out);
}

void report_latency(struct str *out, struct db *db)
{
	struct task_groups groups;
	struct call_list l;
	int n = 0;

	task_groups_read(&groups, &db, 1);
	call_list_read(&l, db, &groups);
	if (l.n) {
		html_section(out, "latency", "How long calls took",
			     "Time blocked included; to 3 %, the width of a bucket.");
		html_table(out, "task|call|>calls|>median|>90 %|>99 %|>99.9 %|>longest");
	}
	for (; (size_t)n < l.n && n < MAX_CALLS; n++)
		put_latency(out, &l.c[n]);
	if (n)
		end_calls(out, n, "latency");
	call_list_free(&l);
	task_groups_free(&groups);
}

/* ---- calls that failed ---- */

/* Calls of a task, or of a group, that failed alike. */
struct failed_row {
	char *task, *op, *error; /* owned */
	int64_t nth, count, first_ns;
};

static struct failed_row *find_failed(struct failed_row *all, int n, const struct failed_row *row)
{
	for (int i = 0; i < n; i++)
		if (all[i].nth == row->nth && strcmp(all[i].task, row->task) == 0 &&
		    strcmp(all[i].op, row->op) == 0 && strcmp(all[i].error, row->error) == 0)
			return &all[i];
	return NULL;
}

static void free_failed(struct failed_row *row)
{
	sim_free(row->task);
	sim_free(row->op);
	sim_free(row->error);
}

/* MAX_CALLS of them at most, in the order of their first. */
static int read_failed(struct db *db, const struct task_groups *groups, struct failed_row *all)
{
	static const char *const columns[] = { "task", "op", "nth", "error", "count", "first_ns" };
	struct db_query q = { "failed_call", columns, ARRAY_LEN(columns), NULL, 0, false, 0 };
	struct db_rows *rows = db_select(db, &q);
	int n = 0;

	while (db_next(rows)) {
		const struct task_group *g = task_group_of(groups, db_text(rows, 0));
		struct failed_row row = { sim_strdup(g ? g->shown : db_text(rows, 0)),
					  sim_strdup(db_text(rows, 1)),
					  sim_strdup(db_text(rows, 3)),
					  db_number(rows, 2),
					  db_number(rows, 4),
					  db_number(rows, 5) };
		struct failed_row *same = find_failed(all, n, &row);

		if (same)
			same->count += row.count;
		if (same || n == MAX_CALLS)
			free_failed(&row);
		else
			all[n++] = row;
	}
	db_rows_free(rows);
	return n;
}

static void put_failed(struct str *out, const struct failed_row *row)
{
	begin_row(out, row->task, row->op, row->nth);
	html_cell(out, false);
	html_text(out, row->error);
	html_cell(out, true);
	str_addf(out, "%" PRId64, row->count);
	html_cell(out, true);
	html_time(out, (double)row->first_ns / 1e9);
}

void report_failed_calls(struct str *out, struct db *db)
{
	struct failed_row *all = sim_calloc(MAX_CALLS, sizeof(*all));
	struct task_groups groups;
	int n;

	task_groups_read(&groups, &db, 1);
	n = read_failed(db, &groups, all);
	if (n) {
		html_section(out, "failed", "Calls that failed",
			     "Where the scenario says nothing of the result (returns:): the "
			     "program went on with its next step.");
		html_table(out, "task|call|>which of its steps with this call|error|>times|>first");
	}
	for (int i = 0; i < n; i++) {
		put_failed(out, &all[i]);
		free_failed(&all[i]);
	}
	if (n)
		end_calls(out, n, "failed_call");
	task_groups_free(&groups);
	sim_free(all);
}
