/*
 * kswapd.c - the task of a node that frees memory before anybody must
 *
 * Woken when an allocation finds a zone below its low watermark, it works until
 * one zone that can serve the request is above the high one.
 */
#include <stdio.h>

#include "models/linux/alloc/compaction.h"
#include "models/linux/alloc/watermark.h"
#include "models/linux/reclaim/internal.h"

bool pgdat_balanced(struct linux_vm *vm, struct pglist_data *node, int order, int highest_zoneidx)
{
	bool any_managed = false;

	for (int z = 0; z <= highest_zoneidx; z++) {
		const struct zone *zone = &node->zones[z];

		if (!managed_zone(zone))
			continue;
		any_managed = true;
		if (zone_watermark_ok_safe(vm, zone, order, wmark_pages(zone, WMARK_HIGH),
					   highest_zoneidx))
			return true;
	}
	return !any_managed;
}

bool pgdat_watermark_boosted(const struct pglist_data *node, int highest_zoneidx)
{
	for (int z = highest_zoneidx; z >= 0; z--)
		if (managed_zone(&node->zones[z]) && node->zones[z].watermark_boost)
			return true;
	return false;
}

/* What it takes has passed before the wake: kswapd is placed beside a task that has used it. */
void wakeup_kswapd(struct task *t, struct zone *zone, gfp_t gfp, int order, int highest_zoneidx)
{
	struct linux_vm *vm = task_vm(t);
	const struct cost_table *cost = &vm->machine->cost;
	struct pglist_data *node = zone->node;
	bool hopeless = node->kswapd_failures >= MAX_RECLAIM_RETRIES;

	if (!managed_zone(zone))
		return;
	if (node->kswapd_highest_zoneidx == MAX_NR_ZONES ||
	    node->kswapd_highest_zoneidx < highest_zoneidx)
		node->kswapd_highest_zoneidx = highest_zoneidx;
	if (node->kswapd_order < order)
		node->kswapd_order = order;
	if (!wait_queue_active(&node->kswapd_wait))
		return;
	if (!hopeless) /* else it has given up, and nobody looks */
		task_run(t, (sim_time)cost->pgdat_balanced);
	if (hopeless || (pgdat_balanced(vm, node, order, highest_zoneidx) &&
			 !pgdat_watermark_boosted(node, highest_zoneidx))) {
		if (!hopeless)
			task_run(t, (sim_time)cost->kswapd_spared);
		/* enough pages, but not in blocks: who cannot compact himself has it done */
		if (!(gfp & __GFP_DIRECT_RECLAIM))
			wakeup_kcompactd(vm, node, order, highest_zoneidx);
		return;
	}
	task_run(t, (sim_time)cost->kswapd_wakeup);
	trace_mm_vmscan_wakeup_kswapd(vm->sim, node->node_id, highest_zoneidx, order, gfp);
	wake_up(vm->sim, &node->kswapd_wait);
	task_run(t, (sim_time)cost->kswapd_woken);
}

static void clear_pgdat_congested(struct pglist_data *node)
{
	node->flags &= ~(unsigned)(LRUVEC_CONGESTED | PGDAT_DIRTY | PGDAT_WRITEBACK);
}

static bool prepare_kswapd_sleep(struct linux_vm *vm, struct pglist_data *node, int order,
				 int highest_zoneidx)
{
	if (wait_queue_active(&node->pfmemalloc_wait))
		wake_up_all(vm->sim, &node->pfmemalloc_wait);
	if (node->kswapd_failures >= MAX_RECLAIM_RETRIES)
		return true;
	if (!pgdat_balanced(vm, node, order, highest_zoneidx))
		return false;
	clear_pgdat_congested(node);
	return true;
}

uint64_t kswapd_nr_to_reclaim(const struct pglist_data *node, int reclaim_idx)
{
	uint64_t nr = 0;

	for (int z = 0; z <= reclaim_idx; z++) {
		const struct zone *zone = &node->zones[z];

		if (managed_zone(zone))
			nr += max_u64(wmark_pages(zone, WMARK_HIGH), SWAP_CLUSTER_MAX);
	}
	return nr;
}

/* One pass over the node: true if enough pages were looked at, so that the priority may stay. */
static bool kswapd_shrink_node(struct task *t, struct pglist_data *node, struct scan_control *sc)
{
	sc->nr_to_reclaim = kswapd_nr_to_reclaim(node, sc->reclaim_idx);
	shrink_node(t, node, sc);
	/* enough for a block of the order: from here on single pages will do */
	if (sc->order && sc->nr_reclaimed >= compact_gap(sc->order))
		sc->order = 0;
	return sc->nr_scanned >= sc->nr_to_reclaim;
}

