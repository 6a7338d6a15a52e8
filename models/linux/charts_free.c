/*
 * charts_free.c - pictures of the free memory: in blocks of which size and type it is
 *
 * Rows only, as in charts.c.
 */
#include "models/linux/charts_panels.h"

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

const struct chart_panel fragmentation_panels[5] = {
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

/* ---- buddy ---- */

#define BLOCKS(order, words)                                                                       \
	{                                                                                          \
		"pagetype_sample", "free_" #order, "order " #order ", " words, CHART_LINE, 1, 1    \
	}

static const struct chart_series small_block_series[] = {
	BLOCKS(0, "4 KiB"),
	BLOCKS(1, "8 KiB"),
	BLOCKS(2, "16 KiB"),
	BLOCKS(3, "32 KiB"),
};

static const struct chart_series middle_block_series[] = {
	BLOCKS(4, "64 KiB"),
	BLOCKS(5, "128 KiB"),
	BLOCKS(6, "256 KiB"),
	BLOCKS(7, "512 KiB"),
};

static const struct chart_series large_block_series[] = {
	BLOCKS(8, "1 MiB"),
	BLOCKS(9, "2 MiB"),
	BLOCKS(10, "4 MiB"),
};

static const struct chart_series cpu_list_series[] = {
	{ "zone_sample", "nr_pcp", "on lists of CPUs", CHART_LINE, 1, 1 },
};

/* Zones of which the run took nothing stay as they are. */
#define OF_USED_ZONES                                                                              \
	.unit = UNIT_COUNT, .axis = "blocks", .each = "node, zone", .objects = "zone_sample",      \
	.skip = "pgalloc", .share = 5

const struct chart_panel buddy_panels[4] = {
	{ .title = "large free blocks", OF_USED_ZONES, SERIES(large_block_series) },
	{ .title = "free blocks of middle size", OF_USED_ZONES, SERIES(middle_block_series) },
	{ .title = "small free blocks", OF_USED_ZONES, SERIES(small_block_series) },
	{ .title = "pages that a CPU keeps to itself",
	  .unit = UNIT_COUNT,
	  .axis = "pages",
	  .each = "node, zone",
	  .skip = "pgalloc",
	  .share = 5,
	  SERIES(cpu_list_series) },
};
