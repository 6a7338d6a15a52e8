/*
 * page_alloc.c - allocate pages: the walk over the zones, and the ways in and out
 *
 *	alloc_pages -> get_page_from_freelist    low watermark, every zone in order
 *	            -> slowpath.c                wake kswapd; min watermark and reserves;
 *	                                         direct reclaim; again
 *
 * The fast path asks for zones above the low watermark, so that kswapd is woken
 * while there is still room; the slow path for those above the min one.
 */
#include <errno.h>

#include "models/linux/alloc/internal.h"
#include "models/linux/alloc/watermark.h"
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/writeback/writeback.h"

/* --- the walk --- */

static inline struct zone *preferred_zone(const struct alloc_context *ac)
{
	return ac->zonelist->ref[ac->preferred].zone;
}

/* Counts so many requests for preferred served by zone. */
static inline void zone_statistics(const struct linux_vm *vm, struct zone *preferred,
				   struct zone *zone, const struct cpu *cpu, int requests)
{
	if (!vm->sysctl.numa_stat)
		return;
	if (zone->node == preferred->node) {
		zone->stat.numa_hit += requests;
	} else {
		zone->stat.numa_miss += requests;
		preferred->stat.numa_foreign += requests;
	}
	if (zone->node->node_id == cpu->node)
		zone->stat.numa_local += requests;
	else
		zone->stat.numa_other += requests;
}

/* What follows is seldom needed and stays out of the way of the walk below. */
#define SELDOM __attribute__((noinline))
/* And what is needed most is in line, in the ways with and without tracepoints. */
#define OFTEN inline __attribute__((always_inline))

SELDOM static uint32_t rmqueue_buddy(struct linux_vm *vm, struct zone *zone, const struct cpu *cpu,
				     int order, int migratetype, unsigned alloc_flags)
{
	uint32_t pfn = 0;

	if (alloc_flags & ALLOC_HIGHATOMIC)
		pfn = __rmqueue_smallest(vm, zone, order, MIGRATE_HIGHATOMIC);
	if (!pfn)
		pfn = __rmqueue(vm, zone, order, migratetype, alloc_flags);
	if (!pfn && (alloc_flags & (ALLOC_OOM | ALLOC_NON_BLOCK)))
		pfn = __rmqueue_smallest(vm, zone, order, MIGRATE_HIGHATOMIC);
	if (pfn)
		mod_zone_free_pages(zone, cpu, -(1LL << order));
	return pfn;
}

/* Takes a block from a zone that passed its check. */
static uint32_t rmqueue(struct task *t, const struct alloc_context *ac, struct zone *zone,
			int order, unsigned alloc_flags)
{
	struct linux_vm *vm = task_vm(t);
	uint32_t pfn = 0;

	/* pages of the CMA area lie on the movable lists: only for those who may have them */
	if (pcp_allowed_order(order) &&
	    (!vm->cma || ac->migratetype != MIGRATE_MOVABLE || (alloc_flags & ALLOC_CMA)))
		pfn = rmqueue_pcplist(vm, zone, t->cpu, order, ac->migratetype, alloc_flags);
	if (!pfn)
		pfn = rmqueue_buddy(vm, zone, t->cpu, order, ac->migratetype, alloc_flags);
	if (pfn) {
		zone->stat.pgalloc += 1LL << order;
		zone_statistics(vm, preferred_zone(ac), zone, t->cpu, 1);
	}
	if (zone->flags & ZONE_BOOSTED_WATERMARK) {
		zone->flags &= ~(unsigned)ZONE_BOOSTED_WATERMARK;
		wakeup_kswapd(t, zone, 0, 0, zone->idx);
	}
	return pfn;
}

SELDOM void prep_compound_page(struct page *page, int order)
{
	page->flags |= PG_head;
	page->order = (uint8_t)order;
	for (uint32_t i = 1; i < 1u << order; i++) {
		page[i].flags = PG_tail;
		page[i].index = i;
		page[i].mapcount = 0;
	}
	page[1].next = page[1].prev = 0; /* nothing maps it: see page.h */
}