static void set_reclaim_active(struct pglist_data *node, int highest_zoneidx, bool active)
{
	for (int z = 0; z <= highest_zoneidx; z++) {
		struct zone *zone = &node->zones[z];

		if (!managed_zone(zone))
			continue;
		if (active)
			zone->flags |= ZONE_RECLAIM_ACTIVE;
		else
			zone->flags &= ~(unsigned)ZONE_RECLAIM_ACTIVE;
	}
}

/* Notes the boosts of the zones; returns their sum. */
static uint64_t note_boosts(const struct pglist_data *node, int highest_zoneidx, uint64_t *boosts)
{
	uint64_t sum = 0;

	for (int z = 0; z <= highest_zoneidx; z++) {
		boosts[z] = managed_zone(&node->zones[z]) ? node->zones[z].watermark_boost : 0;
		sum += boosts[z];
	}
	return sum;
}

/* The reclaim for a boost is over: takes back what was noted.  What came meanwhile stays. */
static void end_boosts(struct pglist_data *node, int highest_zoneidx, const uint64_t *boosts)
{
	for (int z = 0; z <= highest_zoneidx; z++) {
		struct zone *zone = &node->zones[z];

		zone->watermark_boost -= min_u64(zone->watermark_boost, boosts[z]);
	}
	/* there is room now: whole pageblocks shall come of it */
	wakeup_kcompactd(node->vm, node, PAGEBLOCK_ORDER, highest_zoneidx);
}

/* Reclaims until the node is balanced; returns the order it was done for in the end. */
static int balance_pgdat(struct task *t, struct pglist_data *node, int order, int highest_zoneidx)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t boosts[MAX_NR_ZONES], boost;
	struct scan_control sc = {
		.gfp = GFP_KERNEL, .order = order, .may_unmap = true, .kswapd = true
	};
	bool boosted;

	vm->stat.pageoutrun++;
	boost = note_boosts(node, highest_zoneidx, boosts);
	boosted = boost != 0;
restart:
	set_reclaim_active(node, highest_zoneidx, true);
	sc.priority = DEF_PRIORITY;
	do {
		uint64_t before = sc.nr_reclaimed, reclaimed;
		bool raise_priority = true;

		sc.reclaim_idx = highest_zoneidx;

		bool balanced = pgdat_balanced(vm, node, sc.order, highest_zoneidx);

		task_run(t, (sim_time)vm->machine->cost.pgdat_balanced);

		if (!balanced && boost) {
			/* low on memory after all: forget the boost and begin anew */
			boost = 0;
			goto restart;
		}
		if (balanced && !boost)
			goto out;
		if (boost && sc.priority == DEF_PRIORITY - 2)
			raise_priority = false;
		/* for a boost neither write nor swap: only clean pages are taken */
		sc.may_writepage = !vm->sysctl.laptop_mode && !boost;
		sc.may_swap = !boost;
		kswapd_age_node(t, node, &sc);
		if (sc.priority < DEF_PRIORITY - 2)
			sc.may_writepage = true;
		sc.nr_scanned = 0;
		if (kswapd_shrink_node(t, node, &sc))
			raise_priority = false;
		if (wait_queue_active(&node->pfmemalloc_wait) && allow_direct_reclaim(vm, node))
			wake_up_all(vm->sim, &node->pfmemalloc_wait);
		reclaimed = sc.nr_reclaimed - before;
		boost -= min_u64(boost, reclaimed);
		if (boost && !reclaimed)
			break;
		if (raise_priority || !reclaimed)
			sc.priority--;
	} while (sc.priority >= 1);
	if (!sc.nr_reclaimed)
		node->kswapd_failures++;
out:
	set_reclaim_active(node, highest_zoneidx, false);
	if (boosted)
		end_boosts(node, highest_zoneidx, boosts);
	snapshot_refaults(node);
	return sc.order;
}

/* The highest zone that was asked for since it was read last, else that of the last time. */
static int kswapd_highest_zoneidx(const struct pglist_data *node, int prev)
{
	return node->kswapd_highest_zoneidx == MAX_NR_ZONES ? prev : node->kswapd_highest_zoneidx;
}

/*
 * Sleeps: a short nap first, to see whether the memory lasts; then until woken.  While kswapd is
 * awake the CPUs keep less of the counters back, so that the marks are not passed unseen.
 */
