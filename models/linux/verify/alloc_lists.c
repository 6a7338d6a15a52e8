/*
 * alloc_lists.c - free blocks and the lists of CPUs, out of records of text
 */
#include "models/linux/verify/alloc_records.h"

#include <stdlib.h>
#include <string.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/alloc/pcp.h"

void dump_zonemisc(struct dump_reader *d, const char *record, char *words)
{
	struct zone *zone = dump_zone(d, &words);
	int64_t free_pages = 0;

	if (!zone)
		return;
	zone->nr_reserved_highatomic =
	    (uint64_t)dump_field(d, record, "nr_reserved_highatomic", INT64_MAX);
	zone->nr_isolate_pageblock =
	    (uint64_t)dump_field(d, record, "nr_isolate_pageblock", INT64_MAX);
	zone->flags = (unsigned)dump_field(d, record, "flags", INT32_MAX) &
		      (ZONE_BOOSTED_WATERMARK | ZONE_RECLAIM_ACTIVE);
	zone->percpu_drift_mark = (uint64_t)dump_field(d, record, "percpu_drift_mark", INT64_MAX);
	zone->pageset_high = (int)dump_field(d, record, "pageset_high", INT32_MAX);
	zone->pageset_batch = (int)dump_field(d, record, "pageset_batch", INT32_MAX);
	if (!verify_field(record, "nr_free", &free_pages)) /* may be below 0 */
		dump_wrong(d, "nr_free is missing");
	zone->nr_free_global = free_pages;
}

struct per_cpu_pages *dump_lists(struct dump_reader *d, const char *record, char **words)
{
	struct zone *zone = dump_zone(d, words);
	int64_t cpu = dump_field(d, record, "cpu", d->vm->nr_cpu_ids - 1);

	if (zone && !zone->pcp)
		dump_wrong(d, "lists of a zone without pages");
	return zone && zone->pcp && !d->failed ? &zone->pcp[cpu] : NULL;
}

void dump_pcp(struct dump_reader *d, const char *record, char *words)
{
	struct per_cpu_pages *pcp = dump_lists(d, record, &words);
	int64_t diff = 0;

	if (!pcp)
		return;
	pcp->count = (int)dump_field(d, record, "count", INT32_MAX);
	pcp->high = (int)dump_field(d, record, "high", INT32_MAX);
	pcp->batch = (int)dump_field(d, record, "batch", 1 << 20);
	pcp->free_factor = (int)dump_field(d, record, "free_factor", 30);
	pcp->expire = (int)dump_field(d, record, "expire", INT32_MAX);
	pcp->stat_threshold = (int)dump_field(d, record, "stat_threshold", INT32_MAX);
	if (!verify_field(record, "free_diff", &diff))
		dump_wrong(d, "free_diff is missing");
	pcp->free_diff = (int)diff;
}

/*
 * Where a block of a list goes when the list is drained: to the type that the list is of.  Blocks
 * of a pageblock's size have two lists, of movable ones and of all others; pcptype knows better,
 * and also of pages of a highatomic pageblock, which lie among the movable ones.
 */
static uint8_t type_of_list(int64_t pindex)
{
	if (pindex_to_order((int)pindex) <= PAGE_ALLOC_COSTLY_ORDER)
		return (uint8_t)(pindex % MIGRATE_PCPTYPES);
	return pindex == NR_PCP_LISTS - 1 ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE;
}

void dump_pcplist(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = d->vm;
	struct per_cpu_pages *pcp = dump_lists(d, record, &words);
	int64_t i = dump_field(d, record, "idx", NR_PCP_LISTS - 1);
	int64_t cpu = dump_field(d, record, "cpu", vm->nr_cpu_ids - 1);
	int order = pindex_to_order((int)i);
	uint64_t pfn;

	if (!pcp)
		return;
	dump_skip_colon(d, &words);
	while (!d->failed && dump_frame(d, &words, &pfn)) {
		struct page *page = pfn_to_page(vm, pfn);

		if ((page->flags & (PG_pcp | PG_buddy)) || (pfn & ((1ULL << order) - 1)) ||
		    !pfn_zone(vm, pfn) || pfn_zone(vm, pfn)->pcp + cpu != pcp) {
			dump_wrong(d, "no block of this zone and order, or one on two lists");
			return;
		}
		page->flags |= PG_pcp;
		page->order = (uint8_t)order;
		page->migratetype = type_of_list(i);
		page_list_add_tail(vm->mem_map, &pcp->lists[i], (uint32_t)pfn);
	}
}

/* Types of the blocks one by one; follows the list it belongs to. */
void dump_pcptype(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = d->vm;
	struct per_cpu_pages *pcp = dump_lists(d, record, &words);
	int64_t i = dump_field(d, record, "idx", NR_PCP_LISTS - 1);

	if (!pcp)
		return;
	dump_skip_colon(d, &words);

	const char *letter = verify_word(&words);

	for (uint32_t pfn = pcp->lists[i].head; pfn && *letter; pfn = pfn_to_page(vm, pfn)->next)
		pfn_to_page(vm, pfn)->migratetype = (uint8_t)dump_type(d, letter++);
}

