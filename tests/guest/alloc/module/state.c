/*
 * state.c - the page allocator as records of text, a record a line
 *
 * Frames of lists stand head first.  Read while nobody else runs, without a lock.
 */
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/string.h>
#include <linux/vmstat.h>
#include <linux/wait.h>

#include "pages.h"

#define PCP_HUGE 12 /* the first of the lists of order 9 */

static const char letters[] = "UMEHI";
static unsigned long (*get_bits)(const struct page *page, unsigned long pfn, unsigned long mask);
static int *grouping_disabled, *boost_factor, *scale_factor, *min_free;

int state_start(void)
{
	get_bits = kernel_symbol("get_pfnblock_flags_mask");
	grouping_disabled = kernel_symbol("page_group_by_mobility_disabled");
	boost_factor = kernel_symbol("watermark_boost_factor");
	scale_factor = kernel_symbol("watermark_scale_factor");
	min_free = kernel_symbol("min_free_kbytes");
	return get_bits && grouping_disabled && boost_factor && scale_factor && min_free ? 0
											 : -ENOENT;
}

/* --- the machine --- */

static void show_globals(struct text *t)
{
	static const struct {
		const char *name;
		int event;
	} counters[] = {
		{ "pgalloc_dma", PGALLOC_DMA },
		{ "pgalloc_dma32", PGALLOC_DMA32 },
		{ "pgalloc_normal", PGALLOC_NORMAL },
		{ "pgalloc_movable", PGALLOC_MOVABLE },
		{ "pgfree", PGFREE },
	};
	int i, cpu;

	say(t,
	    "vars grouping_disabled %d watermark_boost_factor %d watermark_scale_factor %d "
	    "min_free_kbytes %d\nevents",
	    *grouping_disabled, *boost_factor, *scale_factor, *min_free);
	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		unsigned long sum = 0;

		for_each_online_cpu(cpu) sum +=
		    per_cpu(vm_event_states, cpu).event[counters[i].event];
		say(t, " %s %lu", counters[i].name, sum);
	}
	say(t, "\n");
}

static void show_zonelist(struct text *t, int node, const char *name, struct zonelist *list)
{
	struct zoneref *ref;

	say(t, "zonelist %d %s", node, name);
	for (ref = list->_zonerefs; ref->zone; ref++)
		say(t, " %d:%s", ref->zone->zone_pgdat->node_id, ref->zone->name);
	say(t, "\n");
}

static void show_node(struct text *t, pg_data_t *node)
{
	int id = node->node_id, other, cpu;

	say(t,
	    "node %d start 0x%lx spanned %lu present %lu nr_zones %d totalreserve %lu "
	    "min_unmapped %lu min_slab %lu\n",
	    id, node->node_start_pfn, node->node_spanned_pages, node->node_present_pages,
	    node->nr_zones, node->totalreserve_pages, node->min_unmapped_pages,
	    node->min_slab_pages);
	say(t, "kswapd %d running %d order %d highest_zoneidx %d failures %d\n", id, !!node->kswapd,
	    node->kswapd_order, node->kswapd_highest_zoneidx, node->kswapd_failures);
	say(t,
	    "nodex %d kswapd_waiting %d kcompactd_max_order %d kcompactd_highest_zoneidx %d "
	    "kcompactd_waiting %d\n",
	    id, waitqueue_active(&node->kswapd_wait), node->kcompactd_max_order,
	    node->kcompactd_highest_zoneidx, waitqueue_active(&node->kcompactd_wait));
	say(t, "distance %d", id);
	for_each_online_node(other) say(t, " %d:%d", other, node_distance(id, other));
	say(t, "\ncpus %d", id);
	for_each_online_cpu(cpu) if (cpu_to_node(cpu) == id) say(t, " %d", cpu);
	say(t, "\n");
	show_zonelist(t, id, "fallback", &node->node_zonelists[ZONELIST_FALLBACK]);
	show_zonelist(t, id, "thisnode", &node->node_zonelists[ZONELIST_NOFALLBACK]);
}

