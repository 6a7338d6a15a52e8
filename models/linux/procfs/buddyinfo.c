/*
 * buddyinfo.c - /proc/buddyinfo and /proc/pagetypeinfo: how memory is cut up
 */
#include <inttypes.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/procfs/procfs.h"

#define MAX_COUNTED 100000 /* the real kernel walks the lists, and stops there */

#define FOR_EACH_POPULATED_ZONE(node, zone)                                                        \
	for (struct zone *zone = (node)->zones; zone < (node)->zones + MAX_NR_ZONES; zone++)       \
		if (populated_zone(zone))

void buddyinfo_show(struct sim *s, struct str *out)
{
	struct linux_vm *vm = linux_vm(s);

	FOR_EACH_NODE (vm, node) {
		FOR_EACH_POPULATED_ZONE (node, zone) {
			str_addf(out, "Node %d, zone %8s ", node->node_id, zone->name);
			for (int o = 0; o < MAX_ORDER; o++)
				str_addf(out, "%6" PRIu64 " ", zone->free_area[o].nr_free);
			str_addc(out, '\n');
		}
	}
}

/* --- pagetypeinfo --- */

static void show_free_counts(const struct linux_vm *vm, const struct zone *zone, struct str *out)
{
	for (int number = 0; number < nr_migratetypes(vm); number++) {
		int type = migratetype_of_number(vm, number);

		str_addf(out, "Node %4d, zone %8s, type %12s ", zone->node->node_id, zone->name,
			 migratetype_names[type]);
		for (int o = 0; o < MAX_ORDER; o++) {
			uint32_t n = zone->free_area[o].nr_free_type[type];

			if (n < MAX_COUNTED)
				str_addf(out, "%6" PRIu32 " ", n);
			else
				str_addf(out, ">%6d ", MAX_COUNTED);
		}
		str_addc(out, '\n');
	}
}

/*
 * Steps of a pageblock from the start of the zone, which in DMA is page 1: each block is judged by
 * one of its pages.  What another zone has of a mixed span, and sections that are not there, do not
 * count.
 */
static void show_block_counts(struct linux_vm *vm, const struct zone *zone, struct str *out)
{
	uint64_t blocks[MIGRATE_TYPES] = { 0 };

	for (pfn_t pfn = zone->zone_start_pfn; pfn < zone_end_pfn(zone); pfn += PAGEBLOCK_NR_PAGES)
		if (frame_in_zone(vm, zone, pfn))
			blocks[get_pageblock_migratetype(vm, pfn)]++;
	str_addf(out, "Node %d, zone %8s ", zone->node->node_id, zone->name);
	for (int n = 0; n < nr_migratetypes(vm); n++)
		str_addf(out, "%12" PRIu64 " ", blocks[migratetype_of_number(vm, n)]);
	str_addc(out, '\n');
}

void pagetypeinfo_show(struct sim *s, struct str *out)
{
	struct linux_vm *vm = linux_vm(s);

	FOR_EACH_NODE (vm, node) {
		if (!node->node_present_pages)
			continue;
		str_addf(out, "Page block order: %d\nPages per block:  %llu\n\n", PAGEBLOCK_ORDER,
			 PAGEBLOCK_NR_PAGES);
		str_addf(out, "%-43s ", "Free pages count per migrate type at order");
		for (int o = 0; o < MAX_ORDER; o++)
			str_addf(out, "%6d ", o);
		str_addc(out, '\n');
		FOR_EACH_POPULATED_ZONE (node, zone)
			show_free_counts(vm, zone, out);
		str_addf(out, "\n%-23s", "Number of blocks type ");
		for (int n = 0; n < nr_migratetypes(vm); n++)
			str_addf(out, "%12s ", migratetype_names[migratetype_of_number(vm, n)]);
		str_addc(out, '\n');
		FOR_EACH_POPULATED_ZONE (node, zone)
			show_block_counts(vm, zone, out);
	}
}
