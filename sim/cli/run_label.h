/*
 * run_label.h - what runs that are put side by side are called, in reports and on pictures alike
 */
#ifndef MMSIM_CLI_RUN_LABEL_H
#define MMSIM_CLI_RUN_LABEL_H

#include "sim/cli/cli.h"

/* The name of a file of results without folder and .db; the caller frees it. */
char *run_name_of(const char *path);
/*
 * A name for each run, owned by the caller: "dirty_ratio 5, swappiness 60" where a comparison named
 * the files after what was set, else the name of the file; names: those of run_name_of.
 */
void run_labels(struct db *const *dbs, const char *const *names, int n, char **labels);
#endif
