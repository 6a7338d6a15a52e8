/*
 * report.c - what a report of a run of this kernel says beside its pictures
 *
 * Rows only.  Happenings are read from tracepoints where they were recorded, else
 * from counters, to a sample.  Simplifications are facts of the boot and go into the
 * results; mechanisms name the files that say what else is simplified, and are listed if
 * the run used them.
 */
#include "models/linux/report.h"
#include "models/hw/machine.h"
#include "models/linux/linux.h"

/* ---- what happened when ---- */

const struct happening linux_happenings[NR_LINUX_HAPPENINGS] = {
	{ HAPPENING_SPAN("mm_vmscan_kswapd_wake", "sim_kswapd_nap", "kswapd works"),
	  "pgsteal_kswapd", UNIT_PAGES, "reclaimed",
	  "no zone was above its low watermark; memory is freed in the background" },
	{ HAPPENING_ACTIVE("pgscan_kswapd", "kswapd works"), "pgsteal_kswapd", UNIT_PAGES,
	  "reclaimed", "no zone was above its low watermark; memory is freed in the background" },
	{ HAPPENING_SPAN("mm_vmscan_direct_reclaim_begin", "mm_vmscan_direct_reclaim_end",
			 "direct reclaim"),
	  "pgsteal_direct", UNIT_PAGES, "reclaimed",
	  "kswapd is not fast enough: tasks free memory themselves" },
	{ HAPPENING_ACTIVE("allocstall", "direct reclaim"), "pgsteal_direct", UNIT_PAGES,
	  "reclaimed", "kswapd is not fast enough: tasks free memory themselves" },
	{ HAPPENING_ACTIVE("sim_reclaim_throttle_ns", "held back in reclaim"),
	  "sim_reclaim_throttle_ns", UNIT_NS, "of tasks",
	  "what could be freed must be written first, or too many reclaim" },
	{ HAPPENING_ACTIVE("sim_throttle_ns", "writers held back"), "sim_throttle_ns", UNIT_NS,
	  "of tasks", "dirty pages are above freerun: writers are slowed to what the disk writes" },
	{ { "bdi_sample", "nr_written", "writeback", CHART_ACTIVE, 1, 1 },
	  "nr_written",
	  UNIT_PAGES,
	  "written",
	  "dirty pages of files go to the disk" },
	{ HAPPENING_ACTIVE("sim_refault_stall_ns", "reading what was evicted"),
	  "sim_refault_stall_ns", UNIT_NS, "of tasks",
	  "the working set does not fit: pages come back that were dropped" },
	{ HAPPENING_ACTIVE("pswpout", "swapping out"), "pswpout", UNIT_PAGES, "written",
	  "anonymous memory is written to swap" },
	{ HAPPENING_ACTIVE("pswpin", "swapping in"), "pswpin", UNIT_PAGES, "read",
	  "programs touch what lies in swap" },
	{ HAPPENING_ACTIVE("compact_stall", "direct compaction"), "sim_compact_stall_ns", UNIT_NS,
	  "of tasks", "memory is free but in pieces: tasks move pages for a large block" },
	{ HAPPENING_SPAN("mm_compaction_kcompactd_wake", "mm_compaction_kcompactd_sleep",
			 "kcompactd awake"),
	  "compact_daemon_migrate_scanned", UNIT_PAGES, "looked at",
	  "pages are moved together in the background" },
	{ HAPPENING_ACTIVE("compact_daemon_migrate_scanned", "kcompactd awake"),
	  "compact_daemon_migrate_scanned", UNIT_PAGES, "looked at",
	  "pages are moved together in the background" },
	{ HAPPENING_ACTIVE("drop_pagecache", "caches dropped"), NULL, UNIT_COUNT, NULL,
	  "somebody wrote to vm.drop_caches" },
	{ HAPPENING_MOMENT("page_alloc_failed", "order", "allocation failed"), NULL, UNIT_COUNT,
	  NULL, "a request for pages returned NULL, and the caller has no other way" },
	{ HAPPENING_ACTIVE("sim_alloc_failed", "allocation failed"), "sim_alloc_failed", UNIT_COUNT,
	  "failed", "a request for pages returned NULL, and the caller has no other way" },
	{ HAPPENING_ACTIVE("sim_alloc_fallback", "other way taken"), "sim_alloc_fallback",
	  UNIT_COUNT, "requests",
	  "a request failed that may fail: small pages in place of a huge one, no readahead" },
	{ HAPPENING_ACTIVE("sim_vmap_failed", "no kernel addresses"), "sim_vmap_failed", UNIT_COUNT,
	  "failed", "no hole in the kernel's address space is large enough" },
	{ HAPPENING_MOMENT("oom_kill", "pid", "a task killed"), NULL, UNIT_COUNT, NULL,
	  "memory is used up: the OOM killer" },
	{ HAPPENING_ACTIVE("oom_kill", "a task killed"), "oom_kill", UNIT_COUNT, "killed",
	  "memory is used up: the OOM killer" },
	{ HAPPENING_MOMENT("kernel_bug", "nr", "BUG"), NULL, UNIT_COUNT, NULL,
	  "the scenario broke a rule of the kernel" },
};

