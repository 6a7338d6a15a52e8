/*
 * compact_target.c - the scanner that takes free frames to move pages to
 *
 * It goes down and takes as many as there are pages to move.  Before it walks it asks the free
 * lists for a block in the upper part of what is left; that search leaves the lists turned.
 */
#include "models/linux/alloc/compact_internal.h"
#include "models/linux/alloc/page_isolation.h"

bool compact_scanners_met(const struct compact_control *cc)
{
	return cc->free_pfn >> PAGEBLOCK_ORDER <= cc->migrate_pfn >> PAGEBLOCK_ORDER;
}

static bool suitable_migration_target(const struct linux_vm *vm, const struct compact_control *cc,
				      pfn_t pfn)
{
	if (free_block_order(vm, pfn) >= PAGEBLOCK_ORDER)
		return false;
	return cc->ignore_block_suitable || is_migrate_movable(get_pageblock_migratetype(vm, pfn));
}

/* A whole block was looked at for free frames. */
static void update_pageblock_skip(struct linux_vm *vm, const struct compact_control *cc,
				  pfn_t block)
{
	struct zone_compaction *z = &cc->zone->compaction;

	if (cc->no_set_skip_hint)
		return;
	set_pageblock_skip(vm, block);
	z->cached_free_pfn = min_u64(z->cached_free_pfn, block);
}

/* Takes a free block for the targets; it stays in one piece until split_map_pages(). */
static bool take_target(struct task *t, struct compact_control *cc, pfn_t pfn, int order)
{
	struct linux_vm *vm = task_vm(t);

	if (!__isolate_free_page(vm, t->cpu, pfn, order))
		return false;
	pfn_to_page(vm, pfn)->order = (uint8_t)order;
	page_list_add_tail(vm->mem_map, &cc->freepages, (uint32_t)pfn);
	cc->nr_freepages += 1u << order;
	vm->stat.compact_isolated += 1LL << order;
	return true;
}

/* Takes free blocks of [*at, end), inside a pageblock; *at: how far it came.  Returns the pages. */
static uint64_t isolate_freepages_block(struct task *t, struct compact_control *cc, pfn_t *at,
					pfn_t end, unsigned stride)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t scanned = 0, isolated = 0;
	pfn_t pfn = *at;

	for (; pfn < end; pfn += stride) {
		const struct page *page = pfn_to_page(vm, pfn);
		int order = free_block_order(vm, pfn);

		scanned++;
		if (order < 0) {
			if (page->flags & PG_head)
				pfn += (1ULL << page->order) - 1;
			continue;
		}
		if (!take_target(t, cc, pfn, order))
			break;
		scanned += (1ULL << order) - 1;
		isolated += 1ULL << order;
		if (cc->nr_freepages >= cc->nr_migratepages) {
			pfn += 1ULL << order;
			break;
		}
		pfn += (1ULL << order) - 1;
	}
	pfn = min_u64(pfn, end);
	trace_mm_compaction_isolate_freepages(vm->sim, (int64_t)*at, (int64_t)pfn, (int64_t)scanned,
					      (int64_t)isolated);
	*at = pfn;
	cc->total_free_scanned += scanned;
	return isolated;
}

/* More from the pageblock in which the fast search found something. */
static void fast_isolate_around(struct task *t, struct compact_control *cc, pfn_t pfn)
{
	struct linux_vm *vm = task_vm(t);
	pfn_t start = max_u64(pageblock_start_pfn(pfn), cc->zone->zone_start_pfn);
	pfn_t end = min_u64(pageblock_end_pfn(pfn), zone_end_pfn(cc->zone));
	pfn_t block = start;

	if (cc->nr_freepages >= cc->nr_migratepages)
		return;
	if (cc->direct_compaction && cc->mode == MIGRATE_ASYNC)
		return;
	if (!pageblock_of_zone(vm, cc->zone, start, end))
		return;
	isolate_freepages_block(t, cc, &start, end, 1);
	if (cc->nr_freepages < cc->nr_migratepages)
		set_pageblock_skip(vm, block);
}

