/*
 * procfs.h - files of /proc as the simulated kernel would show them
 *
 * Like:        Linux 6.1, mm/vmstat.c: zoneinfo, buddyinfo, pagetypeinfo, every line in its form
 * Simplified:  counters of what is not simulated are 0; counters other than free pages are exact,
 *              where the real ones lag behind by their per-CPU parts
 *
 * A file is a row of linux_procfs: its path below /proc, the function that
 * writes its text, its meaning.
 */
#ifndef MMSIM_LINUX_PROCFS_H
#define MMSIM_LINUX_PROCFS_H

#include "models/linux/linux.h"

enum {
	NR_LINUX_PROCFS = 3,
};

extern const struct proc_file linux_procfs[NR_LINUX_PROCFS];

/* The counter of this name in what stat() of its kind gave; 0 if there is none. */
int64_t proc_counter(const struct metric_object *kind, const void *stat, const char *name);

void buddyinfo_show(struct sim *s, struct str *out);
void pagetypeinfo_show(struct sim *s, struct str *out);
void zoneinfo_show(struct sim *s, struct str *out);
#endif
