/*
 * direct_reclaim.c - a task that found no memory frees some for itself
 *
 *	try_to_free_pages -> throttle_direct_reclaim   kswapd first, if the reserve is low
 *	                  -> shrink_zones              at priorities 12 to 0
 */
#include "models/linux/alloc/compaction.h"
#include "models/linux/reclaim/internal.h"

bool allow_direct_reclaim(struct linux_vm *vm, struct pglist_data *node)
{
	uint64_t reserve = 0, free = 0;

	if (node->kswapd_failures >= MAX_RECLAIM_RETRIES)
		return true;
	for (int z = 0; z <= ZONE_NORMAL; z++) {
		const struct zone *zone = &node->zones[z];

		if (!managed_zone(zone) || !zone_reclaimable_pages(vm, zone))
			continue;
		reserve += wmark_pages(zone, WMARK_MIN);
		free += (uint64_t)zone_free_pages(zone);
	}
	if (!reserve)
		return true;
	if (free > reserve / 2)
		return true;
	/* kswapd must be at work, or nobody would wake us */
	if (wait_queue_active(&node->kswapd_wait)) {
		if (node->kswapd_highest_zoneidx > ZONE_NORMAL)
			node->kswapd_highest_zoneidx = ZONE_NORMAL;
		wake_up(vm->sim, &node->kswapd_wait);
	}
	return false;
}

/* Whether a reclaim is for the zone. */
static bool zone_wanted(const struct zoneref *ref, const struct scan_control *sc)
{
	return ref->zone_idx <= sc->reclaim_idx &&
	       (!sc->nodemask || sc->nodemask & 1ULL << ref->zone->node->node_id);
}

/* Holds a task back while the reserves are low.  True: it was killed meanwhile. */
static bool throttle_direct_reclaim(struct task *t, const struct zonelist *zl,
				    const struct scan_control *sc)
{
	struct linux_vm *vm = task_vm(t);
	struct pglist_data *node = NULL;

	if ((t->flags & TASK_KERNEL) || t->killed)
		return false;
	for (int i = 0; i < zl->n && !node; i++)
		if (zone_wanted(&zl->ref[i], sc) && zl->ref[i].zone_idx <= ZONE_NORMAL)
			node = zl->ref[i].zone->node;
	if (!node || allow_direct_reclaim(vm, node))
		return false;
	vm->stat.pgscan_direct_throttle++;

	struct wait_entry w;
	uint64_t left = sc->gfp & __GFP_FS ? FOREVER : HZ;

	enum stall_cause outer = stall_enter(t, STALL_RECLAIM_THROTTLE);

	wait_entry_init(&w, t);
	t->waits_for = "memory reserve";
	t->killable = true; /* with a limit the kernel's wait ends with any signal */
	for (;;) {
		wait_prepare(&node->pfmemalloc_wait, &w, WAIT_SHARED);
		if (allow_direct_reclaim(vm, node) || t->killed || left == 0)
			break;
		left = task_block_timeout(t, left);
		/* kswapd may find its node balanced, by a zone that does not count here: then the
		 * two wake each other for a while, which takes time */
		task_run(t, (sim_time)vm->machine->cost.context_switch);
	}
	wait_finish(&w);
	t->killable = false;
	t->waits_for = NULL;
	stall_leave(t, outer);
	return t->killed;
}

/*
 * Whether a request for a large block should compact the zone instead: it could be served, or there
 * are free pages enough, with some to spare for others who take them meanwhile.
 */
static bool compaction_ready(const struct linux_vm *vm, const struct zone *zone,
			     const struct scan_control *sc)
{
	if (!(sc->gfp & __GFP_IO))
		return false;
	switch (compaction_suitable(vm, zone, sc->order, 0, sc->reclaim_idx)) {
	case COMPACT_SUCCESS:
		return true;
	case COMPACT_SKIPPED:
		return false;
	default:
		return zone_watermark_ok_safe(
		    vm, zone, 0, wmark_pages(zone, WMARK_HIGH) + compact_gap(sc->order),
		    sc->reclaim_idx);
	}
}

