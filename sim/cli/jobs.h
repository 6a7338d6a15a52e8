/*
 * jobs.h - several runs at a time, each in a process of its own
 */
#ifndef MMSIM_CLI_JOBS_H
#define MMSIM_CLI_JOBS_H

#include "sim/cli/cli.h"

#define JOBS_MAX 256

/* How many at a time if each needs so many bytes of memory; asked: 0 for one per processor. */
int jobs_at_once(int asked, uint64_t need);
/*
 * Makes n processes, as many at a time as told; none is started any more after a failure worse than
 * EXIT_FAILED or a signal, which goes on to those that run.  Returns its number in each of them; -1
 * in this one when all have ended, with what their exit codes come to.
 */
int jobs_fork(int n, int at_once, int *exit_code);
/* The same where one that meets a bug in mmsim does not keep the others from running. */
int jobs_fork_all(int n, int at_once, int *exit_code);
/* What two exit codes come to: a bug before a signal before the host before the rest. */
int jobs_worse(int a, int b);
#endif
