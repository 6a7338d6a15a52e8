/*
 * naive_world.c - two page allocators side by side, in a world of small zones
 */
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/boot/boot.h"
#include "tests/unit/naive_world.h"

void same(const struct both *b, const char *what, int64_t ours, int64_t naive)
{
	if (ours != naive)
		fail_msg("seed %llu, operation %ld %s: %s is %lld, naive %lld",
			 (unsigned long long)b->seed, b->op, b->last, what, (long long)ours,
			 (long long)naive);
}

/* ---- settings, in both ---- */

void set_marks(struct both *b, struct naive_zone *z)
{
	struct zone *zone = zone_of(b, z);
	uint64_t step = (uint64_t)z->managed / (one_in(b, 2) ? 64 : 16) + 1;

	for (int i = 0; i < 3; i++) {
		z->mark[i] = (i ? z->mark[i - 1] : 0) + (long)below(b, step);
		zone->_watermark[i] = (uint64_t)z->mark[i];
	}
	for (int j = 0; j < 5; j++) {
		z->reserve[j] = j <= z->idx || one_in(b, 2) ? 0 : (long)below(b, step);
		zone->lowmem_reserve[j] = z->reserve[j];
	}
	z->drift_mark = one_in(b, 2) ? 0 : z->mark[2] + (long)below(b, 250);
	zone->percpu_drift_mark = (uint64_t)z->drift_mark;
	z->boost = 0;
	zone->watermark_boost = 0;
}

void set_cpu_limits(struct both *b, struct naive_zone *z)
{
	static const int batches[] = { 1, 2, 7, 15, 31, 63 };
	int batch = batches[below(b, ARRAY_LEN(batches))];
	int high = one_in(b, 8) ? 0 : batch * (int)(1 + below(b, 12)) + (int)below(b, 20);

	for (int i = 0; i < NAIVE_CPUS; i++) {
		struct per_cpu_pages *pcp = &zone_of(b, z)->pcp[i];

		pcp->batch = z->cpu[i].batch = high ? batch : 1;
		pcp->high = z->cpu[i].high = high;
	}
}

void set_thresholds(struct both *b, struct naive_zone *z)
{
	static const int thresholds[] = { 0, 1, 4, 12, 48, 125 };
	int threshold = thresholds[below(b, ARRAY_LEN(thresholds))];

	for (int i = 0; i < NAIVE_CPUS; i++) {
		z->cpu[i].threshold = threshold;
		zone_of(b, z)->pcp[i].stat_threshold = threshold;
	}
}

/* ---- a world ---- */

/* Nothing is free, no zone has pages. */
static void clear_world(struct both *b)
{
	struct linux_vm *vm = b->vm;

	memset(b->m, 0, sizeof(*b->m));
	memset(b->m->order_at, -1, sizeof(b->m->order_at));
	b->n = b->nr_isolated = 0;
	memset(vm->mem_map, 0, NAIVE_PAGES * sizeof(*vm->mem_map));
	memset(vm->max_blocks, 0, NAIVE_PAGES / MAX_ORDER_NR_PAGES * sizeof(*vm->max_blocks));
	memblock_free_list(&vm->memory);
	memblock_free_list(&vm->reserved);
	vm->stat = (struct vm_stat){ 0 };
	FOR_EACH_ZONE (vm, zone) {
		struct per_cpu_pages *pcp = zone->pcp;
		struct pglist_data *node = zone->node;
		const char *name = zone->name;
		int idx = zone->idx;

		if (!pcp)
			pcp = sim_calloc((size_t)vm->nr_cpu_ids, sizeof(*pcp));
		memset(pcp, 0, (size_t)vm->nr_cpu_ids * sizeof(*pcp));
		*zone = (struct zone){ .name = name, .idx = idx, .node = node, .pcp = pcp };
	}
}

