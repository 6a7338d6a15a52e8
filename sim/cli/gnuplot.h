/*
 * gnuplot.h - draws a sheet with gnuplot, a program of its own
 */
#ifndef MMSIM_CLI_GNUPLOT_H
#define MMSIM_CLI_GNUPLOT_H

#include "sim/cli/sheet.h"

enum picture_format {
	PICTURE_SVG,
	PICTURE_PNG,
	PICTURE_PDF,
	PICTURE_TXT, /* for a terminal */
	NR_PICTURE_FORMATS,
};

extern const char *const picture_formats[NR_PICTURE_FORMATS]; /* "svg" ...; also extensions */

/* Draws to a file, or text to standard output if path is NULL.  Returns the exit code. */
int gnuplot_draw(const struct sheet *s, enum picture_format format, const char *path, bool force);
#endif
