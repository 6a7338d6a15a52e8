/*
 * slowpath.c - allocate when the fast path found nothing
 *
 *	wake kswapd; min watermark and reserves; large blocks: compact;
 *	reclaim directly; compact; again
 *
 * Each kind of request ends its search where its mask says: those that cannot
 * sleep after the reserves, large blocks after one round of reclaim, small ones
 * when reclaim has got nowhere for a while.
 */
#include "models/linux/alloc/compaction.h"
#include "models/linux/alloc/internal.h"
#include "models/linux/reclaim/vmscan.h"

static unsigned gfp_to_alloc_flags(const struct task *t, gfp_t gfp, int order)
{
	unsigned flags = ALLOC_WMARK_MIN | ALLOC_CPUSET | gfp_to_alloc_flags_cma(task_vm(t), gfp);

	flags |= gfp & (__GFP_HIGH | __GFP_KSWAPD_RECLAIM);
	if (!(gfp & __GFP_DIRECT_RECLAIM)) {
		if (!(gfp & __GFP_NOMEMALLOC)) {
			flags |= ALLOC_NON_BLOCK;
			if (order > 0 && (flags & ALLOC_MIN_RESERVE))
				flags |= ALLOC_HIGHATOMIC;
		}
		if (flags & ALLOC_MIN_RESERVE)
			flags &= ~(unsigned)ALLOC_CPUSET;
	} else if ((t->flags & TASK_REALTIME) && !task_in_irq(t)) {
		flags |= ALLOC_MIN_RESERVE;
	}
	return flags;
}

/* What a request in an emergency may use: 0, ALLOC_NO_WATERMARKS or ALLOC_OOM. */
static unsigned gfp_pfmemalloc_flags(const struct task *t, gfp_t gfp)
{
	if (gfp & __GFP_NOMEMALLOC)
		return 0;
	if (gfp & __GFP_MEMALLOC)
		return ALLOC_NO_WATERMARKS;
	if (!task_in_irq(t)) {
		if (task_struct(t)->flags & PF_MEMALLOC)
			return ALLOC_NO_WATERMARKS;
		if (task_struct(t)->flags & PF_OOM_VICTIM)
			return ALLOC_OOM;
	}
	return 0;
}

static void wake_all_kswapds(struct linux_vm *vm, int order, gfp_t gfp,
			     const struct alloc_context *ac)
{
	const struct pglist_data *last = NULL;

	for (int i = next_zoneref(ac, 0); i < ac->zonelist->n; i = next_zoneref(ac, i + 1)) {
		struct zone *zone = ac->zonelist->ref[i].zone;

		if (!managed_zone(zone))
			continue;
		if (zone->node != last)
			wakeup_kswapd(vm, zone, gfp, order, ac->highest_zoneidx);
		last = zone->node;
	}
}

/* Reclaims for this request and tries again. */
static struct page *direct_reclaim(struct task *t, gfp_t gfp, int order, unsigned alloc_flags,
				   const struct alloc_context *ac, uint64_t *progress)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page;
	bool drained = false;

	cond_resched(t);
	*progress = try_to_free_pages(t, ac->zonelist, order, gfp, ac->nodemask);
	if (!*progress)
		return NULL;
	for (;;) {
		page = get_page_from_freelist(t, gfp, order, alloc_flags, ac);
		if (page || drained)
			return page;
		unreserve_highatomic_pageblock(vm, ac->zonelist, ac->highest_zoneidx,
					       ac->migratetype, false);
		drain_all_pages(vm, t->cpu);
		drained = true;
	}
}

