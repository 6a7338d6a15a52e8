/*
 * explain.h - what explain.c and its other files share
 */
#ifndef MMSIM_CLI_EXPLAIN_H
#define MMSIM_CLI_EXPLAIN_H

#include "sim/cli/cli.h"

#define MAX_SIMILAR 8 /* names that are shown for one that is not known */

/* Names that were passed while looking, for "did you mean". */
struct search {
	char *name; /* owned */
	const struct personality *p;
	struct tables tables;
	int found;
	char **names; /* owned */
	size_t nr_names, cap_names;
};

/* --- explain_search.c --- */

/* Notes a name; true: it is the one looked for, and a paragraph of it follows. */
bool search_is(struct search *s, const char *name);
/* "  WHAT      TEXT"; nothing if the text is empty. */
void explain_line(const char *what, const char *text);

/* --- explain_keys.c --- */

/*
 * Keys of scenarios (nice, tasks.nice, machine.disks.queue_depth), and words of steps and calls
 * (block, loop.for, madvise.advice); first: the personality is the first one, say what all have,
 * too.
 */
void explain_keys(struct search *s, bool first);
/*
 * A sysctl that the real kernel has and that is no tunable here, by its name with or without the
 * prefix of its kind (vm.stat_refresh, stat_refresh); false: there is none.
 */
bool explain_missing(const struct personality *p, const char *name);

/* --- explain_places.c --- */

/* Where a name stands in the sources of a kernel, and in tests; kind: struct source_name. */
void explain_places(const struct personality *p, const char *kind, const char *name);
/* Functions of the models of that name, and which of the kernel's files they are like; how many. */
int explain_functions(const char *name);

/* --- explain_calls.c --- */

void explain_ops(struct search *s);

/* --- explain_mentions.c --- */

/* What speaks of a word in its meaning; { .word = ... } is empty. */
struct mentions {
	const char *word;        /* borrowed */
	char *name[MAX_SIMILAR]; /* owned; of tunables, metrics, calls, words of calls */
	int n;                   /* in all: what is more than MAX_SIMILAR has no name here */
};

void mentions_add(struct mentions *m, const struct personality *p, const struct tables *t);
/* A line of them, nothing if there are none; m is empty then. */
void mentions_print(struct mentions *m, struct str *out);
#endif
