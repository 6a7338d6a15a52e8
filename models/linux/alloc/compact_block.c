/*
 * compact_block.c - what compaction remembers of pageblocks, and turning the free lists
 *
 * A block in which a scanner found nothing is marked to be skipped.  The marks are cleared where a
 * sample of every eighth page finds something again.
 */
#include "models/linux/alloc/compact_internal.h"

bool pageblock_of_zone(struct linux_vm *vm, const struct zone *zone, pfn_t start, pfn_t end)
{
	return zone->contiguous ||
	       (frame_in_zone(vm, zone, start) && frame_in_zone(vm, zone, end - 1));
}

bool pageblock_skip_persistent(const struct linux_vm *vm, pfn_t pfn)
{
	const struct page *page = pfn_to_page(vm, pfn);

	if (page->flags & PG_tail)
		page -= page->index;
	return (page->flags & PG_head) && page->order >= PAGEBLOCK_ORDER;
}

/* --- clearing the skip bits --- */

#define SAMPLE_STEP (1u << PAGE_ALLOC_COSTLY_ORDER)

/* Clears the bit of a block in which a sample finds something for a scanner; false: nothing. */
static bool reset_isolation_pfn(struct linux_vm *vm, const struct zone *zone, pfn_t pfn,
				bool source, bool target)
{
	if (!frame_in_zone(vm, zone, pfn) || pageblock_skip_persistent(vm, pfn))
		return false;
	if (source && target && !get_pageblock_skip(vm, pfn))
		return true;
	if (!source && get_pageblock_migratetype(vm, pfn) != MIGRATE_MOVABLE)
		return false;

	pfn_t end = min_u64(pageblock_end_pfn(pfn), zone_end_pfn(zone));

	for (pfn_t p = max_u64(pageblock_start_pfn(pfn), zone->zone_start_pfn); p < end;
	     p += SAMPLE_STEP) {
		if ((source && (pfn_to_page(vm, p)->flags & PG_lru)) ||
		    (target && free_block_order(vm, p) >= 0)) {
			set_pfnblock_flags_mask(vm, 0, pfn, PAGEBLOCK_SKIP);
			return true;
		}
	}
	return false;
}

void __reset_isolation_suitable(struct linux_vm *vm, struct zone *zone)
{
	struct zone_compaction *z = &zone->compaction;
	pfn_t migrate_pfn = zone->zone_start_pfn, free_pfn = zone_end_pfn(zone) - 1;
	pfn_t first_source = free_pfn, last_target = migrate_pfn;
	bool source_found = false, target_found = false;

	if (!z->blockskip_flush)
		return;
	z->blockskip_flush = false;
	while (migrate_pfn < free_pfn) {
		if (reset_isolation_pfn(vm, zone, migrate_pfn, true, source_found) &&
		    migrate_pfn < first_source) {
			source_found = true;
			first_source = z->init_migrate_pfn = migrate_pfn;
			z->cached_migrate_pfn[0] = z->cached_migrate_pfn[1] = migrate_pfn;
		}
		if (reset_isolation_pfn(vm, zone, free_pfn, target_found, true) &&
		    free_pfn > last_target) {
			target_found = true;
			last_target = z->init_free_pfn = z->cached_free_pfn = free_pfn;
		}
		migrate_pfn += PAGEBLOCK_NR_PAGES;
		free_pfn -= PAGEBLOCK_NR_PAGES;
	}
	if (first_source >= last_target) {
		/* nothing lies between them: the next compaction ends at once */
		z->cached_migrate_pfn[0] = z->cached_migrate_pfn[1] = migrate_pfn;
		z->cached_free_pfn = free_pfn;
	}
}

/* --- turning the free lists --- */

void rotate_free_list(struct linux_vm *vm, struct page_list *list, uint32_t pfn)
{
	struct page *page = pfn_to_page(vm, pfn);

	if (list->head == pfn)
		return;
	pfn_to_page(vm, list->tail)->next = list->head;
	pfn_to_page(vm, list->head)->prev = list->tail;
	list->head = pfn;
	list->tail = page->prev;
	pfn_to_page(vm, page->prev)->next = 0;
	page->prev = 0;
}
