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
	struct sysctl_file *sysctl[TUNING_MAX_FILES]; /* sysctl_d.c; owned, NULL: another kind */
};

/* A line "key = value"; the texts are cut out of a copy of the file. */
struct line {
	char *key, *value;
	struct place at;
	bool may_fail; /* what is wrong with it is named, and no error */
};

/* Cuts blanks off both ends. */
char *tuning_trim(char *text);
/* Names a line that has no effect. */
void tuning_ignored(const struct reader *r, const struct line *l, const char *why);
/* A line that is wrong, as printf; an error unless it may fail. */
__attribute__((format(printf, 3, 4))) void
tuning_refused(const struct reader *r, const struct line *l, const char *format, ...);
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

/*
 * sysctl_d.c: a file of sysctl.d; which names all files set by themselves must be known before the
 * first is taken, patterns leave these alone.  NULL after an error.
 */
struct sysctl_file *sysctl_file_read(struct reader *r, const char *path);
void sysctl_file_take(struct reader *r, const struct sysctl_file *f);
void sysctl_file_free(struct sysctl_file *f);

/* tuned.c: a profile, and those it includes. */
void tuned_read(struct reader *r, const char *path, struct place asked);
#endif
