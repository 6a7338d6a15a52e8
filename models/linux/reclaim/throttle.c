/*
 * throttle.c - when reclaim holds a task back
 *
 * Each node has a queue for every reason.  Nobody waits for a certain page:
 * who waits here waits for things to get better, and not for long.
 */
#include "models/linux/reclaim/internal.h"

#define USEC_PER_TICK (1000000 / HZ)

static sim_time throttle_ticks(enum vmscan_throttle_state reason)
{
	switch (reason) {
	case VMSCAN_THROTTLE_WRITEBACK:
		return HZ / 10;
	case VMSCAN_THROTTLE_ISOLATED:
		return HZ / 50;
	case VMSCAN_THROTTLE_NOPROGRESS:
	case VMSCAN_THROTTLE_CONGESTED:
	case NR_VMSCAN_THROTTLE:
		break;
	}
	return 1;
}

/* Whether waiting would be in vain: few pages of the node are dirty or being written. */
static bool skip_throttle_noprogress(const struct linux_vm *vm, const struct pglist_data *node)
{
	uint64_t reclaimable = 0, write_pending = 0;

	if (node->kswapd_failures >= MAX_RECLAIM_RETRIES)
		return true;
	for (int z = 0; z < MAX_NR_ZONES; z++) {
		const struct zone *zone = &node->zones[z];

		if (!managed_zone(zone))
			continue;
		reclaimable += zone_reclaimable_pages(vm, zone);
		write_pending += (uint64_t)zone->stat.nr_zone_write_pending;
	}
	return 2 * write_pending <= reclaimable;
}

void reclaim_throttle(struct task *t, struct pglist_data *node, enum vmscan_throttle_state reason)
{
	struct wait_queue *q = &node->reclaim_wait[reason];
	uint64_t ticks = throttle_ticks(reason);

	/* workers and kernel threads other than kswapd go on */
	if ((t->flags & TASK_KERNEL) && !(task_struct(t)->flags & PF_KSWAPD)) {
		cond_resched(t);
		return;
	}
	if ((reason == VMSCAN_THROTTLE_CONGESTED || reason == VMSCAN_THROTTLE_NOPROGRESS) &&
	    skip_throttle_noprogress(node->vm, node)) {
		cond_resched(t);
		return;
	}
	if (reason == VMSCAN_THROTTLE_WRITEBACK && node->nr_writeback_throttled++ == 0)
		node->nr_reclaim_start = node->stat.nr_throttled_written;

	enum stall_cause outer = stall_enter(t, STALL_RECLAIM_THROTTLE);
	uint64_t left;

	t->waits_for = "reclaim throttling";
	left = task_wait(t, q, ticks);
	t->waits_for = NULL;
	stall_leave(t, outer);
	if (reason == VMSCAN_THROTTLE_WRITEBACK)
		node->nr_writeback_throttled--;
	trace_mm_vmscan_throttled(t->sim, node->node_id, (int64_t)(ticks * USEC_PER_TICK),
				  (int64_t)((ticks - left) * USEC_PER_TICK), 1 << reason);
}

void acct_reclaim_writeback(struct linux_vm *vm, const struct page *page)
{
	struct pglist_data *node = page_zone(vm, page)->node;
	int n = node->nr_writeback_throttled;

	if (!n)
		return;
	node->stat.nr_throttled_written += (int64_t)folio_nr_pages(page);
	if (node->stat.nr_throttled_written - node->nr_reclaim_start >
	    (int64_t)SWAP_CLUSTER_MAX * n)
		wake_up_all(vm->sim, &node->reclaim_wait[VMSCAN_THROTTLE_WRITEBACK]);
}

bool too_many_isolated(struct pglist_data *node, bool file, const struct scan_control *sc)
{
	int64_t inactive = file ? node->stat.nr_inactive_file : node->stat.nr_inactive_anon;
	int64_t isolated = file ? node->stat.nr_isolated_file : node->stat.nr_isolated_anon;

	if (sc->kswapd)
		return false;
	/* who cannot enter file systems may take more: full reclaimers may be waiting for him */
	if ((sc->gfp & (__GFP_IO | __GFP_FS)) == (__GFP_IO | __GFP_FS))
		inactive >>= 3;
	if (isolated > inactive)
		return true;
	wake_up_all(node->vm->sim, &node->reclaim_wait[VMSCAN_THROTTLE_ISOLATED]);
	return false;
}
