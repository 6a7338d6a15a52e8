/*
 * api_case.h - cases of the family api: calls of the kernel's own functions, and what each returned
 *
 *	CALL argument... = answer...
 *
 * A case belongs to a group of functions, which is one file of this folder.  An answer that the
 * case does not have is written "?".  Lines of one small letter below a call, "v ...", are what
 * happened in it.
 */
#ifndef MMSIM_LINUX_API_CASE_H
#define MMSIM_LINUX_API_CASE_H

#include "models/linux/gfp.h"
#include "models/linux/verify/verify.h"

#define API_MAX_WORDS 8

/* A line of calls.txt. */
struct api_line {
	const char *text;     /* borrowed; the call with its arguments, or a comment */
	const char *recorded; /* borrowed; the kernel's answer, NULL: none */
	bool is_call;
	int number;    /* of the line */
	char *answer;  /* owned; what the model gave */
	char *events;  /* owned; what happened in the call, a line each; NULL: not followed */
	int nr_events; /* lines behind this one that the case has of that */
	bool is_event;
	char *words; /* owned; the call taken apart */
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
extern const struct api_group api_vm;
extern const struct api_group api_dma;
extern const struct api_group api_mempool;
extern const struct api_group api_user;

/* What a group answers: first in the rows of its table. */
struct api_call {
	const char *name;
	int nr_args;
};

/*
 * Which of n rows of stride bytes a line calls, with as many arguments as the row says; else an
 * error and -1.
 */
int api_find_call(struct api_case *a, const struct api_line *l, const struct api_call *rows,
		  size_t n, size_t stride);
/* Argument number i, a mask by its short name: KERNEL, ATOMIC, NOIO ... */
gfp_t api_gfp(struct api_case *a, const struct api_line *l, int i);

/* Argument number i of a call, from 1; an error and 0 if it is no number. */
int64_t api_number(struct api_case *a, const struct api_line *l, int i);
/* The same, 0 at least and below limit. */
uint64_t api_number_below(struct api_case *a, const struct api_line *l, int i, uint64_t limit);
void api_error(struct api_case *a, const struct api_line *l, const char *what);
#endif
