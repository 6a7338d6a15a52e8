/*
 * sheet.h - what is to be drawn: curves, limits and shades in panels
 */
#ifndef MMSIM_CLI_SHEET_H
#define MMSIM_CLI_SHEET_H

#include "sim/cli/cli.h"

/* One series, in the order of time. */
struct curve {
	enum chart_style style;
	int look;    /* of a line or points, from 1: its colour and mark; 0: by its place */
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
	bool from_zero; /* what is below is not shown */
	int foot;       /* percent of high: what is further below 0 stands at the foot; 0: none */
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
/* Runs of several kernels: charts[run] is its kernel's; panels of the same title are one, with all
 * series of all runs. */
void sheet_of_kernels(struct sheet *s, struct db *const *dbs, const char *const *labels, int n,
		      const struct chart *const *charts, const char *title);
void sheet_free(struct sheet *s);
/* Whether its question is about several runs, of one kernel or of several: "compare", "kernels". */
bool chart_is_of_several(const struct chart *chart);

/* percentiles.c: a chart over the share of calls instead of time. */
void sheet_of_calls(struct sheet *s, struct db *db, const struct chart *chart, const char *title);
/* The logarithm of v >= 1, to a millionth: pictures need no more. */
double log10_of(double v);
/* Adds a panel for at most so many curves; title is taken over. */
struct panel *sheet_add_panel(struct sheet *s, const struct chart_panel *cp, char *title,
			      int max_curves);
/* Takes the curves of a panel away that are not wanted. */
void panel_drop_curves(struct panel *p,
		       bool (*unwanted)(const struct panel *p, const struct curve *c));
/* Takes the last panel away. */
void sheet_drop_panel(struct sheet *s);
/* Units, axes and time of a sheet that is filled. */
void sheet_finish(struct sheet *s);

/* Units as people read them: divides by *divisor and names the result. */
const char *unit_for_people(enum unit unit, double max, double *divisor);

/* One series, read from a results file; false if it has no points.  The caller frees it. */
bool series_read(struct db *db, const struct chart_series *s, const struct db_key *keys,
		 int nr_keys, struct curve *c);
/* The moments of a run's samples, in their order. */
struct sample_times {
	int64_t *t_ns; /* owned */
	size_t n, cap;
};
void sample_times_read(struct sample_times *times, struct db *db);
/* The last sample before a moment; the moment itself if there is none. */
int64_t sample_time_before(const struct sample_times *times, int64_t t_ns);
void sample_times_free(struct sample_times *times);
void curve_add_point(struct curve *c, double x, double y);
/* Keeps what can be seen of a long one. */
void series_thin_out(struct curve *c);
#endif
