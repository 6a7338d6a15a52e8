/*
 * charts.c - what is drawn of a run, one question a picture
 *
 * Rows only: a chart is a list of panels, a panel a list of series, a series a
 * column of a results file.  mmsim plot reads them; what has no data is left
 * out.  The first two are drawn when no chart is named.  Panels about memory itself are in
 * charts_memory.c, those about free memory in charts_free.c.
 */
#include "models/hw/charts.h"
#include "models/linux/charts_panels.h"

/* ---- watermarks ---- */

static const struct chart_series watermark_series[] = {
	{ "zone_sample", "nr_free_pages", "free", CHART_LINE, 1, 1 },
	{ "zone_sample", "high", "high", CHART_LIMIT, 1, 1 },
	{ "zone_sample", "low", "low", CHART_LIMIT, 1, 1 },
	{ "zone_sample", "min", "min", CHART_LIMIT, 1, 1 },
	{ "mm_vmscan_kswapd_wake", "sim_kswapd_nap", "kswapd works", CHART_SPAN, 1, 1 },
	{ "vmstat_sample", "pgscan_kswapd", "kswapd works", CHART_ACTIVE, 1, 1 },
	{ "vmstat_sample", "allocstall", "direct reclaim", CHART_ACTIVE, 1, 1 },
	{ "vmstat_sample", "oom_kill", "a task killed", CHART_ACTIVE, 1, 1 },
};

static const struct chart_panel watermark_panels[] = {
	{ .title = "free pages",
	  .unit = UNIT_PAGES,
	  .each = "node, zone",
	  .number = "nid",
	  .skip = "managed",
	  SERIES(watermark_series) },
};

/* ---- dirty ---- */

static const struct chart_series dirty_series[] = {
	{ "vmstat_sample", "nr_dirty+nr_writeback", "dirty + writeback", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "nr_dirty", "dirty", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "nr_writeback", "under writeback", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "nr_dirty_threshold", "dirty threshold", CHART_LIMIT, 1, 1 },
	{ "vmstat_sample", "nr_dirty_setpoint", "setpoint", CHART_LIMIT, 1, 1 },
	{ "vmstat_sample", "nr_dirty_freerun", "freerun", CHART_LIMIT, 1, 1 },
	{ "vmstat_sample", "nr_dirty_background_threshold", "background threshold", CHART_LIMIT, 1,
	  1 },
};

static const struct chart_panel dirty_panels[] = {
	{ .title = "dirty pages", .unit = UNIT_PAGES, SERIES(dirty_series) },
};

/* ---- throttle ---- */

static const struct chart_series pause_series[] = {
	{ "balance_dirty_pages", "pause", "pause of a writer", CHART_POINTS, 1, 1 },
};

static const struct chart_series held_series[] = {
	{ "vmstat_sample", "sim_throttle_ns", "writers held back", CHART_RATE, TASKS },
};

static const struct chart_series rate_series[] = {
	{ "bdi_sample", "dirty_ratelimit", "base rate of a writer", CHART_LINE, PAGE, 1 },
	{ "bdi_sample", "avg_write_bandwidth", "bandwidth estimate", CHART_LINE, PAGE, 1 },
	{ "balance_dirty_pages", "task_ratelimit", "rate of a writer", CHART_POINTS, KIB, 1 },
};

static const struct chart_series bdi_dirty_series[] = {
	{ "bdi_sample", "nr_reclaimable+nr_writeback", "dirty + writeback", CHART_LINE, 1, 1 },
	{ "bdi_sample", "dirty_thresh", "its share of the dirty threshold", CHART_LIMIT, 1, 1 },
	{ "bdi_sample", "bg_thresh", "its share of the background threshold", CHART_LIMIT, 1, 1 },
};

static const struct chart_panel throttle_panels[] = {
	{ .title = "pauses as worked out: those not above 0 were not taken, most negative ones at "
		   "the foot",
	  .unit = UNIT_MS,
	  .foot = 20,
	  SERIES(pause_series) },
	{ .title = "tasks held back, mean of the interval",
	  .unit = UNIT_COUNT,
	  .axis = "tasks",
	  SERIES(held_series) },
	{ .title = "rates",
	  .unit = UNIT_BYTES_PER_SEC,
	  .each = "name",
	  .number = "bdi",
	  .skip = "nr_dirtied",
	  SERIES(rate_series) },
	{ .title = "dirty pages",
	  .unit = UNIT_PAGES,
	  .each = "name",
	  .skip = "nr_dirtied",
	  SERIES(bdi_dirty_series) },
};

