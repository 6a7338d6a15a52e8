/*
 * zoneinfo.c - /proc/zoneinfo: every zone with its counters, limits and per-CPU lists
 *
 * The counters of a node stand once, under its first zone that has pages.  Of a
 * zone without pages only the limits are shown, all 0.
 */
#include <inttypes.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/procfs/procfs.h"

static void show_counter(struct str *out, const char *name, int64_t value)
{
	str_addf(out, "      %-12s %" PRId64 "\n", name, value);
}

static void show_zone_counters(struct sim *s, const struct zone *zone, struct str *out)
{
	const void *stat = zone_metrics.stat(s, zone->node->node_id * MAX_NR_ZONES + zone->idx);

	for (int i = 0; i < NR_PROC_ZONE_COUNTERS; i++)
		show_counter(out, proc_zone_counters[i],
			     proc_counter(&zone_metrics, stat, proc_zone_counters[i]));
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
			for (int i = 0; i < NR_PROC_NODE_COUNTERS; i++)
				show_counter(out, proc_node_counters[i],
					     proc_node_counter(s, nid, proc_node_counters[i]));
		}
		show_limits(zone, out);
		if (!populated_zone(zone))
			continue;
		/* without the CPUs' parts, as the limits are compared */
		show_counter(out, "nr_free_pages", zone_free_pages(zone));
		show_zone_counters(s, zone, out);
		show_pagesets(s, zone, out);
		str_addf(out, "  node_unreclaimable:  %d\n  start_pfn:           %" PRIu64 "\n",
			 node->kswapd_failures >= MAX_RECLAIM_RETRIES, zone->zone_start_pfn);
	}
}
