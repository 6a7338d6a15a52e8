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
 * Like:        Linux 6.1, mm/page_alloc.c (alloc_contig_range, __alloc_contig_migrate_range,
 *              alloc_contig_pages)
 * Simplified:  huge pages of anonymous memory are split before their parts are moved
 * Left out:    large pages of files
 */
#include <errno.h>

#include "models/linux/alloc/compaction.h"
#include "models/linux/alloc/internal.h"
#include "models/linux/alloc/page_isolation.h"
#include "models/linux/boot/boot.h"
#include "models/linux/reclaim/vmscan.h"

#define MAX_TRIES 5 /* to move the same pages */

/* Moves the pages of a range away; clean ones of files are dropped.  0 or a negative errno value.
 */
static int migrate_range(struct task *t, struct compact_control *cc, pfn_t start, pfn_t end)
{
	struct linux_vm *vm = task_vm(t);
	pfn_t pfn = start;
	int tries = 0, r = 0;

	lru_cache_disable(vm);
	while (pfn < end || cc->migratepages.head) {
		if (t->killed) {
			r = -EINTR;
			break;
		}
		if (!cc->migratepages.head) {
			cc->nr_migratepages = 0;
			r = isolate_migratepages_range(t, cc, pfn, end);
			if (r && r != -EAGAIN)
				break;
			pfn = cc->migrate_pfn;
			tries = 0;
		} else if (++tries == MAX_TRIES) {
			r = -EBUSY;
			break;
		}
		cc->nr_migratepages -=
		    (unsigned)reclaim_clean_pages_from_list(t, cc->zone, &cc->migratepages);
		r = migrate_pages(t, &cc->migratepages, alloc_migration_target, NULL, NULL,
				  cc->mode, MR_CONTIG_RANGE, NULL);
		if (r == -ENOMEM)
			break;
	}
	lru_cache_enable(vm);
	if (r >= 0)
		return 0;
	putback_movable_pages(t, &cc->migratepages);
	return r;
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
		for (uint32_t i = 0; i < 1u << order; i++) {
			pfn_to_page(vm, pfn + i)->refcount = 1;
			pfn_to_page(vm, pfn + i)->mapcount = 0;
		}
		vm->stat.compact_isolated += 1LL << order;
		pfn += 1ULL << order;
	}
	return pfn;
}

/*
 * A frame of a hole counts as reserved, where its pageblock has a memory map.  The pageblock of the
 * first frame is looked at first, so nothing has happened yet when that is one.
 */
static int check_range(struct linux_vm *vm, pfn_t start, pfn_t end)
{
	const struct zone *zone, *last;

	if (start >= end || end > vm->max_pfn)
		return -EINVAL;
	for (pfn_t pfn = start; pfn < end; pfn = pageblock_end_pfn(pfn))
		if (!vm->pageblocks[pfn >> PAGEBLOCK_ORDER].valid)
			return -EINVAL;
	zone = pfn_zone(vm, start);
	last = pfn_zone(vm, end - 1);
	if (!zone || start < zone->zone_start_pfn)
		return -EBUSY;
	return last && last != zone ? -EINVAL : 0;
}

int alloc_contig_range(struct task *t, pfn_t start, pfn_t end, int migratetype, gfp_t gfp)
{
	struct linux_vm *vm = task_vm(t);
	struct compact_control cc = {
		.order = COMPACT_WHOLE_ZONE,
		.mode = MIGRATE_SYNC,
		.ignore_skip_hint = true,
		.no_set_skip_hint = true,
		.gfp = current_gfp_context(t, gfp),
		.alloc_contig = true,
	};
	pfn_t outer_start, outer_end;
	int error;

	error = check_range(vm, start, end);
	if (error)
		return error;
	cc.zone = pfn_zone(vm, start);
	error = start_isolate_page_range(vm, t->cpu, start, end, migratetype);
	if (error)
		goto done;
	drain_all_pages_zone(vm, cc.zone, t->cpu);
	error = migrate_range(t, &cc, start, end);
	if (error && error != -EBUSY) /* a busy page may have become free meanwhile */
		goto done;
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

/* --- a range that is looked for --- */

/* Whether all of it is memory of the zone, and nothing in it is there for good. */
static bool pfn_range_valid_contig(const struct linux_vm *vm, struct zone *zone, pfn_t start,
				   pages_t nr_pages)
{
	pfn_t end = start + nr_pages;

	if (memblock_pages(&vm->reserved, start, end, MEMBLOCK_ANY_NODE) ||
	    memblock_pages(&vm->memory, start, end, zone->node->node_id) != nr_pages)
		return false;
	for (pfn_t pfn = start; pfn < end; pfn += PAGEBLOCK_NR_PAGES)
		if (!vm->pageblocks[pfn >> PAGEBLOCK_ORDER].valid ||
		    (page_folio(pfn_to_page(vm, pfn))->flags & PG_hugetlb))
			return false;
	return true;
}

static struct page *alloc_contig_pages_zone(struct task *t, struct zone *zone, pages_t nr_pages,
					    gfp_t gfp)
{
	struct linux_vm *vm = task_vm(t);
	pfn_t pfn = (zone->zone_start_pfn + nr_pages - 1) & ~(nr_pages - 1);

	for (; pfn + nr_pages <= zone_end_pfn(zone); pfn += nr_pages) {
		if (!pfn_range_valid_contig(vm, zone, pfn, nr_pages))
			continue;
		if (!alloc_contig_range(t, pfn, pfn + nr_pages, MIGRATE_MOVABLE, gfp))
			return pfn_to_page(vm, pfn);
	}
	return NULL;
}

struct page *alloc_contig_pages(struct task *t, pages_t nr_pages, gfp_t gfp, int nid)
{
	const struct linux_vm *vm = task_vm(t);
	const struct zonelist *zl =
	    &vm->nodes[nid]
		 .zonelists[gfp & __GFP_THISNODE ? ZONELIST_NOFALLBACK : ZONELIST_FALLBACK];

	for (int i = 0; i < zl->n; i++) {
		struct page *page;

		if (zl->ref[i].zone->idx > gfp_zone(gfp))
			continue;
		page = alloc_contig_pages_zone(t, zl->ref[i].zone, nr_pages, gfp);
		if (page)
			return page;
	}
	return NULL;
}

void free_contig_range(struct linux_vm *vm, const struct cpu *cpu, pfn_t pfn, pages_t nr_pages)
{
	free_pages_exact(vm, cpu, pfn_to_page(vm, pfn), nr_pages << PAGE_SHIFT);
}
