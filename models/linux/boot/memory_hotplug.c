/*
 * memory_hotplug.c - memory blocks and CPUs that come and go
 *
 * A memory block is 128 MiB, one section.  Going offline it leaves its zone,
 * coming back it joins the zone that is asked for; the zone's span shrinks and
 * grows at its ends.  Either way all limits are worked out anew.  A CPU changes
 * the shares of the per-CPU lists and the thresholds only.
 */
#include <errno.h>

#include "models/linux/alloc/pcp.h"
#include "models/linux/alloc/vmstat.h"
#include "models/linux/alloc/watermark.h"
#include "models/linux/alloc/migrate.h"
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/alloc/page_isolation.h"
#include "models/linux/boot/boot.h"
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/swap/swap.h"
#include "models/linux/writeback/writeback.h"

#define BLOCK_PAGEBLOCKS (MEMORY_BLOCK_PAGES / PAGEBLOCK_NR_PAGES)

static struct pageblock *first_pageblock(const struct linux_vm *vm, pfn_t pfn)
{
	return &vm->pageblocks[pfn >> PAGEBLOCK_ORDER];
}

/* ---- spans ---- */

static pfn_t find_smallest_pfn(struct linux_vm *vm, const struct zone *zone, pfn_t start, pfn_t end)
{
	for (; start < end; start += PAGEBLOCK_NR_PAGES)
		if (frame_in_zone(vm, zone, start))
			return start;
	return 0;
}

static pfn_t find_biggest_pfn(struct linux_vm *vm, const struct zone *zone, pfn_t start, pfn_t end)
{
	for (; end > start; end -= min_u64(end, PAGEBLOCK_NR_PAGES))
		if (frame_in_zone(vm, zone, end - 1))
			return end - 1;
	return 0;
}

static void shrink_zone_span(struct linux_vm *vm, struct zone *zone, pfn_t start, pfn_t end)
{
	pfn_t zone_start = zone->zone_start_pfn, zone_end = zone_end_pfn(zone), pfn;

	if (zone_start == start) {
		pfn = find_smallest_pfn(vm, zone, end, zone_end);
		zone->zone_start_pfn = pfn;
		zone->spanned_pages = pfn ? zone_end - pfn : 0;
	} else if (zone_end == end) {
		pfn = find_biggest_pfn(vm, zone, zone_start, start);
		zone->zone_start_pfn = pfn ? zone_start : 0;
		zone->spanned_pages = pfn ? pfn - zone_start + 1 : 0;
	}
}

/* The node spans what its zones span. */
static void update_pgdat_span(struct pglist_data *node)
{
	pfn_t start = UINT64_MAX, end = 0;

	for (int i = 0; i < MAX_NR_ZONES; i++) {
		const struct zone *zone = &node->zones[i];

		if (zone->spanned_pages) {
			start = min_u64(start, zone->zone_start_pfn);
			end = max_u64(end, zone_end_pfn(zone));
		}
	}
	node->node_start_pfn = end ? start : 0;
	node->node_spanned_pages = end ? end - start : 0;
}

static void grow_span(pfn_t *span_start, pages_t *spanned, pfn_t start, pfn_t end)
{
	pfn_t old_end = *span_start + *spanned;

	if (!*spanned || start < *span_start)
		*span_start = start;
	*spanned = max_u64(end, old_end) - *span_start;
}

/* ---- taking a block away ---- */

#define MAX_OFFLINE_TRIES 5

/* Moves what can be moved out of isolated pageblocks. */
static void migrate_range(struct task *t, pfn_t start, pfn_t end)
{
	struct linux_vm *vm = task_vm(t);
	const struct pglist_data *from = pfn_zone(vm, start)->node;
	struct page_list pages = { 0 };
	uint64_t nodes = 0; /* others with memory; none: its own must do */

	FOR_EACH_NODE (vm, node)
		if (node->node_present_pages && node != from)
			nodes |= 1ULL << node->node_id;

	for (pfn_t pfn = start; pfn < end; pfn++) {
		int order = free_block_order(vm, pfn);

		if (order > 0)
			pfn += (1ULL << order) - 1;
		/* parts of a large one that nobody maps are free afterwards */
		if (order >= 0 || !split_huge_page_to_move(vm, t->cpu, pfn_to_page(vm, pfn)) ||
		    !(pfn_to_page(vm, pfn)->flags & PG_lru))
			continue;
		isolate_lru_page(vm, pfn_to_page(vm, pfn));
		page_list_add_tail(vm->mem_map, &pages, (uint32_t)pfn);
	}
	if (pages.head && migrate_pages(t, &pages, alloc_migration_target, NULL, &nodes,
					MIGRATE_SYNC, MR_MEMORY_HOTPLUG, NULL))
		putback_movable_pages(t, &pages);
}