/* --- a zone --- */

static unsigned long numa_event(struct zone *zone, int item)
{
	unsigned long sum = atomic_long_read(&zone->vm_numa_event[item]);
	int cpu;

	for_each_online_cpu(cpu) sum +=
	    per_cpu_ptr(zone->per_cpu_zonestats, cpu)->vm_numa_event[item];
	return sum;
}

static void show_limits(struct text *t, struct zone *zone, int node)
{
	const char *name = zone->name;
	int i;

	say(t,
	    "zone %d %s idx %d start 0x%lx spanned %lu present %lu present_early %lu managed %lu "
	    "populated %d contiguous %d\n",
	    node, name, (int)zone_idx(zone), zone->zone_start_pfn, zone->spanned_pages,
	    zone->present_pages, zone->present_early_pages, zone_managed_pages(zone),
	    populated_zone(zone), zone->contiguous);
	say(t, "wmark %d %s min %lu low %lu high %lu promo %lu boost %lu\n", node, name,
	    zone->_watermark[WMARK_MIN], zone->_watermark[WMARK_LOW], zone->_watermark[WMARK_HIGH],
	    zone->_watermark[WMARK_PROMO], zone->watermark_boost);
	say(t, "lowmem_reserve %d %s", node, name);
	for (i = 0; i < MAX_NR_ZONES; i++)
		say(t, " %ld", zone->lowmem_reserve[i]);
	say(t,
	    "\nzonemisc %d %s nr_reserved_highatomic %lu nr_isolate_pageblock %lu flags 0x%lx "
	    "percpu_drift_mark %lu pageset_high %d pageset_batch %d nr_free %ld\n",
	    node, name, zone->nr_reserved_highatomic, zone->nr_isolate_pageblock, zone->flags,
	    zone->percpu_drift_mark, zone->pageset_high, zone->pageset_batch,
	    atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]));
}

/* The frames of a list; their types stand in the pages themselves. */
static void show_frames(struct text *t, struct list_head *list)
{
	struct page *page;

	list_for_each_entry(page, list, lru) say(t, " %lx", page_to_pfn(page));
	say(t, "\n");
}

static void show_cpu(struct text *t, struct zone *zone, int node, int cpu)
{
	struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);
	struct per_cpu_zonestat *stat = per_cpu_ptr(zone->per_cpu_zonestats, cpu);
	struct page *page;
	int i;

	say(t,
	    "pcp %d %s cpu %d count %d high %d batch %d free_factor %d expire %d stat_threshold %d "
	    "free_diff %d\nzonediff %d %s cpu %d :",
	    node, zone->name, cpu, pcp->count, pcp->high, pcp->batch, pcp->free_factor, pcp->expire,
	    stat->stat_threshold, stat->vm_stat_diff[NR_FREE_PAGES], node, zone->name, cpu);
	for (i = 0; i < NR_VM_ZONE_STAT_ITEMS; i++)
		say(t, " %d", stat->vm_stat_diff[i]);
	say(t, "\n");
	for (i = 0; i < NR_PCP_LISTS; i++) {
		if (list_empty(&pcp->lists[i]))
			continue;
		say(t, "pcplist %d %s cpu %d idx %d order %d %c :", node, zone->name, cpu, i,
		    i < PCP_HUGE ? i / MIGRATE_PCPTYPES : pageblock_order,
		    i < PCP_HUGE ? letters[i % MIGRATE_PCPTYPES]
				 : (i == NR_PCP_LISTS - 1 ? 'M' : 'N'));
		show_frames(t, &pcp->lists[i]);
		say(t, "pcptype %d %s cpu %d idx %d : ", node, zone->name, cpu, i);
		list_for_each_entry(page, &pcp->lists[i], lru) say(t, "%c", letters[page->index]);
		say(t, "\n");
	}
}