/* Zones at random places, in any order, with or without holes between. */
static void place_zones(struct both *b)
{
	struct naive *m = b->m;
	uint32_t at = 1 + below(b, 1500);
	uint64_t wanted = 1 + below(b, NAIVE_ZONES);

	for (int tries = 0; tries < 20 && (uint64_t)m->nr_zones < wanted; tries++) {
		struct naive_zone *z = &m->zone[m->nr_zones];
		bool taken = false;

		z->node = (int)below(b, (uint64_t)m->nr_nodes);
		z->idx = (int)below(b, ZONE_MOVABLE + 1);
		for (int i = 0; i < m->nr_zones; i++)
			taken |= m->zone[i].node == z->node && m->zone[i].idx == z->idx;
		if (taken)
			continue;
		z->start = one_in(b, 2) ? at : (at + 511) / 512 * 512;
		z->end = z->start + 512 + below(b, NAIVE_ZONE_PAGES - 512);
		if (one_in(b, 2))
			z->end = z->start + (z->end - z->start) / 512 * 512;
		at = z->end + (one_in(b, 2) ? 0 : below(b, 300));
		m->nr_zones++;
	}
}

static void set_block_zones(struct both *b)
{
	for (uint32_t block = 0; block < NAIVE_BLOCKS; block++) {
		uint32_t start = block * 512, last = start + 511;
		const struct naive_zone *z = naive_zone_of(b->m, start);
		struct pageblock *to = &b->vm->pageblocks[block];

		*to = (struct pageblock){ .valid = true, .zone = PAGEBLOCK_NONE };
		for (uint32_t pfn = start; pfn <= last; pfn++)
			if (naive_zone_of(b->m, pfn))
				to->zone = PAGEBLOCK_MIXED;
		if (z && last < z->end)
			to->zone = pageblock_zone_id(zone_of(b, z));
	}
}

/* Frees what is not reserved, in blocks as large as they can be. */
static void free_zone(struct both *b, struct naive_zone *z)
{
	for (uint32_t pfn = z->start; pfn < z->end;) {
		int order = 0, type = naive_type(b->m, pfn);
		bool fits = true;

		if (b->m->reserved[pfn]) {
			pfn++;
			continue;
		}
		while (fits && order < MAX_ORDER - 1 && pfn % (2u << order) == 0) {
			uint32_t end = pfn + (2u << order);

			fits = end <= z->end;
			for (uint32_t p = pfn; fits && p < end; p++)
				fits = !b->m->reserved[p];
			order += fits;
		}
		naive_free_block(b->m, -1, pfn, order, type, true);
		__free_one_page(b->vm, NULL, zone_of(b, z), pfn, order, type, FPI_TO_TAIL);
		pfn += 1u << order;
	}
}

static void fill_zone(struct both *b, struct naive_zone *z)
{
	struct zone *zone = zone_of(b, z);
	uint32_t pages = z->end - z->start;

	z->managed = (long)pages;
	for (uint32_t i = below(b, 3); i > 0; i--) {
		uint32_t start = z->start + below(b, pages);
		uint32_t end = start + 1 + below(b, 200);

		for (uint32_t pfn = start; pfn < end && pfn < z->end; pfn++) {
			z->managed -= !b->m->reserved[pfn];
			b->m->reserved[pfn] = true;
			b->m->refs[pfn] = 1;
			pfn_to_page(b->vm, pfn)->refcount = 1;
			if (!memblock_find(&b->vm->reserved, pfn))
				memblock_add(&b->vm->reserved, pfn, pfn + 1, -1);
		}
	}
	zone->zone_start_pfn = z->start;
	zone->spanned_pages = zone->present_pages = pages;
	zone->managed_pages = (pages_t)z->managed;
	set_marks(b, z);
	set_cpu_limits(b, z);
	set_thresholds(b, z);
	free_zone(b, z);
}

void new_world(struct both *b)
{
	struct naive *m = b->m;
	struct linux_vm *vm = b->vm;

	rng_init(&b->r, b->seed, "naive");
	clear_world(b);
	m->nr_nodes = vm->nr_online_nodes = 1 + (int)below(b, NAIVE_NODES);
	for (int i = 0; i < NAIVE_CPUS; i++)
		m->cpu_node[i] = vm->sim->cpus[i].node = i % m->nr_nodes;
	for (int i = 0; i < NAIVE_NODES; i++) {
		m->kswapd_idx[i] = vm->nodes[i].kswapd_highest_zoneidx = MAX_NR_ZONES;
		vm->nodes[i].kswapd_order = 0;
	}
	m->numa_stat = !one_in(b, 4);
	vm->sysctl.numa_stat = m->numa_stat;
	m->boost_factor = vm->sysctl.watermark_boost_factor = one_in(b, 3) ? 0 : below(b, 30000);
	place_zones(b);
	set_block_zones(b);
	for (int i = 0; i < m->nr_zones; i++)
		memblock_add(&vm->memory, m->zone[i].start, m->zone[i].end, m->zone[i].node);
	m->grouping_disabled = one_in(b, 8);
	vm->page_group_by_mobility_disabled = m->grouping_disabled;
	for (uint32_t pfn = 0; pfn < NAIVE_PAGES; pfn += 512) {
		int type = m->grouping_disabled ? MIGRATE_UNMOVABLE : any_type(b);

		set_pageblock_migratetype(vm, pfn, type);
		naive_set_bits(m, pfn, (unsigned)type, 7);
	}
	for (int i = 0; i < m->nr_zones; i++)
		fill_zone(b, &m->zone[i]);
	build_all_zonelists(vm);
	vm->page_group_by_mobility_disabled = m->grouping_disabled;
}

