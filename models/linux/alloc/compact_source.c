/*
 * compact_source.c - the scanner that takes pages to move
 *
 * It goes up, one pageblock at a time, and takes pages that can be moved, 32 at a time.  Where a
 * whole block is wanted it asks the free lists first for a pageblock that is partly free already;
 * that search leaves the lists turned, so that the next one begins elsewhere.
 */
#include <errno.h>

#include "models/linux/alloc/compact_internal.h"
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/reclaim/vmscan.h"

#define NO_FAST_SEARCH_BELOW PAGE_ALLOC_COSTLY_ORDER /* small blocks are found by walking */

/* First frame behind the order-aligned chunk of pfn. */
static pfn_t block_end(pfn_t pfn, int order)
{
	return (pfn | ((1ULL << order) - 1)) + 1;
}

/* Asynchronous direct compaction stays with blocks of the request's own kind. */
static bool suitable_migration_source(const struct linux_vm *vm, const struct compact_control *cc,
				      pfn_t pfn)
{
	int type = get_pageblock_migratetype(vm, pfn);

	if (pageblock_skip_persistent(vm, pfn))
		return false;
	if (cc->mode != MIGRATE_ASYNC || !cc->direct_compaction)
		return true;
	if (cc->migratetype == MIGRATE_MOVABLE)
		return is_migrate_movable(type);
	return type == cc->migratetype;
}

/* Where the next compaction shall begin to look for pages to move: behind pfn's block. */
static void update_cached_migrate(const struct compact_control *cc, pfn_t pfn)
{
	struct zone_compaction *z = &cc->zone->compaction;

	if (cc->no_set_skip_hint)
		return;
	pfn = pageblock_end_pfn(pfn);
	z->cached_migrate_pfn[0] = max_u64(z->cached_migrate_pfn[0], pfn);
	if (cc->mode != MIGRATE_ASYNC)
		z->cached_migrate_pfn[1] = max_u64(z->cached_migrate_pfn[1], pfn);
}

/* Makes pfn the tail, with all that is before it. */
static void rotate_to_tail(struct linux_vm *vm, struct page_list *list, uint32_t pfn)
{
	uint32_t next = pfn_to_page(vm, pfn)->next;

	if (next)
		rotate_free_list(vm, list, next);
}

static bool too_many_isolated(struct linux_vm *vm, struct pglist_data *node)
{
	const struct node_stat *s = &node->stat;
	int64_t listed =
	    s->nr_inactive_file + s->nr_inactive_anon + s->nr_active_file + s->nr_active_anon;

	if (s->nr_isolated_file + s->nr_isolated_anon > listed / 2)
		return true;
	wake_up_all(vm->sim, &node->reclaim_wait[VMSCAN_THROTTLE_ISOLATED]);
	return false;
}

/* Waits while too much is off the lists.  0, -EAGAIN or -EINTR. */
static int throttle_isolation(struct task *t, const struct compact_control *cc)
{
	struct linux_vm *vm = task_vm(t);
	struct pglist_data *node = cc->zone->node;

	while (too_many_isolated(vm, node)) {
		if (cc->nr_migratepages || cc->mode == MIGRATE_ASYNC)
			return -EAGAIN;
		reclaim_throttle(t, node, VMSCAN_THROTTLE_ISOLATED);
		/* kernel threads are not held up there: they look again and again, which takes time
		 */
		task_run(t, max_s64((sim_time)vm->machine->cost.compact_scan, 1));
		if (t->killed)
			return -EINTR;
	}
	return 0;
}

/* One call of the source scanner: a stretch of one pageblock. */
struct source_scan {
	pfn_t pfn, end;
	bool unevictable; /* pages that reclaim must not take, too */
	bool no_wait;     /* only pages that can be moved without waiting */
	bool chunks;      /* all of an order-aligned chunk or nothing of it */
	pfn_t chunk_end;
	bool block_seen; /* from its first page on */
	bool skip_updated;
	uint64_t scanned, isolated;
};

/* A page on an LRU list: whether the mode allows to take it. */
static bool page_isolatable(const struct compact_control *cc, const struct source_scan *s,
			    const struct page *page)
{
	if (!page->refcount)
		return false;
	if (!(page->flags & (PG_anon | PG_swapcache)) && !page->mapping)
		return false; /* truncated, and somebody holds it */
	if (page->flags & PG_swapcache || !(page->flags & PG_anon)) {
		if (!(cc->gfp & __GFP_FS))
			return false;
	} else if (page->refcount > page_mapcount(page)) {
		return false; /* anonymous, and somebody holds it */
	}
	if ((page->flags & PG_unevictable) && !s->unevictable)
		return false;
	if (s->no_wait) {
		if (page->flags & PG_writeback)
			return false;
		/* a dirty page's mapping can be asked only under the page lock */
		if ((page->flags & PG_dirty) && (page->flags & PG_locked))
			return false;
	}
	return true;
}