/* Whether a frame has a page, and that is of the zone. */
static bool is_of(struct zone *zone, unsigned long pfn)
{
	return pfn_valid(pfn) && page_zone(pfn_to_page(pfn)) == zone;
}

static void show_blocks(struct text *t, struct zone *zone, int node, const char *kind,
			const char *digits, unsigned long mask)
{
	unsigned long pfn = zone->zone_start_pfn & ~(pageblock_nr_pages - 1);

	say(t, "%s %d %s first 0x%lx : ", kind, node, zone->name, pfn);
	for (; pfn < zone_end_pfn(zone); pfn += pageblock_nr_pages)
		say(t, "%c", pfn_valid(pfn) ? digits[get_bits(pfn_to_page(pfn), pfn, mask)] : '.');
	say(t, "\n");
}

static char letter_of(struct zone *zone, unsigned long pfn)
{
	struct page *page;

	if (!is_of(zone, pfn))
		return '.';
	page = pfn_to_page(pfn);
	if (PageBuddy(page))
		return 'B';
	if (PageReserved(page))
		return 'R';
	if (PageLRU(page))
		return 'L';
	if (__PageMovable(page))
		return 'V';
	if (PageCompound(page))
		return 'C';
	return page_ref_count(page) ? 'U' : '0';
}

/* Runs of pages that are alike: a letter and how many. */
static void show_pages(struct text *t, struct zone *zone, int node)
{
	unsigned long pfn = zone->zone_start_pfn, n, count = 0;
	char letter = 0;

	say(t, "pages %d %s first 0x%lx :", node, zone->name, pfn);
	for (; pfn < zone_end_pfn(zone); pfn += n) {
		char next = letter_of(zone, pfn);

		n = next == 'B' ? 1UL << page_private(pfn_to_page(pfn)) : 1;
		if (next != letter && count)
			say(t, " %c%lu", letter, count);
		count = next == letter ? count + n : n;
		letter = next;
	}
	say(t, " %c%lu\n", letter, count);
}

static void show_free(struct text *t, struct zone *zone, int node)
{
	int order, type;

	for (order = 0; order < MAX_ORDER; order++)
		for (type = 0; type < MIGRATE_TYPES; type++) {
			struct list_head *list = &zone->free_area[order].free_list[type];

			if (list_empty(list))
				continue;
			say(t, "free %d %s order %d %c :", node, zone->name, order, letters[type]);
			show_frames(t, list);
		}
	for (order = 0; order < MAX_ORDER; order++)
		say(t, "nr_free %d %s order %d %lu\n", node, zone->name, order,
		    zone->free_area[order].nr_free);
}

static void show_zone(struct text *t, struct zone *zone, int node)
{
	int cpu;

	show_limits(t, zone, node);
	if (!populated_zone(zone))
		return;
	say(t, "numa %d %s hit %lu miss %lu foreign %lu interleave %lu local %lu other %lu\n", node,
	    zone->name, numa_event(zone, NUMA_HIT), numa_event(zone, NUMA_MISS),
	    numa_event(zone, NUMA_FOREIGN), numa_event(zone, NUMA_INTERLEAVE_HIT),
	    numa_event(zone, NUMA_LOCAL), numa_event(zone, NUMA_OTHER));
	for_each_online_cpu(cpu) show_cpu(t, zone, node, cpu);
	show_blocks(t, zone, node, "blocks", letters, 7);
	show_blocks(t, zone, node, "blockbits", "0123456789abcdef", 15);
	show_pages(t, zone, node);
	show_free(t, zone, node);
}

void state_show(const char *name)
{
	struct text *t = &states;
	int node, i;

	say(t, "begin %s\n", name);
	show_globals(t);
	for_each_online_node(node) show_node(t, NODE_DATA(node));
	for_each_online_node(node) for (i = 0; i < MAX_NR_ZONES; i++)
	    show_zone(t, &NODE_DATA(node)->node_zones[i], node);
	say(t, "end %s\n", name);
}
