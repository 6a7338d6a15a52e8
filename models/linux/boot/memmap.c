/*
 * memmap.c - which frames there are, and the types their pageblocks begin with
 *
 *	sections of 128 MiB with memory  ->  pageblocks that are there
 *	zones of each node               ->  types; those the kernel initialises late are Unmovable
 */
#include "models/linux/alloc/buddy.h"
#include "models/linux/boot/boot.h"

#define DEFERRED_AFTER PAGES_PER_SECTION /* pages of a node's last zone initialised at once */

int sparse_memory_present_with_active_regions(struct linux_vm *vm, int nid)
{
	const uint64_t blocks = PAGES_PER_SECTION / PAGEBLOCK_NR_PAGES;
	int added = 0;

	for (int i = 0; i < vm->memory.n; i++) {
		const struct mem_range *r = &vm->memory.r[i];

		if (nid != MEMBLOCK_ANY_NODE && r->nid != nid)
			continue;
		for (uint64_t s = r->start / PAGES_PER_SECTION;
		     s <= (r->end - 1) / PAGES_PER_SECTION; s++) {
			if (vm->pageblocks[s * blocks].valid)
				continue;
			for (uint64_t b = 0; b < blocks; b++)
				vm->pageblocks[s * blocks + b].valid = true;
			added++;
		}
	}
	return added;
}

static pages_t zone_pages_up_to(const struct linux_vm *vm, const struct zone *zone, pfn_t pfn)
{
	return memblock_pages(&vm->memory, zone->zone_start_pfn, pfn, zone->node->node_id);
}

pfn_t first_deferred_pfn(const struct linux_vm *vm, const struct pglist_data *node)
{
	if (!node->nr_zones)
		return UINT64_MAX;

	const struct zone *zone = &node->zones[node->nr_zones - 1];
	pfn_t pfn = div_round_up(zone->zone_start_pfn, PAGES_PER_SECTION) * PAGES_PER_SECTION;

	for (; pfn < zone_end_pfn(zone); pfn += PAGES_PER_SECTION) {
		const struct mem_range *r = memblock_find(&vm->memory, pfn);

		if (r && r->nid == node->node_id &&
		    zone_pages_up_to(vm, zone, pfn + 1) > DEFERRED_AFTER)
			return pfn;
	}
	return UINT64_MAX;
}

/* The pageblocks of one zone's memory in [start, end). */
static void init_pageblocks(struct linux_vm *vm, const struct zone *zone, pfn_t start, pfn_t end,
			    pfn_t deferred)
{
	uint16_t id = pageblock_zone_id(zone);

	for (uint64_t b = start >> PAGEBLOCK_ORDER; b <= (end - 1) >> PAGEBLOCK_ORDER; b++) {
		struct pageblock *block = &vm->pageblocks[b];
		pfn_t first = b << PAGEBLOCK_ORDER;

		block->subsection = true;
		block->zone = block->zone == PAGEBLOCK_NONE ? id : PAGEBLOCK_MIXED;
		if (first < start)
			continue; /* its first page is a hole, or another zone's */
		if (first < deferred || !memblock_find(&vm->reserved, first))
			block->bits = MIGRATE_MOVABLE;
	}
}

/* Holes in present sections belong to the zone above them, after the last memory to the last. */
static void init_hole_blocks(struct linux_vm *vm, uint64_t nr_blocks)
{
	const struct mem_range *last = &vm->memory.r[vm->memory.n - 1];
	uint16_t above = vm->pageblocks[(last->end - 1) >> PAGEBLOCK_ORDER].zone;

	for (uint64_t b = nr_blocks; b-- > 0;) {
		struct pageblock *block = &vm->pageblocks[b];

		if (block->zone == PAGEBLOCK_NONE && block->valid && above != PAGEBLOCK_MIXED)
			block->zone = above;
		else if (block->zone != PAGEBLOCK_NONE)
			above = block->zone;
	}
}

uint64_t nr_pageblocks(const struct linux_vm *vm)
{
	return div_round_up(vm->max_pfn, PAGES_PER_SECTION) *
	       (PAGES_PER_SECTION / PAGEBLOCK_NR_PAGES);
}

void memmap_init(struct linux_vm *vm)
{
	uint64_t nr_blocks = nr_pageblocks(vm);

	vm->mem_map = sim_reserve(nr_blocks * PAGEBLOCK_NR_PAGES * sizeof(struct page));
	vm->buffer_slabs = sim_reserve(nr_blocks * PAGEBLOCK_NR_PAGES * sizeof(*vm->buffer_slabs));
	vm->max_blocks = sim_reserve(nr_blocks / 2 * sizeof(*vm->max_blocks));
	vm->pageblocks = sim_calloc(nr_blocks, sizeof(*vm->pageblocks));
	for (uint64_t b = 0; b < nr_blocks; b++)
		vm->pageblocks[b].zone = PAGEBLOCK_NONE;
	sparse_memory_present_with_active_regions(vm, MEMBLOCK_ANY_NODE);
	for (int i = 0; i < vm->memory.n; i++) {
		const struct mem_range *r = &vm->memory.r[i];
		struct pglist_data *node = &vm->nodes[r->nid];
		pfn_t deferred = first_deferred_pfn(vm, node);

		for (int z = 0; z < MAX_NR_ZONES; z++) {
			const struct zone *zone = &node->zones[z];
			pfn_t start = max_u64(r->start, zone->zone_start_pfn);
			pfn_t end = min_u64(r->end, zone_end_pfn(zone));

			if (!zone->present_pages)
				continue;
			/* with kernelcore=mirror it may lie in the span of ZONE_NORMAL */
			if (z < ZONE_MOVABLE && node->zones[ZONE_MOVABLE].spanned_pages)
				end = min_u64(end, node->zones[ZONE_MOVABLE].zone_start_pfn);
			if (start < end)
				init_pageblocks(vm, zone, start, end,
						z + 1 == node->nr_zones ? deferred : UINT64_MAX);
		}
	}
	init_hole_blocks(vm, nr_blocks);
}

/* A zone that has lost all of its memory has no hole either. */
void set_zone_contiguous(struct linux_vm *vm, struct zone *zone)
{
	zone->contiguous = true;
	for (pfn_t pfn = zone->zone_start_pfn; pfn < zone_end_pfn(zone) && zone->contiguous;) {
		pfn_t end = min_u64((pfn | (PAGEBLOCK_NR_PAGES - 1)) + 1, zone_end_pfn(zone));

		zone->contiguous = frame_in_zone(vm, zone, pfn) && frame_in_zone(vm, zone, end - 1);
		pfn = end;
	}
}
