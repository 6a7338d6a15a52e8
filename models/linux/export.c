/*
 * export.c - what results of this kernel are called by exporters, and what of its events lasts
 *
 * Rows only.  A column of samples that no row names is exported under a name of mmsim.
 */
#include "models/linux/export.h"
#include "models/linux/page.h"
#include "models/linux/stall.h"

#define PAGE_BYTES 4096
#define HUGE_BYTES (512 * PAGE_BYTES)

/* ---- names of the node exporter ---- */

/* Lines of /proc/vmstat: counters of the machine, sums over nodes, sums over zones. */
#define OF_TABLE(name, table)                                                                      \
	{                                                                                          \
		"node_vmstat_" #name, OPENMETRIC_UNKNOWN, table, #name, "", 1, 1, 0                \
	}
#define VMSTAT(name)       OF_TABLE(name, "vmstat_sample")
#define VMSTAT_NODES(name) OF_TABLE(name, "node_sample")
#define VMSTAT_ZONES(name) OF_TABLE(name, "zone_sample")

/* Lines of /proc/meminfo, and of that of a node; counted in pages. */
#define MEMINFO(name, table, columns)                                                              \
	{                                                                                          \
		"node_memory_" name "_bytes", OPENMETRIC_GAUGE, table, columns, "", PAGE_BYTES, 1, \
		    0                                                                              \
	}
#define NUMA(name, table, columns)                                                                 \
	{                                                                                          \
		"node_memory_numa_" name, OPENMETRIC_GAUGE, table, columns, "node", PAGE_BYTES, 1, \
		    0                                                                              \
	}
#define NUMASTAT(name, column)                                                                     \
	{                                                                                          \
		"node_memory_numa_" name, OPENMETRIC_COUNTER, "node_sample", column, "node", 1, 1, \
		    0                                                                              \
	}
#define HUGEPAGES(name, column)                                                                    \
	{                                                                                          \
		"node_memory_HugePages_" name, OPENMETRIC_GAUGE, "hugetlb_sample", column, "", 1,  \
		    1, 0                                                                           \
	}

#define ZONEINFO(name, column)                                                                     \
	{                                                                                          \
		"node_zoneinfo_" name, OPENMETRIC_GAUGE, "zone_sample", column, "node, zone", 1,   \
		    1, 0                                                                           \
	}
#define ZONEINFO_COUNTER(name)                                                                     \
	{                                                                                          \
		"node_zoneinfo_" #name, OPENMETRIC_COUNTER, "zone_sample", #name, "node, zone", 1, \
		    1, 0                                                                           \
	}
#define BUDDYINFO(order)                                                                           \
	{                                                                                          \
		"node_buddyinfo_blocks", OPENMETRIC_GAUGE, "pagetype_sample", "free_" #order,      \
		    "node, size='" #order "', zone", 1, 1, 0                                       \
	}

#define DISK(name, type, column, multiply, divide, decimals)                                       \
	{                                                                                          \
		"node_disk_" name, OPENMETRIC_##type, "disk_sample", column, "device=name",        \
		    multiply, divide, decimals                                                     \
	}
/* /proc/diskstats has times in milliseconds */
#define DISK_SECONDS(name, column) DISK(name, COUNTER, column, 1, 1000000, 3)

