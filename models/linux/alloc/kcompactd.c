/*
 * kcompactd.c - the task of a node that compacts in the background
 *
 * Asked by kswapd and by allocations it makes a block of an order.  Left alone it looks twice a
 * second how fragmented the node is for huge pages, and works against that.
 */
#include <stdio.h>

#include "models/linux/alloc/compaction.h"
#include "models/linux/alloc/pcp.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/tunables.h"

#define FRAG_CHECK_TICKS (HZ / 2)
#define FRAG_PERIOD      ((FRAG_CHECK_TICKS / 8 + 1) * 8) /* the wheel rounds it up */

static bool kcompactd_node_suitable(const struct linux_vm *vm, const struct pglist_data *node)
{
	int highest = node->kcompactd_highest_zoneidx;

	for (int z = 0; z <= highest; z++) {
		const struct zone *zone = &node->zones[z];

		if (populated_zone(zone) && compaction_suitable(vm, zone, node->kcompactd_max_order,
								0, highest) == COMPACT_CONTINUE)
			return true;
	}
	return false;
}

void wakeup_kcompactd(struct linux_vm *vm, struct pglist_data *node, int order, int highest_zoneidx)
{
	if (!order)
		return;
	if (node->kcompactd_max_order < order)
		node->kcompactd_max_order = order;
	if (node->kcompactd_highest_zoneidx > highest_zoneidx)
		node->kcompactd_highest_zoneidx = highest_zoneidx;
	if (!wait_queue_active(&node->kcompactd_wait) || !kcompactd_node_suitable(vm, node))
		return;
	trace_mm_compaction_wakeup_kcompactd(vm->sim, node->node_id, order, highest_zoneidx);
	wake_up(vm->sim, &node->kcompactd_wait);
}

static void compact_zone_for_block(struct task *t, struct compact_control *cc)
{
	struct linux_vm *vm = task_vm(t);
	struct zone *zone = cc->zone;

	if (compaction_deferred(vm, zone, cc->order) ||
	    compaction_suitable(vm, zone, cc->order, 0, zone->idx) != COMPACT_CONTINUE)
		return;
	switch (compact_zone(t, cc, NULL)) {
	case COMPACT_SUCCESS:
		compaction_defer_reset(vm, zone, cc->order, false);
		break;
	case COMPACT_PARTIAL_SKIPPED:
	case COMPACT_COMPLETE:
		/* pages that CPUs hold back might have made the block */
		drain_all_pages_zone(vm, zone, t->cpu);
		defer_compaction(vm, zone, cc->order);
		break;
	default:
		break;
	}
	vm->stat.compact_daemon_migrate_scanned += (int64_t)cc->total_migrate_scanned;
	vm->stat.compact_daemon_free_scanned += (int64_t)cc->total_free_scanned;
}

/* Makes a block of the order that was asked for available. */
static void kcompactd_do_work(struct task *t, struct pglist_data *node)
{
	struct linux_vm *vm = task_vm(t);
	struct compact_control cc = {
		.order = node->kcompactd_max_order,
		.search_order = node->kcompactd_max_order,
		.highest_zoneidx = node->kcompactd_highest_zoneidx,
		.mode = MIGRATE_SYNC_LIGHT,
		.gfp = GFP_KERNEL,
	};

	trace_mm_compaction_kcompactd_wake(vm->sim, node->node_id, cc.order, cc.highest_zoneidx);
	vm->stat.compact_daemon_wake++;
	for (int z = 0; z <= cc.highest_zoneidx; z++) {
		cc.zone = &node->zones[z];
		if (populated_zone(cc.zone))
			compact_zone_for_block(t, &cc);
	}
	/* a stronger request that came meanwhile stays */
	if (node->kcompactd_max_order <= cc.order)
		node->kcompactd_max_order = 0;
	if (node->kcompactd_highest_zoneidx >= cc.highest_zoneidx)
		node->kcompactd_highest_zoneidx = node->nr_zones - 1;
}

