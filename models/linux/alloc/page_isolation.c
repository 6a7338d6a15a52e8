/*
 * page_isolation.c - taking pageblocks away from the allocator and giving them back
 *
 *	range                      |-----------------------|
 *	pageblocks    |.......|IIIIIII|IIIIIII|IIIIIII|.......|
 *	free block            |~~~~~~~~~~~~~~~|
 *	                              ^ split at the border, or a part would leave with the rest
 *
 * First the block at the lower border, then that at the upper one, then those
 * between.  The two at the borders are looked at as a whole, not only where the
 * range covers them: a page in use beside the range makes it busy, too.
 */
#include <errno.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/alloc/page_isolation.h"
#include "models/linux/boot/boot.h"

static bool is_isolated(const struct linux_vm *vm, pfn_t pfn)
{
	return get_pageblock_migratetype(vm, pfn) == MIGRATE_ISOLATE;
}

static bool pageblock_online(const struct linux_vm *vm, pfn_t pfn)
{
	return pfn < vm->max_pfn && vm->pageblocks[pfn >> PAGEBLOCK_ORDER].valid;
}

/* Pages of an isolated type do not count as free. */
static void mod_freepage_state(struct zone *zone, const struct cpu *cpu, int64_t pages,
			       int migratetype)
{
	if (migratetype != MIGRATE_ISOLATE)
		mod_zone_free_pages(zone, cpu, pages);
}

/* Frames of the block that begins with head, a compound page. */
static pfn_t compound_nr(const struct page *head)
{
	return 1ULL << head->order;
}

/* Taken at boot, or a hole. */
static bool is_reserved(const struct linux_vm *vm, pfn_t pfn)
{
	return memblock_find(&vm->reserved, pfn) || !memblock_find(&vm->memory, pfn);
}

/*
 * Whether [start, end), inside a pageblock, has a page that is neither free nor movable.  A CMA
 * block is all movable for the area itself, and not to be had for anybody else.
 */
static bool has_unmovable_pages(const struct linux_vm *vm, const struct zone *zone, pfn_t start,
				pfn_t end, int migratetype)
{
	if (get_pageblock_migratetype(vm, start) == MIGRATE_CMA)
		return migratetype != MIGRATE_CMA;
	for (pfn_t pfn = start; pfn < end;) {
		const struct page *page = pfn_to_page(vm, pfn);
		int order = free_block_order(vm, pfn);

		if (is_reserved(vm, pfn))
			return true;
		if (order >= 0) {
			pfn += 1ULL << order;
			continue;
		}
		if (page[page->flags & PG_tail ? -(int64_t)page->index : 0].flags & PG_hugetlb)
			return true; /* pages of a pool are not migrated */
		if (zone->idx != ZONE_MOVABLE && (page->flags & (PG_head | PG_tail))) {
			pfn_t offset = page->flags & PG_tail ? page->index : 0;

			if (!(page[-(int64_t)offset].flags & (PG_lru | PG_movable)))
				return true;
			pfn += compound_nr(page - offset) - offset;
			continue;
		}
		if (zone->idx != ZONE_MOVABLE && page->refcount &&
		    !(page->flags & (PG_lru | PG_movable)))
			return true;
		pfn++;
	}
	return false;
}

static int set_migratetype_isolate(struct linux_vm *vm, const struct cpu *cpu, struct zone *zone,
				   pfn_t block, pfn_t start, pfn_t end, int migratetype)
{
	int old = get_pageblock_migratetype(vm, block);

	if (old == MIGRATE_ISOLATE ||
	    has_unmovable_pages(vm, zone, max_u64(block, start),
				min_u64(pageblock_end_pfn(block), end), migratetype))
		return -EBUSY;
	set_pageblock_migratetype(vm, block, MIGRATE_ISOLATE);
	zone->nr_isolate_pageblock++;
	mod_freepage_state(zone, cpu, -move_freepages_block(vm, zone, block, MIGRATE_ISOLATE, NULL),
			   old);
	return 0;
}

bool __isolate_free_page(struct linux_vm *vm, const struct cpu *cpu, pfn_t pfn, int order)
{
	struct zone *zone = pfn_zone(vm, pfn);
	int type = get_pageblock_migratetype(vm, pfn);

	if (type != MIGRATE_ISOLATE) {
		uint64_t mark = zone->_watermark[WMARK_MIN] + (1ULL << order);

		if (!zone_watermark_ok(zone, 0, mark, 0, ALLOC_CMA))
			return false;
		mod_zone_free_pages(zone, cpu, -(1LL << order));
	}
	del_page_from_free_list(vm, zone, pfn, order);
	if (order < PAGEBLOCK_ORDER - 1)
		return true;
	for (pfn_t p = pfn; p < pfn + (1ULL << order); p += PAGEBLOCK_NR_PAGES)
		if (get_pageblock_migratetype(vm, p) < MIGRATE_PCPTYPES)
			set_pageblock_migratetype(vm, p, MIGRATE_MOVABLE);
	return true;
}

/* A free pair of the block beside it that is not isolated: freed anew, the two become one. */
static bool can_merge(struct linux_vm *vm, const struct zone *zone, pfn_t block)
{
	int order = free_block_order(vm, block);
	pfn_t buddy;

	if (order < PAGEBLOCK_ORDER || order >= MAX_ORDER - 1)
		return false;
	buddy = block ^ (1ULL << order);
	return page_is_buddy(vm, zone, buddy, order) && !is_isolated(vm, buddy);
}

