/*
 * vmstat.c - /proc/vmstat and vmstat and numastat of a node: counters by name
 *
 * A counter is found by its name in metric.def: of zones and nodes the sum.  One that has no row
 * there counts what is not simulated and is always 0.
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/procfs/procfs.h"

/* In the order of the kernel's lists. */
const char *const proc_node_counters[NR_PROC_NODE_COUNTERS] = {
	"nr_inactive_anon",
	"nr_active_anon",
	"nr_inactive_file",
	"nr_active_file",
	"nr_unevictable",
	"nr_slab_reclaimable",
	"nr_slab_unreclaimable",
	"nr_isolated_anon",
	"nr_isolated_file",
	"workingset_nodes",
	"workingset_refault_anon",
	"workingset_refault_file",
	"workingset_activate_anon",
	"workingset_activate_file",
	"workingset_restore_anon",
	"workingset_restore_file",
	"workingset_nodereclaim",
	"nr_anon_pages",
	"nr_mapped",
	"nr_file_pages",
	"nr_dirty",
	"nr_writeback",
	"nr_writeback_temp",
	"nr_shmem",
	"nr_shmem_hugepages",
	"nr_shmem_pmdmapped",
	"nr_file_hugepages",
	"nr_file_pmdmapped",
	"nr_anon_transparent_hugepages",
	"nr_vmscan_write",
	"nr_vmscan_immediate_reclaim",
	"nr_dirtied",
	"nr_written",
	"nr_throttled_written",
	"nr_kernel_misc_reclaimable",
	"nr_foll_pin_acquired",
	"nr_foll_pin_released",
	"nr_kernel_stack",
	"nr_page_table_pages",
	"nr_sec_page_table_pages",
	"nr_swapcached",
	"pgpromote_success",
	"pgpromote_candidate",
};

/* Without nr_free_pages, which stands before them. */
const char *const proc_zone_counters[NR_PROC_ZONE_COUNTERS] = {
	"nr_zone_inactive_anon",
	"nr_zone_active_anon",
	"nr_zone_inactive_file",
	"nr_zone_active_file",
	"nr_zone_unevictable",
	"nr_zone_write_pending",
	"nr_mlock",
	"nr_bounce",
	"nr_zspages",
	"nr_free_cma",
	"numa_hit",
	"numa_miss",
	"numa_foreign",
	"numa_interleave",
	"numa_local",
	"numa_other",
};

/* Of the machine, before those that are counted by zone, and after them. */
static const char *const first_events[] = {
	"nr_dirty_threshold",
	"nr_dirty_background_threshold",
	"pgpgin",
	"pgpgout",
	"pswpin",
	"pswpout",
};

static const char *const events[] = {
	"pgfree",
	"pgactivate",
	"pgdeactivate",
	"pglazyfree",
	"pgfault",
	"pgmajfault",
	"pglazyfreed",
	"pgrefill",
	"pgreuse",
	"pgsteal_kswapd",
	"pgsteal_direct",
	"pgdemote_kswapd",
	"pgdemote_direct",
	"pgscan_kswapd",
	"pgscan_direct",
	"pgscan_direct_throttle",
	"pgscan_anon",
	"pgscan_file",
	"pgsteal_anon",
	"pgsteal_file",
	"zone_reclaim_failed",
	"pginodesteal",
	"slabs_scanned",
	"kswapd_inodesteal",
	"kswapd_low_wmark_hit_quickly",
	"kswapd_high_wmark_hit_quickly",
	"pageoutrun",
	"pgrotated",
	"drop_pagecache",
	"drop_slab",
	"oom_kill",
	"numa_pte_updates",
	"numa_huge_pte_updates",
	"numa_hint_faults",
	"numa_hint_faults_local",
	"numa_pages_migrated",
	"pgmigrate_success",
	"pgmigrate_fail",
	"thp_migration_success",
	"thp_migration_fail",
	"thp_migration_split",
	"compact_migrate_scanned",
	"compact_free_scanned",
	"compact_isolated",
	"compact_stall",
	"compact_fail",
	"compact_success",
	"compact_daemon_wake",
	"compact_daemon_migrate_scanned",
	"compact_daemon_free_scanned",
	"htlb_buddy_alloc_success",
	"htlb_buddy_alloc_fail",
};

/* Only where memory is kept for blocks in a row (linux.cma). */
static const char *const cma_events[] = { "cma_alloc_success", "cma_alloc_fail" };

static const char *const last_events[] = {
	"unevictable_pgs_culled",
	"unevictable_pgs_scanned",
	"unevictable_pgs_rescued",
	"unevictable_pgs_mlocked",
	"unevictable_pgs_munlocked",
	"unevictable_pgs_cleared",
	"unevictable_pgs_stranded",
	"thp_fault_alloc",
	"thp_fault_fallback",
	"thp_fault_fallback_charge",
	"thp_collapse_alloc",
	"thp_collapse_alloc_failed",
	"thp_file_alloc",
	"thp_file_fallback",
	"thp_file_fallback_charge",
	"thp_file_mapped",
	"thp_split_page",
	"thp_split_page_failed",
	"thp_deferred_split_page",
	"thp_split_pmd",
	"thp_scan_exceed_none_pte",
	"thp_scan_exceed_swap_pte",
	"thp_scan_exceed_share_pte",
	"thp_split_pud",
	"thp_zero_page_alloc",
	"thp_zero_page_alloc_failed",
	"thp_swpout",
	"thp_swpout_fallback",
	"balloon_inflate",
	"balloon_deflate",
	"balloon_migrate",
	"swap_ra",
	"swap_ra_hit",
	"ksm_swpin_copy",
	"cow_ksm",
	"zswpin",
	"zswpout",
	"direct_map_level2_splits",
	"direct_map_level3_splits",
	"nr_unstable",
};

