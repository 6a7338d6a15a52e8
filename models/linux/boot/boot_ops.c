/*
 * boot_ops.c - functions of the boot and of the limits of zones, as calls of scenarios
 *
 * What only a booting kernel has works on a rehearsal of the boot (rehearsal.c);
 * find_next_best_node and the functions of watermarks look at the running machine.
 */
#include <errno.h>

#include "models/linux/alloc/watermark.h"
#include "models/linux/arg.h"
#include "models/linux/boot/boot.h"
#include "models/linux/model_list.h"
#include "models/linux/task.h"

static struct boot_rehearsal *rehearsal(const struct task *t)
{
	return boot_rehearsal(task_vm(t));
}

/* The boot knows "any node" by the number behind the last. */
static int nid_of(const struct args *a)
{
	return a->nid == MAX_NODES ? MEMBLOCK_ANY_NODE : (int)a->nid;
}

/* ---- the map of memory ---- */

static int64_t op_get_pfn_range_for_nid(struct task *t, const struct args *a, struct result *r)
{
	pfn_t start, end;

	get_pfn_range_for_nid(&rehearsal(t)->vm, nid_of(a), &start, &end);
	r->out[0] = (int64_t)start;
	r->out[1] = (int64_t)end;
	return 0;
}

static int64_t op_absent_pages_in_range(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (a->start_pfn > a->end_pfn) {
		kernel_bug(t->sim, "absent_pages_in_range: the range ends before it begins");
		return -EINVAL;
	}
	return (int64_t)absent_pages_in_range(&rehearsal(t)->vm, (pfn_t)a->start_pfn,
					      (pfn_t)a->end_pfn);
}

static int64_t op_find_min_pfn_with_active_regions(struct task *t, const struct args *a,
						   struct result *r)
{
	(void)a;
	(void)r;
	return (int64_t)find_min_pfn_with_active_regions(&rehearsal(t)->vm);
}

static int64_t op_node_map_pfn_alignment(struct task *t, const struct args *a, struct result *r)
{
	(void)a;
	(void)r;
	return (int64_t)node_map_pfn_alignment(&rehearsal(t)->vm);
}

static int64_t op_free_bootmem_with_active_regions(struct task *t, const struct args *a,
						   struct result *r)
{
	(void)r;
	free_bootmem_with_active_regions(&rehearsal(t)->vm, nid_of(a), (pfn_t)a->max_low_pfn);
	return 0;
}

static int64_t op_sparse_memory_present_with_active_regions(struct task *t, const struct args *a,
							    struct result *r)
{
	(void)r;
	sparse_memory_present_with_active_regions(&rehearsal(t)->vm, nid_of(a));
	return 0;
}

static int64_t op_sim_boot_memory(struct task *t, const struct args *a, struct result *r)
{
	const struct boot_rehearsal *boot = rehearsal(t);

	r->out[0] = (int64_t)boot_rehearsal_free_pages(boot, nid_of(a));
	r->out[1] = boot_rehearsal_sections(boot);
	return 0;
}

/* ---- zones ---- */

static int64_t op_set_dma_reserve(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	set_dma_reserve(&rehearsal(t)->boot, (pages_t)a->new_dma_reserve);
	return 0;
}

static int64_t op_free_area_init_nodes(struct task *t, const struct args *a, struct result *r)
{
	pfn_t max_zone_pfn[MAX_NR_ZONES] = { 0 };

	(void)r;
	if (a->max_zone_pfn.n > MAX_NR_ZONES) {
		kernel_bug(t->sim, "free_area_init_nodes: more limits than zones");
		return -EINVAL;
	}
	for (int i = 0; i < a->max_zone_pfn.n; i++)
		max_zone_pfn[i] = (pfn_t)a->max_zone_pfn.v[i];
	if (!a->max_zone_pfn.n)
		x86_max_zone_pfns(&rehearsal(t)->vm, max_zone_pfn);
	boot_rehearsal_zones(rehearsal(t), max_zone_pfn);
	return 0;
}

static int64_t op_sim_boot_zone(struct task *t, const struct args *a, struct result *r)
{
	const struct linux_vm *vm = &rehearsal(t)->vm;

	if (a->nid < 0 || a->nid >= vm->nr_nodes) {
		kernel_bug(t->sim, "sim_boot_zone: no such node");
		return -EINVAL;
	}

	const struct zone *zone = &vm->nodes[a->nid].zones[a->zone];

	r->out[0] = (int64_t)zone->zone_start_pfn;
	r->out[1] = (int64_t)zone->spanned_pages;
	r->out[2] = (int64_t)zone->present_pages;
	r->out[3] = (int64_t)zone->managed_pages;
	return 0;
}