const struct openmetric linux_openmetrics[NR_LINUX_OPENMETRICS] = {
	MEMINFO("MemTotal", "zone_sample", "managed"),
	MEMINFO("MemFree", "vmstat_sample", "nr_free_pages"),
	MEMINFO("Cached", "vmstat_sample", "nr_file_pages-nr_swapcached"),
	MEMINFO("SwapCached", "vmstat_sample", "nr_swapcached"),
	MEMINFO("Active", "vmstat_sample", "nr_active_anon+nr_active_file"),
	MEMINFO("Inactive", "vmstat_sample", "nr_inactive_anon+nr_inactive_file"),
	MEMINFO("Active_anon", "vmstat_sample", "nr_active_anon"),
	MEMINFO("Inactive_anon", "vmstat_sample", "nr_inactive_anon"),
	MEMINFO("Active_file", "vmstat_sample", "nr_active_file"),
	MEMINFO("Inactive_file", "vmstat_sample", "nr_inactive_file"),
	MEMINFO("Unevictable", "vmstat_sample", "nr_unevictable"),
	MEMINFO("Mlocked", "vmstat_sample", "nr_mlock"),
	MEMINFO("SwapTotal", "vmstat_sample", "nr_total_swap"),
	MEMINFO("SwapFree", "vmstat_sample", "nr_free_swap"),
	MEMINFO("Dirty", "vmstat_sample", "nr_dirty"),
	MEMINFO("Writeback", "vmstat_sample", "nr_writeback"),
	MEMINFO("AnonPages", "vmstat_sample", "nr_anon_pages"),
	MEMINFO("Mapped", "vmstat_sample", "nr_mapped"),
	MEMINFO("Shmem", "shmem_sample", "nr_shmem"),
	MEMINFO("KReclaimable", "node_sample", "nr_slab_reclaimable"),
	MEMINFO("Slab", "node_sample", "nr_slab_reclaimable+nr_slab_unreclaimable"),
	MEMINFO("SReclaimable", "node_sample", "nr_slab_reclaimable"),
	MEMINFO("SUnreclaim", "node_sample", "nr_slab_unreclaimable"),
	MEMINFO("PageTables", "vmstat_sample", "nr_page_table_pages"),
	MEMINFO("CommitLimit", "vmstat_sample", "commit_limit"),
	MEMINFO("Committed_AS", "vmstat_sample", "committed_as"),
	MEMINFO("VmallocUsed", "vmstat_sample", "nr_vmalloc_pages"),
	{ "node_memory_AnonHugePages_bytes", OPENMETRIC_GAUGE, "vmstat_sample",
	  "nr_anon_transparent_hugepages", "", HUGE_BYTES, 1, 0 },
	HUGEPAGES("Total", "nr_hugepages"),
	HUGEPAGES("Free", "free_hugepages"),
	HUGEPAGES("Rsvd", "resv_hugepages"),
	HUGEPAGES("Surp", "surplus_hugepages"),

	NUMA("MemTotal", "zone_sample", "managed"),
	NUMA("MemFree", "node_sample", "nr_free_pages"),
	NUMA("Active", "node_sample", "nr_active_anon+nr_active_file"),
	NUMA("Inactive", "node_sample", "nr_inactive_anon+nr_inactive_file"),
	NUMA("Active_anon", "node_sample", "nr_active_anon"),
	NUMA("Inactive_anon", "node_sample", "nr_inactive_anon"),
	NUMA("Active_file", "node_sample", "nr_active_file"),
	NUMA("Inactive_file", "node_sample", "nr_inactive_file"),
	NUMA("Unevictable", "node_sample", "nr_unevictable"),
	NUMA("Mlocked", "zone_sample", "nr_mlock"),
	NUMA("SwapCached", "node_sample", "nr_swapcached"),
	NUMA("Dirty", "node_sample", "nr_dirty"),
	NUMA("Writeback", "node_sample", "nr_writeback"),
	NUMA("FilePages", "node_sample", "nr_file_pages"),
	NUMA("AnonPages", "node_sample", "nr_anon_pages"),
	NUMA("Mapped", "node_sample", "nr_mapped"),
	NUMA("PageTables", "node_sample", "nr_page_table_pages"),
	NUMA("KReclaimable", "node_sample", "nr_slab_reclaimable"),
	NUMA("Slab", "node_sample", "nr_slab_reclaimable+nr_slab_unreclaimable"),
	NUMA("SReclaimable", "node_sample", "nr_slab_reclaimable"),
	NUMA("SUnreclaim", "node_sample", "nr_slab_unreclaimable"),
	{ "node_memory_numa_AnonHugePages", OPENMETRIC_GAUGE, "node_sample",
	  "nr_anon_transparent_hugepages", "node", HUGE_BYTES, 1, 0 },
	NUMASTAT("numa_hit", "numa_hit"),
	NUMASTAT("numa_miss", "numa_miss"),
	NUMASTAT("numa_foreign", "numa_foreign"),
	NUMASTAT("interleave_hit", "numa_interleave"),
	NUMASTAT("local_node", "numa_local"),
	NUMASTAT("other_node", "numa_other"),

	VMSTAT(nr_free_pages),
	VMSTAT_ZONES(nr_zone_inactive_anon),
	VMSTAT_ZONES(nr_zone_active_anon),
	VMSTAT_ZONES(nr_zone_inactive_file),
	VMSTAT_ZONES(nr_zone_active_file),
	VMSTAT_ZONES(nr_zone_write_pending),
	VMSTAT_ZONES(nr_free_cma),
	VMSTAT_ZONES(numa_hit),
	VMSTAT_ZONES(numa_miss),
	VMSTAT_ZONES(numa_foreign),
	VMSTAT_ZONES(numa_interleave),
	VMSTAT_ZONES(numa_local),
	VMSTAT_ZONES(numa_other),
	VMSTAT(nr_mlock),
	VMSTAT(nr_inactive_anon),
	VMSTAT(nr_active_anon),
	VMSTAT(nr_inactive_file),
	VMSTAT(nr_active_file),
	VMSTAT(nr_unevictable),
	VMSTAT_NODES(nr_slab_reclaimable),
	VMSTAT_NODES(nr_slab_unreclaimable),
	VMSTAT_NODES(nr_isolated_anon),
	VMSTAT_NODES(nr_isolated_file),
	VMSTAT_NODES(workingset_nodes),
	VMSTAT_NODES(workingset_refault_anon),
	VMSTAT_NODES(workingset_refault_file),
	VMSTAT_NODES(workingset_activate_anon),
	VMSTAT_NODES(workingset_activate_file),
	VMSTAT_NODES(workingset_restore_anon),
	VMSTAT_NODES(workingset_restore_file),
	VMSTAT_NODES(workingset_nodereclaim),
	VMSTAT(nr_anon_pages),
	VMSTAT(nr_mapped),
	VMSTAT(nr_file_pages),
	VMSTAT(nr_dirty),
	VMSTAT(nr_writeback),
	OF_TABLE(nr_shmem, "shmem_sample"),
	VMSTAT(nr_anon_transparent_hugepages),
	VMSTAT_NODES(nr_vmscan_write),
	VMSTAT_NODES(nr_vmscan_immediate_reclaim),
	VMSTAT(nr_dirtied),
	VMSTAT(nr_written),
	VMSTAT_NODES(nr_throttled_written),
	VMSTAT(nr_page_table_pages),
	VMSTAT(nr_swapcached),
	VMSTAT(nr_dirty_threshold),
	VMSTAT(nr_dirty_background_threshold),
	VMSTAT(pgpgin),
	VMSTAT(pgpgout),
	VMSTAT(pswpin),
	VMSTAT(pswpout),
	VMSTAT(pgfree),
	VMSTAT(pgactivate),
	VMSTAT(pgdeactivate),
	VMSTAT(pglazyfree),
	VMSTAT(pgfault),
	VMSTAT(pgmajfault),
	VMSTAT(pglazyfreed),
	VMSTAT(pgrefill),
	VMSTAT(pgreuse),
	VMSTAT(pgsteal_kswapd),
	VMSTAT(pgsteal_direct),
	VMSTAT(pgscan_kswapd),
	VMSTAT(pgscan_direct),
	VMSTAT(pgscan_direct_throttle),
	VMSTAT(pgscan_anon),
	VMSTAT(pgscan_file),
	VMSTAT(pgsteal_anon),
	VMSTAT(pgsteal_file),
	VMSTAT(zone_reclaim_failed),
	VMSTAT(slabs_scanned),
	VMSTAT(kswapd_low_wmark_hit_quickly),
	VMSTAT(kswapd_high_wmark_hit_quickly),
	VMSTAT(pageoutrun),
	VMSTAT(pgrotated),
	VMSTAT(drop_pagecache),
	VMSTAT(drop_slab),
	VMSTAT(oom_kill),
	VMSTAT(pgmigrate_success),
	VMSTAT(pgmigrate_fail),
	VMSTAT(compact_migrate_scanned),
	VMSTAT(compact_free_scanned),
	VMSTAT(compact_isolated),
	VMSTAT(compact_stall),
	VMSTAT(compact_fail),
	VMSTAT(compact_success),
	VMSTAT(compact_daemon_wake),
	VMSTAT(compact_daemon_migrate_scanned),
	VMSTAT(compact_daemon_free_scanned),
	OF_TABLE(htlb_buddy_alloc_success, "hugetlb_sample"),
	OF_TABLE(htlb_buddy_alloc_fail, "hugetlb_sample"),
	VMSTAT(unevictable_pgs_culled),
	VMSTAT(unevictable_pgs_rescued),
	VMSTAT(unevictable_pgs_mlocked),
	VMSTAT(unevictable_pgs_munlocked),
	VMSTAT(unevictable_pgs_cleared),
	VMSTAT(unevictable_pgs_stranded),
	VMSTAT(thp_fault_alloc),
	VMSTAT(thp_fault_fallback),
	VMSTAT(thp_collapse_alloc),
	VMSTAT(thp_collapse_alloc_failed),
	VMSTAT(thp_split_page),
	VMSTAT(thp_split_page_failed),
	VMSTAT(thp_deferred_split_page),
	VMSTAT(thp_split_pmd),
	VMSTAT(thp_scan_exceed_none_pte),
	VMSTAT(thp_scan_exceed_swap_pte),
	VMSTAT(thp_scan_exceed_share_pte),
	VMSTAT(thp_zero_page_alloc),
	VMSTAT(thp_zero_page_alloc_failed),
	VMSTAT(thp_swpout),
	VMSTAT(thp_swpout_fallback),
	VMSTAT(swap_ra),
	VMSTAT(swap_ra_hit),

	ZONEINFO("nr_free_pages", "nr_free_pages"),
	ZONEINFO("min_pages", "min"),
	ZONEINFO("low_pages", "low"),
	ZONEINFO("high_pages", "high"),
	ZONEINFO("present_pages", "present"),
	ZONEINFO("managed_pages", "managed"),
	ZONEINFO_COUNTER(numa_hit),
	ZONEINFO_COUNTER(numa_miss),
	ZONEINFO_COUNTER(numa_foreign),
	ZONEINFO_COUNTER(numa_interleave),
	ZONEINFO_COUNTER(numa_local),
	ZONEINFO_COUNTER(numa_other),
	BUDDYINFO(0),
	BUDDYINFO(1),
	BUDDYINFO(2),
	BUDDYINFO(3),
	BUDDYINFO(4),
	BUDDYINFO(5),
	BUDDYINFO(6),
	BUDDYINFO(7),
	BUDDYINFO(8),
	BUDDYINFO(9),
	BUDDYINFO(10),

	DISK("reads_completed", COUNTER, "reads", 1, 1, 0),
	DISK("reads_merged", COUNTER, "reads_merged", 1, 1, 0),
	DISK("read_bytes", COUNTER, "read_sectors", 512, 1, 0),
	DISK_SECONDS("read_time_seconds", "read_ns"),
	DISK("writes_completed", COUNTER, "writes", 1, 1, 0),
	DISK("writes_merged", COUNTER, "writes_merged", 1, 1, 0),
	DISK("written_bytes", COUNTER, "write_sectors", 512, 1, 0),
	DISK_SECONDS("write_time_seconds", "write_ns"),
	DISK("io_now", GAUGE, "in_flight", 1, 1, 0),
	DISK("io_time_seconds", COUNTER, "io_ticks", 1, 1, 3),
	DISK_SECONDS("io_time_weighted_seconds", "time_in_queue_ns"),
	DISK("flush_requests", COUNTER, "flushes", 1, 1, 0),
	DISK_SECONDS("flush_requests_time_seconds", "flush_ns"),
};