static bool should_reclaim_retry(struct task *t, gfp_t gfp, int order,
				 const struct alloc_context *ac, unsigned alloc_flags,
				 bool progress, int *no_progress_loops)
{
	struct linux_vm *vm = task_vm(t);

	(void)gfp;
	if (progress && order <= PAGE_ALLOC_COSTLY_ORDER)
		*no_progress_loops = 0;
	else
		++*no_progress_loops;
	if (*no_progress_loops > MAX_RECLAIM_RETRIES)
		return unreserve_highatomic_pageblock(vm, ac->zonelist, ac->highest_zoneidx,
						      ac->migratetype, true);
	for (int i = next_zoneref(ac, ac->preferred); i < ac->zonelist->n;
	     i = next_zoneref(ac, i + 1)) {
		const struct zone *zone = ac->zonelist->ref[i].zone;
		int64_t available =
		    (int64_t)zone_reclaimable_pages(vm, zone) + zone_free_pages_snapshot(vm, zone);

		if (__zone_watermark_ok(zone, order, wmark_pages(zone, WMARK_MIN),
					ac->highest_zoneidx, alloc_flags, available)) {
			cond_resched(t);
			return true;
		}
	}
	return unreserve_highatomic_pageblock(vm, ac->zonelist, ac->highest_zoneidx,
					      ac->migratetype, true);
}

#define MAX_COMPACT_RETRIES 16

/* What the attempts so far found out about compaction for the request. */
struct compact_state {
	enum compact_result result;
	enum compact_priority priority; /* of the next one */
	int retries;
};

/* Compacts for this request and tries again. */
static struct page *direct_compact(struct task *t, gfp_t gfp, int order, unsigned alloc_flags,
				   const struct alloc_context *ac, enum compact_priority priority,
				   enum compact_result *result)
{
	struct linux_vm *vm = task_vm(t);
	sim_time begin = task_now(t);
	struct page *page = NULL;
	uint32_t captured;

	if (!order)
		return NULL;
	task_struct(t)->flags |= PF_MEMALLOC;
	*result = try_to_compact_pages(t, gfp, order, alloc_flags, ac, priority, &captured);
	task_struct(t)->flags &= ~(unsigned)PF_MEMALLOC;
	vm->stat.sim_compact_stall_ns += (int64_t)(task_now(t) - begin);
	if (*result == COMPACT_SKIPPED)
		return NULL;
	vm->stat.compact_stall++;
	if (captured)
		page = prep_new_page(vm, captured, order, gfp, alloc_flags);
	else
		page = get_page_from_freelist(t, gfp, order, alloc_flags, ac);
	if (page) {
		struct zone *zone = page_zone(vm, page);

		zone->compaction.blockskip_flush = false;
		compaction_defer_reset(vm, zone, order, true);
		vm->stat.compact_success++;
		return page;
	}
	vm->stat.compact_fail++;
	cond_resched(t);
	return NULL;
}

/* Whether compaction may still bring the block about, if need be with more effort. */
static bool should_compact_retry(const struct task *t, const struct alloc_context *ac, int order,
				 unsigned alloc_flags, struct compact_state *c)
{
	bool costly = order > PAGE_ALLOC_COSTLY_ORDER;
	enum compact_priority min = costly ? MIN_COMPACT_COSTLY_PRIORITY : MIN_COMPACT_PRIORITY;

	if (!order || t->killed)
		return false;
	if (c->result == COMPACT_SKIPPED)
		return compaction_zonelist_suitable(task_vm(t), ac, order, alloc_flags);
	if (c->result == COMPACT_SUCCESS) {
		c->retries++;
		if (c->retries <= (costly ? MAX_COMPACT_RETRIES / 4 : MAX_COMPACT_RETRIES))
			return true;
	}
	if (c->priority <= min)
		return false;
	c->priority--;
	c->retries = 0;
	return true;
}

/* A request that must not fail takes from the reserves, again and again. */
static struct page *alloc_nofail(struct task *t, gfp_t gfp, int order,
				 const struct alloc_context *ac)
{
	for (;;) {
		struct page *page = get_page_from_freelist(t, gfp, order, ALLOC_MIN_RESERVE, ac);

		if (page)
			return page;
		task_sleep_ticks(t, 1);
	}
}

/*
 * Before any reclaim: for a large block there are usually enough single pages, and for a small one
 * that cannot be moved compaction keeps other pageblocks from being broken up.
 */
