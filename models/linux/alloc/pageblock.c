/*
 * pageblock.c - the types of pageblocks, and free pages that go from one type to another
 *
 * A request whose own lists are empty takes from another type.  That mixes what can be moved with
 * what cannot, so it takes the largest block there is, all other free pages of the pageblock with
 * it if that is worth it, and the pageblock itself if most of it is alike then; the watermarks rise
 * for a while, so that kswapd makes room for whole blocks.  A few pageblocks are kept for requests
 * that must not wait (high-atomic).
 */
#include "models/linux/alloc/buddy.h"

/* --- bits of a pageblock --- */

void set_pageblock_migratetype(struct linux_vm *vm, pfn_t pfn, int migratetype)
{
	struct pageblock *b = &vm->pageblocks[pfn >> PAGEBLOCK_ORDER];

	if (vm->page_group_by_mobility_disabled && migratetype < MIGRATE_PCPTYPES)
		migratetype = MIGRATE_UNMOVABLE;
	b->bits = (uint8_t)((b->bits & ~7) | migratetype);
}

#define PAGEBLOCK_BITS 0xfu /* three of the migratetype, one for compaction */

uint32_t get_pfnblock_flags_mask(const struct linux_vm *vm, pfn_t pfn, uint32_t mask)
{
	uint8_t bits = vm->pageblocks[pfn >> PAGEBLOCK_ORDER].bits;

	return ((bits & PAGEBLOCK_SKIP) | (unsigned)migratetype_number(vm, bits & 7)) & mask;
}

void set_pfnblock_flags_mask(struct linux_vm *vm, uint32_t flags, pfn_t pfn, uint32_t mask)
{
	struct pageblock *b = &vm->pageblocks[pfn >> PAGEBLOCK_ORDER];

	SIM_ASSERT(!(mask & ~PAGEBLOCK_BITS));
	flags = (get_pfnblock_flags_mask(vm, pfn, PAGEBLOCK_BITS) & ~mask) | (flags & mask);
	b->bits = (uint8_t)((flags & PAGEBLOCK_SKIP) |
			    (unsigned)migratetype_of_number(vm, (int)(flags & 7)));
}

/* --- taking over --- */

