/*
 * diag.h - what is wrong with a user's file, and where
 *
 * Errors are collected, sorted by place and printed together:
 *
 *   scenarios/dirty.yaml:3:19: error: vm.dirty_ratio: 120 is out of range; accepted: 0..100 percent
 *       3 |   vm.dirty_ratio: 120
 *         |                   ^^^
 *
 * Text from the user is printed with control characters escaped.
 */
#ifndef MMSIM_BASE_DIAG_H
#define MMSIM_BASE_DIAG_H

#include <stdio.h>
#include "sim/base/types.h"

/* A file that was read: owned by the diag, lives as long as it. */
struct diag_file {
	char *name; /* as the user gave it */
	char *text; /* its bytes, followed by a zero byte */
	size_t len;
	char
	    *written; /* how the scenario asks for it, without folders of the host; NULL: no file */
};

/* A place in a file; line and column count from 1, 0: unknown.  Columns count characters. */
struct place {
	const struct diag_file *file; /* borrowed; NULL: the command line */
	int line;
	int column;
	int width; /* characters to underline, 0: none */
};

struct diag_error {
	struct place at;
	char *text; /* owned */
};

struct diag {
	struct diag_file **files; /* owned */
	size_t nr_files, cap_files;
	struct diag_error *errors; /* owned */
	size_t nr_errors, cap_errors;
	const struct diag
	    *again;       /* its files are read in place of the host's, one by one; or NULL */
	size_t nr_again;  /* of them so far */
	bool host_failed; /* a file is there and could not be read */
};

/* Remembers one more error; the texts reads "what; what would be accepted". */
void diag_error(struct diag *d, struct place at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Takes over text (from sim_alloc) as the content of a file called name. */
const struct diag_file *diag_add_file(struct diag *d, const char *name, char *text, size_t len);
/* Says how the file that was added last was asked for. */
void diag_written(struct diag *d, const char *written);
bool diag_failed(const struct diag *d);
/* Prints all errors in order of place, at most 50 and then how many more there are. */
void diag_print(struct diag *d, FILE *to);
void diag_free(struct diag *d);

/*
 * The word of list[0..n) that differs from what was written in capital letters only, else the one
 * nearest to it: at most 2 edits away (1 if the word has fewer than 5 letters) and nearer than all
 * others, ties to the first; NULL if there is none.
 */
const char *diag_nearest(const char *word, const char *const *list, size_t n);

/* Text as it may be shown on a terminal: control characters as \xNN, at most max characters. */
char *diag_escape(const char *text, size_t len, size_t max);
#endif