/* Isolates a range and empties it.  0, -EBUSY or -EINTR; then it is as before, but movable. */
static int empty_range(struct linux_vm *vm, struct task *t, pfn_t start, pfn_t end)
{
	const struct cpu *cpu = t ? t->cpu : NULL;

	if (start_isolate_page_range(vm, cpu, start, end, MIGRATE_MOVABLE))
		return -EBUSY;
	for (int tries = 0; test_pages_isolated(vm, start, end); tries++) {
		if (!t || t->killed || tries == MAX_OFFLINE_TRIES) {
			undo_isolate_page_range(vm, cpu, start, end, MIGRATE_MOVABLE);
			return t && t->killed ? -EINTR : -EBUSY;
		}
		migrate_range(t, start, end);
	}
	return 0;
}

/* Takes the free blocks of an isolated range out of the lists; they do not count as free. */
static void offline_isolated_pages(struct linux_vm *vm, struct zone *zone, pfn_t start, pfn_t end)
{
	zone->nr_isolate_pageblock -= (end - start) / PAGEBLOCK_NR_PAGES;
	while (start < end) {
		int order = free_block_order(vm, start);

		del_page_from_free_list(vm, zone, start, order);
		start += 1ULL << order;
	}
}

/* The only zone of a memory block that is wholly RAM and online; NULL: it is not. */
static struct zone *zone_of_block(struct linux_vm *vm, uint64_t block)
{
	pfn_t start = block * MEMORY_BLOCK_PAGES, end = start + MEMORY_BLOCK_PAGES;
	const struct pageblock *first;

	if (block >= vm->max_pfn / MEMORY_BLOCK_PAGES || absent_pages_in_range(vm, start, end))
		return NULL;
	first = first_pageblock(vm, start);
	for (uint64_t i = 0; i < BLOCK_PAGEBLOCKS; i++)
		if (!first[i].valid || first[i].zone != first->zone)
			return NULL;
	return first->zone == PAGEBLOCK_MIXED ? NULL : pfn_zone(vm, start);
}

static void adjust_present_page_count(struct zone *zone, int64_t pages)
{
	zone->present_early_pages += (uint64_t)pages;
	zone->present_pages += (uint64_t)pages;
	zone->node->node_present_pages += (uint64_t)pages;
}

static void update_nr_zones(struct pglist_data *node, const struct zone *zone)
{
	if (zone->idx >= node->nr_zones)
		node->nr_zones = zone->idx + 1;
}

static void limits_changed(struct linux_vm *vm)
{
	if (vm->wb_domain)
		writeback_set_ratelimit(vm);
}

int memory_offline(struct linux_vm *vm, struct task *t, uint64_t block)
{
	pfn_t start = block * MEMORY_BLOCK_PAGES, end = start + MEMORY_BLOCK_PAGES;
	struct zone *zone = zone_of_block(vm, block);
	int r;

	if (!zone)
		return -EINVAL;
	zone_pcp_disable(vm, zone);
	drain_all_pages(vm, t ? t->cpu : NULL);
	if (t)
		lru_cache_disable(vm);
	r = empty_range(vm, t, start, end);
	if (!r)
		offline_isolated_pages(vm, zone, start, end);
	if (t)
		lru_cache_enable(vm);
	zone_pcp_enable(vm, zone);
	if (r)
		return r;
	zone->managed_pages -= MEMORY_BLOCK_PAGES;
	vm->totalram_pages -= MEMORY_BLOCK_PAGES;
	adjust_present_page_count(zone, -(int64_t)MEMORY_BLOCK_PAGES);
	for (uint64_t i = 0; i < BLOCK_PAGEBLOCKS; i++)
		first_pageblock(vm, start)[i].valid = false;
	init_per_zone_wmark_min(vm);
	if (!populated_zone(zone)) {
		zone_pcp_reset(zone);
		build_all_zonelists(vm);
	}
	limits_changed(vm);
	reserve_mem_notifier(vm, false);
	shrink_zone_span(vm, zone, start, end);
	update_pgdat_span(zone->node);
	set_zone_contiguous(vm, zone);
	return 0;
}

/* ---- bringing a block back ---- */

static bool zone_intersects(const struct zone *zone, pfn_t start, pfn_t end)
{
	return zone->spanned_pages && start < zone_end_pfn(zone) && end > zone->zone_start_pfn;
}