/* ---- fsync ---- */

static const struct chart_series fsync_series[] = {
	{ "sim_fsync", "latency_ns", "an fsync", CHART_POINTS, 1, 1 },
};

static const struct chart_series fsync_age_series[] = {
	{ "vmstat_sample", "sim_fsync_age_ns", "not returned: age of the oldest", CHART_LINE, 1,
	  1 },
};

static const struct chart_series oldest_dirty_series[] = {
	{ "bdi_sample", "sim_oldest_dirty_ns", "", CHART_LINE, 1, 1 },
};

static const struct chart_panel fsync_panels[] = {
	{ .title = "how long fsyncs took, at the time they returned",
	  .unit = UNIT_NS,
	  SERIES(fsync_series) },
	{ .title = "fsyncs at each sample", .unit = UNIT_NS, SERIES(fsync_age_series) },
	{ .title = "age of the oldest dirty data of each device",
	  .unit = UNIT_NS,
	  .split = "name",
	  SERIES(oldest_dirty_series) },
};

/* ---- readahead ---- */

static const struct chart_series read_series[] = {
	{ "vmstat_sample", "sim_read_hit_pages", "found up to date", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "sim_read_wait_pages", "found in flight", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "sim_read_miss_pages", "not found", CHART_RATE, 1, 1 },
};

static const struct chart_series ahead_series[] = {
	{ "vmstat_sample", "sim_readahead_pages", "put into the cache by readahead", CHART_RATE,
	  PAGE, 1 },
	{ "vmstat_sample", "pgpgin", "read from devices", CHART_RATE, KIB, 1 },
	{ "vmstat_sample", "sim_read_bytes", "read by programs", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "sim_readahead_unused_pages", "read ahead and dropped unused",
	  CHART_RATE, PAGE, 1 },
};

static const struct chart_series window_series[] = {
	{ "sim_readahead_window", "nr_to_read", "window submitted", CHART_POINTS, 1, 1 },
};

static const struct chart_panel readahead_panels[] = {
	{ .title = "what reads found in the cache",
	  .unit = UNIT_PAGES_PER_SEC,
	  SERIES(read_series) },
	{ .title = "what was fetched, and for what",
	  .unit = UNIT_BYTES_PER_SEC,
	  SERIES(ahead_series) },
	{ .title = "readahead windows", .unit = UNIT_PAGES, SERIES(window_series) },
};

/* ---- reclaim ---- */

static const struct chart_series scan_series[] = {
	{ "vmstat_sample", "pgscan_kswapd", "looked at by kswapd", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "pgsteal_kswapd", "reclaimed by kswapd", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "pgscan_direct", "looked at by tasks", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "pgsteal_direct", "reclaimed by tasks", CHART_RATE, 1, 1 },
};

static const struct chart_series refault_series[] = {
	{ "node_sample", "workingset_refault_file", "refaults of file pages", CHART_RATE, 1, 1 },
	{ "node_sample", "workingset_refault_anon", "refaults, anonymous", CHART_RATE, 1, 1 },
	{ "node_sample", "workingset_activate_file", "activated at once", CHART_RATE, 1, 1 },
};

static const struct chart_series swap_series[] = {
	{ "vmstat_sample", "pswpout", "written to swap", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "pswpin", "read from swap", CHART_RATE, 1, 1 },
};

/* Where tasks lose time; each moment has one cause. */
static const struct chart_series stall_series[] = {
	{ "vmstat_sample", "sim_reclaim_stall_ns", "direct reclaim", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_reclaim_throttle_ns", "held back in reclaim", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_compact_stall_ns", "direct compaction", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_throttle_ns", "held back as writers", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_refault_stall_ns", "reading what was evicted", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_swapin_stall_ns", "reading from swap", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_read_stall_ns", "other reads", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_page_stall_ns", "page locks, pages being written", CHART_RATE,
	  TASKS },
	{ "vmstat_sample", "sim_writeback_stall_ns", "the flusher, files being written", CHART_RATE,
	  TASKS },
	{ "vmstat_sample", "sim_wbt_stall_ns", "writeback throttling (wbt)", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_tag_stall_ns", "request tags", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_io_stall_ns", "direct I/O, flushes of a disk", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_lock_stall_ns", "locks", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_mempool_stall_ns", "mempools", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_other_stall_ns", "anything else in the kernel", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_run_delay_ns", "the CPU", CHART_RATE, TASKS },
};

