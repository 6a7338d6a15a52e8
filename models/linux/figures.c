/*
 * figures.c - what a run comes to: a number each, beside those of other runs
 *
 * Rows only: the last, greatest, least or mean value of a column of a results file.  mmsim compare
 * reads them.
 */
#include "models/linux/charts.h"

const struct figure linux_figures[NR_LINUX_FIGURES] = {
	{ "nr_dirtied", "vmstat_sample", "nr_dirtied", FIGURE_LAST, UNIT_PAGES,
	  "made dirty in all" },
	{ "nr_written", "vmstat_sample", "nr_written", FIGURE_LAST, UNIT_PAGES, "written in all" },
	{ "dirty max", "vmstat_sample", "nr_dirty+nr_writeback", FIGURE_MAX, UNIT_PAGES,
	  "most dirty and writeback pages at a sample" },
	{ "dirty mean", "vmstat_sample", "nr_dirty+nr_writeback", FIGURE_MEAN, UNIT_PAGES,
	  "mean of the samples" },
	{ "throttled", "vmstat_sample", "sim_throttle_ns", FIGURE_LAST, UNIT_NS,
	  "time writers were held back, all tasks" },
	{ "reclaim stall", "vmstat_sample", "sim_reclaim_stall_ns", FIGURE_LAST, UNIT_NS,
	  "time in direct reclaim, all tasks" },
	{ "held in reclaim", "vmstat_sample", "sim_reclaim_throttle_ns", FIGURE_LAST, UNIT_NS,
	  "time held back in direct reclaim, all tasks" },
	{ "refault stall", "vmstat_sample", "sim_refault_stall_ns", FIGURE_LAST, UNIT_NS,
	  "time waiting for pages that had been evicted, all tasks" },
	{ "swap-in stall", "vmstat_sample", "sim_swapin_stall_ns", FIGURE_LAST, UNIT_NS,
	  "time waiting for pages of swap, all tasks" },
	{ "oom_kill", "vmstat_sample", "oom_kill", FIGURE_LAST, UNIT_COUNT, "tasks killed" },
	{ "huge pages", "hugetlb_sample", "nr_hugepages", FIGURE_LAST, UNIT_COUNT,
	  "of the pool, at the end" },
	{ "allocstall", "vmstat_sample", "allocstall", FIGURE_LAST, UNIT_COUNT, "direct reclaims" },
	{ "pgscan", "vmstat_sample", "pgscan_kswapd+pgscan_direct", FIGURE_LAST, UNIT_COUNT,
	  "pages looked at by reclaim" },
	{ "pgsteal", "vmstat_sample", "pgsteal_kswapd+pgsteal_direct", FIGURE_LAST, UNIT_COUNT,
	  "pages reclaimed" },
	{ "alloc failed", "vmstat_sample", "sim_alloc_failed", FIGURE_LAST, UNIT_COUNT,
	  "allocations that failed and had no other way" },
	{ "free min", "vmstat_sample", "nr_free_pages", FIGURE_MIN, UNIT_PAGES,
	  "fewest free pages at a sample" },
};
