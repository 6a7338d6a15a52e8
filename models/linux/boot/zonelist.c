/*
 * zonelist.c - in which order the zones of a machine are tried
 *
 * A node's fallback list has the zones of all nodes, the nearest node first and
 * of each node the highest zone first, so that low memory is kept for those who
 * need it.  Nodes at the same distance take turns being first, so that two
 * nodes that run short do not both turn to the same third one.
 *
 * The lists are built before the CPUs are brought up.  Until then no node has
 * CPUs, and the preference for nodes without any has no effect; it has one when
 * memory hotplug builds the lists again.
 */
#include "models/linux/alloc/buddy.h"
#include "models/linux/alloc/watermark.h"
#include "models/linux/boot/boot.h"

#define PENALTY_FOR_NODE_WITH_CPUS 1

bool node_has_cpus(const struct linux_vm *vm, int nid)
{
	const struct sim *s = vm->sim;

	for (int i = 0; i < s->nr_cpus && vm->nr_online_cpus; i++)
		if (cpu_is_of_node(vm, &s->cpus[i], nid) && s->cpus[i].online)
			return true;
	return false;
}

bool node_state_has_cpu(const struct linux_vm *vm, int nid)
{
	const struct sim *s = vm->sim;

	for (int i = 0; i < s->nr_cpus; i++)
		if (s->cpus[i].online &&
		    (s->cpus[i].node == nid || (!i && cpu_is_of_node(vm, &s->cpus[i], nid))))
			return true;
	return false;
}

int find_next_best_node(const struct linux_vm *vm, int node, uint64_t *used, const int *node_load)
{
	int best = NUMA_NO_NODE, min_value = INT32_MAX;

	if (!(*used >> node & 1)) {
		*used |= 1ULL << node;
		return node;
	}
	for (int n = 0; n < vm->nr_nodes; n++) {
		int value;

		if (!vm->nodes[n].node_present_pages || *used >> n & 1)
			continue;
		value = node_distance(vm, node, n);
		value += n < node;
		if (node_has_cpus(vm, n))
			value += PENALTY_FOR_NODE_WITH_CPUS;
		value = value * MAX_NODES + node_load[n];
		if (value < min_value) {
			min_value = value;
			best = n;
		}
	}
	if (best >= 0)
		*used |= 1ULL << best;
	return best;
}

static void zonelist_add(struct zonelist *list, struct zone *zone)
{
	list->ref[list->n++] = (struct zoneref){ zone, zone->idx };
}

static void build_zonerefs_node(struct linux_vm *vm, struct zonelist *list,
				struct pglist_data *node)
{
	for (int i = MAX_NR_ZONES - 1; i >= 0; i--) {
		struct zone *zone = &node->zones[i];

		if (!populated_zone(zone))
			continue;
		zonelist_add(list, zone);
		if (i != ZONE_MOVABLE && i > vm->policy_zone)
			vm->policy_zone = i;
	}
}

/* The lists have room for every zone and for the empty entry at the end. */
static void zonelist_clear(const struct linux_vm *vm, struct zonelist *list)
{
	size_t entries = (size_t)vm->nr_nodes * MAX_NR_ZONES + 1;

	if (!list->ref)
		list->ref = sim_calloc(entries, sizeof(*list->ref));
	list->n = 0;
}

static void build_zonelists(struct linux_vm *vm, struct pglist_data *local, int *node_load)
{
	struct zonelist *fallback = &local->zonelists[ZONELIST_FALLBACK];
	struct zonelist *thisnode = &local->zonelists[ZONELIST_NOFALLBACK];
	int previous = local->node_id, node;
	uint64_t used = 0;

	zonelist_clear(vm, fallback);
	while ((node = find_next_best_node(vm, local->node_id, &used, node_load)) >= 0) {
		if (node_distance(vm, local->node_id, node) !=
		    node_distance(vm, local->node_id, previous))
			node_load[node]++;
		build_zonerefs_node(vm, fallback, &vm->nodes[node]);
		previous = node;
	}
	fallback->ref[fallback->n] = (struct zoneref){ 0 };
	zonelist_clear(vm, thisnode);
	build_zonerefs_node(vm, thisnode, local);
	thisnode->ref[thisnode->n] = (struct zoneref){ 0 };
}

void build_all_zonelists(struct linux_vm *vm)
{
	int node_load[MACHINE_MAX_NODES] = { 0 };

	SIM_ASSERT(vm->nr_nodes <= MACHINE_MAX_NODES);
	for (int nid = 0; nid < vm->nr_nodes; nid++)
		build_zonelists(vm, &vm->nodes[nid], node_load);
	vm->page_group_by_mobility_disabled =
	    nr_free_pagecache_pages(vm) < PAGEBLOCK_NR_PAGES * (unsigned)nr_migratetypes(vm);
	vm->unusual_pageblocks = vm->page_group_by_mobility_disabled || vm->cma;
}
