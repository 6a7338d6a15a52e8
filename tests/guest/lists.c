/*
 * lists.c - the page allocator of the running kernel, frame by frame
 *
 * What is free lies in lists of the kernel that no file of /proc shows.  One CPU, one node.
 */
#include "lists.h"

#include <inttypes.h>
#include <stdbool.h>

#include "kernel.h"

#define PAGEBLOCK      512
#define SECTION        32768 /* frames with a common record of their pageblocks */
#define NR_PCP_LISTS   14
#define PCP_TYPES      3
#define PCP_HUGE_ORDER 9

/* --- what is looked for --- */

static struct {
	uint64_t node, cpu, frames, sections, ratelimit; /* addresses */
	uint64_t page, page_lru, section, section_usage, usage_bits;
	uint64_t zone, zone_name, zone_start, zone_spanned, zone_managed, zone_area, zone_pcp,
	    zone_stats, zone_high, zone_batch, zone_flags, zone_drift, zone_highatomic,
	    zone_isolated, zone_stat;
	uint64_t area, area_free;
	uint64_t pcp_count, pcp_high, pcp_batch, pcp_factor, pcp_expire, pcp_lists;
	uint64_t stats_diff, stats_threshold;
	uint64_t nodes, heads, cache_cpu, cache_node, cache_link, cache_random, cpu_free, cpu_slab,
	    cpu_partial, node_partial, slab_list, slab_next, slab_free, slab_counts;
	unsigned zones, orders, types;
} k;

static void find_zone(void)
{
	k.zone = size_of("zone");
	k.zone_name = offset_of("zone", "name");
	k.zone_start = offset_of("zone", "zone_start_pfn");
	k.zone_spanned = offset_of("zone", "spanned_pages");
	k.zone_managed = offset_of("zone", "managed_pages");
	k.zone_area = offset_of("zone", "free_area");
	k.zone_pcp = offset_of("zone", "per_cpu_pageset");
	k.zone_stats = offset_of("zone", "per_cpu_zonestats");
	k.zone_high = offset_of("zone", "pageset_high");
	k.zone_batch = offset_of("zone", "pageset_batch");
	k.zone_flags = offset_of("zone", "flags");
	k.zone_drift = offset_of("zone", "percpu_drift_mark");
	k.zone_highatomic = offset_of("zone", "nr_reserved_highatomic");
	k.zone_isolated = offset_of("zone", "nr_isolate_pageblock");
	k.zone_stat = offset_of("zone", "vm_stat");
	k.zones = elements("pglist_data", "node_zones");
	k.orders = elements("zone", "free_area");
	k.types = elements("free_area", "free_list");
	k.area = size_of("free_area");
	k.area_free = offset_of("free_area", "free_list");
}

static void find_lists_of_cpu(void)
{
	k.pcp_count = offset_of("per_cpu_pages", "count");
	k.pcp_high = offset_of("per_cpu_pages", "high");
	k.pcp_batch = offset_of("per_cpu_pages", "batch");
	k.pcp_factor = offset_of("per_cpu_pages", "free_factor");
	k.pcp_expire = offset_of("per_cpu_pages", "expire");
	k.pcp_lists = offset_of("per_cpu_pages", "lists");
	k.stats_diff = offset_of("per_cpu_zonestat", "vm_stat_diff");
	k.stats_threshold = offset_of("per_cpu_zonestat", "stat_threshold");
}

static void find_slabs(void)
{
	k.nodes = pointer(symbol("radix_tree_node_cachep"));
	k.heads = pointer(symbol("bh_cachep"));
	k.cache_cpu = offset_of("kmem_cache", "cpu_slab");
	k.cache_node = offset_of("kmem_cache", "node");
	k.cache_link = offset_of("kmem_cache", "offset");
	k.cache_random = offset_of("kmem_cache", "random");
	k.cpu_free = offset_of("kmem_cache_cpu", "freelist");
	k.cpu_slab = offset_of("kmem_cache_cpu", "slab");
	k.cpu_partial = offset_of("kmem_cache_cpu", "partial");
	k.node_partial = offset_of("kmem_cache_node", "partial");
	k.slab_list = offset_of("slab", "slab_list");
	k.slab_next = offset_of("slab", "next");
	k.slab_free = offset_of("slab", "freelist");
	k.slab_counts = offset_of("slab", "counters");
}

void lists_open(void)
{
	find_zone();
	find_lists_of_cpu();
	find_slabs();
	k.page = size_of("page");
	k.page_lru = offset_of("page", "lru");
	k.section = size_of("mem_section");
	k.section_usage = offset_of("mem_section", "usage");
	k.usage_bits = offset_of("mem_section_usage", "pageblock_flags");
	k.node = pointer(symbol("node_data")) + offset_of("pglist_data", "node_zones");
	k.cpu = pointer(symbol("__per_cpu_offset"));
	k.frames = pointer(symbol("vmemmap_base"));
	k.sections = pointer(pointer(symbol("mem_section")));
	k.ratelimit = symbol("ratelimit_pages");
}

/* --- what is found --- */

static const char *type_name(unsigned type)
{
	static const char *const four[] = { "U", "M", "E", "H" };

	return type < 4 ? four[type] : type + 1 == k.types ? "I" : "C";
}

/* The frames of a list, from its head on. */
static void print_frames(FILE *out, uint64_t list)
{
	for (uint64_t p = pointer(list); p != list; p = pointer(p))
		fprintf(out, " %" PRIx64, (p - k.page_lru - k.frames) / k.page);
	fprintf(out, "\n");
}