/* Reclaims from the node of a zone below its mark, if nodes are to do so; true: it is enough. */
SELDOM static bool zone_ok_after_reclaim(struct task *t, const struct alloc_context *ac,
					 const struct zone *zone, gfp_t gfp, int order,
					 uint64_t mark, unsigned alloc_flags)
{
	const struct linux_vm *vm = task_vm(t);
	const struct pglist_data *local = ac->zonelist->ref[ac->preferred].zone->node;

	if (!node_reclaim_enabled(vm) ||
	    node_distance(vm, local->node_id, zone->node->node_id) > RECLAIM_DISTANCE)
		return false;
	if (node_reclaim(t, zone->node, gfp, order) < 0)
		return false; /* not scanned, or nothing to scan */
	return zone_watermark_ok(zone, order, mark, ac->highest_zoneidx, alloc_flags);
}

/* What the CPU's list took from its zone since nr_bulk_taken was so many, block by block. */
static void pay_for_batch(struct task *t, int64_t before)
{
	const struct linux_vm *vm = task_vm(t);

	task_run(t,
		 (sim_time)(vm->nr_bulk_taken - before) * (sim_time)vm->machine->cost.rmqueue_bulk);
}

struct page *get_page_from_freelist(struct task *t, gfp_t gfp, int order, unsigned alloc_flags,
				    const struct alloc_context *ac)
{
	struct linux_vm *vm = task_vm(t);
	bool no_fallback;
	const struct pglist_data *last_dirty_node = NULL;
	bool last_dirty_ok = false;

retry:
	no_fallback = alloc_flags & ALLOC_NOFRAGMENT;
	for (int i = ac->preferred; i < ac->zonelist->n; i = next_zoneref(ac, i + 1)) {
		struct zone *zone = ac->zonelist->ref[i].zone;

		if (ac->spread_dirty_pages) {
			if (last_dirty_node != zone->node) {
				last_dirty_node = zone->node;
				last_dirty_ok =
				    node_dirty_ok(vm, zone->node, t->flags & TASK_REALTIME);
			}
			if (!last_dirty_ok)
				continue;
		}
		if (no_fallback && vm->nr_online_nodes > 1 &&
		    zone != ac->zonelist->ref[ac->preferred].zone &&
		    zone->node != ac->zonelist->ref[ac->preferred].zone->node) {
			/* better another type's block here than another node's memory */
			alloc_flags &= ~(unsigned)ALLOC_NOFRAGMENT;
			goto retry;
		}

		uint64_t mark = wmark_pages(zone, alloc_flags & ALLOC_WMARK_MASK);

		if (!zone_watermark_fast(zone, order, mark, ac->highest_zoneidx, alloc_flags,
					 gfp) &&
		    !(alloc_flags & ALLOC_NO_WATERMARKS) &&
		    !zone_ok_after_reclaim(t, ac, zone, gfp, order, mark, alloc_flags))
			continue;

		int64_t bulk = vm->nr_bulk_taken;
		uint32_t pfn = rmqueue(t, ac, zone, order, alloc_flags);

		if (pfn) {
			if (alloc_flags & ALLOC_HIGHATOMIC)
				reserve_highatomic_pageblock(vm, zone, pfn);

			struct page *page = prep_new_page(vm, pfn, order, gfp, alloc_flags);

			pay_for_batch(t, bulk);
			return page;
		}
	}
	if (no_fallback) {
		alloc_flags &= ~(unsigned)ALLOC_NOFRAGMENT;
		goto retry;
	}
	return NULL;
}

/* --- entry --- */

static unsigned alloc_flags_nofragment(const struct linux_vm *vm, const struct zone *preferred,
				       gfp_t gfp)
{
	unsigned flags = gfp & __GFP_KSWAPD_RECLAIM;

	if (!preferred || preferred->idx != ZONE_NORMAL)
		return flags;
	/* Normal before DMA32: keep types apart as long as another zone can serve */
	if (vm->nr_online_nodes > 1 && !populated_zone(preferred - 1))
		return flags;
	return flags | ALLOC_NOFRAGMENT;
}