/* The order to search after this one; -1: back where the search began, which moves on. */
static int next_search_order(struct compact_control *cc, int order)
{
	if (--order < 0)
		order = cc->order - 1;
	if (order != cc->search_order)
		return order;
	if (--cc->search_order < 0)
		cc->search_order = cc->order - 1;
	return -1;
}

/* What the fast search for targets looks for, and what it came by. */
struct target_search {
	pfn_t low;      /* good enough from here on */
	pfn_t min;      /* better than nothing */
	unsigned limit; /* entries of a list to look at */
	unsigned scanned;
	pfn_t highest; /* block of the highest free block seen */
};

/* The entry of one list to take, 0: none; the list is turned so that the next search goes on. */
static uint32_t fast_find_target(struct linux_vm *vm, struct compact_control *cc,
				 struct target_search *f, int order)
{
	struct page_list *list = &cc->zone->free_area[order].free_list[MIGRATE_MOVABLE];
	uint32_t pfn, found = 0, best = 0;
	unsigned scanned = 0;

	for (pfn = list->tail; pfn; pfn = pfn_to_page(vm, pfn)->prev) {
		scanned++;
		if (pfn >= f->highest)
			f->highest = max_u64(pageblock_start_pfn(pfn), cc->zone->zone_start_pfn);
		if (pfn >= f->low) {
			cc->fast_search_fail = 0;
			cc->search_order = order;
			found = pfn;
			break;
		}
		if (pfn >= f->min && pfn > best) {
			best = pfn;
			f->limit >>= 1;
		}
		if (scanned >= f->limit)
			break;
	}
	if (!found)
		found = best;
	if (found)
		pfn = found;
	if (pfn)
		rotate_free_list(vm, list, pfn);
	f->scanned += scanned;
	if (scanned >= f->limit)
		f->limit = (unsigned)max_u64(1, f->limit >> 1);
	return found;
}

/* Nothing was found at the beginning of the scan: where it begins, and the block to look at. */
static pfn_t fast_search_start(struct linux_vm *vm, struct compact_control *cc,
			       const struct target_search *f)
{
	pfn_t end;

	if (f->highest >= f->min) {
		cc->free_pfn = f->highest;
		return f->highest;
	}
	/* once the scanners have passed each other min is no frame at all */
	if (!cc->direct_compaction || f->min >= vm->max_pfn)
		return 0;
	end = min_u64(pageblock_end_pfn(f->min), zone_end_pfn(cc->zone));
	cc->free_pfn = f->min;
	return pageblock_of_zone(vm, cc->zone, f->min, end) ? f->min : 0;
}

/* Takes a free block of the upper part of what is left to scan, from the lists. */
static void fast_isolate_freepages(struct task *t, struct compact_control *cc)
{
	struct linux_vm *vm = task_vm(t);
	struct zone_compaction *z = &cc->zone->compaction;
	pfn_t distance = cc->free_pfn - cc->migrate_pfn;
	struct target_search f = {
		.limit = (unsigned)max_u64(1, freelist_scan_limit(cc) >> 1),
		.low = pageblock_start_pfn(cc->free_pfn - (distance >> 2)),
		.min = pageblock_start_pfn(cc->free_pfn - (distance >> 1)),
	};
	bool scan_start = cc->free_pfn >= z->init_free_pfn;
	pfn_t found = 0;

	if (cc->order <= 0)
		return;
	if (scan_start)
		f.limit = PAGEBLOCK_NR_PAGES >> 1;
	cc->search_order = (int)min_s64(cc->order - 1, cc->search_order);
	for (int o = cc->search_order; !found && o >= 0; o = next_search_order(cc, o)) {
		if (!cc->zone->free_area[o].nr_free)
			continue;
		found = fast_find_target(vm, cc, &f, o);
		if (!found)
			continue;
		if (take_target(t, cc, found, o)) {
			f.scanned += (1u << o) - 1;
		} else {
			found = 0;
			o = cc->search_order + 1; /* ends the search */
		}
	}
	if (!found) {
		cc->fast_search_fail++;
		if (scan_start)
			found = fast_search_start(vm, cc, &f);
	}
	if (f.highest && f.highest >= z->cached_free_pfn)
		z->cached_free_pfn = f.highest - PAGEBLOCK_NR_PAGES;
	cc->total_free_scanned += f.scanned;
	if (found)
		fast_isolate_around(t, cc, found);
}