static void print_blocks(FILE *out, uint64_t zone, const char *name)
{
	uint64_t first = pointer(zone + k.zone_start) / PAGEBLOCK * PAGEBLOCK;
	uint64_t end = pointer(zone + k.zone_start) + pointer(zone + k.zone_spanned);

	fprintf(out, "blockbits 0 %s first 0x%" PRIx64 " : ", name, first);
	for (uint64_t pfn = first; pfn < end; pfn += PAGEBLOCK) {
		uint64_t usage = pointer(k.sections + pfn / SECTION * k.section + k.section_usage);
		uint64_t bit = pfn % SECTION / PAGEBLOCK * 4;

		/* a section that is all hole has none */
		fprintf(out, "%x",
			usage ? (unsigned)(at(usage + k.usage_bits + bit / 8, 1) >> bit % 8 & 15)
			      : 0);
	}
	fprintf(out, "\n");
}

static void print_cpu(FILE *out, uint64_t zone, const char *name)
{
	uint64_t pcp = pointer(zone + k.zone_pcp) + k.cpu;
	uint64_t stats = pointer(zone + k.zone_stats) + k.cpu;

	fprintf(
	    out,
	    "pcp 0 %s cpu 0 count %d high %d batch %d free_factor %d expire %d stat_threshold %d "
	    "free_diff %d\n",
	    name, integer(pcp + k.pcp_count), integer(pcp + k.pcp_high), integer(pcp + k.pcp_batch),
	    (int)(int16_t)at(pcp + k.pcp_factor, 2), (int)(int16_t)at(pcp + k.pcp_expire, 2),
	    (int)(int8_t)at(stats + k.stats_threshold, 1),
	    (int)(int8_t)at(stats + k.stats_diff, 1));
	for (unsigned i = 0; i < NR_PCP_LISTS; i++) {
		uint64_t list = pcp + k.pcp_lists + i * 16;
		unsigned order = i / PCP_TYPES;

		if (pointer(list) == list)
			continue;
		fprintf(out, "pcplist 0 %s cpu 0 idx %u order %u %s :", name, i,
			order < 4 ? order : PCP_HUGE_ORDER, type_name(i % PCP_TYPES));
		print_frames(out, list);
		fprintf(out, "pcptype 0 %s cpu 0 idx %u : ", name, i);
		for (uint64_t p = pointer(list); p != list; p = pointer(p))
			fprintf(out, "%s", type_name(i % PCP_TYPES));
		fprintf(out, "\n");
	}
}

static void print_zone(FILE *out, uint64_t zone)
{
	char name[8];

	read_name(pointer(zone + k.zone_name), name, sizeof(name));
	fprintf(out,
		"zonemisc 0 %s nr_reserved_highatomic %" PRIu64 " nr_isolate_pageblock %" PRIu64
		" flags 0x%" PRIx64 " percpu_drift_mark %" PRIu64
		" pageset_high %d pageset_batch %d nr_free %" PRId64 "\n",
		name, pointer(zone + k.zone_highatomic), pointer(zone + k.zone_isolated),
		pointer(zone + k.zone_flags), pointer(zone + k.zone_drift),
		integer(zone + k.zone_high), integer(zone + k.zone_batch),
		(int64_t)pointer(zone + k.zone_stat));
	print_cpu(out, zone, name);
	print_blocks(out, zone, name);
	for (unsigned order = 0; order < k.orders; order++)
		for (unsigned type = 0; type < k.types; type++) {
			uint64_t list =
			    zone + k.zone_area + order * k.area + k.area_free + type * 16;

			if (pointer(list) == list)
				continue;
			fprintf(out, "free 0 %s order %u %s :", name, order, type_name(type));
			print_frames(out, list);
		}
}

/* --- objects --- */

/* Objects of a list of free ones: each holds the next one's address, disguised. */
static unsigned free_objects(uint64_t cache, uint64_t object)
{
	unsigned n = 0;

	for (; object; n++) {
		uint64_t link = object + (uint32_t)integer(cache + k.cache_link);

		object = pointer(link) ^ pointer(cache + k.cache_random) ^ __builtin_bswap64(link);
	}
	return n;
}

/* Those that a slab has beyond the ones in use. */
static unsigned free_of_slab(uint64_t slab)
{
	uint64_t counts = pointer(slab + k.slab_counts);

	return (unsigned)((counts >> 16 & 0x7fff) - (counts & 0xffff));
}

/* Objects of a cache that could be taken without a new slab. */
static unsigned free_of_cache(uint64_t cache)
{
	uint64_t cpu = pointer(cache + k.cache_cpu) + k.cpu;
	uint64_t list = pointer(cache + k.cache_node) + k.node_partial;
	uint64_t slab = pointer(cpu + k.cpu_slab);
	unsigned n = free_objects(cache, pointer(cpu + k.cpu_free));

	n += slab ? free_objects(cache, pointer(slab + k.slab_free)) : 0;
	for (slab = pointer(cpu + k.cpu_partial); slab; slab = pointer(slab + k.slab_next))
		n += free_of_slab(slab);
	for (uint64_t p = pointer(list); p != list; p = pointer(p))
		n += free_of_slab(p - k.slab_list);
	return n;
}

void lists_print(FILE *out)
{
	fprintf(out, "free_nodes %u\nfree_heads %u\nratelimit_pages %" PRIu64 "\n",
		free_of_cache(k.nodes), free_of_cache(k.heads), pointer(k.ratelimit));
	for (unsigned z = 0; z < k.zones; z++)
		if (pointer(k.node + z * k.zone + k.zone_managed))
			print_zone(out, k.node + z * k.zone);
}
