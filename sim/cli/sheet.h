/*
 * sheet.h - what is to be drawn: curves, limits and shades in panels
 */
#ifndef MMSIM_CLI_SHEET_H
#define MMSIM_CLI_SHEET_H

#include "sim/cli/cli.h"

/* One series, in the order of time. */
struct curve {
	enum chart_style style;
	char *label; /* owned */
	double *x;   /* owned; seconds, or what the sheet counts time in */
	double *y;   /* owned; values; for shades the end of the stretch that begins at x */
	size_t n, cap;
};

struct panel {
	char *title;      /* owned */
	enum unit unit;   /* of the values, until sheet_finish */
	const char *axis; /* borrowed; label of the value axis */
	double low, high; /* of the axis */
	bool logarithmic;
	bool from_zero;   /* what is below is not shown */
	struct curve *curves; /* owned */
	int nr_curves;
};

struct sheet {
	char *title;            /* owned */
	const char *question;   /* borrowed; what the sheet answers */
	const char *time_label; /* borrowed */
	double first, last;     /* of the time axis */
	struct panel *panels;   /* owned; those without data are left out */
	int nr_panels;
};

/* A chart of one run. */
void sheet_of_run(struct sheet *s, struct db *db, const struct chart *chart, const char *title);
/* The same curves of several runs: a panel for each series of the chart. */
void sheet_of_runs(struct sheet *s, struct db *const *dbs, const char *const *labels, int n,
		   const struct chart *chart, const char *title);
void sheet_free(struct sheet *s);

/* Units as people read them: divides by *divisor and names the result. */
const char *unit_for_people(enum unit unit, double max, double *divisor);

/* One series, read from a results file; false if it has no points.  The caller frees it. */
bool series_read(struct db *db, const struct chart_series *s, const struct db_key *keys,
		 int nr_keys, struct curve *c);
/* Keeps what can be seen of a long one. */
void series_thin_out(struct curve *c);
#endif
