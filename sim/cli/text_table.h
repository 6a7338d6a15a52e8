/*
 * text_table.h - rows and columns for people, or as JSON
 */
#ifndef MMSIM_CLI_TEXT_TABLE_H
#define MMSIM_CLI_TEXT_TABLE_H

#include "sim/base/str.h"

#define TEXT_TABLE_MAX_COLUMNS 64

struct text_cell {
	char *text;  /* owned */
	bool number; /* to the right; in JSON without quotes */
};

struct text_table {
	char *heads[TEXT_TABLE_MAX_COLUMNS]; /* owned */
	int nr_columns;
	struct text_cell *cells; /* owned */
	size_t n, cap;
	char *foot; /* owned; a line for people below the table, or NULL */
};

/* heads: names of columns, separated by blanks. */
void text_table_init(struct text_table *t, const char *heads);
void text_table_add_column(struct text_table *t, const char *head);
/* The next cell of the row; rows follow each other. */
void text_table_text(struct text_table *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void text_table_number(struct text_table *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Prints to standard output: aligned, or as a list of objects. */
void text_table_print(const struct text_table *t);
/*
 * The same without so many of its last columns; the last one that is shown is broken between words
 * so that lines have at most so many characters (0: it is not).
 */
void text_table_print_within(const struct text_table *t, int hidden, int width);
/* Characters of a line that standard output has room for. */
int text_table_terminal_width(void);
void text_table_print_json(const struct text_table *t);
void text_table_free(struct text_table *t);
#endif
