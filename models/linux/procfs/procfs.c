/*
 * procfs.c - which files of /proc there are
 */
#include <string.h>

#include "models/linux/procfs/procfs.h"

int64_t proc_counter(const struct metric_object *kind, const void *stat, const char *name)
{
	for (int i = 0; i < kind->nr_rows; i++)
		if (strcmp(kind->rows[i].name, name) == 0)
			return metric_value(stat, &kind->rows[i]);
	return 0;
}

const struct proc_file linux_procfs[NR_LINUX_PROCFS] = {
	{ "buddyinfo", buddyinfo_show, "free blocks of each order, by zone" },
	{ "pagetypeinfo", pagetypeinfo_show,
	  "free blocks of each order by migratetype, and pageblocks of each type" },
	{ "zoneinfo", zoneinfo_show, "counters, limits and per-CPU lists of each zone" },
};