static void kswapd_try_to_sleep(struct task *t, struct pglist_data *node, int alloc_order,
				int reclaim_order, int highest_zoneidx)
{
	struct linux_vm *vm = task_vm(t);
	struct wait_entry w;
	uint64_t left = 0;

	wait_entry_init(&w, t);
	t->waits_for = "memory to run short";
	wait_prepare(&node->kswapd_wait, &w, WAIT_SHARED);
	if (prepare_kswapd_sleep(vm, node, reclaim_order, highest_zoneidx)) {
		reset_isolation_suitable(vm, node);
		wakeup_kcompactd(vm, node, alloc_order, highest_zoneidx);
		task_run(t, (sim_time)vm->machine->cost.kswapd_nap);
		trace_sim_kswapd_nap(vm->sim, node->node_id);
		/* woken in the last tick it has nothing left either: as if nobody had asked */
		left = task_block_timeout(t, HZ / 10);
		task_run(t, (sim_time)vm->machine->cost.kswapd_nap_end);
		/* woken early or not: what is asked for stands until it is taken */
		wait_finish(&w);
		wait_prepare(&node->kswapd_wait, &w, WAIT_SHARED);
	}
	if (!left && prepare_kswapd_sleep(vm, node, reclaim_order, highest_zoneidx)) {
		trace_mm_vmscan_kswapd_sleep(vm->sim, node->node_id);
		set_pgdat_percpu_threshold(node, calculate_normal_threshold);
		node->kswapd_sleeping = true;
		task_block(t);
		node->kswapd_sleeping = false;
		set_pgdat_percpu_threshold(node, calculate_pressure_threshold);
	} else if (left) {
		vm->stat.kswapd_low_wmark_hit_quickly++;
	} else {
		vm->stat.kswapd_high_wmark_hit_quickly++;
	}
	wait_finish(&w);
	t->waits_for = NULL;
}

static void kswapd(struct task *t, void *arg)
{
	struct pglist_data *node = arg;
	struct linux_vm *vm = node->vm;
	int highest_zoneidx = MAX_NR_ZONES - 1;

	task_struct(t)->flags |= PF_MEMALLOC | PF_KSWAPD;
	node->kswapd_order = 0;
	node->kswapd_highest_zoneidx = MAX_NR_ZONES;
	for (;;) {
		int alloc_order = node->kswapd_order;
		int reclaim_order = alloc_order;

		highest_zoneidx = kswapd_highest_zoneidx(node, highest_zoneidx);
		do {
			kswapd_try_to_sleep(t, node, alloc_order, reclaim_order, highest_zoneidx);
			alloc_order = node->kswapd_order;
			highest_zoneidx = kswapd_highest_zoneidx(node, highest_zoneidx);
			node->kswapd_order = 0;
			node->kswapd_highest_zoneidx = MAX_NR_ZONES;
			cond_resched(t); /* where it looks whether the system is suspended */
			trace_mm_vmscan_kswapd_wake(vm->sim, node->node_id, highest_zoneidx,
						    alloc_order);
			reclaim_order = balance_pgdat(t, node, alloc_order, highest_zoneidx);
		} while (reclaim_order < alloc_order);
	}
}

bool kswapd_is_running(const struct pglist_data *node)
{
	return node->kswapd && node->kswapd->state != TASK_BLOCKED;
}

struct cpu *cpu_for_node(struct linux_vm *vm, int nid)
{
	struct cpu *found = &vm->sim->cpus[vm->sim->nr_cpus - 1];

	for (int i = 0; i < vm->sim->nr_cpus; i++)
		if (vm->sim->cpus[i].online && cpu_is_of_node(vm, &vm->sim->cpus[i], nid))
			found = &vm->sim->cpus[i];
	return found;
}

void pgdat_init_waits(struct pglist_data *node)
{
	wait_queue_init(&node->kswapd_wait);
	wait_queue_init(&node->kcompactd_wait);
	wait_queue_init(&node->pfmemalloc_wait);
	for (int i = 0; i < NR_VMSCAN_THROTTLE; i++)
		wait_queue_init(&node->reclaim_wait[i]);
}

void kswapd_start(struct linux_vm *vm)
{
	FOR_EACH_NODE (vm, node) {
		char name[32];

		node->kswapd_highest_zoneidx = MAX_NR_ZONES;
		pgdat_init_waits(node);
		if (!node->node_present_pages)
			continue;
		snprintf(name, sizeof(name), "kswapd%d", node->node_id);
		node->kswapd =
		    linux_kthread(vm, cpu_for_node(vm, node->node_id), name, kswapd, node);
	}
}