/* The first page taken marks its block, if that begins with it; true: it was marked before. */
static bool test_and_set_skip(struct linux_vm *vm, const struct compact_control *cc, pfn_t pfn)
{
	if (cc->ignore_skip_hint || !pageblock_aligned(pfn))
		return false;
	if (get_pageblock_skip(vm, pfn))
		return true;
	if (!cc->no_set_skip_hint)
		set_pageblock_skip(vm, pfn);
	return false;
}

/* A page stays where it is: the rest of its chunk is of no use. */
static void give_chunk_up(struct task *t, struct compact_control *cc, struct source_scan *s)
{
	if (s->isolated) {
		putback_movable_pages(t, &cc->migratepages);
		cc->nr_migratepages = 0;
		s->isolated = 0;
	}
	if (s->pfn < s->chunk_end) {
		s->pfn = s->chunk_end - 1;
		s->chunk_end += 1ULL << cc->order;
	}
}

enum scan_step {
	SCAN_NEXT,
	SCAN_FAIL, /* in use, and cannot be moved */
	SCAN_STOP, /* at this frame */
	SCAN_FULL, /* behind this frame */
};

/* Compaction passes a large page over; for a range it is split, if it is anonymous memory. */
static bool is_single_page(struct task *t, const struct compact_control *cc, struct page *page)
{
	return !(page->flags & PG_head) ||
	       (cc->alloc_contig && split_huge_page_to_move(task_vm(t), t->cpu, page));
}

static enum scan_step scan_frame(struct task *t, struct compact_control *cc, struct source_scan *s)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = pfn_to_page(vm, s->pfn);
	int order = free_block_order(vm, s->pfn);

	s->scanned++;
	if (!s->block_seen && pageblock_aligned(s->pfn)) {
		if (!isolation_suitable(vm, cc, s->pfn)) {
			s->pfn = s->end;
			return SCAN_STOP;
		}
		s->block_seen = true;
	}
	if (order >= 0) {
		s->pfn += (1ULL << order) - 1;
		return SCAN_NEXT;
	}
	if (!is_single_page(t, cc, page)) {
		s->pfn += (1ULL << page->order) - 1;
		return SCAN_FAIL;
	}
	if (!(page->flags & PG_lru) || !page_isolatable(cc, s, page))
		return SCAN_FAIL;
	if (!s->skip_updated) {
		s->skip_updated = true;
		if (test_and_set_skip(vm, cc, s->pfn))
			return SCAN_STOP;
	}
	isolate_lru_page(vm, page);
	page_list_add(vm->mem_map, &cc->migratepages, (uint32_t)s->pfn);
	cc->nr_migratepages++;
	s->isolated++;
	if (cc->nr_migratepages >= COMPACT_CLUSTER_MAX && !cc->rescan && !cc->contended)
		return SCAN_FULL;
	return SCAN_NEXT;
}

static void walk_frames(struct task *t, struct compact_control *cc, struct source_scan *s)
{
	for (; s->pfn < s->end; s->pfn++) {
		if (s->chunks && s->pfn >= s->chunk_end) {
			if (s->isolated)
				return;
			s->chunk_end = block_end(s->pfn, cc->order);
		}
		switch (scan_frame(t, cc, s)) {
		case SCAN_NEXT:
			break;
		case SCAN_FAIL:
			if (s->chunks)
				give_chunk_up(t, cc, s);
			break;
		case SCAN_STOP:
			return;
		case SCAN_FULL:
			s->pfn++;
			return;
		}
	}
}

/* Takes pages from [pfn, end), inside a pageblock; moves cc->migrate_pfn.  0, -EAGAIN, -EINTR. */
static int isolate_migratepages_block(struct task *t, struct compact_control *cc, pfn_t pfn,
				      pfn_t end, bool unevictable, bool no_wait)
{
	struct linux_vm *vm = task_vm(t);
	struct source_scan s = {
		.pfn = pfn,
		.end = end,
		.unevictable = unevictable,
		.no_wait = no_wait,
		.chunks = cc->direct_compaction && cc->mode == MIGRATE_ASYNC,
	};
	int r = throttle_isolation(t, cc);

	if (r)
		return r;
	cond_resched(t);
	if (s.chunks)
		s.chunk_end = block_end(pfn, cc->order);
	walk_frames(t, cc, &s);
	if (s.pfn > end)
		s.pfn = end;
	if (s.pfn == end && (!s.isolated || cc->rescan)) {
		if (s.block_seen && !s.skip_updated)
			set_pageblock_skip(vm, pageblock_start_pfn(pfn));
		update_cached_migrate(cc, end);
	}
	trace_mm_compaction_isolate_migratepages(vm->sim, (int64_t)pfn, (int64_t)s.pfn,
						 (int64_t)s.scanned, (int64_t)s.isolated);
	cc->total_migrate_scanned += s.scanned;
	vm->stat.compact_isolated += (int64_t)s.isolated;
	cc->migrate_pfn = s.pfn;
	task_run(t, s.scanned * (sim_time)vm->machine->cost.compact_scan);
	return 0;
}