void dump_blockbits(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = d->vm;
	struct zone *zone = dump_zone(d, &words);
	pfn_t pfn = (pfn_t)dump_field(d, record, "first", INT64_MAX);

	dump_skip_colon(d, &words);
	for (const char *p = verify_word(&words); zone && *p && !d->failed;
	     p++, pfn += PAGEBLOCK_NR_PAGES) {
		char digit[2] = { *p, '\0' };
		char *end;
		uint32_t bits = (uint32_t)strtoul(digit, &end, 16);

		if (*p == ALLOC_NO_BLOCK)
			continue;
		if (*end || pfn >= vm->max_pfn || (int)(bits & 7) >= nr_migratetypes(vm))
			dump_wrong(d, "no bits of a pageblock");
		else
			vm->pageblocks[pfn >> PAGEBLOCK_ORDER].bits = (uint8_t)bits;
	}
}

void dump_blocks(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = d->vm;
	struct zone *zone = dump_zone(d, &words);
	pfn_t pfn = (pfn_t)dump_field(d, record, "first", INT64_MAX);

	dump_skip_colon(d, &words);
	for (const char *p = verify_word(&words); zone && *p && !d->failed;
	     p++, pfn += PAGEBLOCK_NR_PAGES) {
		if (*p == ALLOC_NO_BLOCK)
			continue;
		if (pfn >= vm->max_pfn)
			dump_wrong(d, "a pageblock beyond the highest address");
		else
			set_pageblock_migratetype(vm, pfn, dump_type(d, p));
	}
}

void dump_free(struct dump_reader *d, const char *record, char *words)
{
	struct linux_vm *vm = d->vm;
	struct zone *zone = dump_zone(d, &words);

	verify_word(&words); /* order */

	int order = (int)dump_field(d, record, "order", MAX_ORDER - 1);
	uint64_t pfn;

	verify_word(&words);

	int type = dump_type(d, verify_word(&words));

	dump_skip_colon(d, &words);
	while (!d->failed && dump_frame(d, &words, &pfn)) {
		if ((pfn & ((1ULL << order) - 1)) || pfn_zone(vm, pfn) != zone ||
		    pfn + (1ULL << order) > zone_end_pfn(zone) || free_block_order(vm, pfn) >= 0)
			dump_wrong(d, "no free block of this zone and order, or one listed twice");
		else
			add_to_free_list(vm, zone, pfn, order, type, true);
	}
}

/* Pages on a CPU's lists. */
static int pages_on_lists(const struct linux_vm *vm, const struct per_cpu_pages *pcp)
{
	int n = 0;

	for (int i = 0; i < NR_PCP_LISTS; i++)
		for (uint32_t pfn = pcp->lists[i].head; pfn; pfn = pfn_to_page(vm, pfn)->next)
			n += 1 << pindex_to_order(i);
	return n;
}

bool dump_check_lists(struct dump_reader *d)
{
	struct linux_vm *vm = d->vm;

	FOR_EACH_ZONE (vm, zone) {
		for (int cpu = 0; zone->pcp && cpu < vm->nr_cpu_ids; cpu++) {
			const struct per_cpu_pages *pcp = &zone->pcp[cpu];

			if (pcp->count != pages_on_lists(vm, pcp) || pcp->batch < 1)
				dump_wrong(
				    d,
				    "the count of a CPU's lists is not what is on them, or their "
				    "batch is 0");
		}
	}
	return !d->failed;
}

/* Nothing is free: all frames of the zone are somebody's. */
static void empty_zone(struct linux_vm *vm, struct zone *zone)
{
	memset(zone->free_area, 0, sizeof(zone->free_area));
	zone->nr_free_cma = 0;
	for (pfn_t pfn = zone->zone_start_pfn; pfn < zone_end_pfn(zone); pfn++) {
		if ((pfn & (MAX_ORDER_NR_PAGES - 1)) == 0)
			vm->max_blocks[pfn >> (MAX_ORDER - 1)] = (struct max_block){ 0 };
		*pfn_to_page(vm, pfn) = (struct page){ 0 };
	}
	for (int cpu = 0; cpu < vm->nr_cpu_ids; cpu++) {
		memset(zone->pcp[cpu].lists, 0, sizeof(zone->pcp[cpu].lists));
		zone->pcp[cpu].count = 0;
	}
}

bool alloc_frame_is_free(const struct linux_vm *vm, pfn_t pfn)
{
	for (int order = 0; order < MAX_ORDER; order++) {
		pfn_t head = pfn & ~((1ULL << order) - 1);
		const struct page *page = pfn_to_page(vm, head);

		if (free_block_order(vm, head) >= order ||
		    ((page->flags & PG_pcp) && page->order >= order))
			return true;
	}
	return false;
}

bool alloc_lists_adopt(struct verify_case *c, const char *path, struct linux_vm *vm)
{
	static const struct dump_kind kinds[] = {
		{ "zonemisc", dump_zonemisc },   { "blocks", dump_blocks },
		{ "blockbits", dump_blockbits }, { "pcp", dump_pcp },
		{ "pcplist", dump_pcplist },     { "pcptype", dump_pcptype },
		{ "free", dump_free },
	};
	struct dump_reader d = { .c = c, .path = path, .vm = vm };

	FOR_EACH_ZONE (vm, zone)
		if (populated_zone(zone))
			empty_zone(vm, zone);
	return dump_read(&d, kinds, ARRAY_LEN(kinds)) && dump_check_lists(&d);
}