/* ---- what tasks were in ---- */

/* By enum stall_cause. */
static const char *const stall_causes[] = {
	[STALL_RECLAIM] = "direct reclaim",
	[STALL_COMPACT] = "direct compaction",
	[STALL_RECLAIM_THROTTLE] = "held back in reclaim",
	[STALL_DIRTY_THROTTLE] = "held back as a writer",
	[STALL_REFAULT] = "reading what was evicted",
	[STALL_SWAPIN] = "swapping in",
	[STALL_READ] = "reading",
	[STALL_PAGE] = "a page",
	[STALL_WRITEBACK] = "writeback",
	[STALL_WBT] = "writeback throttling",
	[STALL_TAG] = "a request tag",
	[STALL_IO] = "direct I/O",
	[STALL_LOCK] = "a lock",
	[STALL_MEMPOOL] = "a mempool",
	[STALL_OTHER] = "a tick",
};

#define SPAN(name, begin, end)                                                                     \
	{                                                                                          \
		name, TIMELINE_SPAN, begin, end, NULL, 0, NULL, 0                                  \
	}
#define INSTANT(name, trace)                                                                       \
	{                                                                                          \
		name, TIMELINE_INSTANT, trace, NULL, NULL, 0, NULL, 0                              \
	}
#define PERIOD(name, trace, ns, one)                                                               \
	{                                                                                          \
		name, TIMELINE_PERIOD, trace, NULL, ns, one, NULL, 0                               \
	}
