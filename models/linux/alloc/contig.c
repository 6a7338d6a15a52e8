/*
 * contig.c - take a range of pages, wherever it lies
 *
 *	isolate the pageblocks -> what CPUs hold back goes to the buddy lists -> move pages in use
 *	away -> take the free blocks -> give back what is too much -> end the isolation
 *
 *	blocks      |IIIIIIIIIIIIIIIIIIII|
 *	range            |-----------|
 *	free blocks    |~~~~|~~~~~~~~|~~~|
 *	taken          |.uuuuuuuuuuuu...|     dots: given back
 *
 * The pageblocks do not get their old types back: all of them become the
 * type that was asked for, even those that the range only touches.
 *
 * Like:        Linux 6.1, mm/page_alloc.c (alloc_contig_range), mm/compaction.c (marks blocks
 *              without movable pages to be skipped)
 * Left out:    moving pages away: a range with a page on an LRU list is busy
 */
#include <errno.h>

#include "models/linux/alloc/internal.h"
#include "models/linux/alloc/page_isolation.h"

#define PAGEBLOCK_SKIP 8u /* compaction need not look here */

/* First frame of the pageblock after that of pfn. */
static pfn_t next_pageblock(pfn_t pfn)
{
	return (pfn | (PAGEBLOCK_NR_PAGES - 1)) + 1;
}

/* Scans for pages to move away.  What was scanned from its first page on and has none is marked. */
static void isolate_migratepages_range(struct linux_vm *vm, pfn_t start, pfn_t end)
{
	for (pfn_t pfn = start; pfn < end; pfn = next_pageblock(pfn)) {
		pfn_t stop = min_u64(next_pageblock(pfn), end);
		bool found = false;

		for (pfn_t p = pfn; p < stop; p++)
			found |= (pfn_to_page(vm, p)->flags & PG_lru) != 0;
		if (found)
			return; /* they cannot be moved */
		if ((pfn & (PAGEBLOCK_NR_PAGES - 1)) == 0)
			set_pfnblock_flags_mask(vm, PAGEBLOCK_SKIP, pfn, PAGEBLOCK_SKIP);
	}
}

/* The free block that has the page, or the page itself. */
static pfn_t free_block_with(const struct linux_vm *vm, pfn_t start)
{
	for (int order = 0; order < MAX_ORDER; order++) {
		pfn_t pfn = start & ~((1ULL << order) - 1);
		int found = free_block_order(vm, pfn);

		if (found >= 0)
			return pfn + (1ULL << found) > start ? pfn : start;
	}
	return start;
}

/*
 * Takes the free blocks from start on until end is reached; returns the frame behind the last.  The
 * pages are single ones with a reference each.
 */
static pfn_t isolate_freepages_range(struct linux_vm *vm, const struct cpu *cpu, pfn_t start,
				     pfn_t end)
{
	pfn_t pfn = start;

	while (pfn < end) {
		int order = free_block_order(vm, pfn);
		bool taken = order >= 0 && __isolate_free_page(vm, cpu, pfn, order);

		SIM_ASSERT(taken); /* tested before */
		for (uint32_t i = 0; i < 1u << order; i++)
			pfn_to_page(vm, pfn + i)->refcount = 1;
		pfn += 1ULL << order;
	}
	return pfn;
}

static bool is_range_of_zone(struct linux_vm *vm, pfn_t start, pfn_t end)
{
	if (start >= end || end > vm->max_pfn || !pfn_zone(vm, start))
		return false;
	for (pfn_t pfn = start; pfn < end; pfn = next_pageblock(pfn))
		if (!vm->pageblocks[pfn >> PAGEBLOCK_ORDER].valid)
			return false;

	const struct zone *zone = pfn_zone(vm, start);

	return pfn_zone(vm, end - 1) == zone && start >= zone->zone_start_pfn &&
	       end <= zone_end_pfn(zone);
}

int alloc_contig_range(struct task *t, pfn_t start, pfn_t end, int migratetype, gfp_t gfp)
{
	struct linux_vm *vm = task_vm(t);
	pfn_t outer_start, outer_end;
	int error;

	(void)gfp; /* of the pages that others are moved to */
	if (!is_range_of_zone(vm, start, end))
		return -EINVAL;
	error = start_isolate_page_range(vm, t->cpu, start, end, migratetype);
	if (error)
		goto done;
	drain_all_pages_zone(vm, pfn_zone(vm, start));
	isolate_migratepages_range(vm, start, end);
	outer_start = free_block_with(vm, start);
	error = test_pages_isolated(vm, outer_start, end);
	if (error)
		goto done;
	outer_end = isolate_freepages_range(vm, t->cpu, outer_start, end);
	free_contig_range(vm, t->cpu, outer_start, start - outer_start);
	free_contig_range(vm, t->cpu, end, outer_end - end);
done:
	undo_isolate_page_range(vm, t->cpu, start, end, migratetype);
	return error;
}

void free_contig_range(struct linux_vm *vm, const struct cpu *cpu, pfn_t pfn, pages_t nr_pages)
{
	free_pages_exact(vm, cpu, pfn_to_page(vm, pfn), nr_pages << PAGE_SHIFT);
}