gfp_t current_gfp_context(const struct task *t, gfp_t gfp)
{
	const struct task_struct *ts = task_in_irq(t) ? NULL : task_struct(t);

	if (ts && (ts->flags & PF_MEMALLOC_NOIO))
		return gfp & ~(__GFP_IO | __GFP_FS);
	if (ts && (ts->flags & PF_MEMALLOC_NOFS))
		return gfp & ~__GFP_FS;
	return gfp;
}

static inline void prepare_alloc_pages(struct linux_vm *vm, gfp_t gfp, int nid, uint64_t nodemask,
				       struct alloc_context *ac)
{
	int zone_idx = gfp_zone(gfp);

	SIM_ASSERT(zone_idx >= 0 && gfp_migratetype(gfp) < MIGRATE_PCPTYPES);
	*ac = (struct alloc_context){
		.zonelist = &vm->nodes[nid].zonelists[gfp & __GFP_THISNODE ? ZONELIST_NOFALLBACK
									   : ZONELIST_FALLBACK],
		.nodemask = nodemask,
		.migratetype = request_migratetype(vm, gfp),
		.highest_zoneidx = zone_idx,
		.spread_dirty_pages = gfp & __GFP_WRITE,
	};
	ac->preferred = next_zoneref(ac, 0);
}

/*
 * What the walk would do in the usual case, and nothing else: a single page, the first zone has
 * room, for dirty pages too if it is to be one, and the CPU has a page of it at hand.  NULL:
 * nothing was touched.
 */
static OFTEN struct page *alloc_page_at_hand(const struct task *t, struct linux_vm *vm, gfp_t gfp,
					     int nid)
{
	int zone_idx = gfp_zone(gfp), migratetype = gfp_migratetype(gfp);
	const struct zoneref *ref =
	    vm->nodes[nid]
		.zonelists[gfp & __GFP_THISNODE ? ZONELIST_NOFALLBACK : ZONELIST_FALLBACK]
		.ref;

	SIM_ASSERT(zone_idx >= 0 && migratetype < MIGRATE_PCPTYPES);
	while (ref->zone_idx > zone_idx)
		ref++;

	struct zone *zone = ref->zone;

	if (!zone || (zone->flags & ZONE_BOOSTED_WATERMARK) ||
	    !zone_has_room(zone, wmark_pages(zone, WMARK_LOW), zone_idx, ALLOC_WMARK_LOW))
		return NULL;

	struct per_cpu_pages *pcp = &zone->pcp[t->cpu->id];
	struct page_list *list = &pcp->lists[order_to_pindex(migratetype, 0)];

	if (page_list_empty(list))
		return NULL;
	if ((gfp & __GFP_WRITE) && !node_dirty_ok(vm, zone->node, t->flags & TASK_REALTIME))
		return NULL;
	pcp->free_factor >>= 1;

	struct page *page = prep_new_page(vm, pcp_take(vm, pcp, list, 0), 0, gfp, ALLOC_WMARK_LOW);

	zone->stat.pgalloc++;
	zone_statistics(vm, zone, zone, t->cpu, 1);
	return page;
}

/* The first walk, and what follows if it finds nothing. */
SELDOM static struct page *first_walk(struct task *t, gfp_t gfp, int order, int nid,
				      uint64_t nodemask)
{
	struct linux_vm *vm = task_vm(t);
	struct alloc_context ac;

	gfp = current_gfp_context(t, gfp);
	prepare_alloc_pages(vm, gfp, nid, nodemask, &ac);

	const struct zone *preferred =
	    ac.preferred < ac.zonelist->n ? ac.zonelist->ref[ac.preferred].zone : NULL;
	unsigned alloc_flags = ALLOC_WMARK_LOW | gfp_to_alloc_flags_cma(vm, gfp) |
			       alloc_flags_nofragment(vm, preferred, gfp);
	struct page *page = get_page_from_freelist(t, gfp, order, alloc_flags, &ac);

	if (!page) {
		ac.spread_dirty_pages = false;
		ac.nodemask = nodemask;
		page = __alloc_pages_slowpath(t, gfp, order, &ac);
	}
	if (!page && (gfp & __GFP_NOWARN)) {
		vm->stat.sim_alloc_fallback++;
		trace_page_alloc_fallback(vm->sim, order, gfp, nid);
	} else if (!page) {
		vm->stat.sim_alloc_failed++;
		trace_page_alloc_failed(vm->sim, order, gfp, nid);
	}
	return page;
}