/* Progress lets those go on who saw none; who sees none near the end waits. */
static void consider_reclaim_throttle(struct task *t, struct pglist_data *node,
				      const struct scan_control *sc)
{
	if (sc->nr_reclaimed > sc->nr_scanned >> 3)
		wake_up_all(node->vm->sim, &node->reclaim_wait[VMSCAN_THROTTLE_NOPROGRESS]);
	else if (sc->priority == 1 && !sc->nr_reclaimed)
		reclaim_throttle(t, node, VMSCAN_THROTTLE_NOPROGRESS);
}

static void shrink_zones(struct task *t, const struct zonelist *zl, struct scan_control *sc)
{
	struct linux_vm *vm = task_vm(t);
	struct pglist_data *last = NULL, *first = NULL;

	for (int i = 0; i < zl->n; i++) {
		struct zone *zone = zl->ref[i].zone;

		if (!zone_wanted(&zl->ref[i], sc))
			continue;
		if (sc->order > PAGE_ALLOC_COSTLY_ORDER && compaction_ready(vm, zone, sc)) {
			sc->compaction_ready = true;
			continue;
		}
		if (!first)
			first = zone->node;
		if (zone->node == last)
			continue;
		last = zone->node;
		shrink_node(t, zone->node, sc);
	}
	if (first)
		consider_reclaim_throttle(t, first, sc);
}

/* highest: that the request may use; samples of zones have it at the first one that is there. */
static void count_stall(struct linux_vm *vm, const struct zonelist *zl, int highest)
{
	vm->stat.allocstall++;
	vm->allocstall[highest]++;
	for (int i = 0; i < zl->n; i++) {
		if (zl->ref[i].zone_idx <= highest) {
			zl->ref[i].zone->stat.allocstall++;
			return;
		}
	}
}

static uint64_t do_try_to_free_pages(struct task *t, const struct zonelist *zl,
				     struct scan_control *sc)
{
	struct linux_vm *vm = task_vm(t);

	for (;;) {
		count_stall(vm, zl, sc->reclaim_idx);
		for (sc->priority = DEF_PRIORITY; sc->priority >= 0; sc->priority--) {
			sc->nr_scanned = 0;
			shrink_zones(t, zl, sc);
			if (sc->nr_reclaimed >= sc->nr_to_reclaim || sc->compaction_ready)
				break;
			if (sc->priority < DEF_PRIORITY - 2)
				sc->may_writepage = true;
		}
		for (int i = 0; i < zl->n; i++)
			if (zone_wanted(&zl->ref[i], sc))
				snapshot_refaults(zl->ref[i].zone->node);
		if (sc->nr_reclaimed)
			return sc->nr_reclaimed;
		if (sc->compaction_ready)
			return 1;
		if (!sc->skipped_deactivate)
			return 0;
		/* the active lists were left alone: once more without mercy */
		sc->force_deactivate = true;
		sc->skipped_deactivate = false;
	}
}

uint64_t try_to_free_pages(struct task *t, const struct zonelist *zl, int order, gfp_t gfp,
			   uint64_t nodemask)
{
	struct linux_vm *vm = task_vm(t);
	enum stall_cause outer;
	unsigned noreclaim;
	struct scan_control sc = {
		.nr_to_reclaim = SWAP_CLUSTER_MAX,
		.nodemask = nodemask,
		.order = order,
		.gfp = gfp,
		.reclaim_idx = gfp_zone(gfp),
		.may_writepage = !vm->sysctl.laptop_mode,
		.may_unmap = true,
		.may_swap = true,
	};

	if (throttle_direct_reclaim(t, zl, &sc))
		return 1;
	trace_mm_vmscan_direct_reclaim_begin(vm->sim, order, gfp);
	outer = stall_enter(t, STALL_RECLAIM);
	noreclaim = memalloc_noreclaim_save(t);
	task_struct(t)->reclaimed_slab = 0;

	uint64_t reclaimed = do_try_to_free_pages(t, zl, &sc);

	memalloc_noreclaim_restore(t, noreclaim);
	trace_mm_vmscan_direct_reclaim_end(vm->sim, (int64_t)reclaimed);
	stall_leave(t, outer);
	return reclaimed;
}
