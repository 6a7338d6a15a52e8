/*
 * report_tables.c - which run it was, its figures, tunables, its log, and what it simplified
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/figures.h"
#include "sim/cli/report.h"
#include "sim/cli/source_index.h"

#define MAX_LINES 2000 /* of the kernel's log */

/* ---- which run ---- */

static void put_fact(struct str *out, const char *what, const char *class, const char *text)
{
	str_addf(out, "<div><dt>%s</dt><dd%s%s%s>", what, *class ? " class=\"" : "", class,
		 *class ? "\"" : "");
	html_text(out, text);
	str_add(out, "</dd></div>\n");
}

static void put_run_fact(struct str *out, struct db *db, const char *what, const char *column,
			 const char *class)
{
	char *text = db_run_text(db, column);

	if (*text)
		put_fact(out, what, class, text);
	sim_free(text);
}

void report_run(struct str *out, struct db *db)
{
	char *state = db_run_text(db, "state"), *t_end = db_run_text(db, "t_end_ns");
	struct str t = { 0 };

	str_add(out, "<dl class=\"run\">\n");
	put_run_fact(out, db, "kernel", "personality", "");
	html_time(&t, strtod(t_end, NULL) / 1e9);
	put_fact(out, "simulated time", "", *t_end ? t.s : "not known: the run did not end");
	put_fact(out, "state", strcmp(state, "finished") == 0 ? "good" : "bad", state);
	put_run_fact(out, db, "seed", "seed", "");
	put_run_fact(out, db, "mmsim", "version", "");
	put_run_fact(out, db, "hash of the scenario", "scenario_hash", "h");
	put_run_fact(out, db, "digest of the results", "digest", "h");
	str_add(out, "</dl>\n");
	if (strcmp(state, "finished") != 0)
		str_add(out, "<p class=\"bad\">This run did not come to its end: what follows is "
			     "what it had until then.</p>\n");
	str_free(&t);
	sim_free(state);
	sim_free(t_end);
}

/* ---- figures ---- */

/* Of the first kernel that has it. */
static const struct figure *figure_row(const struct personality *const *p, int n, const char *name)
{
	for (int r = 0; r < n; r++)
		for (int i = 0; i < p[r]->nr_figures; i++)
			if (strcmp(p[r]->figures[i].name, name) == 0)
				return &p[r]->figures[i];
	return NULL;
}

static bool is_zero(const struct run_figure *f, int n)
{
	for (int r = 0; r < n; r++)
		if (f->has[r] && (f->values[r] > 0 || f->values[r] < 0))
			return false;
	return true;
}

static void put_figure_cell(struct str *out, const struct run_figure *f, int run)
{
	double v = f->values[run], base = f->values[0];

	html_cell(out, true);
	if (!f->has[run])
		return;
	html_quantity(out, f->unit, v);
	if (run && f->has[0] && base > 0 && (v > base * 1.0005 || v < base * 0.9995)) {
		str_add(out, " <span class=\"dim\">");
		figure_difference(out, v, base);
		str_add(out, "</span>");
	}
}

/* The digests, and the tunables in which the runs differ. */
static void put_labels(struct str *out, const struct figures *fs, int n)
{
	for (int k = 0; k < fs->nr_keys; k++) {
		html_row(out);
		html_cell(out, false);
		str_add(out, "<code>");
		html_text(out, fs->keys[k]);
		str_add(out, "</code>");
		for (int r = 0; r < n; r++) {
			html_cell(out, true);
			html_text(out, fs->labels[k][r]);
		}
		str_add(out, "<td class=\"w\">");
		str_add(out, strcmp(fs->keys[k], "personality") == 0
				 ? "the kernel"
				 : "a tunable in which the runs differ");
	}
	for (int r = 0; r < n && n > 1; r++) {
		if (r == 0) {
			html_row(out);
			html_cell(out, false);
			str_add(out, "digest");
		}
		str_add(out, "<td class=\"n\"><code>");
		html_text(out, *fs->digest[r] ? fs->digest[r] : fs->state[r]);
		str_add(out, "</code>");
	}
}