/* might_sleep: with voluntary preemption a point where others may run.  Then its cost. */
static OFTEN void begin_alloc(struct task *t, const struct linux_vm *vm, gfp_t gfp)
{
	if (gfpflags_allow_blocking(gfp) && !task_in_irq(t))
		cond_resched(t);
	if (vm->machine->cost.page_alloc)
		task_run(t, (sim_time)vm->machine->cost.page_alloc);
}

/* The same if nothing follows from it, neither another task nor the clock.  False: not done. */
static OFTEN bool begin_alloc_quietly(struct task *t, const struct linux_vm *vm, gfp_t gfp)
{
	sim_time cost = (sim_time)vm->machine->cost.page_alloc;

	if (gfpflags_allow_blocking(gfp) && !task_in_irq(t) && task_may_give_way(t))
		return false;
	return !cost || task_run_quietly(t, cost);
}

/* A single page to write to: that the node's dirty pages are looked at costs as much as a walk,
 * though the page may be at hand. */
SELDOM static struct page *alloc_page_to_write(struct task *t, gfp_t gfp, int nid)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page;

	task_run(t, (sim_time)vm->machine->cost.alloc_walk);
	page = alloc_page_at_hand(t, vm, gfp, nid);
	return page ? page : first_walk(t, gfp, 0, nid, 0);
}

SELDOM static struct page *alloc_pages_walk(struct task *t, gfp_t gfp, int order, int nid,
					    uint64_t nodemask)
{
	task_run(t, (sim_time)task_vm(t)->machine->cost.alloc_walk);
	return first_walk(t, gfp, order, nid, nodemask);
}

/* Any request, and who asked to be told what it came by is told, with the flags that the allocator
 * saw. */
SELDOM static struct page *alloc_any(struct task *t, gfp_t gfp, int order, int nid,
				     uint64_t nodemask)
{
	struct linux_vm *vm = task_vm(t);
	bool usual = !order && !nodemask && !vm->unusual_pageblocks;
	struct page *page;

	if (order >= MAX_ORDER)
		return NULL;
	begin_alloc(t, vm, gfp);
	if (nid == NUMA_NO_NODE)
		nid = t->cpu->node;
	if (usual && (gfp & __GFP_WRITE)) {
		page = alloc_page_to_write(t, gfp, nid);
	} else {
		page = usual ? alloc_page_at_hand(t, vm, gfp, nid) : NULL;
		if (!page)
			page = alloc_pages_walk(t, gfp, order, nid, nodemask);
	}
	trace_mm_page_alloc(vm->sim, page ? (int64_t)page_to_pfn(vm, page) : -1, order,
			    current_gfp_context(t, gfp),
			    migratetype_number(vm, request_migratetype(vm, gfp)));
	return page;
}

/* A single page of ordinary memory, which nobody wants to be told of, stays here. */
struct page *__alloc_pages(struct task *t, gfp_t gfp, int order, int nid, uint64_t nodemask)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page;

	/* one branch for all of them */
	if ((uint64_t)order | nodemask | vm->unusual_pageblocks |
	    trace_is_on(t->sim, TRACE_ID(mm_page_alloc)))
		return alloc_any(t, gfp, order, nid, nodemask);
	if (!begin_alloc_quietly(t, vm, gfp))
		return alloc_any(t, gfp, 0, nid, 0);
	if (nid == NUMA_NO_NODE)
		nid = t->cpu->node;
	if (gfp & __GFP_WRITE)
		return alloc_page_to_write(t, gfp, nid);
	page = alloc_page_at_hand(t, vm, gfp, nid);
	return page ? page : alloc_pages_walk(t, gfp, 0, nid, 0);
}

