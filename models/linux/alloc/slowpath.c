/*
 * slowpath.c - allocate when the fast path found nothing
 *
 *	wake kswapd; min watermark and reserves; reclaim directly; again
 *
 * Each kind of request ends its search where its mask says: those that cannot
 * sleep after the reserves, large blocks after one round of reclaim, small ones
 * when reclaim has got nowhere for a while.
 */
#include "models/linux/alloc/internal.h"
#include "models/linux/reclaim/vmscan.h"

static unsigned gfp_to_alloc_flags(const struct task *t, gfp_t gfp, int order)
{
	unsigned flags = ALLOC_WMARK_MIN | ALLOC_CPUSET;

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
		drain_all_pages(vm);
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

/* Without compaction: as long as single pages are there, a small block may still come about. */
static bool should_compact_retry(const struct alloc_context *ac, int order, unsigned alloc_flags)
{
	if (order == 0 || order > PAGE_ALLOC_COSTLY_ORDER)
		return false;
	for (int i = next_zoneref(ac, ac->preferred); i < ac->zonelist->n;
	     i = next_zoneref(ac, i + 1)) {
		const struct zone *zone = ac->zonelist->ref[i].zone;

		if (zone_watermark_ok(zone, 0, wmark_pages(zone, WMARK_MIN), ac->highest_zoneidx,
				      alloc_flags))
			return true;
	}
	return false;
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

struct page *alloc_pages_slowpath(struct task *t, gfp_t gfp, int order, struct alloc_context *ac)
{
	struct linux_vm *vm = task_vm(t);
	bool can_reclaim = gfp & __GFP_DIRECT_RECLAIM;
	uint64_t nodemask = ac->nodemask;
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

	for (;;) {
		uint64_t progress = 0;

		if (alloc_flags & ALLOC_KSWAPD)
			wake_all_kswapds(vm, order, gfp, ac);

		unsigned reserve = gfp_pfmemalloc_flags(t, gfp);

		if (reserve)
			alloc_flags = reserve | (alloc_flags & ALLOC_KSWAPD);
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
		if (gfp & __GFP_NORETRY)
			break;
		if (order > PAGE_ALLOC_COSTLY_ORDER &&
		    !((gfp & __GFP_IO) && (gfp & __GFP_RETRY_MAYFAIL)))
			break;
		if (should_reclaim_retry(t, gfp, order, ac, alloc_flags, progress > 0,
					 &no_progress_loops))
			continue;
		if (progress > 0 && (gfp & __GFP_IO) &&
		    should_compact_retry(ac, order, alloc_flags))
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