static bool compacts_first(const struct task *t, gfp_t gfp, int order,
			   const struct alloc_context *ac)
{
	if (!(gfp & __GFP_DIRECT_RECLAIM) || !(gfp & __GFP_IO))
		return false;
	if (order <= PAGE_ALLOC_COSTLY_ORDER && (!order || ac->migratetype == MIGRATE_MOVABLE))
		return false;
	return !gfp_pfmemalloc_flags(t, gfp);
}

struct page *alloc_pages_slowpath(struct task *t, gfp_t gfp, int order, struct alloc_context *ac)
{
	struct linux_vm *vm = task_vm(t);
	bool can_reclaim = gfp & __GFP_DIRECT_RECLAIM;
	bool costly = order > PAGE_ALLOC_COSTLY_ORDER;
	uint64_t nodemask = ac->nodemask;
	struct compact_state compact = { COMPACT_SKIPPED, DEF_COMPACT_PRIORITY, 0 };
	int no_progress_loops = 0;
	struct page *page;

	if ((gfp & __GFP_ATOMIC) && can_reclaim)
		gfp &= ~__GFP_ATOMIC;

	unsigned alloc_flags = gfp_to_alloc_flags(t, gfp, order);

	ac->preferred = next_zoneref(ac, 0);
	if (ac->preferred == ac->zonelist->n)
		goto nopage;
	if (alloc_flags & ALLOC_KSWAPD)
		wake_all_kswapds(vm, order, gfp, ac);
	page = get_page_from_freelist(t, gfp, order, alloc_flags, ac);
	if (page)
		return page;
	if (compacts_first(t, gfp, order, ac)) {
		page = direct_compact(t, gfp, order, alloc_flags, ac, COMPACT_PRIO_ASYNC,
				      &compact.result);
		if (page)
			return page;
		if (costly && (gfp & __GFP_NORETRY)) {
			/* it would take much: not for a request that can do without */
			if (compact.result == COMPACT_SKIPPED ||
			    compact.result == COMPACT_DEFERRED || (gfp & __GFP_THISNODE))
				goto nopage;
			compact.priority = COMPACT_PRIO_ASYNC;
		}
	}

	for (;;) {
		uint64_t progress = 0;

		if (alloc_flags & ALLOC_KSWAPD)
			wake_all_kswapds(vm, order, gfp, ac);

		unsigned reserve = gfp_pfmemalloc_flags(t, gfp);

		if (reserve)
			alloc_flags = reserve | (alloc_flags & (ALLOC_KSWAPD | ALLOC_CMA));
		if (!(alloc_flags & ALLOC_CPUSET) || reserve) {
			ac->nodemask = 0;
			ac->preferred = next_zoneref(ac, 0);
		}
		page = get_page_from_freelist(t, gfp, order, alloc_flags, ac);
		if (page)
			return page;
		if (!can_reclaim || (task_struct(t)->flags & PF_MEMALLOC))
			break;
		page = direct_reclaim(t, gfp, order, alloc_flags, ac, &progress);
		if (page)
			return page;
		page = direct_compact(t, gfp, order, alloc_flags, ac, compact.priority,
				      &compact.result);
		if (page)
			return page;
		if (gfp & __GFP_NORETRY)
			break;
		if (costly && !((gfp & __GFP_IO) && (gfp & __GFP_RETRY_MAYFAIL)))
			break;
		if (should_reclaim_retry(t, gfp, order, ac, alloc_flags, progress > 0,
					 &no_progress_loops))
			continue;
		if (progress > 0 && (gfp & __GFP_IO) &&
		    should_compact_retry(t, ac, order, alloc_flags, &compact))
			continue;
		break; /* the OOM killer would come now */
	}

nopage:
	if ((gfp & __GFP_NOFAIL) && can_reclaim) {
		ac->nodemask = nodemask;
		ac->preferred = next_zoneref(ac, 0);
		if (ac->preferred < ac->zonelist->n)
			return alloc_nofail(t, gfp, order, ac);
	}
	return NULL;
}
