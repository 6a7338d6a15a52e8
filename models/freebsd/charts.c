/*
 * charts.c - what is drawn of a run, one question a picture
 *
 * Rows only, as in the other personality.  The chart "kernels" stands beside that of the same name
 * of another kernel: panels of the same title are one.
 */
#include "models/freebsd/model_list.h"
#include "models/hw/charts.h"

#define TASKS        1, NS_PER_SEC /* of time spent per second */
#define SERIES(rows) .series = rows, .nr_series = ARRAY_LEN(rows)
#define PANELS(rows) .panels = rows, .nr_panels = ARRAY_LEN(rows)

/* Time in which writers were held back. */
#define WRITERS_HELD "sim_flswai_ns+sim_newbuf_ns+sim_wdrain_ns"

static const struct chart_series watermark_series[] = {
	{ "vmstat_sample", "v_free_count+v_cache_count", "free + cache", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "v_free_count", "free", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "sim_stop_at", "target + cache_min: a scan stops", CHART_LIMIT, 1, 1 },
	{ "vmstat_sample", "sim_wake_below", "reserved + cache_min: the daemon is woken",
	  CHART_LIMIT, 1, 1 },
	{ "vmstat_sample", "v_free_target", "target", CHART_LIMIT, 1, 1 },
	{ "vmstat_sample", "v_free_min", "min", CHART_LIMIT, 1, 1 },
	{ "vmstat_sample", "v_free_severe", "severe", CHART_LIMIT, 1, 1 },
	{ "vmstat_sample", "v_free_reserved", "reserved", CHART_LIMIT, 1, 1 },
	{ "sim_pageout_scan", "sim_pageout_scan_end", "page daemon scans", CHART_SPAN, 1, 1 },
	{ "vmstat_sample", "v_pdwakeups", "page daemon scans", CHART_ACTIVE, 1, 1 },
	{ "vmstat_sample", "sim_vmwait_ns", "tasks wait for memory", CHART_ACTIVE, 1, 1 },
	{ "vmstat_sample", "sim_oom_kills", "a process killed", CHART_ACTIVE, 1, 1 },
};

static const struct chart_panel watermark_panels[] = {
	{ .title = "free and cached pages", .unit = UNIT_PAGES, SERIES(watermark_series) },
};

static const struct chart_series dirty_series[] = {
	{ "vmstat_sample", "sim_numdirtybuffers", "dirty buffers", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "sim_hidirtybuffers", "hidirtybuffers: writers wait", CHART_LIMIT, 1,
	  1 },
	{ "vmstat_sample", "sim_lodirtybuffers", "lodirtybuffers: the daemon stops", CHART_LIMIT, 1,
	  1 },
	{ "vmstat_sample", "sim_numbufs", "buffers in use", CHART_LIMIT, 1, 1 },
};

static const struct chart_panel dirty_panels[] = {
	{ .title = "dirty buffers",
	  .unit = UNIT_COUNT,
	  .axis = "buffers of 16 KiB",
	  SERIES(dirty_series) },
};

static const struct chart_series scan_series[] = {
	{ "vmstat_sample", "v_pdpages", "looked at", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "v_tcached", "cached", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "v_dfree", "freed", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "sim_laundered", "laundered", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "sim_deactivated", "deactivated", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "v_reactivated", "reactivated", CHART_RATE, 1, 1 },
};

static const struct chart_series swap_series[] = {
	{ "vmstat_sample", "v_swappgsout", "written to swap", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "v_swappgsin", "read from swap", CHART_RATE, 1, 1 },
};

static const struct chart_panel reclaim_panels[] = {
	{ .title = "work of the page daemon",
	  .skip_zero = true,
	  .unit = UNIT_PAGES_PER_SEC,
	  SERIES(scan_series) },
	{ .title = "to and from swap",
	  .skip_zero = true,
	  .unit = UNIT_PAGES_PER_SEC,
	  SERIES(swap_series) },
};