/*
 * The zone that can give so many pages at once: the first that stays above its low watermark by as
 * much, on the node that was asked for.
 */
static struct zone *bulk_zone(const struct linux_vm *vm, const struct alloc_context *ac, gfp_t gfp,
			      int nr_pages)
{
	const struct zonelist *zl = ac->zonelist;

	for (int i = ac->preferred; i < zl->n; i = next_zoneref(ac, i + 1)) {
		struct zone *zone = zl->ref[i].zone;
		const struct zoneref *preferred = &zl->ref[ac->preferred];

		if (vm->nr_online_nodes > 1 && zone->node != preferred->zone->node)
			return NULL;
		/* reserves as for requests limited to the preferred zone, whatever the mask allows
		 */
		if (zone_watermark_fast(zone, 0, wmark_pages(zone, WMARK_LOW) + (uint64_t)nr_pages,
					preferred->zone_idx,
					ALLOC_WMARK_LOW | gfp_to_alloc_flags_cma(vm, gfp), gfp))
			return zone;
	}
	return NULL;
}

int __alloc_pages_bulk(struct task *t, gfp_t gfp, int nid, uint64_t nodemask, int nr_pages,
		       struct page **pages)
{
	struct linux_vm *vm = task_vm(t);
	struct alloc_context ac;
	struct zone *zone = NULL;
	int near = nid == NUMA_NO_NODE ? t->cpu->node : nid;
	int64_t bulk = vm->nr_bulk_taken;
	int got = 0;

	if (nr_pages <= 0)
		return 0;
	if (nr_pages > 1) {
		prepare_alloc_pages(vm, gfp, near, nodemask, &ac);
		if (ac.preferred == ac.zonelist->n)
			return 0;
		zone = bulk_zone(vm, &ac, gfp, nr_pages);
	}
	for (; zone && got < nr_pages; got++) {
		uint32_t pfn = __rmqueue_pcplist(vm, zone, t->cpu, 0, ac.migratetype,
						 ALLOC_WMARK_LOW | gfp_to_alloc_flags_cma(vm, gfp));

		if (!pfn)
			break;
		pages[got] = prep_new_page(vm, pfn, 0, gfp, 0);
	}
	if (got) {
		pay_for_batch(t, bulk); /* first: others count there, too, once time passes */
		task_run(t, (sim_time)got * (sim_time)vm->machine->cost.page_alloc);
		zone->stat.pgalloc += got;
		zone_statistics(vm, preferred_zone(&ac), zone, t->cpu, got);
		return got;
	}
	/* not so many at once: one in the usual way */
	pages[0] = __alloc_pages(t, gfp, 0, nid, nodemask);
	return pages[0] ? 1 : 0;
}

void __free_pages_ok(struct linux_vm *vm, const struct cpu *cpu, uint32_t pfn, int order,
		     enum fpi_flag fpi)
{
	vm->stat.pgfree += 1LL << order;
	__free_one_page(vm, cpu, pfn_zone(vm, pfn), pfn, order, get_pageblock_migratetype(vm, pfn),
			fpi);
}

/* A block of several pages, or of a pageblock that is not an ordinary one. */
SELDOM static void free_block(struct linux_vm *vm, const struct cpu *cpu, struct page *page,
			      int order)
{
	uint32_t pfn = page_to_pfn(vm, page);

	if (page_trans_huge_anon(page))
		free_transhuge_page(vm, page);
	if (page->flags & PG_head)
		for (uint32_t i = 1; i < 1u << order; i++)
			page[i].flags = 0;
	page->flags = 0;
	page->mapping = 0;
	if (pcp_allowed_order(order))
		free_unref_page(vm, cpu, pfn, order);
	else
		__free_pages_ok(vm, cpu, pfn, order, FPI_NONE);
}

