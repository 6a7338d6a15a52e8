/*
 * charts_memory.c - what is drawn of memory itself: lists of pages, mappings, kernel addresses,
 * free blocks, nodes
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

/* ---- fragmentation ---- */

#define FREE_HUGE  "free_9*512+free_10*1024" /* pages in blocks of 2 MiB and more */
#define FREE_LARGE "free_4*16+free_5*32+free_6*64+free_7*128+free_8*256+" FREE_HUGE
#define FREE_ALL   "free_0+free_1*2+free_2*4+free_3*8+" FREE_LARGE

/* Exact where its tracepoints were recorded, else to a sample. */
#define COMPACTION_SHADES                                                                          \
	{ "mm_compaction_kcompactd_wake",                                                          \
	  "mm_compaction_kcompactd_sleep",                                                         \
	  "kcompactd at work",                                                                     \
	  CHART_SPAN,                                                                              \
	  1,                                                                                       \
	  1 },                                                                                     \
	    { "vmstat_sample",                                                                     \
	      "compact_daemon_migrate_scanned",                                                    \
	      "kcompactd at work",                                                                 \
	      CHART_ACTIVE,                                                                        \
	      1,                                                                                   \
	      1 },                                                                                 \
	{                                                                                          \
		"vmstat_sample", "compact_stall", "direct compaction", CHART_ACTIVE, 1, 1          \
	}

static const struct chart_series block_size_series[] = {
	{ "pagetype_sample", FREE_ALL, "all free memory", CHART_LINE, 1, 1 },
	{ "pagetype_sample", FREE_LARGE, "in blocks from 64 KiB", CHART_LINE, 1, 1 },
	{ "pagetype_sample", FREE_HUGE, "in blocks from 2 MiB", CHART_LINE, 1, 1 },
	{ "zone_sample", "high", "high watermark", CHART_LIMIT, 1, 1 },
	COMPACTION_SHADES,
};

static const struct chart_series block_type_series[] = {
	{ "pagetype_sample", FREE_ALL, "", CHART_LINE, 1, 1 },
	{ "zone_sample", "high", "high watermark", CHART_LIMIT, 1, 1 },
};

static const struct chart_series fragindex_series[] = {
	{ "zone_sample", "extfrag_9", "of free memory, in smaller blocks", CHART_LINE, 1, 1 },
	{ "zone_sample", "fragindex_9", "index while none is free; 100: fragmented", CHART_LINE, 1,
	  10 },
	COMPACTION_SHADES,
};

static const struct chart_series compaction_series[] = {
	{ "vmstat_sample", "compact_migrate_scanned", "looked at for pages to move", CHART_RATE, 1,
	  1 },
	{ "vmstat_sample", "compact_free_scanned", "looked at for free frames", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "pgmigrate_success", "moved", CHART_RATE, 1, 1 },
};

static const struct chart_series compact_stall_series[] = {
	{ "vmstat_sample", "sim_compact_stall_ns", "tasks in direct compaction", CHART_RATE,
	  TASKS },
};

/* Zone DMA would be most of the picture and matters least. */
#define OF_LARGE_ZONES                                                                             \
	.each = "node, zone", .number = "nid", .objects = "zone_sample", .skip = "managed",        \
	.share = 5

const struct chart_panel fragmentation_panels[] = {
	{ .title = "free memory by size of block",
	  .unit = UNIT_PAGES,
	  OF_LARGE_ZONES,
	  SERIES(block_size_series) },
	{ .title = "free memory by type",
	  .unit = UNIT_PAGES,
	  .split = "type",
	  OF_LARGE_ZONES,
	  SERIES(block_type_series) },
	{ .title = "fragmentation for blocks of 2 MiB",
	  .unit = UNIT_PERCENT,
	  .from_zero = true,
	  OF_LARGE_ZONES,
	  SERIES(fragindex_series) },
	{ .title = "what compaction looked at and moved",
	  .unit = UNIT_PAGES_PER_SEC,
	  SERIES(compaction_series) },
	{ .title = "tasks held up by compaction, mean of the interval",
	  .unit = UNIT_COUNT,
	  .axis = "tasks",
	  SERIES(compact_stall_series) },
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