/* ---- what is simpler than the real machine ---- */

static bool map_is_synthetic(struct sim *s)
{
	return linux_vm(s)->machine->synthetic_map;
}

static bool reservations_are_synthetic(struct sim *s)
{
	return linux_vm(s)->reserved_is_synthetic;
}

static bool has_disks(struct sim *s)
{
	return linux_vm(s)->machine->nr_disks > 0;
}

static bool has_several_nodes(struct sim *s)
{
	return linux_vm(s)->nr_nodes > 1;
}

const struct simplification linux_simplifications[NR_LINUX_SIMPLIFICATIONS] = {
	{ "synthetic memory map", map_is_synthetic,
	  "holes and ranges of memory are those of a usual PC of this size, not of a machine that "
	  "was looked at; mmsim import takes them from a real one" },
	{ "synthetic boot reservations", reservations_are_synthetic,
	  "what the kernel keeps for itself at boot (image, memmap, tables) is an estimate, so "
	  "managed pages and watermarks may differ by some percent" },
	{ "root control group only", NULL,
	  "all tasks share all memory and all limits; there are no memory.max or io.max" },
	{ "costs from a table", NULL,
	  "the CPU time of kernel work is a constant per page or call (models/hw/cost.def), "
	  "without caches, locks and other load" },
	{ "disks from parameters", has_disks,
	  "latency, bandwidth and queue of a disk are figures of its kind; a cache inside it, wear "
	  "and temperature are not there" },
	{ "distances of nodes cost nothing", has_several_nodes,
	  "they order the zonelists; memory of another node is as fast as one's own" },
};

/* ---- which parts of the kernel a run used ---- */

#define OF(path) "models/linux/" path " "

const struct mechanism linux_mechanisms[NR_LINUX_MECHANISMS] = {
	{ "memory layout", "zone_sample", "managed", OF("boot/boot.h") OF("alloc/watermark.h") },
	{ "page allocator", "zone_sample", "pgalloc",
	  OF("alloc/page_alloc.h") OF("alloc/buddy.h") OF("alloc/pcp.h") },
	{ "CPUs and tasks", "task_sample", "ops", "sim/engine/cpu.h sim/engine/timer.h" },
	{ "page cache", "vmstat_sample", "nr_file_pages",
	  OF("pagecache/filemap.h") OF("pagecache/pagemap.h") OF("storage/file.h")
	      OF("storage/fs.h") },
	{ "readahead", "vmstat_sample", "sim_readahead_pages", OF("pagecache/readahead.h") },
	{ "writeback", "vmstat_sample", "nr_dirtied",
	  OF("writeback/writeback.h") OF("writeback/flex_proportions.h") },
	{ "dirty throttling", "vmstat_sample", "sim_throttle_ns",
	  OF("writeback/dirty_ratelimit.h") },
	{ "block layer and disks", "disk_sample", "read_sectors+write_sectors",
	  OF("storage/bio.h") OF("storage/scheduler.c") OF("storage/wbt.c") "models/hw/disk.h" },
	{ "reclaim", "vmstat_sample", "pgscan_kswapd+pgscan_direct",
	  OF("reclaim/vmscan.h") OF("reclaim/scan_balance.h") },
	{ "slab shrinkers", "vmstat_sample", "slabs_scanned",
	  OF("reclaim/slab.h") OF("reclaim/shrinker.h") OF("reclaim/super.h") },
	{ "memory of programs", "vmstat_sample", "pgfault",
	  OF("mappings/mm.h") OF("mappings/vma.h") },
	{ "huge pages put aside", "hugetlb_sample", "htlb_buddy_alloc_success",
	  OF("mappings/hugetlb.h") },
	{ "swap", "vmstat_sample", "pswpout+pswpin",
	  OF("swap/swap.h") OF("swap/swapfile.c") OF("swap/swap_readahead.c")
	      OF("swap/swap_slots.c") OF("mappings/swap_fault.c") },
	{ "compaction", "vmstat_sample", "compact_migrate_scanned+pgmigrate_success",
	  OF("alloc/compaction.h") OF("alloc/migrate.h") },
	{ "contiguous memory", "vmstat_sample", "cma_alloc_success+cma_alloc_fail",
	  OF("alloc/cma.h") OF("alloc/contig.c") },
	{ "OOM killer", "vmstat_sample", "oom_kill", OF("reclaim/oom_kill.h") },
	{ "kernel addresses", "vmstat_sample", "nr_vmalloc_pages+sim_vmap_areas",
	  OF("vmalloc/vmalloc.h") },
};