static const struct chart_series lru_series[] = {
	{ "vmstat_sample", "v_active_count", "active", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "v_inactive_count", "inactive", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "v_cache_count", "cache", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "v_wire_count", "wired", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "v_free_count", "free", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "v_inactive_target", "inactive wanted", CHART_LIMIT, 1, 1 },
};

static const struct chart_panel lru_panels[] = {
	{ .title = "pages in each queue", .unit = UNIT_PAGES, SERIES(lru_series) },
};

static const struct chart_series stall_series[] = {
	{ "vmstat_sample", "sim_vmwait_tasks", "waiting for memory", CHART_MEAN, 1, 1 },
	{ "vmstat_sample", "sim_flswai_ns", "held back as writers", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_newbuf_ns", "waiting for a buffer", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_wdrain_ns", "waiting for writes under way", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_swapin_stall_ns", "reading from swap", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_read_stall_ns", "other reads", CHART_RATE, TASKS },
	{ "vmstat_sample", "sim_write_stall_ns", "waiting for writes", CHART_RATE, TASKS },
};

static const struct chart_panel latency_panels[] = {
	{ .title = "tasks held up, by cause, mean of the interval",
	  .skip_zero = true,
	  .unit = UNIT_COUNT,
	  .axis = "tasks",
	  SERIES(stall_series) },
};

static const struct chart_series disk_queue_series[] = {
	{ "disk_sample", "in_flight", "in the device", CHART_MEAN, 1, 1 },
	{ "disk_sample", "queued", "waiting", CHART_MEAN, 1, 1 },
};

static const struct chart_panel disk_panels[] = {
	HW_THROUGHPUT_PANEL,
	{ .title = "requests, mean of some samples",
	  .unit = UNIT_COUNT,
	  .axis = "requests",
	  .each = "name",
	  SERIES(disk_queue_series) },
};

static const struct chart_series compare_free_series[] = {
	{ "vmstat_sample", "v_free_count+v_cache_count", "free + cache", CHART_LINE, 1, 1 },
};

static const struct chart_series compare_dirty_series[] = {
	{ "vmstat_sample", "sim_numdirtybuffers", "dirty buffers", CHART_LINE, 1, 1 },
};

static const struct chart_panel compare_panels[] = {
	{ .title = "whole machine", .unit = UNIT_PAGES, SERIES(compare_free_series) },
	{ .title = "whole machine",
	  .unit = UNIT_COUNT,
	  .axis = "buffers",
	  SERIES(compare_dirty_series) },
	HW_COMPARE_WRITTEN_PANEL,
	HW_COMPARE_READ_PANEL,
	WORKLOAD_COMPARE_PANEL,
};

/* --- beside another kernel --- */

static const struct chart_series kernels_free_series[] = {
	{ "vmstat_sample", "v_free_count+v_cache_count", "free + cache", CHART_LINE, 1, 1 },
	{ "vmstat_sample", "sim_wake_below", "daemon woken below", CHART_LIMIT, 1, 1 },
	{ "vmstat_sample", "sim_stop_at", "daemon stops at", CHART_LIMIT, 1, 1 },
};

static const struct chart_series kernels_scan_series[] = {
	{ "vmstat_sample", "v_pdpages", "looked at", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "v_dfree+v_tcached", "freed or cached", CHART_RATE, 1, 1 },
};

static const struct chart_series kernels_out_series[] = {
	{ "vmstat_sample", "sim_laundered", "written by reclaim", CHART_RATE, 1, 1 },
	{ "vmstat_sample", "v_swappgsin", "read from swap", CHART_RATE, 1, 1 },
};