/* What follows when a page is found good to be freed. */
static OFTEN void free_prepared(struct linux_vm *vm, const struct cpu *cpu, struct page *page,
				int order)
{
	uint32_t pfn = page_to_pfn(vm, page);
	const struct pageblock *block = &vm->pageblocks[pfn >> PAGEBLOCK_ORDER];
	int type = block->bits & PAGEBLOCK_MIGRATETYPE;
	uint16_t zone_id = block->zone;

	SIM_ASSERT(page->refcount == 0);
	SIM_ASSERT(!(page->flags & (PG_buddy | PG_pcp | PG_lru | PG_locked | PG_writeback)));
	if (order || zone_id >= PAGEBLOCK_MIXED || type >= MIGRATE_PCPTYPES) {
		free_block(vm, cpu, page, order);
		return;
	}
	page->mapping = 0;
	pcp_add(vm, zone_of_id(vm, zone_id), cpu, page, 0, type);
}

SELDOM static void free_traced(struct linux_vm *vm, const struct cpu *cpu, struct page *page,
			       int order)
{
	trace_mm_page_free(vm->sim, page_to_pfn(vm, page), order);
	free_prepared(vm, cpu, page, order);
}

void __free_pages(struct linux_vm *vm, const struct cpu *cpu, struct page *page, int order)
{
	if (__builtin_expect(trace_is_on(vm->sim, TRACE_ID(mm_page_free)), 0))
		free_traced(vm, cpu, page, order);
	else
		free_prepared(vm, cpu, page, order);
}

static bool has_isolated_pageblocks(struct linux_vm *vm)
{
	FOR_EACH_ZONE (vm, zone)
		if (zone->nr_isolate_pageblock)
			return true;
	return false;
}

/*
 * What is told of each page before any goes to a list; those of isolated pageblocks go to no list
 * of a CPU, but leave here.  Returns the first that is left.
 */
SELDOM static uint32_t free_list_prepare(struct linux_vm *vm, const struct cpu *cpu, uint32_t first)
{
	uint32_t *link = &first;

	while (*link) {
		uint32_t pfn = *link;
		struct page *page = pfn_to_page(vm, pfn);

		trace_mm_page_free(vm->sim, pfn, 0);
		if (get_pageblock_migratetype(vm, pfn) == MIGRATE_ISOLATE) {
			*link = page->next;
			free_prepared(vm, cpu, page, 0);
		} else {
			link = &page->next;
		}
	}
	return first;
}

void free_unref_page_list(struct linux_vm *vm, const struct cpu *cpu, uint32_t first)
{
	bool batched = trace_is_on(vm->sim, TRACE_ID(mm_page_free_batched));
	uint32_t next;

	if (trace_is_on(vm->sim, TRACE_ID(mm_page_free)) || has_isolated_pageblocks(vm))
		first = free_list_prepare(vm, cpu, first);
	for (uint32_t pfn = first; pfn; pfn = next) {
		next = pfn_to_page(vm, pfn)->next;
		if (batched)
			trace_mm_page_free_batched(vm->sim, pfn);
		free_prepared(vm, cpu, pfn_to_page(vm, pfn), 0);
	}
}

/*
 *	order 3, a reference is left:	| h | 1 | 2 2 | 4 4 4 4 |
 *
 * The holder of that reference keeps the first page; the halves of the rest go, the largest first.
 */
void free_pages(struct linux_vm *vm, const struct cpu *cpu, struct page *page, int order)
{
	SIM_ASSERT(page->refcount > 0);
	if (--page->refcount == 0) {
		__free_pages(vm, cpu, page, order);
		return;
	}
	if (!(page->flags & PG_head))
		while (order-- > 0)
			__free_pages(vm, cpu, page + (1 << order), order);
}

/* --- checks --- */

static const struct check_def page_alloc_checks[] = {
	{ "buddy", buddy_check, "free lists, their counters and watermarks of every zone" },
	{ "pcp", pcp_check, "the CPUs' own lists and their counts" },
	{ "watermark", watermark_check, "limits that follow from others" },
};

const struct model page_alloc_model = {
	.name = "page_alloc",
	.checks = page_alloc_checks,
	.nr_checks = ARRAY_LEN(page_alloc_checks),
};