/* Walks down until there are as many targets as pages to move. */
static void scan_freepages(struct task *t, struct compact_control *cc)
{
	struct linux_vm *vm = task_vm(t);
	struct zone *zone = cc->zone;
	pfn_t at = cc->free_pfn, start = pageblock_start_pfn(at);
	pfn_t end = min_u64(start + PAGEBLOCK_NR_PAGES, zone_end_pfn(zone));
	pfn_t low = pageblock_end_pfn(cc->migrate_pfn);
	unsigned stride = cc->mode == MIGRATE_ASYNC ? COMPACT_CLUSTER_MAX : 1;

	for (; start >= low; end = start, start -= PAGEBLOCK_NR_PAGES, at = start) {
		let_others_run(t, start);
		if (!pageblock_of_zone(vm, zone, start, end))
			continue;
		if (!suitable_migration_target(vm, cc, start) || !isolation_suitable(vm, cc, start))
			continue;

		uint64_t isolated = isolate_freepages_block(t, cc, &at, end, stride);

		if (at == end)
			update_pageblock_skip(vm, cc, start);
		if (cc->nr_freepages >= cc->nr_migratepages) {
			if (at >= end)
				at = start - PAGEBLOCK_NR_PAGES;
			break;
		}
		if (at < end)
			break; /* the zone has no more to spare */
		stride = isolated ? 1 : (unsigned)min_u64(COMPACT_CLUSTER_MAX, stride << 1);
	}
	cc->free_pfn = at;
}

/* Makes single pages of the blocks taken: the highest page of the last one comes first. */
static void split_map_pages(struct linux_vm *vm, struct page_list *pages)
{
	struct page_list blocks = *pages;

	*pages = (struct page_list){ 0 };
	while (blocks.head) {
		uint32_t first = blocks.head;
		int order = pfn_to_page(vm, first)->order;

		page_list_del(vm->mem_map, &blocks, first);
		for (uint32_t pfn = first; pfn < first + (1u << order); pfn++) {
			pfn_to_page(vm, pfn)->refcount = 1;
			pfn_to_page(vm, pfn)->mapcount = 0; /* the place of the order */
			page_list_add(vm->mem_map, pages, pfn);
		}
	}
}

static void isolate_freepages(struct task *t, struct compact_control *cc)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t scanned = cc->total_free_scanned;

	fast_isolate_freepages(t, cc);
	if (!cc->nr_freepages)
		scan_freepages(t, cc);
	split_map_pages(vm, &cc->freepages);
	task_run(t, (cc->total_free_scanned - scanned) * (sim_time)vm->machine->cost.compact_scan);
}

struct page *compaction_alloc(struct task *t, const struct page *old, void *arg)
{
	struct linux_vm *vm = task_vm(t);
	struct compact_control *cc = arg;
	uint32_t pfn;

	(void)old;
	if (!cc->freepages.head)
		isolate_freepages(t, cc);
	pfn = cc->freepages.head;
	if (!pfn)
		return NULL;
	page_list_del(vm->mem_map, &cc->freepages, pfn);
	cc->nr_freepages--;
	return pfn_to_page(vm, pfn);
}

void compaction_free(struct task *t, struct page *page, void *arg)
{
	struct linux_vm *vm = task_vm(t);
	struct compact_control *cc = arg;

	page_list_add(vm->mem_map, &cc->freepages, page_to_pfn(vm, page));
	cc->nr_freepages++;
}

pfn_t release_freepages(struct task *t, struct compact_control *cc)
{
	struct linux_vm *vm = task_vm(t);
	pfn_t highest = 0;

	while (cc->freepages.head) {
		uint32_t pfn = cc->freepages.head;

		page_list_del(vm->mem_map, &cc->freepages, pfn);
		put_page(vm, t->cpu, pfn_to_page(vm, pfn));
		highest = max_u64(highest, pfn);
	}
	cc->nr_freepages = 0;
	return highest;
}
