/*
 * words.h - a list of words, and what to say of one that is not in it
 */
#ifndef MMSIM_SCENARIO_WORDS_H
#define MMSIM_SCENARIO_WORDS_H

#include "sim/base/diag.h"

/* { 0 } is an empty list. */
struct words {
	const char **w; /* owned; the words are borrowed */
	size_t n, cap;
	const char *elsewhere; /* borrowed; where else the word is known, or NULL */
	const char *shown_by;  /* borrowed; the command that prints all of a long list, or NULL */
};

void words_add(struct words *words, const char *word);
void words_free(struct words *words);

/*
 * The word of a list that was probably meant: the one for what other tools call so ("loop" for
 * "repeat"), or the nearest by its letters (diag_nearest); NULL: none is near. Borrowed from there.
 */
const char *words_nearest(const char *written, const char *const *list, size_t n);

/*
 * Adds the error "WHAT "WRITTEN"WHERE; did you mean "NEAREST"?", or, if no word is near, with all
 * of them: "; accepted: A, B, C" - or with the place where it is known, if it is elsewhere.
 */
void words_unknown(const struct words *words, struct diag *d, struct place at, const char *what,
		   const char *written, const char *where);

/* Whether it is still worth the time to look for a nearest word: there are not many errors yet. */
bool words_offered(const struct diag *d);
#endif
