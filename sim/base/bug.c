/*
 * bug.c - conditions that hold unless mmsim itself is wrong
 *
 * The reporter walks structures of which one is known to be broken.  If it
 * runs into a broken condition itself, the second bug is printed too and the
 * program ends at once.
 */
#include "sim/base/bug.h"

#include <stdio.h>
#include <unistd.h>

#define EXIT_BUG 70

static void (*reporter)(void *arg);
static void *reporter_arg;

void sim_bug_set_reporter(void (*report)(void *arg), void *arg)
{
	reporter = report;
	reporter_arg = arg;
}

void sim_bug(const char *file, int line, const char *func, const char *what)
{
	void (*report)(void *arg) = reporter;

	fprintf(stderr, "mmsim: bug: %s:%d: %s: %s does not hold\n", file, line, func, what);
	fflush(stderr);
	reporter = NULL; /* taken: a bug in the reporter does not call it again */
	if (report)
		report(reporter_arg);
	fflush(NULL);
	_exit(EXIT_BUG);
}
