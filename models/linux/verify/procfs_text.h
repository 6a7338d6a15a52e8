/*
 * procfs_text.h - files of /proc as text, compared with those of a capture
 */
#ifndef MMSIM_LINUX_PROCFS_TEXT_H
#define MMSIM_LINUX_PROCFS_TEXT_H

#include "models/linux/verify/verify.h"

/* Where the lines are counted: all by their form, and those whose numbers must be equal. */
struct procfs_quantities {
	struct verify_quantity *form, *values;
};

/* The files of a snapshot that are there: "settled/zoneinfo.txt". */
void compare_procfs(struct verify_case *c, struct sim *s, const char *snapshot,
		    struct procfs_quantities *q);
#endif
