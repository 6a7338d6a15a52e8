/*
 * node_reclaim.c - vm.zone_reclaim_mode: free pages of a node before another one is used
 */
#include "models/linux/boot/boot.h"
#include "models/linux/reclaim/internal.h"

#define NODE_RECLAIM_PRIORITY 4

#define RECLAIM_WRITE 2
#define RECLAIM_UNMAP 4

static uint64_t node_pagecache_reclaimable(const struct linux_vm *vm,
					   const struct pglist_data *node)
{
	int64_t pages = vm->sysctl.zone_reclaim_mode & RECLAIM_UNMAP
			    ? node->stat.nr_file_pages
			    : max_s64(node->stat.nr_inactive_file + node->stat.nr_active_file -
					  node->stat.nr_mapped,
				      0);

	if (!(vm->sysctl.zone_reclaim_mode & RECLAIM_WRITE))
		pages -= min_s64(pages, node->stat.nr_dirty);
	return (uint64_t)pages;
}

/* Whether the node has more of either than its share that shall stay. */
static bool reclaim_is_worth_it(const struct linux_vm *vm, const struct pglist_data *node)
{
	return node_pagecache_reclaimable(vm, node) > node->min_unmapped_pages ||
	       (uint64_t)node->stat.nr_slab_reclaimable > node->min_slab_pages;
}

int node_reclaim(struct task *t, struct pglist_data *node, gfp_t gfp, int order)
{
	struct linux_vm *vm = task_vm(t);
	struct scan_control sc = {
		.nr_to_reclaim = max_u64(1ULL << order, SWAP_CLUSTER_MAX),
		.gfp = gfp,
		.order = order,
		.priority = NODE_RECLAIM_PRIORITY,
		.may_writepage = vm->sysctl.zone_reclaim_mode & RECLAIM_WRITE,
		.may_unmap = vm->sysctl.zone_reclaim_mode & RECLAIM_UNMAP,
		.may_swap = true,
		.reclaim_idx = gfp_zone(gfp),
	};
	unsigned noreclaim;

	if (!reclaim_is_worth_it(vm, node))
		return -1;
	if (!gfpflags_allow_blocking(gfp) || task_in_irq(t) ||
	    (task_struct(t)->flags & PF_MEMALLOC))
		return -2;
	if (node_state_has_cpu(vm, node->node_id) && node->node_id != t->cpu->node)
		return -2;
	if (node->reclaim_locked)
		return -2;
	node->reclaim_locked = true;
	noreclaim = memalloc_noreclaim_save(t);
	task_struct(t)->reclaimed_slab = 0;
	trace_mm_vmscan_node_reclaim_begin(vm->sim, node->node_id, order, sc.gfp);
	if (reclaim_is_worth_it(vm, node)) {
		do {
			shrink_node(t, node, &sc);
		} while (sc.nr_reclaimed < 1ULL << order && --sc.priority >= 0);
	}
	memalloc_noreclaim_restore(t, noreclaim);
	node->reclaim_locked = false;
	trace_mm_vmscan_node_reclaim_end(vm->sim, (int64_t)sc.nr_reclaimed);
	if (sc.nr_reclaimed >= 1ULL << order)
		return 1;
	vm->stat.zone_reclaim_failed++;
	return 0;
}