/* Of figures of tasks. */
static const char *meaning_of(const struct run_figure *f)
{
	if (f->is_failure)
		return f->of_group ? "calls of these tasks that failed with this error"
				   : "calls of this task that failed with this error";
	if (f->is_single)
		return "time of its only such call";
	if (f->unit == UNIT_NS)
		return f->of_group
			   ? "time within which 50 % or 99 % of the calls of all of them ended"
			   : "time within which 50 % or 99 % of the calls ended";
	return f->of_group ? "read, written or touched by a task of these while it worked: the "
			     "median of them"
			   : "read, written or touched by this task while it worked";
}

void report_figures(struct str *out, struct db *const *dbs, const char *const *labels, int n,
		    const struct personality *const *p)
{
	struct figures fs;

	figures_read_each(&fs, dbs, n, p);
	if (n > 1)
		figures_add_tunables(&fs, dbs, p);
	html_section(out, "figures", n > 1 ? "The runs side by side" : "In figures",
		     n > 1 ? "Differences are to the first run." : NULL);
	str_add(out, "<div class=\"scroll wide\"><table><thead><tr><th>figure</th>");
	for (int r = 0; r < n; r++) {
		str_add(out, "<th class=\"n\">");
		html_text(out, n > 1 ? labels[r] : "value");
		str_add(out, "</th>");
	}
	str_add(out, "<th class=\"w\">what it is</th></tr></thead><tbody>");
	put_labels(out, &fs, n);
	for (int i = 0; i < fs.n; i++) {
		const struct figure *row = figure_row(p, n, fs.f[i].name);

		if (is_zero(&fs.f[i], n) || (n == 1 && !row && fs.f[i].unit == UNIT_NS))
			continue;
		html_row(out);
		html_cell(out, false);
		html_text(out, fs.f[i].shown);
		for (int r = 0; r < n; r++)
			put_figure_cell(out, &fs.f[i], r);
		str_add(out, "<td class=\"w\">");
		html_text(out, row ? row->meaning : meaning_of(&fs.f[i]));
	}
	html_table_end(out);
	html_section_end(out);
	figures_free(&fs);
}

/* ---- tunables ---- */

/* A value in force, and what became of it. */
struct setting_row {
	char *name;  /* owned */
	char *value; /* owned; the first */
	char *last;  /* owned; NULL: never written later */
	int writes;
};

static int read_settings(struct db *db, struct setting_row **settings)
{
	static const char *const columns[] = { "t_ns", "name", "value" };
	struct db_query q = { "tunable", columns, 3, NULL, 0, false, 0 };
	struct db_rows *rows = db_select(db, &q);
	struct setting_row *all = NULL;
	size_t n = 0, cap = 0;

	while (db_next(rows)) {
		const char *name = db_text(rows, 1), *value = db_text(rows, 2);
		size_t i = 0;

		while (i < n && strcmp(all[i].name, name) != 0)
			i++;
		if (i < n) {
			sim_free(all[i].last);
			all[i].last = sim_strdup(value);
			all[i].writes++;
			continue;
		}

		void *grown = all;

		sim_grow(&grown, &cap, n + 1, sizeof(*all));
		all = grown;
		all[n++] = (struct setting_row){ sim_strdup(name), sim_strdup(value), NULL, 0 };
	}
	db_rows_free(rows);
	*settings = all;
	return (int)n;
}

/* The default as text; NULL: worked out at boot, or not known. */
static char *default_of(const struct tables *t, const char *name, const struct tunable **row)
{
	struct str text = { 0 };
	struct tunable_ref ref;

	*row = NULL;
	if (!tunable_find(t->tunables, name, &ref))
		return NULL;
	*row = ref.row;
	if (ref.row->count == 1 && ref.row->def == TUNABLE_AUTO)
		return NULL;
	tunable_print_value(&text, ref.row, ref.row->count > 1 ? ref.row->defs : &ref.row->def);
	return text.s;
}