static struct zone *default_kernel_zone_for_pfn(struct pglist_data *node, pfn_t start, pfn_t end)
{
	for (int i = 0; i < ZONE_NORMAL; i++)
		if (zone_intersects(&node->zones[i], start, end))
			return &node->zones[i];
	return &node->zones[ZONE_NORMAL];
}

static struct zone *zone_for_pfn_range(struct pglist_data *node, enum mmop mode, pfn_t start,
				       pfn_t end)
{
	struct zone *kernel = default_kernel_zone_for_pfn(node, start, end);
	struct zone *movable = &node->zones[ZONE_MOVABLE];

	if (mode == MMOP_ONLINE_MOVABLE)
		return movable;
	if (mode == MMOP_ONLINE_KERNEL || zone_intersects(kernel, start, end))
		return kernel;
	return zone_intersects(movable, start, end) ? movable : kernel;
}

static void move_pfn_range_to_zone(struct linux_vm *vm, struct zone *zone, pfn_t start, pfn_t end)
{
	struct pglist_data *node = zone->node;
	struct pageblock *block = first_pageblock(vm, start);

	grow_span(&zone->zone_start_pfn, &zone->spanned_pages, start, end);
	grow_span(&node->node_start_pfn, &node->node_spanned_pages, start, end);
	/* The kernel looks for holes here, too, but the block is not yet online: it is one. */
	zone->contiguous = false;
	for (uint64_t i = 0; i < BLOCK_PAGEBLOCKS; i++) {
		block[i].zone = pageblock_zone_id(zone);
		block[i].valid = block[i].subsection = true;
		block[i].bits =
		    vm->page_group_by_mobility_disabled ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE;
	}
}

int memory_online(struct linux_vm *vm, uint64_t block, enum mmop mode)
{
	pfn_t start = block * MEMORY_BLOCK_PAGES, end = start + MEMORY_BLOCK_PAGES;
	struct zone *zone;
	bool populates;

	if (block >= vm->max_pfn / MEMORY_BLOCK_PAGES || absent_pages_in_range(vm, start, end) ||
	    first_pageblock(vm, start)->valid)
		return -EINVAL;
	zone = zone_for_pfn_range(&vm->nodes[memblock_find(&vm->memory, start)->nid], mode, start,
				  end);
	populates = !populated_zone(zone);
	move_pfn_range_to_zone(vm, zone, start, end);
	if (populates)
		setup_zone_pageset(vm, zone);
	for (pfn_t pfn = start; pfn < end; pfn += MAX_ORDER_NR_PAGES) {
		trace_mm_page_free(vm->sim, (int64_t)pfn, MAX_ORDER - 1);
		__free_pages_core(vm, pfn, MAX_ORDER - 1);
	}
	adjust_present_page_count(zone, MEMORY_BLOCK_PAGES);
	update_nr_zones(zone->node, zone);
	if (populates)
		build_all_zonelists(vm);
	init_per_zone_wmark_min(vm);
	limits_changed(vm);
	reserve_mem_notifier(vm, true);
	return 0;
}

/* ---- CPUs ---- */

int cpu_offline(struct linux_vm *vm, int cpu)
{
	if (cpu < 0 || cpu >= vm->nr_cpu_ids)
		return -EINVAL;
	if (!vm->sim->cpus[cpu].online)
		return 0;
	if (vm->nr_online_cpus == 1)
		return -EINVAL;
	if (vm->swap)
		drain_slots_cache_cpu(vm, cpu);
	vmstat_cpu_down_prep(vm, cpu);
	vm->sim->cpus[cpu].online = false;
	vm->nr_online_cpus--;
	drain_pages(vm, &vm->sim->cpus[cpu], &vm->sim->cpus[cpu]);
	refresh_cpu_vm_stats(vm, &vm->sim->cpus[cpu], false);
	slab_cpu_dead(vm, cpu);
	FOR_EACH_ZONE (vm, zone)
		zone_pcp_update(vm, zone, 0);
	refresh_zone_stat_thresholds(vm);
	limits_changed(vm);
	return 0;
}

/* The shares of all zones count the new CPU in, not only those of its node: the kernel does so
 * before the CPU belongs to a node, and does not do it again afterwards. */
int cpu_online(struct linux_vm *vm, int cpu)
{
	if (cpu < 0 || cpu >= vm->nr_cpu_ids)
		return -EINVAL;
	if (vm->sim->cpus[cpu].online)
		return 0;
	FOR_EACH_ZONE (vm, zone)
		zone_pcp_update(vm, zone, 1);
	vm->sim->cpus[cpu].online = true;
	vm->nr_online_cpus++;
	refresh_zone_stat_thresholds(vm);
	limits_changed(vm);
	return 0;
}