static void unset_migratetype_isolate(struct linux_vm *vm, const struct cpu *cpu, struct zone *zone,
				      pfn_t block, int migratetype)
{
	if (!is_isolated(vm, block))
		return;
	if (can_merge(vm, zone, block)) {
		int order = free_block_order(vm, block);

		__isolate_free_page(vm, cpu, block, order);
		set_pageblock_migratetype(vm, block, migratetype);
		__free_one_page(vm, cpu, zone, block, order, migratetype, FPI_TO_TAIL);
	} else {
		mod_freepage_state(zone, cpu,
				   move_freepages_block(vm, zone, block, migratetype, NULL),
				   migratetype);
		set_pageblock_migratetype(vm, block, migratetype);
	}
	zone->nr_isolate_pageblock--;
}

/* Frees a free block in pieces none of which crosses its first so many pages. */
static void split_free_page(struct linux_vm *vm, const struct cpu *cpu, struct zone *zone,
			    pfn_t start, int order, pfn_t first_part)
{
	pfn_t end = start + (1ULL << order);
	pfn_t left = first_part;

	mod_freepage_state(zone, cpu, -(1LL << order), get_pageblock_migratetype(vm, start));
	del_page_from_free_list(vm, zone, start, order);
	for (pfn_t pfn = start; pfn < end;) {
		int piece = (int)min_s64(__builtin_ctzll(pfn), ilog2_u64(left));

		__free_one_page(vm, cpu, zone, pfn, piece, get_pageblock_migratetype(vm, pfn),
				FPI_NONE);
		pfn += 1ULL << piece;
		left -= 1ULL << piece;
		if (!left)
			left = end - pfn;
	}
}

/*
 * Isolates the pageblock below (before) or above a border of the range, and sees to it that nothing
 * crosses the border.
 */
static int isolate_single_pageblock(struct linux_vm *vm, const struct cpu *cpu, struct zone *zone,
				    pfn_t border, bool before, bool isolated, int migratetype)
{
	pfn_t block = before ? border - PAGEBLOCK_NR_PAGES : border;
	pfn_t pfn = max_u64(block & ~(MAX_ORDER_NR_PAGES - 1), zone->zone_start_pfn);

	if (!isolated && set_migratetype_isolate(vm, cpu, zone, block, block,
						 block + PAGEBLOCK_NR_PAGES, migratetype))
		return -EBUSY;
	if (!before && !border) /* nothing is below */
		return 0;
	if (!pageblock_online(vm, before ? border : border - 1))
		return 0;
	while (pfn < border) {
		const struct page *page = pfn_to_page(vm, pfn);
		int order = free_block_order(vm, pfn);
		pfn_t size = 1;

		if (order >= 0) {
			size = 1ULL << order;
			/* once: between two isolated ranges the pieces become one block again */
			if (pfn + size > border)
				split_free_page(vm, cpu, zone, pfn, order, border - pfn);
		} else if (page->flags & PG_head) {
			size = compound_nr(page);
			if (pfn + size > border) {
				if (!isolated)
					unset_migratetype_isolate(vm, cpu, zone, block,
								  migratetype);
				return -EBUSY;
			}
		}
		pfn += size;
	}
	return 0;
}

int start_isolate_page_range(struct linux_vm *vm, const struct cpu *cpu, pfn_t start, pfn_t end,
			     int migratetype)
{
	pfn_t first = pageblock_start_pfn(start), last = pageblock_start_pfn(end - 1);
	struct zone *zone = pfn_zone(vm, start);

	if (isolate_single_pageblock(vm, cpu, zone, first, false, false, migratetype))
		return -EBUSY;
	if (isolate_single_pageblock(vm, cpu, zone, last + PAGEBLOCK_NR_PAGES, true, first == last,
				     migratetype)) {
		unset_migratetype_isolate(vm, cpu, zone, first, migratetype);
		return -EBUSY;
	}
	for (pfn_t block = first + PAGEBLOCK_NR_PAGES; block < last; block += PAGEBLOCK_NR_PAGES) {
		if (set_migratetype_isolate(vm, cpu, zone, block, start, end, migratetype)) {
			undo_isolate_page_range(vm, cpu, start, block, migratetype);
			unset_migratetype_isolate(vm, cpu, zone, last, migratetype);
			return -EBUSY;
		}
	}
	return 0;
}

void undo_isolate_page_range(struct linux_vm *vm, const struct cpu *cpu, pfn_t start, pfn_t end,
			     int migratetype)
{
	struct zone *zone = pfn_zone(vm, start);

	for (pfn_t block = pageblock_start_pfn(start); block < end; block += PAGEBLOCK_NR_PAGES)
		if (pageblock_online(vm, block))
			unset_migratetype_isolate(vm, cpu, zone, block, migratetype);
}

/* The first frame from start on that is not isolated and free; from end on: there is none. */
static pfn_t find_not_isolated(const struct linux_vm *vm, pfn_t start, pfn_t end)
{
	pfn_t pfn = start;
	int order;

	for (; pfn < end; pfn += PAGEBLOCK_NR_PAGES)
		if (!is_isolated(vm, pfn))
			return pfn;
	for (pfn = start; pfn < end; pfn += 1ULL << order) {
		order = free_block_order(vm, pfn);
		if (order < 0)
			break;
	}
	return pfn;
}

int test_pages_isolated(const struct linux_vm *vm, pfn_t start, pfn_t end)
{
	pfn_t fin = find_not_isolated(vm, start, end);

	trace_test_pages_isolated(vm->sim, (int64_t)start, (int64_t)end, (int64_t)fin);
	return fin < end ? -EBUSY : 0;
}