static void put_setting(struct str *out, const struct tables *t, const struct setting_row *s,
			const struct tunable *row, const char *def)
{
	html_row(out);
	html_cell(out, false);
	str_add(out, "<code>");
	html_text(out, s->name);
	str_add(out, "</code>");
	html_cell(out, true);
	html_text(out, tunable_in_words(t->tunables, s->name, s->value));
	if (s->writes) {
		str_add(out, " &rarr; ");
		html_text(out, tunable_in_words(t->tunables, s->name, s->last));
		if (s->writes > 1)
			str_addf(out, " <span class=\"dim\">%d writes</span>", s->writes);
	}
	html_cell(out, true);
	html_text(out, def ? def : "at boot");
	html_cell(out, false);
	html_text(out, row ? unit_base(row->unit) : "");
	str_add(out, "<td class=\"w\">");
	html_text(out, row ? row->meaning : "");
}

/* changed: those that differ from their defaults or were written; else the others.  Returns how
 * many. */
static int put_settings(struct str *out, const struct setting_row *all, int n,
			const struct tables *t, bool changed)
{
	int found = 0;

	for (int i = 0; i < n; i++) {
		const struct tunable *row;
		char *def = default_of(t, all[i].name, &row);
		const char *value = tunable_in_words(t->tunables, all[i].name, all[i].value);
		bool differs = all[i].writes || (def && strcmp(def, value) != 0);

		if (differs == changed) {
			if (!found++)
				html_table(out, "tunable|>value|>default|unit|meaning");
			put_setting(out, t, &all[i], row, def);
		}
		sim_free(def);
	}
	if (found)
		html_table_end(out);
	return found;
}

void report_tunables(struct str *out, struct db *db, const struct personality *p)
{
	struct setting_row *all;
	struct str others = { 0 };
	struct tables t;
	int n = read_settings(db, &all), nr_others;

	tables_init(&t, p);
	html_section(out, "tunables", "Tunables",
		     "What differs from the kernel's default, or was written during the run.");
	if (!put_settings(out, all, n, &t, true))
		str_add(out, "<p>All tunables had their defaults.</p>\n");
	nr_others = put_settings(&others, all, n, &t, false);
	if (nr_others)
		str_addf(out,
			 "<details><summary>%d others, with their defaults</summary>%s</details>\n",
			 nr_others, str_get(&others));
	html_section_end(out);
	for (int i = 0; i < n; i++) {
		sim_free(all[i].name);
		sim_free(all[i].value);
		sim_free(all[i].last);
	}
	sim_free(all);
	str_free(&others);
	tables_free(&t);
}

/* ---- what the kernel printed ---- */

void report_log(struct str *out, struct db *db)
{
	static const char *const columns[] = { "t_ns", "line" };
	struct db_query q = { "kernel_log", columns, 2, NULL, 0, false, 0 };
	struct db_rows *rows = db_select(db, &q);
	struct str lines = { 0 };
	int n = 0;

	for (; n < MAX_LINES && db_next(rows); n++) {
		double t = (double)db_number(rows, 0) / 1e9;

		str_addf(&lines, "[%12.6f] ", t);
		html_text(&lines, db_text(rows, 1));
		str_addc(&lines, '\n');
	}
	db_rows_free(rows);
	if (n) {
		html_section(out, "log", "What the kernel printed", NULL);
		str_addf(out, "<details><summary>%d lines</summary><pre>%s</pre></details>\n", n,
			 lines.s);
		html_section_end(out);
	}
	str_free(&lines);
}

/* ---- honesty ---- */

static bool was_used(struct db *db, const struct mechanism *m)
{
	const struct chart_series series = { m->table, m->column, "", CHART_LINE, 1, 1 };
	struct curve c;
	bool used = false;

	series_read(db, &series, NULL, 0, &c);
	for (size_t i = 0; i < c.n && !used; i++)
		used = c.y[i] > 0;
	sim_free(c.label);
	sim_free(c.x);
	sim_free(c.y);
	return used;
}

