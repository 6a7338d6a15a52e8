/*
 * bug.h - conditions that hold unless mmsim itself is wrong
 *
 * A broken SIM_ASSERT stops the program with exit code 70 after printing what,
 * where, the simulated time and the last tracepoints.
 */
#ifndef MMSIM_BASE_BUG_H
#define MMSIM_BASE_BUG_H

#include "sim/base/types.h"

/* Prints and exits; never returns. */
void sim_bug(const char *file, int line, const char *func, const char *what)
    __attribute__((noreturn, cold));

/* Called by sim_bug before it exits, to print what was going on.  One at most. */
void sim_bug_set_reporter(void (*report)(void *arg), void *arg);

#define SIM_ASSERT(cond)                                                                           \
	do {                                                                                       \
		if (__builtin_expect(!(cond), 0))                                                  \
			sim_bug(__FILE__, __LINE__, __func__, #cond);                              \
	} while (0)
#endif
