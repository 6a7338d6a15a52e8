/*
 * response.h - what a merged sweep came to, over the values of the keys that varied
 */
#ifndef MMSIM_CLI_RESPONSE_H
#define MMSIM_CLI_RESPONSE_H

#include "sim/cli/cli.h"
#include "sim/cli/plan.h"

#define RESPONSE_MAX_DRAWN  3 /* keys */
#define RESPONSE_MAX_PANELS 9
#define RESPONSE_MAX_CELLS  250000

/* A key that varies, and its values in the order in which they are drawn. */
struct response_axis {
	char *key, *unit; /* owned */
	char **values;    /* owned, and the texts */
	double *numbers;  /* owned; where a value lies: 1, 2, ... unless all are numbers */
	int n;
	bool numeric; /* all values are numbers: they are in order */
	int fixed;    /* the value that was asked for; -1: all */
};

/* What came out for one value of each key. */
struct response_cell {
	double values[PLAN_MAX_SEEDS];
	int n; /* 0: there is nothing */
	double mean, low, high;
};

struct response {
	struct response_axis axes[PLAN_MAX_AXES];
	int nr_axes;
	int drawn[RESPONSE_MAX_DRAWN]; /* axes: along, up, a panel each */
	int nr_drawn;
	int size[RESPONSE_MAX_DRAWN]; /* values of these; 1 of what is not drawn */
	struct response_cell *cells;  /* owned; [panel][row][column] */
	enum unit unit;               /* of the figure */
	double max;                   /* its greatest value; not below 0 */
};

/* The keys of a sweep, without figures. */
void response_read_axes(struct response *r, struct db *db);
/*
 * Keeps to points whose keys have certain values; which axes are left to draw.  False (said): a key
 * or value is unknown, or too many are left, or none.
 */
bool response_choose(struct response *r, const struct setting *where, int nr_where);
/* Fills the cells with a figure; false (said): there is none of this name. */
bool response_read_figure(struct response *r, struct db *db, const char *figure);
int response_nr_cells(const struct response *r);
/* A text of the row of "sweep"; the caller frees it. */
char *response_text(struct db *db, const char *column);
void response_free(struct response *r);
#endif
