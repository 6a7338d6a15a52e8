/*
 * limits.c - nodes, zones and limits of the running kernel's page allocator
 *
 * No file of /proc shows zonelists, reserves of a node or the kernel's own page numbers of an empty
 * zone: they are read where its types say that they lie.
 */
#include "limits.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#include "../kernel.h"

static struct {
	uint64_t nodes, offsets, totalreserve, totalram; /* addresses */
	uint64_t node_start, node_spanned, node_present, node_zones, node_nr_zones, node_reserve,
	    node_unmapped, node_slab, node_lists;
	uint64_t list, list_refs, ref, ref_zone;
	uint64_t zone, zone_node, zone_name, zone_start, zone_spanned, zone_present, zone_early,
	    zone_managed, zone_contiguous, zone_wmark, zone_boost, zone_reserve, zone_pcp,
	    zone_stats, zone_high, zone_batch, zone_drift;
	uint64_t pcp_high, pcp_batch, threshold;
	unsigned zones, reserves;
} k;

static void find_node(void)
{
	k.node_start = offset_of("pglist_data", "node_start_pfn");
	k.node_spanned = offset_of("pglist_data", "node_spanned_pages");
	k.node_present = offset_of("pglist_data", "node_present_pages");
	k.node_zones = offset_of("pglist_data", "node_zones");
	k.node_nr_zones = offset_of("pglist_data", "nr_zones");
	k.node_reserve = offset_of("pglist_data", "totalreserve_pages");
	k.node_unmapped = offset_of("pglist_data", "min_unmapped_pages");
	k.node_slab = offset_of("pglist_data", "min_slab_pages");
	k.node_lists = offset_of("pglist_data", "node_zonelists");
	k.list = size_of("zonelist");
	k.list_refs = offset_of("zonelist", "_zonerefs");
	k.ref = size_of("zoneref");
	k.ref_zone = offset_of("zoneref", "zone");
	k.zones = elements("pglist_data", "node_zones");
}

static void find_zone(void)
{
	k.zone = size_of("zone");
	k.zone_node = offset_of("zone", "node");
	k.zone_name = offset_of("zone", "name");
	k.zone_start = offset_of("zone", "zone_start_pfn");
	k.zone_spanned = offset_of("zone", "spanned_pages");
	k.zone_present = offset_of("zone", "present_pages");
	k.zone_early = offset_of("zone", "present_early_pages");
	k.zone_managed = offset_of("zone", "managed_pages");
	k.zone_contiguous = offset_of("zone", "contiguous");
	k.zone_wmark = offset_of("zone", "_watermark");
	k.zone_boost = offset_of("zone", "watermark_boost");
	k.zone_reserve = offset_of("zone", "lowmem_reserve");
	k.zone_pcp = offset_of("zone", "per_cpu_pageset");
	k.zone_stats = offset_of("zone", "per_cpu_zonestats");
	k.zone_high = offset_of("zone", "pageset_high");
	k.zone_batch = offset_of("zone", "pageset_batch");
	k.zone_drift = offset_of("zone", "percpu_drift_mark");
	k.reserves = elements("zone", "lowmem_reserve");
	k.pcp_high = offset_of("per_cpu_pages", "high");
	k.pcp_batch = offset_of("per_cpu_pages", "batch");
	k.threshold = offset_of("per_cpu_zonestat", "stat_threshold");
}

void limits_open(void)
{
	find_node();
	find_zone();
	k.nodes = symbol("node_data");
	k.offsets = symbol("__per_cpu_offset");
	k.totalreserve = symbol("totalreserve_pages");
	k.totalram = symbol("_totalram_pages");
}

/* --- which nodes and CPUs there are --- */

/* A file of /sys as "0-2,5": its numbers, one after another. */
struct numbers {
	char text[256];
	const char *rest;
	int now, end; /* of the stretch */
};

static void open_numbers(struct numbers *n, const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f || !fgets(n->text, sizeof(n->text), f))
		fail(path);
	fclose(f);
	n->rest = n->text;
	n->now = n->end = -1;
}

/* -1: there are no more. */
static int next(struct numbers *n)
{
	char *end;

	if (n->now < n->end)
		return ++n->now;
	if (*n->rest < '0' || *n->rest > '9')
		return -1;
	n->now = n->end = (int)strtol(n->rest, &end, 10);
	if (*end == '-')
		n->end = (int)strtol(end + 1, &end, 10);
	n->rest = end + (*end == ',');
	return n->now;
}

static void zone_name(uint64_t zone, char *to, size_t room)
{
	read_name(pointer(zone + k.zone_name), to, room);
}

/* --- a node --- */