/* Where each type looks when its own lists are empty. */
static const int fallbacks[MIGRATE_PCPTYPES][2] = {
	[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

/* Whether a block of this order may take its whole pageblock along. */
static bool can_steal_fallback(const struct linux_vm *vm, int order, int start_type)
{
	return order >= PAGEBLOCK_ORDER / 2 || start_type == MIGRATE_RECLAIMABLE ||
	       start_type == MIGRATE_UNMOVABLE || vm->page_group_by_mobility_disabled;
}

static int find_suitable_fallback(const struct free_area *area, int start_type)
{
	if (area->nr_free == 0 || start_type >= MIGRATE_PCPTYPES)
		return -1;
	for (int i = 0; i < 2; i++)
		if (!page_list_empty(&area->free_list[fallbacks[start_type][i]]))
			return fallbacks[start_type][i];
	return -1;
}

bool has_stealable_block(const struct linux_vm *vm, const struct zone *zone, int order,
			 int migratetype)
{
	return migratetype < MIGRATE_PCPTYPES && can_steal_fallback(vm, order, migratetype) &&
	       find_suitable_fallback(&zone->free_area[order], migratetype) >= 0;
}

/* mult_frac of the kernel: no overflow, truncation in two parts. */
static uint64_t mult_frac(uint64_t x, uint64_t n, uint64_t d)
{
	return x / d * n + x % d * n / d;
}

/* A steal raises the zone's watermarks for a while, so that kswapd makes room for whole blocks.
 * Returns whether it did. */
static bool boost_watermark(const struct linux_vm *vm, struct zone *zone)
{
	uint64_t factor = (uint64_t)vm->sysctl.watermark_boost_factor;

	if (!factor || PAGEBLOCK_NR_PAGES * 4 > zone->managed_pages)
		return false;

	uint64_t max_boost = mult_frac(zone->_watermark[WMARK_HIGH], factor, 10000);

	if (!max_boost)
		return false;
	max_boost = max_u64(PAGEBLOCK_NR_PAGES, max_boost);
	zone->watermark_boost = min_u64(zone->watermark_boost + PAGEBLOCK_NR_PAGES, max_boost);
	return true;
}

/* On an LRU list (a compound page is there as a whole), or movable without one. */
static bool page_movable(const struct page *page)
{
	const struct page *head = page->flags & PG_tail ? page - page->index : page;

	return (head->flags & PG_lru) || (page->flags & PG_movable);
}

static void move_to_free_list(struct linux_vm *vm, struct zone *zone, pfn_t pfn, int order,
			      int migratetype)
{
	del_page_from_free_list(vm, zone, pfn, order);
	add_to_free_list(vm, zone, pfn, order, migratetype, true);
}

int move_freepages_block(struct linux_vm *vm, struct zone *zone, pfn_t pfn, int migratetype,
			 int *movable)
{
	pfn_t start = pfn & ~(PAGEBLOCK_NR_PAGES - 1);
	pfn_t end = start + PAGEBLOCK_NR_PAGES - 1;
	int moved = 0;

	if (movable)
		*movable = 0;
	if (start < zone->zone_start_pfn)
		start = pfn;
	if (end >= zone_end_pfn(zone))
		return 0;
	for (pfn_t p = start; p <= end;) {
		int order = free_block_order(vm, p);

		if (order < 0) {
			if (movable)
				*movable += page_movable(pfn_to_page(vm, p));
			p++;
			continue;
		}
		/* spans may overlap (numa=fake): the kernel only asserts that blocks do not */
		if (pfn_zone(vm, p) == zone) {
			move_to_free_list(vm, zone, p, order, migratetype);
			moved += 1 << order;
		}
		p += 1ULL << order;
	}
	return moved;
}

/* Takes a free block of another type over, with its whole pageblock if that is worth it. */
static void steal_suitable_fallback(struct linux_vm *vm, struct zone *zone, pfn_t pfn, int order,
				    unsigned alloc_flags, int start_type, bool whole_block)
{
	int old_type = get_pageblock_migratetype(vm, pfn);
	int movable;

	if (old_type == MIGRATE_HIGHATOMIC)
		goto single_page;
	if (order >= PAGEBLOCK_ORDER) {
		for (pfn_t p = pfn; p < pfn + (1ULL << order); p += PAGEBLOCK_NR_PAGES)
			set_pageblock_migratetype(vm, p, start_type);
		goto single_page;
	}
	if (boost_watermark(vm, zone) && (alloc_flags & ALLOC_KSWAPD))
		zone->flags |= ZONE_BOOSTED_WATERMARK;
	if (!whole_block)
		goto single_page;

	int free_pages = move_freepages_block(vm, zone, pfn, start_type, &movable);

	if (free_pages == 0)
		goto single_page; /* the block crosses the zone's border */

	int alike = 0;

	if (start_type == MIGRATE_MOVABLE)
		alike = movable;
	else if (old_type == MIGRATE_MOVABLE)
		alike = (int)PAGEBLOCK_NR_PAGES - (free_pages + movable);
	if (free_pages + alike >= (int)(PAGEBLOCK_NR_PAGES / 2) ||
	    vm->page_group_by_mobility_disabled)
		set_pageblock_migratetype(vm, pfn, start_type);
	return;

single_page:
	move_to_free_list(vm, zone, pfn, order, start_type);
}

bool __rmqueue_fallback(struct linux_vm *vm, struct zone *zone, int order, int start_type,
			unsigned alloc_flags)
{
	int min_order = order;
	int o, type = -1;

	if (start_type >= MIGRATE_PCPTYPES)
		return false;
	if (order < PAGEBLOCK_ORDER && (alloc_flags & ALLOC_NOFRAGMENT))
		min_order = PAGEBLOCK_ORDER;
	for (o = MAX_BLOCK_ORDER; o >= min_order; o--) {
		type = find_suitable_fallback(&zone->free_area[o], start_type);
		if (type >= 0)
			break;
	}
	if (type < 0)
		return false;
	/* a movable request that cannot take a whole block takes the smallest instead */
	if (!can_steal_fallback(vm, o, start_type) && start_type == MIGRATE_MOVABLE && o > order) {
		for (o = order; o < MAX_ORDER; o++) {
			type = find_suitable_fallback(&zone->free_area[o], start_type);
			if (type >= 0)
				break;
		}
		SIM_ASSERT(type >= 0);
	}

	uint32_t pfn = zone->free_area[o].free_list[type].head;
	bool whole = can_steal_fallback(vm, o, start_type);

	steal_suitable_fallback(vm, zone, pfn, o, alloc_flags, start_type, whole);
	trace_mm_page_alloc_extfrag(vm->sim, pfn, order, o, start_type, type,
				    get_pageblock_migratetype(vm, pfn) == start_type);
	return true;
}

/* --- high-atomic reserve --- */

void reserve_highatomic_pageblock(struct linux_vm *vm, struct zone *zone, pfn_t pfn)
{
	uint64_t limit = zone->managed_pages / 100 + PAGEBLOCK_NR_PAGES;

	if (zone->nr_reserved_highatomic >= limit)
		return;
	if (get_pageblock_migratetype(vm, pfn) >= MIGRATE_PCPTYPES)
		return;
	zone->nr_reserved_highatomic += PAGEBLOCK_NR_PAGES;
	set_pageblock_migratetype(vm, pfn, MIGRATE_HIGHATOMIC);
	move_freepages_block(vm, zone, pfn, MIGRATE_HIGHATOMIC, NULL);
}

static bool unreserve_from_zone(struct linux_vm *vm, struct zone *zone, int migratetype)
{
	for (int o = 0; o < MAX_ORDER; o++) {
		uint32_t pfn = zone->free_area[o].free_list[MIGRATE_HIGHATOMIC].head;

		if (!pfn)
			continue;
		if (get_pageblock_migratetype(vm, pfn) == MIGRATE_HIGHATOMIC)
			zone->nr_reserved_highatomic -=
			    min_u64(PAGEBLOCK_NR_PAGES, zone->nr_reserved_highatomic);
		set_pageblock_migratetype(vm, pfn, migratetype);
		if (move_freepages_block(vm, zone, pfn, migratetype, NULL))
			return true;
	}
	return false;
}

bool unreserve_highatomic_pageblock(struct linux_vm *vm, const struct zonelist *zl,
				    int highest_zoneidx, int migratetype, bool force)
{
	for (int i = 0; i < zl->n; i++) {
		struct zone *zone = zl->ref[i].zone;

		if (zl->ref[i].zone_idx > highest_zoneidx)
			continue;
		if (!force && zone->nr_reserved_highatomic <= PAGEBLOCK_NR_PAGES)
			continue;
		if (unreserve_from_zone(vm, zone, migratetype))
			return true;
	}
	return false;
}
