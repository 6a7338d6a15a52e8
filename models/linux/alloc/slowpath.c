/*
 * slowpath.c - allocate when the fast path found nothing
 *
 *	wake kswapd; min watermark and reserves; large blocks: compact;
 *	reclaim directly; compact; again
 *
 * Each kind of request ends its search where its mask says: those that cannot
 * sleep after the reserves, large blocks after one round of reclaim, small ones
 * not at all: when reclaim has got nowhere for a while, a task is killed.
 */
#include "models/linux/alloc/compaction.h"
#include "models/linux/alloc/internal.h"
#include "models/linux/reclaim/oom_kill.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/stall.h"

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
static unsigned __gfp_pfmemalloc_flags(const struct task *t, gfp_t gfp)
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

static void wake_all_kswapds(struct task *t, int order, gfp_t gfp, const struct alloc_context *ac)
{
	const struct pglist_data *last = NULL;

	for (int i = next_zoneref(ac, 0); i < ac->zonelist->n; i = next_zoneref(ac, i + 1)) {
		struct zone *zone = ac->zonelist->ref[i].zone;

		if (!managed_zone(zone))
			continue;
		if (zone->node != last)
			wakeup_kswapd(t, zone, gfp, order, ac->highest_zoneidx);
		last = zone->node;
	}
}

/* Reclaims for this request and tries again. */
static struct page *__alloc_pages_direct_reclaim(struct task *t, gfp_t gfp, int order,
						 unsigned alloc_flags,
						 const struct alloc_context *ac, uint64_t *progress)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page;
	bool drained = false;
	int64_t bulk;

	cond_resched(t);
	*progress = try_to_free_pages(t, ac->zonelist, order, gfp, ac->nodemask);
	cond_resched(t);
	if (!*progress)
		return NULL;
	for (;;) {
		page = get_page_from_freelist(t, gfp, order, alloc_flags, ac);
		if (page || drained)
			return page;
		unreserve_highatomic_pageblock(vm, ac->zonelist, ac->highest_zoneidx,
					       ac->migratetype, false);
		bulk = vm->nr_bulk_freed;
		drain_all_pages(vm, t->cpu);
		task_run(t, (sim_time)(vm->nr_bulk_freed - bulk) *
				(sim_time)vm->machine->cost.free_bulk);
		drained = true;
	}
}

