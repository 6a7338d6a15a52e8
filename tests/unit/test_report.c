/*
 * test_report.c - the rows a report is made of: every table and column they name is there
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "models/registry.h"
#include "sim/base/mem.h"
#include "sim/cli/report.h"
#include "sim/cli/source_index.h"

static bool has_metric(const struct tables *t, const char *table, const char *column, size_t len)
{
	for (int k = 0; t->metrics[k]; k++)
		for (int i = 0; i < t->metrics[k]->nr_rows; i++)
			if (strcmp(t->metrics[k]->table, table) == 0 &&
			    strlen(t->metrics[k]->rows[i].name) == len &&
			    memcmp(t->metrics[k]->rows[i].name, column, len) == 0)
				return true;
	return false;
}

static const struct trace_def *find_trace(const struct personality *p, const char *name)
{
	for (int i = 0; i < p->nr_traces; i++)
		if (strcmp(p->traces[i].name, name) == 0)
			return &p->traces[i];
	return NULL;
}

/* All columns of "a+b". */
static void check_columns(const struct tables *t, const char *table, const char *columns)
{
	for (const char *c = columns; *c;) {
		size_t len = strcspn(c, "+");

		if (!has_metric(t, table, c, len))
			fail_msg("%s has no %.*s", table, (int)len, c);
		c += len + (c[len] ? 1 : 0);
	}
}

static void check_field(const struct trace_def *trace, const char *field)
{
	assert_non_null(trace);
	for (int i = 0; i < trace->nr_fields; i++)
		if (strcmp(trace->fields[i], field) == 0)
			return;
	fail_msg("%s has no field %s", trace->name, field);
}

static void happenings_name_tables_that_are_there(void **state)
{
	(void)state;
	for (int k = 0; personalities[k]; k++) {
		const struct personality *p = personalities[k];
		struct tables t;

		tables_init(&t, p);
		for (int i = 0; i < p->nr_happenings; i++) {
			const struct happening *h = &p->happenings[i];
			const struct chart_series *s = &h->series;

			switch (s->style) {
			case CHART_SPAN:
				assert_non_null(find_trace(p, s->table));
				assert_non_null(find_trace(p, s->column));
				break;
			case CHART_POINTS:
				check_field(find_trace(p, s->table), s->column);
				break;
			default:
				assert_int_equal(s->style, CHART_ACTIVE);
				check_columns(&t, s->table, s->column);
			}
			if (h->amount)
				check_columns(&t, "vmstat_sample", h->amount);
			assert_true(!h->amount == !h->amount_is);
		}
		tables_free(&t);
	}
}

static void mechanisms_name_counters_and_files_that_say_something(void **state)
{
	(void)state;
	for (int k = 0; personalities[k]; k++) {
		const struct personality *p = personalities[k];
		struct tables t;

		tables_init(&t, p);
		for (int i = 0; i < p->nr_mechanisms; i++) {
			const struct mechanism *m = &p->mechanisms[i];

			check_columns(&t, m->table, m->column);
			for (const char *f = m->files; *f;) {
				size_t len = strcspn(f, " ");

				if (!source_note_find(f, len))
					fail_msg("%.*s says nothing of itself", (int)len, f);
				f += len + strspn(f + len, " ");
			}
		}
		tables_free(&t);
	}
}

static char *escaped(const char *text)
{
	struct str out = { 0 };

	html_text(&out, text);
	return out.s;
}

static void text_is_escaped(void **state)
{
	static const char *const cases[][2] = {
		{ "a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;" },
		{ "\x1b[31m", "&#xfffd;[31m" },
		{ "\xff\xc3", "&#xfffd;&#xfffd;" },
		{ "\xc2\x9b", "&#xfffd;" },
		{ "\xe2\x80\xae", "&#xfffd;" }, /* turns the direction of what follows */
		{ "a\tb\nc", "a b c" },
		{ "\xc3\xa4", "\xc3\xa4" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *text = escaped(cases[i][0]);

		assert_string_equal(text, cases[i][1]);
		sim_free(text);
	}
}

static void names_are_found_by_their_kind(void **state)
{
	const struct source_name *tunable = source_name_find("tunable", "dirty_ratio");
	const struct source_name *chart = source_name_find("chart", "dirty");

	(void)state;
	assert_non_null(tunable);
	assert_non_null(strstr(tunable->declared, "models/linux/sysctl_vm.def:"));
	assert_non_null(strstr(tunable->code, "models/linux/writeback/"));
	assert_non_null(chart);
	assert_non_null(strstr(chart->declared, "models/linux/charts.c:"));
	assert_null(source_name_find("chart", "dirty_ratio"));
	assert_null(source_name_find("tunable", ""));
	for (size_t i = 1; i < nr_source_names; i++)
		assert_true(strcmp(source_names[i - 1].name, source_names[i].name) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(happenings_name_tables_that_are_there),
		cmocka_unit_test(mechanisms_name_counters_and_files_that_say_something),
		cmocka_unit_test(text_is_escaped),
		cmocka_unit_test(names_are_found_by_their_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