static const char *const zone_suffix[] = {
	[ZONE_DMA] = "dma",         [ZONE_DMA32] = "dma32",   [ZONE_NORMAL] = "normal",
	[ZONE_MOVABLE] = "movable", [ZONE_DEVICE] = "device",
};

_Static_assert(ARRAY_LEN(zone_suffix) == MAX_NR_ZONES, "every zone has its suffix");

/* ---- sums ---- */

int64_t proc_zone_sum(struct sim *s, int nid, const char *name)
{
	int64_t sum = 0;

	FOR_EACH_ZONE (linux_vm(s), zone) {
		int node = zone->node->node_id;

		if (populated_zone(zone) && (nid == NUMA_NO_NODE || nid == node))
			sum += proc_counter(&zone_metrics,
					    zone_metrics.stat(s, node * MAX_NR_ZONES + zone->idx),
					    name);
	}
	return sum;
}

int64_t proc_node_counter(struct sim *s, int nid, const char *name)
{
	if (strcmp(name, "nr_shmem") == 0)
		return linux_vm(s)->nodes[nid].nr_shmem;
	return proc_counter(&node_metrics, node_metrics.stat(s, nid), name);
}

int64_t proc_node_sum(struct sim *s, const char *name)
{
	int64_t sum = 0;

	FOR_EACH_NODE (linux_vm(s), node)
		sum += proc_node_counter(s, node->node_id, name);
	return sum;
}

/* As the limits are compared: without the CPUs' parts. */
int64_t proc_free_pages(struct sim *s, int nid)
{
	int64_t pages = 0;

	FOR_EACH_ZONE (linux_vm(s), zone)
		if (populated_zone(zone) && (nid == NUMA_NO_NODE || nid == zone->node->node_id))
			pages += zone_free_pages(zone);
	return pages;
}

static int64_t of_machine(struct sim *s, const char *name)
{
	if (strncmp(name, "htlb_", strlen("htlb_")) == 0)
		return proc_counter(&hugetlb_metrics, &linux_vm(s)->default_hstate->stat, name);
	return proc_counter(&vm_metrics, vm_metrics.stat(s, 0), name);
}

/* ---- the files ---- */

static void line(struct str *out, const char *name, int64_t value)
{
	str_addf(out, "%s %" PRId64 "\n", name, value);
}

static void show_zones(struct sim *s, int nid, struct str *out)
{
	line(out, "nr_free_pages", proc_free_pages(s, nid));
	for (int i = 0; i < NR_PROC_ZONE_COUNTERS; i++)
		line(out, proc_zone_counters[i], proc_zone_sum(s, nid, proc_zone_counters[i]));
}

static void show_events(struct sim *s, const char *const *names, size_t n, struct str *out)
{
	for (size_t i = 0; i < n; i++)
		line(out, names[i], of_machine(s, names[i]));
}

static int64_t of_zone_type(struct sim *s, int type, const char *name)
{
	int64_t sum = 0;

	FOR_EACH_NODE (linux_vm(s), node)
		if (populated_zone(&node->zones[type]))
			sum += proc_counter(
			    &zone_metrics,
			    zone_metrics.stat(s, node->node_id * MAX_NR_ZONES + type), name);
	return sum;
}

/* Of each type, whether the machine has such a zone or not. */
static void show_zone_events(struct sim *s, struct str *out)
{
	for (int type = 0; type < MAX_NR_ZONES; type++)
		str_addf(out, "pgalloc_%s %" PRId64 "\n", zone_suffix[type],
			 of_zone_type(s, type, "pgalloc"));
	for (int type = 0; type < MAX_NR_ZONES; type++)
		str_addf(out, "allocstall_%s %" PRId64 "\n", zone_suffix[type],
			 linux_vm(s)->allocstall[type]);
	for (int type = 0; type < MAX_NR_ZONES; type++)
		str_addf(out, "pgskip_%s %" PRId64 "\n", zone_suffix[type],
			 of_zone_type(s, type, "pgskip"));
}

void vmstat_show(struct sim *s, struct str *out)
{
	show_zones(s, NUMA_NO_NODE, out);
	for (int i = 0; i < NR_PROC_NODE_COUNTERS; i++)
		line(out, proc_node_counters[i], proc_node_sum(s, proc_node_counters[i]));
	show_events(s, first_events, ARRAY_LEN(first_events), out);
	show_zone_events(s, out);
	show_events(s, events, ARRAY_LEN(events), out);
	if (linux_vm(s)->cma)
		show_events(s, cma_events, ARRAY_LEN(cma_events), out);
	show_events(s, last_events, ARRAY_LEN(last_events), out);
}

void node_vmstat_show(struct sim *s, int i, struct str *out)
{
	int nid = proc_node_id(s, i);

	show_zones(s, nid, out);
	for (int c = 0; c < NR_PROC_NODE_COUNTERS; c++)
		line(out, proc_node_counters[c], proc_node_counter(s, nid, proc_node_counters[c]));
}

void node_numastat_show(struct sim *s, int i, struct str *out)
{
	static const struct {
		const char *name, *counter;
	} rows[] = {
		{ "numa_hit", "numa_hit" },         { "numa_miss", "numa_miss" },
		{ "numa_foreign", "numa_foreign" }, { "interleave_hit", "numa_interleave" },
		{ "local_node", "numa_local" },     { "other_node", "numa_other" },
	};

	for (size_t row = 0; row < ARRAY_LEN(rows); row++)
		line(out, rows[row].name, proc_zone_sum(s, proc_node_id(s, i), rows[row].counter));
}