#define BEFORE(name, trace, ns, one)                                                               \
	{                                                                                          \
		name, TIMELINE_BEFORE, trace, NULL, ns, one, NULL, 0                               \
	}

const struct timeline_slice linux_timeline_slices[NR_LINUX_TIMELINE_SLICES] = {
	SPAN("direct reclaim", "mm_vmscan_direct_reclaim_begin", "mm_vmscan_direct_reclaim_end"),
	SPAN("node reclaim", "mm_vmscan_node_reclaim_begin", "mm_vmscan_node_reclaim_end"),
	BEFORE("held back in reclaim", "mm_vmscan_throttled", "usec_delayed", (int64_t)NS_PER_US),
	SPAN("compaction", "mm_compaction_begin", "mm_compaction_end"),
	PERIOD("held back as a writer", "balance_dirty_pages", "pause", (int64_t)NS_PER_MS),
	BEFORE("fsync", "sim_fsync", "latency_ns", 1),
	{ "loses time to", TIMELINE_STATE, "sim_stall", NULL, "to", 0, stall_causes,
	  ARRAY_LEN(stall_causes) },
	SPAN("kswapd works", "mm_vmscan_kswapd_wake", "sim_kswapd_nap mm_vmscan_kswapd_sleep"),
	SPAN("kcompactd works", "mm_compaction_kcompactd_wake", "mm_compaction_kcompactd_sleep"),
	SPAN("writeback work", "writeback_exec", "writeback_pages_written"),
	SPAN("writeback round", "writeback_start", "writeback_written"),
	INSTANT("kswapd is woken", "mm_vmscan_wakeup_kswapd"),
	INSTANT("allocation failed", "page_alloc_failed"),
	INSTANT("other way taken", "page_alloc_fallback"),
	INSTANT("a task is killed", "oom_kill"),
	INSTANT("BUG", "kernel_bug"),
};