static const struct chart_panel reclaim_panels[] = {
	{ .title = "scanned and reclaimed",
	  .skip_zero = true,
	  .unit = UNIT_PAGES_PER_SEC,
	  SERIES(scan_series) },
	{ .title = "evicted pages that came back",
	  .skip_zero = true,
	  .unit = UNIT_PAGES_PER_SEC,
	  .each = "node",
	  .skip = "nr_file_pages",
	  SERIES(refault_series) },
	{ .title = "to and from swap", .unit = UNIT_PAGES_PER_SEC, SERIES(swap_series) },
	{ .title = "tasks held up, by cause",
	  .skip_zero = true,
	  .unit = UNIT_COUNT,
	  .axis = "tasks",
	  .series = stall_series,
	  .nr_series = 2 },
};

/* ---- latency ---- */

#define TASK_MEMORY_STALL                                                                          \
	"reclaim_stall_ns+compact_stall_ns+reclaim_throttle_ns+refault_stall_ns+swapin_stall_ns"
#define TASK_IO_STALL                                                                              \
	"dirty_throttle_ns+read_stall_ns+page_stall_ns+writeback_stall_ns+wbt_stall_ns"            \
	"+tag_stall_ns+io_stall_ns"
#define TASK_OTHER_STALL "lock_stall_ns+mempool_stall_ns+other_stall_ns+run_delay_ns"

static const struct chart_series task_memory_series[] = {
	{ "task_sample", TASK_MEMORY_STALL, "", CHART_RATE, 100, NS_PER_SEC },
};

static const struct chart_series task_io_series[] = {
	{ "task_sample", TASK_IO_STALL, "", CHART_RATE, 100, NS_PER_SEC },
};

static const struct chart_series task_other_series[] = {
	{ "task_sample", TASK_OTHER_STALL, "", CHART_RATE, 100, NS_PER_SEC },
};

static const struct chart_panel latency_panels[] = {
	{ .title = "tasks held up, by cause, mean of the interval",
	  .skip_zero = true,
	  .unit = UNIT_COUNT,
	  .axis = "tasks",
	  SERIES(stall_series) },
	{ .title = "time that each task loses because memory is short",
	  .skip_zero = true,
	  .unit = UNIT_PERCENT,
	  .split = "name",
	  SERIES(task_memory_series) },
	{ .title = "time that each task waits for pages and disks, and as a writer",
	  .skip_zero = true,
	  .unit = UNIT_PERCENT,
	  .split = "name",
	  SERIES(task_io_series) },
	{ .title = "time that each task waits for locks and the CPU",
	  .skip_zero = true,
	  .unit = UNIT_PERCENT,
	  .split = "name",
	  SERIES(task_other_series) },
};

/* ---- disk ---- */

static const struct chart_series disk_queue_series[] = {
	{ "disk_sample", "in_flight", "in the device", CHART_MEAN, 1, 1 },
	{ "disk_sample", "queued", "waiting with a tag", CHART_MEAN, 1, 1 },
	{ "disk_sample", "tag_waiters", "tasks without a tag", CHART_MEAN, 1, 1 },
};

static const struct chart_panel disk_panels[] = {
	HW_THROUGHPUT_PANEL,
	{ .title = "requests, mean of some samples",
	  .unit = UNIT_COUNT,
	  .axis = "requests",
	  .each = "name",
	  SERIES(disk_queue_series) },
};

/* ---- compare ---- */

static const struct chart_series compare_dirty_series[] = {
	{ "vmstat_sample", "nr_dirty+nr_writeback", "dirty + writeback", CHART_LINE, 1, 1 },
};

static const struct chart_series compare_free_series[] = {
	{ "zone_sample", "nr_free_pages", "free", CHART_LINE, 1, 1 },
};

static const struct chart_series compare_held_series[] = {
	{ "vmstat_sample", "sim_throttle_ns", "held back", CHART_RATE, TASKS },
};

static const struct chart_panel compare_panels[] = {
	{ .title = "whole machine", .unit = UNIT_PAGES, SERIES(compare_dirty_series) },
	{ .title = "largest zone",
	  .unit = UNIT_PAGES,
	  .each = "node, zone",
	  .skip = "managed",
	  SERIES(compare_free_series) },
	HW_COMPARE_WRITTEN_PANEL,
	HW_COMPARE_READ_PANEL,
	{ .title = "writers, mean of the interval",
	  .unit = UNIT_COUNT,
	  .axis = "tasks",
	  SERIES(compare_held_series) },
	WORKLOAD_COMPARE_PANEL,
};

