/*
 * zoneinfo.c - /proc/zoneinfo: every zone with its counters, limits and per-CPU lists
 *
 * The counters of a node stand once, under its first zone that has pages.  Of a
 * zone without pages only the limits are shown, all 0.
 */
#include <inttypes.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/procfs/procfs.h"

/* In the order of the kernel's lists.  Those that have no row in metric.def are always 0. */
static const char *const node_counters[] = {
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

static const char *const zone_counters[] = {
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

static void show_counters(struct str *out, const struct metric_object *kind, const void *stat,
			  const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		str_addf(out, "      %-12s %" PRId64 "\n", names[i],
			 proc_counter(kind, stat, names[i]));
}

static bool is_zone_first_populated(const struct zone *zone)
{
	for (const struct zone *z = zone->node->zones; z < zone; z++)
		if (populated_zone(z))
			return false;
	return populated_zone(zone);
}

static void show_limits(const struct zone *zone, struct str *out)
{
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{ "pages free", (uint64_t)zone_free_pages(zone) },
		{ "      boost", zone->watermark_boost },
		{ "      min", wmark_pages(zone, WMARK_MIN) },
		{ "      low", wmark_pages(zone, WMARK_LOW) },
		{ "      high", wmark_pages(zone, WMARK_HIGH) },
		{ "      spanned", zone->spanned_pages },
		{ "      present", zone->present_pages },
		{ "      managed", zone->managed_pages },
		{ "      cma", zone->cma_pages },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		str_addf(out, "  %-14s %" PRIu64 "\n", rows[i].name, rows[i].value);
	for (int j = 0; j < MAX_NR_ZONES; j++)
		str_addf(out, "%s%" PRId64, j ? ", " : "        protection: (",
			 zone->lowmem_reserve[j]);
	str_add(out, ")\n");
}

static void show_pagesets(struct sim *s, const struct zone *zone, struct str *out)
{
	str_add(out, "  pagesets\n");
	for (int i = 0; i < s->nr_cpus; i++) {
		const struct per_cpu_pages *pcp = &zone->pcp[i];

		if (!s->cpus[i].online)
			continue;
		str_addf(out,
			 "    cpu: %d\n"
			 "              count: %d\n"
			 "              high:  %d\n"
			 "              batch: %d\n"
			 "  vm stats threshold: %d\n",
			 i, pcp->count, pcp->high, pcp->batch, pcp->stat_threshold);
	}
}

void zoneinfo_show(struct sim *s, struct str *out)
{
	FOR_EACH_ZONE (linux_vm(s), zone) {
		struct pglist_data *node = zone->node;
		int nid = node->node_id;

		str_addf(out, "Node %d, zone %8s\n", nid, zone->name);
		if (is_zone_first_populated(zone)) {
			str_add(out, "  per-node stats\n");
			show_counters(out, &node_metrics, node_metrics.stat(s, nid), node_counters,
				      ARRAY_LEN(node_counters));
		}
		show_limits(zone, out);
		if (!populated_zone(zone))
			continue;
		/* without the CPUs' parts, as the limits are compared */
		str_addf(out, "      %-12s %" PRId64 "\n", "nr_free_pages", zone_free_pages(zone));
		show_counters(out, &zone_metrics,
			      zone_metrics.stat(s, nid * MAX_NR_ZONES + zone->idx), zone_counters,
			      ARRAY_LEN(zone_counters));
		show_pagesets(s, zone, out);
		str_addf(out, "  node_unreclaimable:  %d\n  start_pfn:           %" PRIu64 "\n",
			 node->kswapd_failures >= MAX_RECLAIM_RETRIES, zone->zone_start_pfn);
	}
}
