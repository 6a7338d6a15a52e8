/*
 * node_stat.h - counters of a node, and what of them everybody sees
 *
 * Like:        Linux 6.1, mm/vmstat.c: mod_node_page_state, node_page_state, the nodes' half of
 *              refresh_cpu_vm_stats
 * Simplified:  only the counters that dirty throttling and reclaim's choice between lists read have
 *              parts of the CPUs
 *
 * A CPU keeps its changes to itself until they are more than stat_threshold pages, or until it
 * folds them.  So what a writer sees of the dirty pages is some pages off, and reclaim does not see
 * the first few refaults.
 */
#ifndef MMSIM_LINUX_NODE_STAT_H
#define MMSIM_LINUX_NODE_STAT_H

#include "models/linux/linux.h"

/* Where a counter's exact value stands. */
static inline int64_t *node_stat_exact(struct node_stat *stat, enum node_stat_item item)
{
	switch (item) {
	case NR_INACTIVE_ANON:
		return &stat->nr_inactive_anon;
	case NR_ACTIVE_ANON:
		return &stat->nr_active_anon;
	case NR_INACTIVE_FILE:
		return &stat->nr_inactive_file;
	case NR_ACTIVE_FILE:
		return &stat->nr_active_file;
	case WORKINGSET_ACTIVATE_ANON:
		return &stat->workingset_activate_anon;
	case WORKINGSET_ACTIVATE_FILE:
		return &stat->workingset_activate_file;
	case NR_FILE_DIRTY:
		return &stat->nr_dirty;
	case NR_WRITEBACK:
		return &stat->nr_writeback;
	case NR_DIRTIED:
		return &stat->nr_dirtied;
	case NR_WRITTEN:
	case NR_VM_NODE_STAT_ITEMS:
		break;
	}
	return &stat->nr_written;
}

/* The part of mod_node_page_state that CPUs keep to themselves; the exact value has changed. */
static inline void mod_node_page_seen(struct pglist_data *node, enum node_stat_item item,
				      int64_t delta)
{
	int cpu = smp_processor_id(node->vm);

	if (node->per_cpu_nodestats)
		cpu_stat_add(&node->vm_stat[item],
			     &node->per_cpu_nodestats[cpu].vm_node_stat_diff[item],
			     node->stat_threshold, delta);
	else
		node->vm_stat[item] += delta;
}

/* Adds delta pages to a counter, on the CPU that is at work; node_stat has the exact value. */
static inline void mod_node_page_state(struct pglist_data *node, enum node_stat_item item,
				       int64_t delta)
{
	*node_stat_exact(&node->stat, item) += delta;
	mod_node_page_seen(node, item, delta);
}

/* Pages without what CPUs keep to themselves; never below 0. */
static inline uint64_t node_page_state(const struct pglist_data *node, enum node_stat_item item)
{
	return node->vm_stat[item] > 0 ? (uint64_t)node->vm_stat[item] : 0;
}
/* The same of all nodes. */
uint64_t global_node_page_state(const struct linux_vm *vm, enum node_stat_item item);
/* Gives what a CPU kept to the nodes; false: it was nothing. */
bool fold_node_page_state(struct linux_vm *vm, const struct cpu *cpu);
/* Whether a CPU keeps anything. */
bool node_stat_need_update(const struct linux_vm *vm, const struct cpu *cpu);
/* The exact counters; those that CPUs have parts of are left out, as 0. */
struct node_stat node_stat_without_parts(const struct pglist_data *node);

void node_stat_init(struct pglist_data *node, int nr_cpus);
void node_stat_free(struct pglist_data *node);
/* What is seen and what CPUs keep make up the exact value, and no CPU keeps too much. */
void node_stat_check(struct check *c, const struct pglist_data *node);
#endif
