/*
 * figures_print.c - figures of runs as a table, as JSON, as CSV
 */
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/figures.h"
#include "sim/cli/json.h"
#include "sim/cli/sheet.h"
#include "sim/cli/text_table.h"

static bool is_there(const struct run_figure *f, int nr_runs)
{
	for (int r = 0; r < nr_runs; r++)
		if (f->has[r] && (f->values[r] > 0 || f->values[r] < 0))
			return true;
	return false;
}

/* The same in all runs: it says nothing of their difference. */
static bool is_equal(const struct run_figure *f, int nr_runs)
{
	for (int r = 0; r < nr_runs; r++)
		if (!f->has[r] || f->values[r] < f->values[0] || f->values[r] > f->values[0])
			return false;
	return nr_runs > 1;
}

double figure_max(const struct run_figure *f, int nr_runs)
{
	double max = 0;

	for (int r = 0; r < nr_runs; r++)
		max = f->values[r] > max ? f->values[r] : max;
	return max;
}

/* Digits behind the point, as many in all rows of a column: three or four that count in its
 * highest value.  What is far below that, but not nothing, has more. */
void figure_print(struct str *text, double v, double max, bool whole)
{
	int digits = whole || max >= 1000 ? 0 : max >= 100 ? 1 : 2;
	double shown = v;

	for (int i = 0; i < digits; i++)
		shown *= 10;
	if (v > 0 && shown < 1)
		for (; shown < 10 && digits < 9; digits++)
			shown *= 10;
	str_addf(text, "%.*f", digits, v);
}

void figure_difference(struct str *out, double v, double base)
{
	double factor = v / base;

	if (factor > 11)
		str_addf(out, factor < 100 ? "x%.1f" : "x%.0f", factor);
	else
		str_addf(out, "%+.1f %%", (v - base) * 100 / base);
}

/* "812.4", "+4.2 %"; the difference to the first run is "=" if there is none. */
static char *cell(const struct run_figure *f, int run, double divisor, double max)
{
	double v = f->values[run], base = f->values[0];
	struct str text = { 0 }, by = { 0 };

	if (!f->has[run])
		return sim_strdup("-");
	figure_print(&text, v / divisor, max / divisor, !(divisor > 1 || divisor < 1));
	if (run && f->has[0]) {
		if (v <= base && v >= base)
			str_add(&by, "=");
		else if (base > 0 && v < base * 1.0005 && v > base * 0.9995)
			str_add(&by, "<0.1 %");
		else if (base > 0)
			figure_difference(&by, v, base);
	}
	if (!run || f->has[0])
		str_addf(&text, " %8s", str_get(&by));
	str_free(&by);
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
	double max = figure_max(f, nr_runs), divisor;
	const char *unit = unit_for_people(f->unit, max, &divisor), *name;

	name = cli_escape(f->shown); /* of a task in a file from anywhere */
	c->head = *unit ? str_format("%s (%s)", name, unit) : sim_strdup(name);
	c->cells = sim_calloc((size_t)nr_runs, sizeof(*c->cells));
	for (int r = 0; r < nr_runs; r++)
		c->cells[r] = cell(f, r, divisor, max);
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

/* "nr_dirtied 200.0 MiB": a figure that all runs have alike. */
static char *equal_text(const struct run_figure *f)
{
	double divisor, v = f->values[0];
	const char *unit = unit_for_people(f->unit, v, &divisor);
	struct str text = { 0 };

	str_addf(&text, "%s ", cli_escape(f->shown));
	figure_print(&text, v / divisor, v / divisor, !(divisor > 1 || divisor < 1));
	str_addf(&text, "%s%s", *unit ? " " : "", unit);
	return text.s;
}

/* In lines as wide as the terminal. */
static void print_equal(const struct figures *fs)
{
	int limit = text_table_terminal_width(), column = 0;

	for (int i = 0; i < fs->n; i++) {
		char *text;
		int width;

		if (!is_there(&fs->f[i], fs->nr_runs) || !is_equal(&fs->f[i], fs->nr_runs))
			continue;
		text = equal_text(&fs->f[i]);
		width = (int)strlen(text);
		if (!column)
			column = printf("equal in all runs: ");
		else if (column + 2 + width > limit)
			column = printf(",\n  ") - 2;
		else
			column += printf(", ");
		column += width;
		fputs(text, stdout);
		sim_free(text);
	}
	if (column)
		putchar('\n');
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
		if (is_there(&fs->f[i], fs->nr_runs) && !is_equal(&fs->f[i], fs->nr_runs))
			add_figure_column(&c[n++], &fs->f[i], fs->nr_runs);
	if (!all_finished(fs))
		add_text_column(&c[n++], "state", fs->state, fs->nr_runs);
	add_text_column(&c[n++], "digest", fs->digest, fs->nr_runs);
	print_blocks(c, fs->nr_keys, n, fs->nr_runs);
	print_equal(fs);
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
