/*
 * api_case.h - cases of the family api: calls of the kernel's own functions, and what each returned
 *
 *	CALL argument... = answer...
 *
 * A case belongs to a group of functions, which is one file of this folder.  An answer that the
 * case does not have is written "?".
 */
#ifndef MMSIM_LINUX_API_CASE_H
#define MMSIM_LINUX_API_CASE_H

#include "models/linux/verify/verify.h"

#define API_MAX_WORDS 8

/* A line of calls.txt. */
struct api_line {
	const char *text;     /* borrowed; the call with its arguments, or a comment */
	const char *recorded; /* borrowed; the kernel's answer, NULL: none */
	bool is_call;
	int number;   /* of the line */
	char *answer; /* owned; what the model gave */
	char *words;  /* owned; the call taken apart */
	const char *word[API_MAX_WORDS];
	int nr_words; /* the name is word 0 */
};

struct api_case {
	struct verify_case *c;
	struct verify_text text;
	struct api_line *lines; /* owned */
	size_t n, cap;
};

struct api_group {
	const char *name; /* group: in case.yaml */
	/* Answers all calls; false after reporting to a->c->diag. */
	bool (*run)(struct api_case *a);
	/* Compares an answer with the recorded one. */
	void (*compare)(const struct api_line *l, struct verify_quantity *q);
	const char *const *quantities; /* NULL-terminated */
};

#define API_MAX_QUANTITIES 4

extern const struct api_group api_cache;

/* Argument number i of a call, from 1; an error and 0 if it is no number. */
int64_t api_number(struct api_case *a, const struct api_line *l, int i);
void api_error(struct api_case *a, const struct api_line *l, const char *what);
#endif
