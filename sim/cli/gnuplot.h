/*
 * gnuplot.h - draws a sheet with gnuplot, a program of its own
 */
#ifndef MMSIM_CLI_GNUPLOT_H
#define MMSIM_CLI_GNUPLOT_H

#include <stdio.h>

#include "sim/cli/sheet.h"

enum picture_format {
	PICTURE_SVG,
	PICTURE_PNG,
	PICTURE_PDF,
	PICTURE_TXT, /* for a terminal */
	NR_PICTURE_FORMATS,
};

extern const char *const picture_formats[NR_PICTURE_FORMATS]; /* "svg" ...; also extensions */

/* What a script of scripts/plot is to draw. */
struct drawing {
	const char *script;     /* "sheet.gp" */
	int width, height, key; /* pixels, key: of these at the right; txt: characters */
	/* Writes the data that the script reads into the folder; false: errno says why. */
	bool (*write)(const char *folder, const void *arg);
	const void *arg;
};

/* Draws to a file, or text to standard output if path is NULL.  Returns the exit code. */
int gnuplot_run(const struct drawing *d, enum picture_format format, const char *path, bool force);
/* A new file of data; NULL: errno says why. */
FILE *gnuplot_create(const char *folder, const char *name);
/* A name as a field of a table: without what ends a field or a text. */
void gnuplot_put_name(FILE *f, const char *name);
/* Characters of the terminal for a picture with so many panels. */
void gnuplot_txt_size(int nr_panels, int *width, int *height);
/* The same for a sheet. */
int gnuplot_draw(const struct sheet *s, enum picture_format format, const char *path, bool force);
#endif