/* ---- comparing ---- */

static void compare_row(const struct both *b, const struct naive_row *r, uint32_t head, int order,
			bool on_cpu)
{
	uint32_t pfn = head;

	for (int i = 0; i < r->n; i++) {
		SAME(b, pfn, r->at[i].pfn);
		if (on_cpu)
			SAME(b, pfn_to_page(b->vm, pfn)->migratetype, r->at[i].type);
		pfn = on_cpu ? pfn_to_page(b->vm, pfn)->next : free_list_next(b->vm, pfn, order);
	}
	SAME(b, pfn, 0);
}

static void compare_cpu(const struct both *b, const struct naive_cpu *c,
			const struct per_cpu_pages *pcp)
{
	for (int i = 0; i < NR_PCP_LISTS; i++)
		compare_row(b, &c->list[i], pcp->lists[i].head, 0, true);
	SAME(b, pcp->count, c->count);
	SAME(b, pcp->free_factor, c->free_factor);
	SAME(b, pcp->free_diff, c->delta);
}

void compare_counters(const struct both *b, const struct naive_zone *z)
{
	const struct zone *zone = zone_of(b, z);

	SAME(b, zone->nr_free_global, z->free_global);
	SAME(b, zone->nr_reserved_highatomic, z->highatomic);
	SAME(b, zone->nr_isolate_pageblock, z->isolated);
	SAME(b, zone->watermark_boost, z->boost);
	SAME(b, (zone->flags & ZONE_BOOSTED_WATERMARK) != 0, z->boosted);
}

static void compare_zone(const struct both *b, const struct naive_zone *z)
{
	const struct zone *zone = zone_of(b, z);

	for (int o = 0; o < MAX_ORDER; o++) {
		uint64_t blocks = 0;

		for (int type = 0; type < MIGRATE_TYPES; type++) {
			compare_row(b, &z->list[o][type], zone->free_area[o].free_list[type].head,
				    o, false);
			blocks += (uint64_t)z->list[o][type].n;
		}
		SAME(b, zone->free_area[o].nr_free, blocks);
	}
	for (int i = 0; i < NAIVE_CPUS; i++)
		compare_cpu(b, &z->cpu[i], &zone->pcp[i]);
	compare_counters(b, z);
	SAME(b, zone_free_pages_snapshot(b->vm, zone), naive_snapshot(z));
	SAME(b, zone->stat.pgalloc, z->pgalloc);
	SAME(b, zone->stat.numa_hit, z->hit);
	SAME(b, zone->stat.numa_miss, z->miss);
	SAME(b, zone->stat.numa_foreign, z->foreign);
	SAME(b, zone->stat.numa_local, z->local);
	SAME(b, zone->stat.numa_other, z->other);
}

void compare(const struct both *b)
{
	const struct naive *m = b->m;

	for (int i = 0; i < m->nr_zones; i++) {
		const struct naive_zone *z = &m->zone[i];

		compare_zone(b, z);
		for (uint32_t pfn = z->start; pfn < z->end; pfn++)
			SAME(b, pfn_to_page(b->vm, pfn)->refcount, m->refs[pfn]);
	}
	for (uint32_t block = 0; block < NAIVE_BLOCKS; block++)
		SAME(b, b->vm->pageblocks[block].bits, m->bits[block]);
	for (int i = 0; i < m->nr_nodes; i++) {
		SAME(b, b->vm->nodes[i].kswapd_order, m->kswapd_order[i]);
		SAME(b, b->vm->nodes[i].kswapd_highest_zoneidx, m->kswapd_idx[i]);
	}
	SAME(b, b->vm->stat.pgfree, m->pgfree);
}
