/*
 * source_index.h - where in the sources names stand, and what files say is simplified
 *
 * Made at build time by scripts/index out of the sources and tests themselves.
 */
#ifndef MMSIM_CLI_SOURCE_INDEX_H
#define MMSIM_CLI_SOURCE_INDEX_H

#include "sim/base/types.h"

/* Places are "file:line function()", separated by newlines; "" if there are none. */
struct source_name {
	const char
	    *name; /* "metric nr_dirty": tunable, metric, trace, op, chart or check, and the name */
	const char *declared;
	const char *code;  /* that reads or changes it; of a call the function behind it */
	const char *tests; /* files only */
};

/* The opening comment of a file, as docs/reference/fidelity.md has it. */
struct source_note {
	const char *file;
	const char *like, *simplified, *left_out; /* "" if it says nothing of that */
};

/* The beginning of the SHA-256 of all sources of the simulator: which program this is. */
extern const char source_digest[];
extern const struct source_name source_names[]; /* sorted */
extern const size_t nr_source_names;
extern const struct source_note source_notes[]; /* sorted */
extern const size_t nr_source_notes;

/* Functions of the models, and where they are: lines "name file:line", a newline before the first.
 */
extern const char source_functions[];

/* NULL: not known. */
const struct source_name *source_name_find(const char *kind, const char *name);
const struct source_note *source_note_find(const char *file, size_t len);
#endif
