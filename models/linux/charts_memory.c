/*
 * charts_memory.c - what is drawn of memory: lists of pages, mappings, kernel addresses, nodes
 *
 * Rows only, as in charts.c, which has the list of all charts.
 */
#include "models/linux/charts_panels.h"

/* ---- lru ---- */

#define HUGE_PAGES(column) column "*512" /* in small pages */

static const struct chart_series lru_series[] = {
	{ "node_sample", "nr_active_file", "active file", CHART_LINE, 1, 1 },
	{ "node_sample", "nr_inactive_file", "inactive file", CHART_LINE, 1, 1 },
	{ "node_sample", "nr_active_anon", "active anonymous", CHART_LINE, 1, 1 },
	{ "node_sample", "nr_inactive_anon", "inactive anonymous", CHART_LINE, 1, 1 },
	{ "node_sample", "nr_unevictable", "cannot be reclaimed", CHART_LINE, 1, 1 },
	{ "hugetlb_node_sample", HUGE_PAGES("nr_hugepages"), "pool of huge pages", CHART_LINE, 1,
	  1 },
	{ "node_sample", "nr_free_pages", "free", CHART_LIMIT, 1, 1 },
};

static const struct chart_series hugetlb_series[] = {
	{ "hugetlb_sample", HUGE_PAGES("free_hugepages"), "free", CHART_LINE, 1, 1 },
	{ "hugetlb_sample", HUGE_PAGES("resv_hugepages"), "of these reserved", CHART_LINE, 1, 1 },
	{ "hugetlb_sample", HUGE_PAGES("surplus_hugepages"), "surplus", CHART_LINE, 1, 1 },
	{ "hugetlb_sample", HUGE_PAGES("nr_hugepages"), "all", CHART_LIMIT, 1, 1 },
};

static const struct chart_series tmpfs_series[] = {
	{ "tmpfs_sample", "used_blocks", "files", CHART_LINE, 1, 1 },
	{ "tmpfs_sample", "sim_swapped", "of these in swap", CHART_LINE, 1, 1 },
	{ "tmpfs_sample", "max_blocks", "size", CHART_LIMIT, 1, 1 },
};

static const struct chart_series file_series[] = {
	{ "file_sample", "nr_pages", "", CHART_LINE, 1, 1 },
};

static const struct chart_series rss_series[] = {
	{ "mm_sample", "rss_anon", "", CHART_LINE, 1, 1 },
};

const struct chart_panel lru_panels[] = {
	{ .title = "pages on the lists",
	  .skip_zero = true,
	  .unit = UNIT_PAGES,
	  .each = "node",
	  SERIES(lru_series) },
	{ .title = "page cache of each file",
	  .skip_zero = true,
	  .unit = UNIT_PAGES,
	  .split = "name",
	  SERIES(file_series) },
	{ .title = "anonymous memory of each task",
	  .skip_zero = true,
	  .unit = UNIT_PAGES,
	  .split = "task",
	  SERIES(rss_series) },
	{ .title = "pool of huge pages",
	  .skip_zero = true,
	  .unit = UNIT_PAGES,
	  SERIES(hugetlb_series) },
	{ .title = "tmpfs",
	  .skip_zero = true,
	  .unit = UNIT_PAGES,
	  .each = "name",
	  SERIES(tmpfs_series) },
};

/* ---- mappings ---- */

static const struct chart_series fault_series[] = {
	{ "vmstat_sample", "pgfault", "calls of the handler", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "pgmajfault", "not in the cache", CHART_RATE, 1, 1 },
};

static const struct chart_series mapped_series[] = {
	{ "vmstat_sample", "nr_mapped", "mapped into programs", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "nr_file_pages", "page cache", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "nr_page_table_pages", "page tables", CHART_LINE, 1, 1 },
};

const struct chart_panel mapping_panels[] = {
	{ .title = "page faults", .unit = UNIT_COUNT, .axis = "faults/s", SERIES(fault_series) },
	{ .title = "pages mapped", .unit = UNIT_PAGES, SERIES(mapped_series) },
};

/* ---- kernel addresses ---- */

static const struct chart_series vmap_space_series[] = {
	{ "vmstat_sample", "sim_vmap_span", "up to the last range", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "sim_vmap_hole_pages", "in holes below it", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "vmap_lazy_nr", "freed, not purged", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "nr_vmalloc_pages", "pages of vmalloc", CHART_LINE, 1, 1 },
};

static const struct chart_series vmap_range_series[] = {
	{ "vmstat_sample", "sim_vmap_areas", "in use", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "sim_vmap_holes", "holes between them", CHART_LINE, 1, 1 },
};

static const struct chart_series vmap_flush_series[] = {
	{ "vmstat_sample", "sim_kernel_tlb_flushes", "flushes on all CPUs", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "sim_kernel_tlb_full_flushes", "of the whole TLB", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "sim_vmap_purges", "purges", CHART_RATE, 1, 1 },
};

const struct chart_panel vmap_panels[] = {
	{ .title = "kernel addresses", .unit = UNIT_PAGES, SERIES(vmap_space_series) },
	{ .title = "ranges", .unit = UNIT_COUNT, .axis = "ranges", SERIES(vmap_range_series) },
	{ .title = "flushes", .unit = UNIT_COUNT, .axis = "flushes/s", SERIES(vmap_flush_series) },
};

/* ---- numa ---- */

static const struct chart_series node_free_series[] = {
	{ "node_sample", "nr_free_pages", "", CHART_LINE, 1, 1 },
};

/* What a node's memory was used for: a panel for each counter, a curve for each node. */
#define NUMA_SERIES(counter)                                                                       \
	static const struct chart_series counter##_series[] = {                                    \
		{ "node_sample", #counter, "", CHART_RATE, 1, 1 },                                 \
	}
#define NUMA_PANEL(counter, words)                                                                 \
	{                                                                                          \
		.title = words ", " #counter, .unit = UNIT_COUNT, .axis = "requests/s",            \
		.split = "node", SERIES(counter##_series)                                          \
	}

NUMA_SERIES(numa_hit);
NUMA_SERIES(numa_miss);
NUMA_SERIES(numa_foreign);
NUMA_SERIES(numa_local);
NUMA_SERIES(numa_other);
NUMA_SERIES(numa_interleave);

const struct chart_panel numa_panels[] = {
	{ .title = "free memory of the node",
	  .unit = UNIT_PAGES,
	  .split = "node",
	  SERIES(node_free_series) },
	NUMA_PANEL(numa_hit, "served by the node as wanted"),
	NUMA_PANEL(numa_miss, "served by the node though another was wanted"),
	NUMA_PANEL(numa_foreign, "wanted from the node but served by another"),
	NUMA_PANEL(numa_local, "served by the node to its own CPUs"),
	NUMA_PANEL(numa_other, "served by the node to CPUs of others"),
	NUMA_PANEL(numa_interleave, "served by the node as interleaved"),
};
