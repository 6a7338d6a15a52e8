/*
 * tsv.h - tables of a case: columns with names in the first line, cells between tabs
 */
#ifndef MMSIM_LINUX_VERIFY_TSV_H
#define MMSIM_LINUX_VERIFY_TSV_H

#include "models/linux/verify/verify.h"

struct tsv {
	const char *path;          /* borrowed */
	struct verify_case *owner; /* borrowed; who hears of cells that are no numbers */
	struct verify_text text;   /* owned; what names and cells point into */
	const char **column;       /* owned; names */
	size_t nr_columns, cap_columns;
	const char **cell; /* owned; row after row */
	size_t nr_rows, cap;
};

/* Reads PATH or PATH.gz of the case; false if there is none (no error), or after reporting. */
bool tsv_read(struct verify_case *c, const char *path, struct tsv *t);
void tsv_free(struct tsv *t);
/* The number of a column; -1: there is none. */
int tsv_column(const struct tsv *t, const char *name);
/* A cell; "" where the row or the column is missing. */
const char *tsv_text(const struct tsv *t, size_t row, const char *column);
/* A number; "-" and what is missing are TSV_NONE, and all else, which is reported. */
int64_t tsv_int(const struct tsv *t, size_t row, const char *column);
#define TSV_NONE INT64_MIN
#endif
