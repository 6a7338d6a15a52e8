/*
 * tuning_reader.h - what the readers of sysctl.d and of tuned share
 */
#ifndef MMSIM_CLI_TUNING_READER_H
#define MMSIM_CLI_TUNING_READER_H

#include "sim/cli/tuning.h"

#define TUNING_MAX_VARIABLES 64

struct reader {
	struct tuning *t;
	struct diag *d;
	const struct scenario *sc; /* NULL: not known, it comes from standard input */
	const struct personality *p;
	struct tables tables;
	bool quiet;
	int depth; /* of profiles that include each other */
	struct {
		char *name, *value;   /* owned */
	} vars[TUNING_MAX_VARIABLES]; /* [variables] of profiles */
	int nr_vars;
};

/* A line "key = value"; the texts are cut out of a copy of the file. */
struct line {
	char *key, *value;
	struct place at;
};

/* Cuts blanks off both ends. */
char *tuning_trim(char *text);
/* Names a line that has no effect. */
void tuning_ignored(const struct reader *r, const struct line *l, const char *why);
/* One setting of a real system, wherever it stands: place and name as real_setting has them. */
void tuning_take(struct reader *r, const struct line *l, const char *place, const char *name);
/* The same for a name as sysctl(8) takes it, with dots or slashes. */
void tuning_take_sysctl(struct reader *r, struct line *l);
/* Reads a file; NULL after an error.  asked: where its name stands. */
const struct diag_file *tuning_read_file(struct reader *r, const char *path, struct place asked);
/* The next line of text that is not empty; false at the end.  *text moves on. */
bool tuning_next_line(char **text, int *number, char **line);
/* Cuts a line at its first "="; false: there is none. */
bool tuning_cut_line(char *from, const struct diag_file *file, int number, struct line *l);

/* tuned.c: a profile, and those it includes. */
void tuned_read(struct reader *r, const char *path, struct place asked);
#endif