static void print_zonelist(FILE *out, int nid, uint64_t list, const char *what)
{
	char name[16];

	fprintf(out, "zonelist %d %s", nid, what);
	for (uint64_t ref = list + k.list_refs; pointer(ref + k.ref_zone); ref += k.ref) {
		uint64_t zone = pointer(ref + k.ref_zone);

		zone_name(zone, name, sizeof(name));
		fprintf(out, " %d:%s", integer(zone + k.zone_node), name);
	}
	fprintf(out, "\n");
}

static void print_node(FILE *out, int nid, uint64_t node)
{
	fprintf(out,
		"node %d start 0x%" PRIx64 " spanned %" PRIu64 " present %" PRIu64
		" nr_zones %d totalreserve %" PRIu64 " min_unmapped %" PRIu64 " min_slab %" PRIu64
		"\n",
		nid, pointer(node + k.node_start), pointer(node + k.node_spanned),
		pointer(node + k.node_present), integer(node + k.node_nr_zones),
		pointer(node + k.node_reserve), pointer(node + k.node_unmapped),
		pointer(node + k.node_slab));
	print_zonelist(out, nid, node + k.node_lists, "fallback");
	print_zonelist(out, nid, node + k.node_lists + k.list, "thisnode");
}

/* --- a zone --- */

static void print_cpu(FILE *out, uint64_t zone, int nid, const char *name, int cpu)
{
	uint64_t offset = pointer(k.offsets + (uint64_t)cpu * 8);
	uint64_t pcp = pointer(zone + k.zone_pcp) + offset;
	uint64_t stats = pointer(zone + k.zone_stats) + offset;

	fprintf(out, "pcp %d %s cpu %d high %d batch %d stat_threshold %d\n", nid, name, cpu,
		integer(pcp + k.pcp_high), integer(pcp + k.pcp_batch),
		(int)(int8_t)at(stats + k.threshold, 1));
}

static void print_zone(FILE *out, uint64_t zone, int nid, unsigned idx)
{
	static const char *const marks[] = { "min", "low", "high", "promo" };
	uint64_t present = pointer(zone + k.zone_present);
	struct numbers cpus;
	char name[16];

	zone_name(zone, name, sizeof(name));
	fprintf(out,
		"zone %d %s idx %u start 0x%" PRIx64 " spanned %" PRIu64 " present %" PRIu64
		" present_early %" PRIu64 " managed %" PRIu64 " populated %d contiguous %d\n",
		nid, name, idx, pointer(zone + k.zone_start), pointer(zone + k.zone_spanned),
		present, pointer(zone + k.zone_early), pointer(zone + k.zone_managed), present != 0,
		(int)at(zone + k.zone_contiguous, 1));
	fprintf(out, "wmark %d %s", nid, name);
	for (unsigned i = 0; i < 4; i++)
		fprintf(out, " %s %" PRIu64, marks[i], pointer(zone + k.zone_wmark + i * 8));
	fprintf(out, " boost %" PRIu64 "\n", pointer(zone + k.zone_boost));
	fprintf(out, "lowmem_reserve %d %s", nid, name);
	for (unsigned i = 0; i < k.reserves; i++)
		fprintf(out, " %" PRId64, (int64_t)pointer(zone + k.zone_reserve + i * 8));
	fprintf(out,
		"\nzonemisc %d %s percpu_drift_mark %" PRIu64 " pageset_high %d pageset_batch %d\n",
		nid, name, pointer(zone + k.zone_drift), integer(zone + k.zone_high),
		integer(zone + k.zone_batch));
	open_numbers(&cpus, "/sys/devices/system/cpu/online");
	for (int cpu; present && (cpu = next(&cpus)) >= 0;)
		print_cpu(out, zone, nid, name, cpu);
}

void limits_print(FILE *out)
{
	static const char online[] = "/sys/devices/system/node/online";
	struct numbers nodes;

	fprintf(out, "mmprobe totalreserve_pages %" PRIu64 " totalram_pages %" PRIu64 "\n",
		pointer(k.totalreserve), pointer(k.totalram));
	open_numbers(&nodes, online);
	for (int nid; (nid = next(&nodes)) >= 0;)
		print_node(out, nid, pointer(k.nodes + (uint64_t)nid * 8));
	open_numbers(&nodes, online);
	for (int nid; (nid = next(&nodes)) >= 0;) {
		uint64_t node = pointer(k.nodes + (uint64_t)nid * 8);

		for (unsigned i = 0; i < k.zones; i++)
			print_zone(out, node + k.node_zones + i * k.zone, nid, i);
	}
	fprintf(out, "end\n");
}
