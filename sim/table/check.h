/*
 * check.h - invariants that recount everything
 */
#ifndef MMSIM_TABLE_CHECK_H
#define MMSIM_TABLE_CHECK_H

#include "sim/engine/sim.h"

enum check_when {
	CHECK_END,    /* after the run */
	CHECK_SAMPLE, /* at every sample */
	CHECK_EVENT,  /* after every event */
};

struct check {
	struct sim *sim;
	const char *name; /* of the check that runs */
	uint64_t failures;
	uint64_t conditions; /* tested so far */
};

struct check_def {
	const char *name;
	void (*run)(struct check *c, struct sim *s);
	const char *meaning;
};

/* Prints the condition, the check and the simulated time; the first few of a run. */
void check_failed(struct check *c, const char *file, int line, const char *what)
    __attribute__((cold));

#define CHECK(c, cond)                                                                             \
	do {                                                                                       \
		(c)->conditions++;                                                                 \
		if (__builtin_expect(!(cond), 0))                                                  \
			check_failed((c), __FILE__, __LINE__, #cond);                              \
	} while (0)

/* Runs all checks of the run's personality.  A failure is a bug of mmsim: the caller exits 70. */
bool checks_run(struct sim *s);
#endif
