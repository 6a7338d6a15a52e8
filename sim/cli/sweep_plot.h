/*
 * sweep_plot.h - pictures of a merged sweep, for mmsim plot
 *
 * Over the values of one key a figure is a curve, over those of two a map of colours, over those of
 * three a map for each value of the last.
 */
#ifndef MMSIM_CLI_SWEEP_PLOT_H
#define MMSIM_CLI_SWEEP_PLOT_H

#include "sim/cli/gnuplot.h"
#include "sim/scenario/scenario.h"

#define SWEEP_PLOT_MAX_WHERE 32

/* The figure that the sweep was ranked by; NULL (said): there is none.  The caller frees it. */
char *sweep_plot_default(struct db *db);
/*
 * Draws a figure, of the points whose keys have certain values.  path NULL: text to standard
 * output.  The exit code.
 */
int sweep_plot(struct db *db, const char *figure, const struct setting *where, int nr_where,
	       enum picture_format format, const char *path, bool force);
#endif