/* ---- the running machine ---- */

static int64_t op_find_next_best_node(struct task *t, const struct args *a, struct result *r)
{
	const struct linux_vm *vm = task_vm(t);
	int node_load[MACHINE_MAX_NODES] = { 0 };
	uint64_t used = a->used_node_mask;
	int node;

	if (a->node < 0 || a->node >= vm->nr_nodes || a->node_load.n > vm->nr_nodes) {
		kernel_bug(t->sim, "find_next_best_node: no such node");
		return -EINVAL;
	}
	for (int i = 0; i < a->node_load.n; i++)
		node_load[i] = (int)a->node_load.v[i];
	node = find_next_best_node(vm, (int)a->node, &used, node_load);
	r->out[0] = (int64_t)used;
	return node;
}

static int64_t op_setup_per_zone_wmarks(struct task *t, const struct args *a, struct result *r)
{
	(void)a;
	(void)r;
	setup_per_zone_wmarks(task_vm(t));
	return 0;
}

static int64_t op_nr_free_zone_pages(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return (int64_t)nr_free_zone_pages(task_vm(t), (int)min_s64(a->offset, MAX_NR_ZONES));
}

static int64_t op_nr_free_pagecache_pages(struct task *t, const struct args *a, struct result *r)
{
	(void)a;
	(void)r;
	return (int64_t)nr_free_pagecache_pages(task_vm(t));
}

static const struct op ops[] = {
	{ "get_pfn_range_for_nid", "nid", "pfn_range", op_get_pfn_range_for_nid, 0,
	  "boot: lowest and highest page of a node's memory; 0 and 0 without any" },
	{ "absent_pages_in_range", "start_pfn, end_pfn", NULL, op_absent_pages_in_range, 0,
	  "boot: pages of a range that are no memory" },
	{ "find_min_pfn_with_active_regions", "", NULL, op_find_min_pfn_with_active_regions, 0,
	  "boot: the lowest page of memory" },
	{ "node_map_pfn_alignment", "", NULL, op_node_map_pfn_alignment, 0,
	  "boot: largest alignment, in pages, that keeps the nodes apart; 0: one node" },
	{ "free_bootmem_with_active_regions", "nid, max_low_pfn", NULL,
	  op_free_bootmem_with_active_regions, 0,
	  "boot: free what is reserved of a node's memory below a page" },
	{ "sparse_memory_present_with_active_regions", "nid", NULL,
	  op_sparse_memory_present_with_active_regions, 0,
	  "boot: mark the sections that a node's memory touches present" },
	{ "set_dma_reserve", "new_dma_reserve", NULL, op_set_dma_reserve, 0,
	  "boot: pages that the next free_area_init_nodes leaves out of ZONE_DMA's estimate" },
	{ "free_area_init_nodes", "max_zone_pfn =", NULL, op_free_area_init_nodes, 0,
	  "boot: zones of all nodes within these limits; those of x86-64 if none are given" },
	{ "sim_boot_memory", "nid =", "boot_memory", op_sim_boot_memory, 0,
	  "what the calls marked boot: have changed of memory; to be read by assert:" },
	{ "sim_boot_zone", "nid = 0, zone", "boot_zone", op_sim_boot_zone, 0,
	  "a zone as the last free_area_init_nodes made it; to be read by assert:" },
	{ "find_next_best_node", "node, used_node_mask =, node_load =", "node_found",
	  op_find_next_best_node, 0,
	  "the node whose zones come next in a node's fallback list; -1: all had their turn" },
	{ "setup_per_zone_wmarks", "", NULL, op_setup_per_zone_wmarks, OP_NO_IRQ,
	  "work the watermarks of all zones out from min_free_kbytes; boosts end" },
	{ "nr_free_zone_pages", "offset", NULL, op_nr_free_zone_pages, 0,
	  "pages above the high watermarks, in zones up to this one" },
	{ "nr_free_pagecache_pages", "", NULL, op_nr_free_pagecache_pages, 0,
	  "the same in all zones" },
};

const struct model boot_ops_model = {
	.name = "boot",
	.ops = ops,
	.nr_ops = ARRAY_LEN(ops),
};
