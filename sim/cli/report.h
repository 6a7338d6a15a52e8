/*
 * report.h - the parts of a report: one HTML file, no script, nothing from a network
 *
 * Every function adds HTML to out.  What comes from a results file is escaped
 * (html_text); the same results give the same bytes.
 */
#ifndef MMSIM_CLI_REPORT_H
#define MMSIM_CLI_REPORT_H

#include "sim/cli/sheet.h"

/* ---- report_html.c: text, numbers, tables, the style sheet ---- */

/* A text of a user or a file: <, >, &, quotes and control characters do no harm. */
void html_text(struct str *out, const char *text);
/* The beginning and the end of the file; the first bytes carry the mark of out_file.h. */
void html_begin(struct str *out, const char *title);
void html_end(struct str *out);
/* A section with a heading that #id leads to; html_section_end ends it. */
void html_section(struct str *out, const char *id, const char *title, const char *question);
void html_section_end(struct str *out);
/* Three or four digits that count: "0.0123", "12.3", "4567". */
void html_number(struct str *out, double v);
/* A value with a unit as people read it: "12.3 MiB", "4.5 ms". */
void html_quantity(struct str *out, enum unit unit, double v);
/* Nanoseconds of simulated time: "12.345 s". */
void html_time(struct str *out, double seconds);
/* A table whose rows break where the screen is narrow.  heads: separated by "|"; a head that
 * begins with ">" is of a column of numbers. */
void html_table(struct str *out, const char *heads);
void html_row(struct str *out);
void html_cell(struct str *out, bool number);
void html_table_end(struct str *out);

/* ---- report_chart.c ---- */

/* All panels of a sheet, each with its values at hand.  Nothing if there are none.  of_calls: the
 * axis is the share of calls (percentiles.c). */
void report_sheet(struct str *out, const struct sheet *s, const char *id, const char *title,
		  bool of_calls);
/*
 * A path of rectangles across a drawing of a curve's stretches between two moments.  What is too
 * short to be seen is wider than it is, but by no more than half of what lies before the next one:
 * stretches that a pixel can show apart stay apart.
 */
void report_stretches(struct str *path, const struct curve *c, double first, double last, int width,
		      int height);
/* A path of lines across a drawing at the marks of report_axis. */
void report_ticks(struct str *path, double last, int width, int height);
/* Marks below an axis from 0 to last; label at its end. */
void report_axis(struct str *out, double last, const char *label, bool of_calls);

/* ---- report_events.c: what happened when ---- */

void report_happenings(struct str *out, struct db *db, const struct personality *p);
/* The same of several runs of one kernel in short, side by side. */
void report_happened(struct str *out, struct db *const *dbs, const char *const *labels, int n,
		     const struct personality *p);

/* ---- report_runs.c: several runs ---- */

struct report_runs {
	int n;
	struct db *const *dbs;              /* borrowed, as is what follows */
	const char *const *labels;          /* names of the runs */
	const struct personality *const *p; /* of each run */
};

/* in_groups: runs to which other keys were given stand apart. */
void report_several(struct str *out, const struct report_runs *r, bool in_groups);

/* ---- report_tables.c ---- */

/* Which run this is, its digest, and what stopped it. */
void report_run(struct str *out, struct db *db);
void report_figures(struct str *out, struct db *const *dbs, const char *const *labels, int n,
		    const struct personality *const *p);
void report_tunables(struct str *out, struct db *db, const struct personality *p);
void report_log(struct str *out, struct db *db);
/* What was simplified in this run: in one paragraph with a link to #id, and at length. */
void report_honesty_line(struct str *out, struct db *db, const struct personality *p,
			 const char *id);
void report_honesty(struct str *out, struct db *db, const struct personality *p);

/* ---- report_calls.c: many children of one parent are one row ---- */

void report_latency(struct str *out, struct db *db);
/* Nothing if none did. */
void report_failed_calls(struct str *out, struct db *db);
#endif
