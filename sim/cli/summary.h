/*
 * summary.h - what a run came to, in a few lines
 */
#ifndef MMSIM_CLI_SUMMARY_H
#define MMSIM_CLI_SUMMARY_H

#include "sim/cli/cli.h"

/* The figures of a results file that are not 0, one a line, on standard output. */
void summary_print(const struct cli *cli, const char *path);
#endif