/* ---- kernels: beside a run of another one, whose panels have the same titles ---- */

static const struct chart_series kernels_free_series[] = {
	{ "vmstat_sample", "nr_free_pages", "free", CHART_LINE, 1, 1 },
	{ "zone_sample", "low", "kswapd woken below", CHART_LIMIT, 1, 1 },
	{ "zone_sample", "high", "kswapd stops at", CHART_LIMIT, 1, 1 },
};

static const struct chart_series kernels_scan_series[] = {
	{ "vmstat_sample", "pgscan_kswapd+pgscan_direct", "looked at", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "pgsteal_kswapd+pgsteal_direct", "reclaimed", CHART_RATE, 1, 1 },
};

static const struct chart_series kernels_out_series[] = {
	{ "node_sample", "nr_vmscan_write", "written by reclaim", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "pswpin", "read from swap", CHART_RATE, 1, 1 },
};

static const struct chart_series kernels_stall_series[] = {
	{ "vmstat_sample", "sim_reclaim_stall_ns+sim_reclaim_throttle_ns+sim_compact_stall_ns",
	  "reclaiming or held back in it", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_swapin_stall_ns", "reading from swap", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_throttle_ns", "held back as writers", CHART_RATE, TASKS },
};

static const struct chart_series kernels_task_series[] = {
	{ "task_sample", "bytes", "all tasks", CHART_RATE, 1, 1 },
};

static const struct chart_panel kernels_panels[] = {
	{ .title = "free memory and thresholds", .unit = UNIT_PAGES, SERIES(kernels_free_series) },
	{ .title = "work to find pages", .unit = UNIT_PAGES_PER_SEC, SERIES(kernels_scan_series) },
	{ .title = "to and from disk because memory is short",
	  .unit = UNIT_PAGES_PER_SEC,
	  SERIES(kernels_out_series) },
	{ .title = "tasks held up",
	  .unit = UNIT_COUNT,
	  .axis = "tasks",
	  SERIES(kernels_stall_series) },
	{ .title = "read, written or touched",
	  .unit = UNIT_BYTES_PER_SEC,
	  SERIES(kernels_task_series) },
};

/* ---- the rows ---- */

const struct chart linux_charts[NR_LINUX_CHARTS] = {
	{ "watermarks", "Free pages and watermarks",
	  "How near is each zone to its watermarks, and when does that set reclaim to work?",
	  PANELS(watermark_panels) },
	{ "dirty", "Dirty pages and their limits",
	  "How much written data waits in memory, and which limit holds it there?",
	  PANELS(dirty_panels) },
	{ "throttle", "Writers held back",
	  "How long are writers held back, and at which rates may they write?",
	  PANELS(throttle_panels) },
	{ "fsync", "Waiting for data to be on the disk",
	  "How long does fsync take, and how old is what a crash would lose?",
	  PANELS(fsync_panels) },
	{ "readahead", "Reads and readahead",
	  "Does readahead fetch what programs read, and in time?", PANELS(readahead_panels) },
	{ "reclaim", "Reclaim",
	  "How hard is it to find pages to free, and were they the right ones?",
	  PANELS(reclaim_panels) },
	{ "lru", "Lists of pages", "What kind of pages fills the memory?", PANELS(lru_panels) },
	{ "latency", "What tasks wait for", "Who loses how much time, and why?",
	  PANELS(latency_panels) },
	WORKLOAD_PERCENTILES_CHART,
	{ "mappings", "Mapped files",
	  "How often do programs fault on files they map, and how much of them stays mapped?",
	  PANELS(mapping_panels) },
	{ "vmalloc", "Kernel addresses",
	  "How much of its own addresses does the kernel have in use, and what does it pay for "
	  "using them again?",
	  PANELS(vmap_panels) },
	{ "fragmentation", "Fragmentation and compaction",
	  "In blocks of which size and type is the free memory, and what does compaction do for "
	  "it?",
	  PANELS(fragmentation_panels) },
	{ "buddy", "Free blocks by size",
	  "How are large blocks cut into small ones, and joined again?", PANELS(buddy_panels) },
	{ "numa", "Nodes", "Who gets memory from which node?", PANELS(numa_panels) },
	{ "disk", "Disks", "How busy are the disks?", PANELS(disk_panels) },
	WORKLOAD_TASKS_CHART,
	{ "compare", "Several runs", "What does a tuning change?", PANELS(compare_panels) },
	{ "kernels", "Two kernels", "How do two kernels take the same work?",
	  PANELS(kernels_panels) },
};
