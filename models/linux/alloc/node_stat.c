/*
 * node_stat.c - counters of a node, and what of them everybody sees
 *
 *	exact (node_stat) = what everybody sees (vm_stat) + what CPUs keep (vm_node_stat_diff)
 */
#include "models/linux/alloc/node_stat.h"
#include "models/linux/alloc/watermark.h"

static int *diffs(const struct pglist_data *node, int cpu)
{
	return node->per_cpu_nodestats ? node->per_cpu_nodestats[cpu].vm_node_stat_diff : NULL;
}

uint64_t global_node_page_state(const struct linux_vm *vm, enum node_stat_item item)
{
	int64_t pages = 0;

	FOR_EACH_NODE (vm, node)
		pages += node->vm_stat[item];
	return pages > 0 ? (uint64_t)pages : 0;
}

bool fold_node_page_state(struct linux_vm *vm, const struct cpu *cpu)
{
	bool changed = false;

	FOR_EACH_NODE (vm, node) {
		int *diff = diffs(node, cpu->id);

		for (int i = 0; diff && i < NR_VM_NODE_STAT_ITEMS; i++) {
			changed |= diff[i] != 0;
			node->vm_stat[i] += diff[i];
			diff[i] = 0;
		}
	}
	return changed;
}

bool node_stat_need_update(const struct linux_vm *vm, const struct cpu *cpu)
{
	FOR_EACH_NODE (vm, node) {
		const int *diff = diffs(node, cpu->id);

		for (int i = 0; diff && i < NR_VM_NODE_STAT_ITEMS; i++)
			if (diff[i])
				return true;
	}
	return false;
}

struct node_stat node_stat_without_parts(const struct pglist_data *node)
{
	struct node_stat stat = node->stat;

	for (int i = 0; i < NR_VM_NODE_STAT_ITEMS; i++)
		*node_stat_exact(&stat, i) = 0;
	return stat;
}

void node_stat_init(struct pglist_data *node, int nr_cpus)
{
	node->per_cpu_nodestats = sim_calloc((size_t)nr_cpus, sizeof(*node->per_cpu_nodestats));
}

void node_stat_free(struct pglist_data *node)
{
	sim_free(node->per_cpu_nodestats);
	node->per_cpu_nodestats = NULL;
}

void node_stat_check(struct check *c, const struct pglist_data *node)
{
	struct node_stat stat = node->stat;

	for (int i = 0; i < NR_VM_NODE_STAT_ITEMS; i++) {
		int64_t sum = node->vm_stat[i];

		for (int cpu = 0; node->per_cpu_nodestats && cpu < node->vm->nr_cpu_ids; cpu++) {
			int diff = diffs(node, cpu)[i];

			CHECK(c, diff <= MAX_STAT_THRESHOLD && diff >= -MAX_STAT_THRESHOLD);
			sum += diff;
		}
		CHECK(c, sum == *node_stat_exact(&stat, i));
	}
}