static bool should_proactive_compact_node(const struct linux_vm *vm, const struct pglist_data *node)
{
	if (!vm->sysctl.compaction_proactiveness || kswapd_is_running(node))
		return false;
	return fragmentation_score_node(node) > fragmentation_score_wmark(vm, false);
}

static void proactive_compact_node(struct task *t, struct pglist_data *node)
{
	for (int z = 0; z < MAX_NR_ZONES; z++) {
		struct compact_control cc = {
			.zone = &node->zones[z],
			.order = COMPACT_WHOLE_ZONE,
			.mode = MIGRATE_SYNC_LIGHT,
			.ignore_skip_hint = true,
			.whole_zone = true,
			.gfp = GFP_KERNEL,
			.proactive_compaction = true,
		};

		if (populated_zone(cc.zone))
			compact_zone(t, &cc, NULL);
	}
}

static bool work_requested(const struct pglist_data *node)
{
	return node->kcompactd_max_order > 0 || node->proactive_compact_trigger;
}

/* Until there is work or the time is over; true: there is work. */
static bool wait_for_work(struct task *t, struct pglist_data *node, uint64_t timeout)
{
	struct wait_entry w;

	if (work_requested(node))
		return true;
	wait_entry_init(&w, t);
	t->waits_for = "a request to compact";
	for (;;) {
		wait_prepare(&node->kcompactd_wait, &w, WAIT_SHARED);
		if (work_requested(node) || !timeout)
			break;
		timeout = task_block_timeout(t, timeout);
	}
	wait_finish(&w);
	t->waits_for = NULL;
	return work_requested(node);
}

/*
 * Until the first look.  Its looks are a period apart, at whole buckets of the timer wheel; a
 * machine that was running before keeps to the times it had.
 */
static uint64_t first_timeout(const struct task *t, const struct pglist_data *node)
{
	if (!node->kcompactd_looks_at)
		return FRAG_CHECK_TICKS;
	return (node->kcompactd_looks_at - 1 - jiffies(t->sim)) % FRAG_PERIOD;
}

static void kcompactd(struct task *t, void *arg)
{
	struct pglist_data *node = arg;
	struct linux_vm *vm = node->vm;
	uint64_t timeout = first_timeout(t, node);

	node->kcompactd_max_order = 0;
	node->kcompactd_highest_zoneidx = node->nr_zones - 1;
	for (;;) {
		if (!vm->sysctl.compaction_proactiveness)
			timeout = FOREVER;
		trace_mm_compaction_kcompactd_sleep(vm->sim, node->node_id);

		bool asked = wait_for_work(t, node, timeout);

		timeout = FRAG_CHECK_TICKS;
		if (asked && !node->proactive_compact_trigger) {
			kcompactd_do_work(t, node);
			continue;
		}
		if (should_proactive_compact_node(vm, node)) {
			unsigned before = fragmentation_score_node(node);

			proactive_compact_node(t, node);
			/* in vain: not again so soon */
			if (fragmentation_score_node(node) >= before)
				timeout = (uint64_t)FRAG_CHECK_TICKS << COMPACT_MAX_DEFER_SHIFT;
		}
		node->proactive_compact_trigger = false;
	}
}

int proactiveness_write(struct sim *s, void *object, const struct tunable *row,
			const int64_t *values)
{
	struct linux_vm *vm = linux_vm(s);

	tunable_store(object, row, values);
	if (!vm->sysctl.compaction_proactiveness)
		return 0;
	FOR_EACH_NODE (vm, node) {
		if (!node->kcompactd || node->proactive_compact_trigger)
			continue;
		node->proactive_compact_trigger = true;
		wake_up(s, &node->kcompactd_wait);
	}
	return 0;
}

void kcompactd_start(struct linux_vm *vm)
{
	FOR_EACH_NODE (vm, node) {
		char name[32];

		if (!node->node_present_pages)
			continue;
		snprintf(name, sizeof(name), "kcompactd%d", node->node_id);
		node->kcompactd =
		    linux_kthread(vm, cpu_for_node(vm, node->node_id), name, kcompactd, node);
	}
}