int isolate_migratepages_range(struct task *t, struct compact_control *cc, pfn_t start, pfn_t end)
{
	struct linux_vm *vm = task_vm(t);
	pfn_t next;

	for (pfn_t pfn = start; pfn < end; pfn = next) {
		pfn_t block = max_u64(pageblock_start_pfn(pfn), cc->zone->zone_start_pfn);

		next = min_u64(pageblock_end_pfn(pfn), end);
		if (!pageblock_of_zone(vm, cc->zone, block, next))
			continue;

		int r = isolate_migratepages_block(t, cc, pfn, next, true, false);

		if (r)
			return r;
		if (cc->nr_migratepages >= COMPACT_CLUSTER_MAX)
			return 0;
	}
	return 0;
}

/* The linear scan begins at the lowest block found so far, once. */
static pfn_t reinit_migrate_pfn(struct compact_control *cc)
{
	if (!cc->fast_start_pfn || cc->fast_start_pfn == PFN_USED_UP)
		return cc->migrate_pfn;
	cc->migrate_pfn = cc->fast_start_pfn;
	cc->fast_start_pfn = PFN_USED_UP;
	return cc->migrate_pfn;
}

static void update_fast_start(struct compact_control *cc, pfn_t pfn)
{
	if (cc->fast_start_pfn == PFN_USED_UP)
		return;
	if (!cc->fast_start_pfn || pfn < cc->fast_start_pfn)
		cc->fast_start_pfn = pfn;
}

/* A free block of the list below high whose pageblock is not marked; 0: none within the limit. */
static uint32_t fast_find_on_list(struct linux_vm *vm, struct page_list *list, pfn_t high,
				  unsigned limit, unsigned *scanned)
{
	for (uint32_t pfn = list->head; pfn; pfn = pfn_to_page(vm, pfn)->next) {
		if ((*scanned)++ >= limit) {
			rotate_to_tail(vm, list, pfn);
			return 0;
		}
		if (pfn >= high || get_pageblock_skip(vm, pfn))
			continue;
		rotate_to_tail(vm, list, pfn);
		return pfn;
	}
	return 0;
}

/*
 * A pageblock that is half free already, from the free lists; else where the scanner stands.  Only
 * at the beginning of a block, and only where a whole block is wanted.
 */
static pfn_t fast_find_migrateblock(struct linux_vm *vm, struct compact_control *cc)
{
	struct zone *zone = cc->zone;
	unsigned limit = freelist_scan_limit(cc), scanned = 0;
	uint32_t found = 0;

	if (cc->ignore_skip_hint ||
	    (cc->migrate_pfn != zone->zone_start_pfn && !pageblock_aligned(cc->migrate_pfn)) ||
	    cc->order <= NO_FAST_SEARCH_BELOW ||
	    (cc->direct_compaction && cc->migratetype != MIGRATE_MOVABLE))
		return cc->migrate_pfn;

	/* what is moved now shall not be a target soon: the first half, later the first eighth */
	pfn_t distance = (cc->free_pfn - cc->migrate_pfn) >> 1;

	if (cc->migrate_pfn != zone->zone_start_pfn)
		distance >>= 2;

	pfn_t high = pageblock_start_pfn(cc->migrate_pfn + distance);

	for (int o = cc->order - 1; o >= NO_FAST_SEARCH_BELOW && !found && scanned < limit; o--)
		if (zone->free_area[o].nr_free)
			found =
			    fast_find_on_list(vm, &zone->free_area[o].free_list[MIGRATE_MOVABLE],
					      high, limit, &scanned);
	cc->total_migrate_scanned += scanned;
	if (!found) {
		cc->fast_search_fail++;
		return reinit_migrate_pfn(cc);
	}
	update_fast_start(cc, found);
	cc->fast_search_fail = 0;
	set_pageblock_skip(vm, found);
	return max_u64(pageblock_start_pfn(found), zone->zone_start_pfn);
}

enum isolate_result isolate_migratepages(struct task *t, struct compact_control *cc)
{
	struct linux_vm *vm = task_vm(t);
	struct zone *zone = cc->zone;
	pfn_t low = fast_find_migrateblock(vm, cc);
	bool fast = low != cc->migrate_pfn && !cc->fast_search_fail;
	pfn_t start = max_u64(pageblock_start_pfn(low), zone->zone_start_pfn);
	pfn_t end = pageblock_end_pfn(low);

	for (; end <= cc->free_pfn;
	     fast = false, cc->migrate_pfn = low = start = end, end += PAGEBLOCK_NR_PAGES) {
		let_others_run(t, low);
		if (!pageblock_of_zone(vm, zone, start, end))
			continue;
		if (pageblock_aligned(low) && !fast && !isolation_suitable(vm, cc, start))
			continue;
		if (!suitable_migration_source(vm, cc, start)) {
			update_cached_migrate(cc, end);
			continue;
		}
		if (isolate_migratepages_block(t, cc, low, end,
					       vm->sysctl.compact_unevictable_allowed,
					       cc->mode != MIGRATE_SYNC))
			return ISOLATE_ABORT;
		break;
	}
	return cc->nr_migratepages ? ISOLATE_SUCCESS : ISOLATE_NONE;
}