static const struct chart_series kernels_stall_series[] = {
	/* a wait is booked when it is over; who waits now is known at once */
	{ "vmstat_sample", "sim_vmwait_tasks", "waiting for memory", CHART_MEAN, 1, 1 },
	{ "vmstat_sample", "sim_swapin_stall_ns", "reading from swap", CHART_RATE, TASKS },
	{ "vmstat_sample", WRITERS_HELD, "held back as writers", CHART_RATE, TASKS },
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

/* --- the rows --- */

const struct chart freebsd_charts[NR_FREEBSD_CHARTS] = {
	{ "watermarks", "Free and cached pages and their thresholds",
	  "How near is the machine to its thresholds, and when does that set the page daemon to "
	  "work?",
	  PANELS(watermark_panels) },
	{ "dirty", "Dirty buffers and their limits",
	  "How much written data waits in memory, and which limit holds it there?",
	  PANELS(dirty_panels) },
	{ "reclaim", "The page daemon", "How hard is it to find pages to free?",
	  PANELS(reclaim_panels) },
	{ "lru", "Queues of pages", "What kind of pages fills the memory?", PANELS(lru_panels) },
	{ "latency", "What tasks wait for", "Who loses how much time, and why?",
	  PANELS(latency_panels) },
	WORKLOAD_PERCENTILES_CHART,
	{ "disk", "Disks", "How busy are the disks?", PANELS(disk_panels) },
	WORKLOAD_TASKS_CHART,
	{ "compare", "Several runs", "What does a tuning change?", PANELS(compare_panels) },
	{ "kernels", "Two kernels", "How do two kernels take the same work?",
	  PANELS(kernels_panels) },
};

/* Names that another kernel has, too, mean the same there. */
const struct figure freebsd_figures[NR_FREEBSD_FIGURES] = {
	{ "free min", "vmstat_sample", "v_free_count+v_cache_count", FIGURE_MIN, UNIT_PAGES,
	  "fewest free and cached pages at a sample" },
	{ "woken below", "vmstat_sample", "sim_wake_below", FIGURE_LAST, UNIT_PAGES,
	  "free and cached pages below which the page daemon is woken" },
	{ "stops at", "vmstat_sample", "sim_stop_at", FIGURE_LAST, UNIT_PAGES,
	  "free and cached pages at which a scan stops" },
	{ "wakeups", "vmstat_sample", "v_pdwakeups", FIGURE_LAST, UNIT_COUNT,
	  "runs of the page daemon" },
	{ "pgscan", "vmstat_sample", "v_pdpages", FIGURE_LAST, UNIT_COUNT,
	  "pages looked at by the page daemon" },
	{ "pgsteal", "vmstat_sample", "v_dfree+v_tcached", FIGURE_LAST, UNIT_COUNT,
	  "pages freed or cached" },
	{ "written by reclaim", "vmstat_sample", "sim_laundered", FIGURE_LAST, UNIT_PAGES,
	  "pages the page daemon gave to a pager" },
	{ "swapped out", "vmstat_sample", "v_swappgsout", FIGURE_LAST, UNIT_PAGES,
	  "pages written to swap" },
	{ "memory stall", "vmstat_sample", "sim_vmwait_ns", FIGURE_LAST, UNIT_NS,
	  "time tasks waited for memory" },
	{ "swap-in stall", "vmstat_sample", "sim_swapin_stall_ns", FIGURE_LAST, UNIT_NS,
	  "time waiting for pages of swap, all tasks" },
	{ "throttled", "vmstat_sample", WRITERS_HELD, FIGURE_LAST, UNIT_NS,
	  "time writers were held back, all tasks" },
	{ "dirty max", "vmstat_sample", "sim_dirty_pages", FIGURE_MAX, UNIT_PAGES,
	  "most pages in dirty buffers at a sample" },
	{ "oom_kill", "vmstat_sample", "sim_oom_kills", FIGURE_LAST, UNIT_COUNT,
	  "processes killed" },
	{ "alloc failed", "vmstat_sample", "sim_alloc_failed", FIGURE_LAST, UNIT_COUNT,
	  "page allocations that returned NULL" },
};