static void put_note(struct str *out, const struct source_note *note)
{
	if (!*note->simplified && !*note->left_out)
		return;
	str_add(out, "<li><code>");
	html_text(out, note->file);
	str_add(out, "</code>: ");
	if (*note->simplified) {
		str_add(out, "simplified: ");
		html_text(out, note->simplified);
	}
	if (*note->left_out) {
		str_addf(out, "%sleft out: ", *note->simplified ? "; " : "");
		html_text(out, note->left_out);
	}
	str_add(out, "</li>\n");
}

static void put_mechanism(struct str *out, const struct mechanism *m)
{
	struct str notes = { 0 };

	for (const char *file = m->files; *file;) {
		size_t len = strcspn(file, " ");
		const struct source_note *note = source_note_find(file, len);

		if (note)
			put_note(&notes, note);
		file += len + strspn(file + len, " ");
	}
	str_add(out, "<h3>");
	html_text(out, m->name);
	str_add(out, "</h3>\n");
	if (notes.len)
		str_addf(out, "<ul>\n%s</ul>\n", notes.s);
	else
		str_add(out, "<p>Nothing that is known.</p>\n");
	str_free(&notes);
}

static const char *const simplified_columns[] = { "name", "meaning" };

void report_honesty_line(struct str *out, struct db *db, const struct personality *p,
			 const char *id)
{
	struct db_query q = { "simplified", simplified_columns, 2, NULL, 0, false, 0 };
	struct db_rows *rows = db_select(db, &q);
	struct str names = { 0 }, parts = { 0 };

	while (db_next(rows)) {
		str_add(&names, names.len ? ", " : "");
		html_text(&names, db_text(rows, 0));
	}
	db_rows_free(rows);
	for (int i = 0; i < p->nr_mechanisms; i++) {
		if (!was_used(db, &p->mechanisms[i]))
			continue;
		str_add(&parts, parts.len ? ", " : "");
		html_text(&parts, p->mechanisms[i].name);
	}
	str_add(out, "<p class=\"honest\">");
	if (names.len)
		str_addf(out, "Simplified in this run: <b>%s</b>. ", names.s);
	else
		str_add(out, "The results do not say what was simplified at boot. ");
	if (parts.len)
		str_addf(out, "Parts of the kernel it used: %s. ", parts.s);
	str_addf(out, "<a href=\"#%s\">What is simpler in each</a></p>\n", id);
	str_free(&names);
	str_free(&parts);
}

void report_honesty(struct str *out, struct db *db, const struct personality *p)
{
	struct db_query q = { "simplified", simplified_columns, 2, NULL, 0, false, 0 };
	struct db_rows *rows = db_select(db, &q);
	struct str parts = { 0 }, details = { 0 };
	int nr_used = 0;

	html_section(out, "honesty", "What was simplified in this run", NULL);
	while (db_next(rows)) {
		str_add(&details, "<li><b>");
		html_text(&details, db_text(rows, 0));
		str_add(&details, "</b>: ");
		html_text(&details, db_text(rows, 1));
		str_add(&details, "</li>\n");
	}
	db_rows_free(rows);
	for (int i = 0; i < p->nr_mechanisms; i++) {
		if (!was_used(db, &p->mechanisms[i]))
			continue;
		nr_used++;
		put_mechanism(&parts, &p->mechanisms[i]);
	}
	if (details.len)
		str_addf(out, "<ul>\n%s</ul>\n", details.s);
	if (p->nr_mechanisms)
		str_addf(out,
			 "<p>This run used %d of the %d parts of the kernel that are told apart "
			 "here; what is "
			 "simpler in each stands at the head of its files.</p>\n",
			 nr_used, p->nr_mechanisms);
	if (parts.len)
		str_addf(out, "<details><summary>Part by part</summary>\n%s</details>\n", parts.s);
	html_section_end(out);
	str_free(&parts);
	str_free(&details);
}