#define ZONE_PAGES(column, name)                                                                   \
	{                                                                                          \
		"free pages", "zone_sample", column, name, "node, zone", false, "pages"            \
	}
#define DIRTY_PAGES(column, name)                                                                  \
	{                                                                                          \
		"dirty pages", "vmstat_sample", column, name, NULL, false, "pages"                 \
	}
#define PAGE_RATE(column, name)                                                                    \
	{                                                                                          \
		"reclaim and swap", "vmstat_sample", column, name, NULL, true, "pages/s"           \
	}
/* ns in a second are shown: 10^9 is all the time */
#define TASK_STALL(column, name)                                                                   \
	{                                                                                          \
		"what tasks wait for", "task_sample", column, name, "name", true, "ns/s"           \
	}

const struct timeline_counter linux_timeline_counters[NR_LINUX_TIMELINE_COUNTERS] = {
	ZONE_PAGES("nr_free_pages", "free"),
	ZONE_PAGES("min", "min"),
	ZONE_PAGES("low", "low"),
	ZONE_PAGES("high", "high"),
	DIRTY_PAGES("nr_dirty", "dirty"),
	DIRTY_PAGES("nr_writeback", "writeback"),
	DIRTY_PAGES("nr_dirty_background_threshold", "background threshold"),
	DIRTY_PAGES("nr_dirty_freerun", "freerun"),
	DIRTY_PAGES("nr_dirty_threshold", "threshold"),
	PAGE_RATE("pgsteal_kswapd", "reclaimed by kswapd"),
	PAGE_RATE("pgsteal_direct", "reclaimed directly"),
	PAGE_RATE("pswpout", "swapped out"),
	PAGE_RATE("pswpin", "swapped in"),
	{ "disks", "disk_sample", "in_flight", "requests in flight", "name", false, "requests" },
	TASK_STALL("reclaim_stall_ns", "direct reclaim"),
	TASK_STALL("reclaim_throttle_ns", "held back in reclaim"),
	TASK_STALL("dirty_throttle_ns", "held back as a writer"),
	TASK_STALL("refault_stall_ns", "reading what was evicted"),
	TASK_STALL("swapin_stall_ns", "swapping in"),
	TASK_STALL("read_stall_ns", "reading"),
	TASK_STALL("writeback_stall_ns", "writeback"),
	TASK_STALL("io_stall_ns", "direct I/O"),
};