/* Whether what can still be reclaimed would be enough, and reclaim has not given up. */
static bool should_reclaim_retry(struct task *t, int order, const struct alloc_context *ac,
				 unsigned alloc_flags, bool progress, int *no_progress_loops)
{
	struct linux_vm *vm = task_vm(t);
	bool retry = false;

	if (progress && order <= PAGE_ALLOC_COSTLY_ORDER)
		*no_progress_loops = 0;
	else
		++*no_progress_loops;
	if (*no_progress_loops > MAX_RECLAIM_RETRIES)
		return unreserve_highatomic_pageblock(vm, ac->zonelist, ac->highest_zoneidx,
						      ac->migratetype, true);
	for (int i = next_zoneref(ac, 0); i < ac->zonelist->n && !retry;
	     i = next_zoneref(ac, i + 1)) {
		const struct zone *zone = ac->zonelist->ref[i].zone;
		uint64_t min = wmark_pages(zone, WMARK_MIN);
		int64_t reclaimable = (int64_t)zone_reclaimable_pages(vm, zone);
		int64_t available = reclaimable + zone_free_pages_snapshot(vm, zone);

		retry = __zone_watermark_ok(zone, order, min, ac->highest_zoneidx, alloc_flags,
					    available);
		trace_reclaim_retry_zone(vm->sim, zone->node->node_id, zone->idx, order,
					 reclaimable, available, (int64_t)min, *no_progress_loops,
					 retry);
	}
	/* other work of a worker waits until it sleeps, and that may be what would free memory */
	if (!task_in_irq(t) && (task_struct(t)->flags & PF_WQ_WORKER))
		stall_sleep_ticks(t, 1);
	else
		cond_resched(t);
	return retry || unreserve_highatomic_pageblock(vm, ac->zonelist, ac->highest_zoneidx,
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
static struct page *__alloc_pages_direct_compact(struct task *t, gfp_t gfp, int order,
						 unsigned alloc_flags,
						 const struct alloc_context *ac,
						 enum compact_priority priority,
						 enum compact_result *result)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = NULL;
	enum stall_cause outer;
	uint32_t captured;
	unsigned noreclaim;

	if (!order)
		return NULL;
	outer = stall_enter(t, STALL_COMPACT);
	noreclaim = memalloc_noreclaim_save(t);
	*result = try_to_compact_pages(t, gfp, order, alloc_flags, ac, priority, &captured);
	memalloc_noreclaim_restore(t, noreclaim);
	stall_leave(t, outer);
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

/* Another attempt: with the same effort if that got somewhere, else with more. */
static bool compact_again(const struct task *t, const struct alloc_context *ac, int order,
			  unsigned alloc_flags, int max_retries, struct compact_state *c)
{
	bool costly = order > PAGE_ALLOC_COSTLY_ORDER;
	enum compact_priority min = costly ? MIN_COMPACT_COSTLY_PRIORITY : MIN_COMPACT_PRIORITY;

	if (c->result == COMPACT_SKIPPED)
		return compaction_zonelist_suitable(task_vm(t), ac, order, alloc_flags);
	if (c->result == COMPACT_SUCCESS && ++c->retries <= max_retries)
		return true;
	if (c->priority <= min)
		return false;
	c->priority--;
	c->retries = 0;
	return true;
}

/* Whether compaction may still bring the block about. */
static bool should_compact_retry(const struct task *t, const struct alloc_context *ac, int order,
				 unsigned alloc_flags, struct compact_state *c)
{
	int max_retries = MAX_COMPACT_RETRIES;
	struct compact_state before = *c;
	bool retry;

	if (!order || t->killed)
		return false;
	/* a limit for attempts that got somewhere; of others the trace has the whole number */
	if (c->result == COMPACT_SUCCESS && order > PAGE_ALLOC_COSTLY_ORDER)
		max_retries /= 4;
	retry = compact_again(t, ac, order, alloc_flags, max_retries, c);
	trace_compact_retry(t->sim, order, before.priority, before.result, before.retries,
			    max_retries, retry);
	return retry;
}

/*
 * Nothing can be reclaimed any more: somebody is killed, one request at a time sees to that.
 * *progress: the request is to try again.  A page: memory came free meanwhile.
 */
static struct page *__alloc_pages_may_oom(struct task *t, gfp_t gfp, int order,
					  struct alloc_context *ac, uint64_t *progress)
{
	struct oom_state *oom = oom_state(task_vm(t));
	struct oom_control oc = {
		.zonelist = ac->zonelist,
		.nodemask = ac->nodemask,
		.gfp_mask = gfp,
		.order = order,
	};
	struct page *page;

	*progress = 0;
	if (oom->lock) {
		*progress = 1;
		stall_sleep_ticks(t, 1);
		return NULL;
	}
	oom->lock = t;
	/* a high mark: this is only to see whether a victim has just given its memory back */
	page = get_page_from_freelist(t, (gfp | __GFP_HARDWALL) & ~__GFP_DIRECT_RECLAIM, order,
				      ALLOC_WMARK_HIGH | ALLOC_CPUSET, ac);
	/* killing makes no large blocks, no low memory and none of a certain node */
	if (!page && order <= PAGE_ALLOC_COSTLY_ORDER &&
	    !(gfp & (__GFP_RETRY_MAYFAIL | __GFP_THISNODE)) && ac->highest_zoneidx >= ZONE_NORMAL &&
	    out_of_memory(t, &oc)) {
		*progress = 1;
		if (gfp & __GFP_NOFAIL)
			page = get_page_from_freelist(t, gfp, order, ALLOC_NO_WATERMARKS, ac);
	}
	oom->lock = NULL;
	return page;
}

/* A request that must not fail takes from the reserves, again and again. */
static struct page *alloc_nofail(struct task *t, gfp_t gfp, int order,
				 const struct alloc_context *ac)
{
	struct page *page = get_page_from_freelist(t, gfp, order, ALLOC_MIN_RESERVE, ac);

	if (!page) {
		task_run(t, max_u64((sim_time)task_vm(t)->machine->cost.page_alloc, 1));
		cond_resched(t);
	}
	return page;
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
	return !__gfp_pfmemalloc_flags(t, gfp);
}

/* What a request has tried so far, and what it may have. */
struct slowpath {
	gfp_t gfp;
	int order;
	unsigned alloc_flags;
	struct alloc_context *ac; /* borrowed */
	struct compact_state compact;
	int no_progress_loops;
};

static bool is_costly(const struct slowpath *p)
{
	return p->order > PAGE_ALLOC_COSTLY_ORDER;
}

static struct page *try_freelists(struct task *t, const struct slowpath *p)
{
	return get_page_from_freelist(t, p->gfp, p->order, p->alloc_flags, p->ac);
}

static struct page *try_compact(struct task *t, struct slowpath *p, enum compact_priority priority)
{
	return __alloc_pages_direct_compact(t, p->gfp, p->order, p->alloc_flags, p->ac, priority,
					    &p->compact.result);
}

static void wake_kswapds_for(struct task *t, const struct slowpath *p)
{
	if (p->alloc_flags & ALLOC_KSWAPD)
		wake_all_kswapds(t, p->order, p->gfp, p->ac);
}

/* Before any reclaim.  Whether to go on if there is no page. */
static bool first_attempt(struct task *t, struct slowpath *p, struct page **page)
{
	wake_kswapds_for(t, p);
	*page = try_freelists(t, p);
	if (*page || !compacts_first(t, p->gfp, p->order, p->ac))
		return true;
	*page = try_compact(t, p, INIT_COMPACT_PRIORITY);
	if (*page || !is_costly(p) || !(p->gfp & __GFP_NORETRY))
		return true;
	/* it would take much: not for a request that can do without */
	if (p->compact.result == COMPACT_SKIPPED || p->compact.result == COMPACT_DEFERRED ||
	    (p->gfp & __GFP_THISNODE))
		return false;
	p->compact.priority = INIT_COMPACT_PRIORITY;
	return true;
}

/* In an emergency there is more to be had, on every node. */
static void allow_reserves(const struct task *t, struct slowpath *p)
{
	unsigned reserve = __gfp_pfmemalloc_flags(t, p->gfp);

	if (reserve)
		p->alloc_flags = reserve | (p->alloc_flags & (ALLOC_KSWAPD | ALLOC_CMA));
	if (!(p->alloc_flags & ALLOC_CPUSET) || reserve) {
		p->ac->nodemask = 0;
		p->ac->preferred = next_zoneref(p->ac, 0);
	}
}

/* Reclaims and compacts once.  Whether to try again if there is no page. */
static bool reclaim_attempt(struct task *t, struct slowpath *p, struct page **page)
{
	gfp_t gfp = p->gfp;
	uint64_t progress = 0;

	wake_kswapds_for(t, p);
	allow_reserves(t, p);
	*page = try_freelists(t, p);
	if (*page || !(gfp & __GFP_DIRECT_RECLAIM) || (task_struct(t)->flags & PF_MEMALLOC))
		return false;
	*page = __alloc_pages_direct_reclaim(t, gfp, p->order, p->alloc_flags, p->ac, &progress);
	if (!*page)
		*page = try_compact(t, p, p->compact.priority);
	if (*page || (gfp & __GFP_NORETRY))
		return false;
	if (is_costly(p) && !((gfp & __GFP_IO) && (gfp & __GFP_RETRY_MAYFAIL)))
		return false;
	if (should_reclaim_retry(t, p->order, p->ac, p->alloc_flags, progress > 0,
				 &p->no_progress_loops))
		return true;
	if (progress > 0 && (gfp & __GFP_IO) &&
	    should_compact_retry(t, p->ac, p->order, p->alloc_flags, &p->compact))
		return true;
	*page = __alloc_pages_may_oom(t, gfp, p->order, p->ac, &progress);
	/* the reserves did not do either: a victim must not wait for itself */
	if (tsk_is_oom_victim(t) && ((p->alloc_flags & ALLOC_OOM) || (gfp & __GFP_NOMEMALLOC)))
		return false;
	if (progress)
		p->no_progress_loops = 0;
	return progress > 0;
}

struct page *__alloc_pages_slowpath(struct task *t, gfp_t gfp, int order, struct alloc_context *ac)
{
	bool can_reclaim = gfp & __GFP_DIRECT_RECLAIM;
	struct slowpath p = {
		.gfp = can_reclaim ? gfp & ~__GFP_ATOMIC : gfp,
		.order = order,
		.ac = ac,
		.compact = { COMPACT_SKIPPED, DEF_COMPACT_PRIORITY, 0 },
	};
	struct page *page = NULL;
	bool again;

	task_run(t, (sim_time)task_vm(t)->machine->cost.alloc_slowpath);
	p.alloc_flags = gfp_to_alloc_flags(t, p.gfp, order);
	ac->preferred = next_zoneref(ac, 0);
	again = ac->preferred < ac->zonelist->n && first_attempt(t, &p, &page);
	for (;;) {
		while (!page && again)
			again = reclaim_attempt(t, &p, &page);
		if (page)
			return page;
		if (!(gfp & __GFP_NOFAIL) || !can_reclaim || ac->preferred == ac->zonelist->n)
			break;
		page = alloc_nofail(t, p.gfp, order, ac);
		again = true;
	}
	warn_alloc(t, p.gfp, order, ac->nodemask);
	return NULL;
}
