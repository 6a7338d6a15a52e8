/*
 * compact_scan.c - the two scanners of a compaction
 *
 * The migrate scanner goes up, one pageblock at a time, and takes pages that can be moved, 32 at a
 * time.  The free scanner goes down and takes free frames to move them to, as many as are needed.
 * Both ask the free lists first for a good place to begin: that search leaves the lists turned, so
 * that the next one begins elsewhere.
 */
#include <errno.h>

#include "models/linux/alloc/compaction.h"
#include "models/linux/alloc/page_isolation.h"
#include "models/linux/reclaim/vmscan.h"

#define NO_FAST_SEARCH_BELOW PAGE_ALLOC_COSTLY_ORDER /* small blocks are found by walking */

/* First frame behind the order-aligned chunk of pfn. */
static pfn_t block_end(pfn_t pfn, int order)
{
	return (pfn | ((1ULL << order) - 1)) + 1;
}

static bool pageblock_aligned(pfn_t pfn)
{
	return pfn == pageblock_start_pfn(pfn);
}

bool compact_scanners_met(const struct compact_control *cc)
{
	return cc->free_pfn >> PAGEBLOCK_ORDER <= cc->migrate_pfn >> PAGEBLOCK_ORDER;
}

/* --- pageblocks --- */

static bool get_pageblock_skip(const struct linux_vm *vm, pfn_t pfn)
{
	return get_pfnblock_flags_mask(vm, pfn, PAGEBLOCK_SKIP);
}

static void set_pageblock_skip(struct linux_vm *vm, pfn_t pfn)
{
	set_pfnblock_flags_mask(vm, PAGEBLOCK_SKIP, pfn, PAGEBLOCK_SKIP);
}

static void clear_pageblock_skip(struct linux_vm *vm, pfn_t pfn)
{
	set_pfnblock_flags_mask(vm, 0, pfn, PAGEBLOCK_SKIP);
}

/* Whether [start, end), a pageblock or what the zone has of it, belongs to the zone alone. */
static bool pageblock_of_zone(struct linux_vm *vm, const struct zone *zone, pfn_t start, pfn_t end)
{
	return zone->contiguous ||
	       (frame_in_zone(vm, zone, start) && frame_in_zone(vm, zone, end - 1));
}

/* A compound page that fills the pageblock: nothing to gain there. */
static bool pageblock_skip_persistent(const struct linux_vm *vm, pfn_t pfn)
{
	const struct page *page = pfn_to_page(vm, pfn);

	if (page->flags & PG_tail)
		page -= page->index;
	return (page->flags & PG_head) && page->order >= PAGEBLOCK_ORDER;
}

static bool isolation_suitable(const struct linux_vm *vm, const struct compact_control *cc,
			       pfn_t pfn)
{
	return cc->ignore_skip_hint || !get_pageblock_skip(vm, pfn);
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

static bool suitable_migration_target(const struct linux_vm *vm, const struct compact_control *cc,
				      pfn_t pfn)
{
	if (free_block_order(vm, pfn) >= PAGEBLOCK_ORDER)
		return false;
	return cc->ignore_block_suitable || is_migrate_movable(get_pageblock_migratetype(vm, pfn));
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
			clear_pageblock_skip(vm, pfn);
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

/* Makes pfn the head; what was before it comes to the end. */
static void rotate_to_head(struct linux_vm *vm, struct page_list *list, uint32_t pfn)
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

/* Makes pfn the tail, with all that is before it. */
static void rotate_to_tail(struct linux_vm *vm, struct page_list *list, uint32_t pfn)
{
	uint32_t next = pfn_to_page(vm, pfn)->next;

	if (next)
		rotate_to_head(vm, list, next);
}

/* Entries of the lists worth looking at; fewer after searches in vain. */
static unsigned freelist_scan_limit(const struct compact_control *cc)
{
	unsigned fails = cc->fast_search_fail;

	return (fails < 32 ? COMPACT_CLUSTER_MAX >> fails : 0) + 1;
}

/* --- pages to move --- */

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
	if (!page->mapping)
		return false; /* truncated, and somebody holds it */
	if (!(cc->gfp & __GFP_FS))
		return false;
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

static enum scan_step scan_frame(struct linux_vm *vm, struct compact_control *cc,
				 struct source_scan *s)
{
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
	if (page->flags & PG_head) {
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
	struct linux_vm *vm = task_vm(t);

	for (; s->pfn < s->end; s->pfn++) {
		if (s->chunks && s->pfn >= s->chunk_end) {
			if (s->isolated)
				return;
			s->chunk_end = block_end(s->pfn, cc->order);
		}
		switch (scan_frame(vm, cc, s)) {
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

/* --- free frames --- */

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
		rotate_to_head(vm, list, pfn);
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
		pfn_to_page(vm, first)->order = 0;
		for (uint32_t pfn = first; pfn < first + (1u << order); pfn++) {
			pfn_to_page(vm, pfn)->refcount = 1;
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
