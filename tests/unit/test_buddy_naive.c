/*
 * test_buddy_naive.c - the page allocator against a second one without any cleverness
 *
 * World after world: a few zones of 2 to 16 MiB on one or two nodes, with borders, limits and
 * settings by chance, and two CPUs.  Random operations go to both allocators; each result is
 * compared, and the counters of the zones; every 1,000 operations the whole state.
 *
 * FUZZ_OPS says how many operations.  The first argument is the seed of the first world, each
 * further world has the next: with the seed of a world that failed it is the first to run.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "models/linux/alloc/internal.h"
#include "models/linux/alloc/page_isolation.h"
#include "tests/unit/fixture.h"
#include "tests/unit/naive_world.h"

#define MACHINE "machine: { nodes: [{ cpus: 1, memory: 64 MiB }, { cpus: 1, memory: 64 MiB }] }\n"

#define DEFAULT_OPS   1000000L
#define WORLD_OPS     100000L
#define COMPARE_EVERY 1000L
#define PROGRESS      10000000L
#define MAX_BULK      100

static uint64_t first_seed = 1;

/* ---- chance ---- */

static struct naive_zone *any_zone(struct both *b)
{
	return &b->m->zone[below(b, (uint64_t)b->m->nr_zones)];
}

static uint32_t any_frame(struct both *b)
{
	const struct naive_zone *z = any_zone(b);

	return z->start + below(b, z->end - z->start);
}

static struct cpu *any_cpu(struct both *b)
{
	return &b->vm->sim->cpus[below(b, NAIVE_CPUS)];
}

static int any_order(struct both *b)
{
	return one_in(b, 3) ? (int)below(b, MAX_ORDER) : (int)below(b, 3);
}

static gfp_t any_gfp(struct both *b)
{
	static const gfp_t zones[] = { 0, 0, __GFP_DMA32, __GFP_HIGHMEM, __GFP_HIGHMEM, __GFP_DMA };
	static const gfp_t types[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };
	gfp_t gfp = zones[below(b, ARRAY_LEN(zones))] | types[below(b, ARRAY_LEN(types))];

	gfp |= one_in(b, 4) ? 0 : __GFP_KSWAPD_RECLAIM;
	gfp |= one_in(b, 3) ? __GFP_HIGH : 0;
	gfp |= one_in(b, 3) ? __GFP_ATOMIC : 0;
	gfp |= one_in(b, 8) ? __GFP_NOMEMALLOC : 0;
	gfp |= one_in(b, 16) ? __GFP_MEMALLOC : 0;
	gfp |= one_in(b, 8) ? __GFP_THISNODE : 0;
	gfp |= one_in(b, 4) ? __GFP_COMP : 0;
	gfp |= one_in(b, 16) ? __GFP_WRITE : 0;
	return gfp;
}

static int any_node(struct both *b)
{
	return one_in(b, 2) ? NUMA_NO_NODE : (int)below(b, (uint64_t)b->m->nr_nodes);
}

/* ---- what is held ---- */

/* A page in use is on an LRU list, or movable without one, or neither. */
static void mark_page(struct both *b, uint32_t pfn)
{
	/* some pageblocks have many of them, some few */
	bool lru = below(b, 7) < pfn / 512 % 8, movable = !lru && one_in(b, 10);

	b->m->lru[pfn] = lru;
	b->m->movable[pfn] = movable;
	pfn_to_page(b->vm, pfn)->flags |= (lru ? PG_lru : 0) | (movable ? PG_movable : 0);
}

static void unmark_page(struct both *b, uint32_t pfn)
{
	b->m->lru[pfn] = b->m->movable[pfn] = false;
	pfn_to_page(b->vm, pfn)->flags &= ~(uint32_t)(PG_lru | PG_movable);
}

static void hold(struct both *b, uint32_t pfn, int order, bool compound)
{
	b->held[b->n++] = (struct held){ .pfn = (uint16_t)pfn, .order = (uint8_t)order };
	b->m->refs[pfn] = 1;
	if (compound) {
		for (uint32_t i = 0; i < 1u << order; i++)
			b->m->head[pfn + i] = (uint16_t)pfn;
		b->m->head_order[pfn] = (uint8_t)order;
		mark_page(b, pfn);
		return;
	}
	for (uint32_t i = 0; i < 1u << order; i++)
		mark_page(b, pfn + i);
}

static void step_alloc(struct both *b)
{
	struct cpu *cpu = any_cpu(b);
	int order = one_in(b, 300) ? MAX_ORDER : any_order(b), node = any_node(b);
	gfp_t gfp = any_gfp(b);
	unsigned mask = one_in(b, 4) ? below(b, 1u << b->m->nr_nodes) : 0;
	const struct page *page = __alloc_pages(cpu->irq, gfp, order, node, mask);
	struct naive_answer a = naive_alloc(b->m, cpu->id, gfp, order, node, mask);

	SAME(b, page ? page_to_pfn(b->vm, page) : 0, a.pfn);
	if (!page)
		return;
	SAME(b, (page->flags & PG_pfmemalloc) != 0, a.pfmemalloc);
	hold(b, a.pfn, order, order && (gfp & __GFP_COMP));
}

/* Straight from the lists of a zone, whatever its watermarks say. */
static void step_take(struct both *b)
{
	static const unsigned all_flags[] = { 0, ALLOC_NOFRAGMENT, ALLOC_KSWAPD };
	static const int cpu_orders[] = { 0, 0, 0, 1, 2, 3, 9 };
	unsigned flags = all_flags[below(b, ARRAY_LEN(all_flags))];
	struct naive_zone *z = any_zone(b);
	struct zone *zone = zone_of(b, z);
	struct cpu *cpu = any_cpu(b);
	int order = any_order(b), type = any_type(b);
	uint32_t ours, naive;

	if (one_in(b, 2)) {
		order = cpu_orders[below(b, ARRAY_LEN(cpu_orders))];
		ours = rmqueue_pcplist(b->vm, zone, cpu, order, type, flags);
		naive = naive_pcp_take(b->m, z, cpu->id, order, type, flags, true);
	} else {
		bool reserve = one_in(b, 20);

		ours = reserve ? __rmqueue_smallest(b->vm, zone, order, MIGRATE_HIGHATOMIC)
			       : __rmqueue(b->vm, zone, order, type, flags);
		naive = reserve ? naive_smallest(b->m, z, order, MIGRATE_HIGHATOMIC)
				: naive_take_block(b->m, z, order, type, flags);
		if (ours)
			mod_zone_free_pages(zone, cpu, -(1LL << order));
		if (naive)
			naive_count_free(z, cpu->id, -(1L << order));
	}
	SAME(b, ours, naive);
	if (!ours)
		return;
	pfn_to_page(b->vm, ours)->flags = 0;
	pfn_to_page(b->vm, ours)->refcount = 1;
	hold(b, ours, order, false);
}

static void step_exact(struct both *b)
{
	struct cpu *cpu = any_cpu(b);
	int pages = 1 + (int)below(b, one_in(b, 10) ? MAX_ORDER_NR_PAGES : 40);
	int node = any_node(b);
	gfp_t gfp = any_gfp(b);
	bytes_t size = (bytes_t)pages * PAGE_SIZE - below(b, PAGE_SIZE);
	const struct page *page = alloc_pages_exact_nid(cpu->irq, node, size, gfp);
	uint32_t pfn = naive_exact(b->m, cpu->id, gfp, pages, node);

	SAME(b, page ? page_to_pfn(b->vm, page) : 0, pfn);
	if (!page)
		return;
	b->held[b->n++] = (struct held){ .pfn = (uint16_t)pfn, .pages = (uint16_t)pages };
	for (uint32_t p = pfn; p < pfn + (uint32_t)pages; p++) {
		b->m->refs[p] = 1;
		mark_page(b, p);
	}
}

static void step_bulk(struct both *b)
{
	struct page *pages[MAX_BULK];
	uint32_t pfn[MAX_BULK];
	struct cpu *cpu = any_cpu(b);
	int want = 1 + (int)below(b, MAX_BULK), node = any_node(b);
	gfp_t gfp = any_gfp(b);
	int n = __alloc_pages_bulk(cpu->irq, gfp, node, 0, want, pages);

	SAME(b, n, naive_bulk(b->m, cpu->id, gfp, want, node, pfn));
	for (int i = 0; i < n; i++) {
		SAME(b, page_to_pfn(b->vm, pages[i]), pfn[i]);
		hold(b, pfn[i], 0, false);
	}
}

static void free_row(struct both *b, struct held h, const struct cpu *cpu)
{
	for (uint32_t p = h.pfn; p < h.pfn + (uint32_t)h.pages; p++) {
		unmark_page(b, p);
		b->m->refs[p] = 0;
	}
	free_pages_exact(b->vm, cpu, pfn_to_page(b->vm, h.pfn), h.pages * PAGE_SIZE);
	for (uint32_t p = h.pfn; p < h.pfn + (uint32_t)h.pages; p++)
		naive_free(b->m, cpu->id, p, 0);
}

/* Somebody else has a reference to the first page, and keeps it. */
static void free_all_but_first(struct both *b, struct held h, const struct cpu *cpu)
{
	struct page *page = pfn_to_page(b->vm, h.pfn);

	for (uint32_t p = h.pfn; p < h.pfn + (1u << h.order); p++)
		unmark_page(b, p);
	page->refcount++;
	free_pages(b->vm, cpu, page, h.order);
	for (int o = h.order - 1; o >= 0; o--)
		naive_free(b->m, cpu->id, h.pfn + (1u << o), o);
	hold(b, h.pfn, 0, false);
}

static void step_free(struct both *b)
{
	uint32_t k = below(b, (uint64_t)b->n);
	struct held h = b->held[k];
	const struct cpu *cpu = any_cpu(b);
	struct page *page = pfn_to_page(b->vm, h.pfn);

	b->held[k] = b->held[--b->n];
	if (h.pages) {
		free_row(b, h, cpu);
		return;
	}
	if (h.order && !b->m->head[h.pfn] && one_in(b, 8)) {
		free_all_but_first(b, h, cpu);
		return;
	}
	for (uint32_t p = h.pfn; p < h.pfn + (1u << h.order); p++) {
		unmark_page(b, p);
		b->m->head[p] = 0;
	}
	b->m->refs[h.pfn] = 0;
	page->refcount = 0;
	__free_pages(b->vm, cpu, page, h.order);
	naive_free(b->m, cpu->id, h.pfn, h.order);
}

/* ---- rare operations ---- */

/* Takes many single pages by way of a CPU's lists and gives them back the same way. */
static void rare_burst(struct both *b)
{
	static uint32_t taken[1000];
	struct naive_zone *z = any_zone(b);
	const struct cpu *cpu = any_cpu(b);
	int type = any_type(b), n = 0;

	for (; n < (int)ARRAY_LEN(taken); n++) {
		taken[n] = rmqueue_pcplist(b->vm, zone_of(b, z), cpu, 0, type, 0);
		SAME(b, taken[n], naive_pcp_take(b->m, z, cpu->id, 0, type, 0, true));
		if (!taken[n])
			break;
	}
	while (n--) {
		__free_pages(b->vm, cpu, pfn_to_page(b->vm, taken[n]), 0);
		naive_free(b->m, cpu->id, taken[n], 0);
	}
}

static void rare_reserve(struct both *b)
{
	uint32_t pfn = any_frame(b);

	reserve_highatomic_pageblock(b->vm, zone_of(b, naive_zone_of(b->m, pfn)), pfn);
	naive_reserve(b->m, pfn);
}

static void rare_unreserve(struct both *b)
{
	int node = (int)below(b, (uint64_t)b->m->nr_nodes);
	int limit = (int)below(b, ZONE_NORMAL + 1), type = any_type(b);
	bool force = one_in(b, 2);

	SAME(b,
	     unreserve_highatomic_pageblock(b->vm, &b->vm->nodes[node].zonelists[ZONELIST_FALLBACK],
					    limit, type, force),
	     naive_unreserve(b->m, node, limit, type, force));
}

static void rare_drain(struct both *b)
{
	struct naive_zone *z = any_zone(b);
	const struct cpu *cpu = any_cpu(b), *by = any_cpu(b);
	uint32_t kind = below(b, 4);

	if (kind == 0)
		drain_pages_zone(b->vm, zone_of(b, z), cpu, by);
	else if (kind == 1)
		drain_pages(b->vm, cpu, by);
	else if (kind == 2)
		drain_all_pages_zone(b->vm, zone_of(b, z), by);
	else
		drain_all_pages(b->vm, by);
	for (int c = 0; c < NAIVE_CPUS; c++)
		for (int i = 0; i < b->m->nr_zones; i++)
			if ((kind >= 2 || c == cpu->id) && (kind % 2 == 1 || &b->m->zone[i] == z))
				naive_drain_zone(b->m, &b->m->zone[i], c, by->id);
}

static void rare_fold(struct both *b)
{
	const struct cpu *cpu = any_cpu(b);
	bool expire = one_in(b, 2);

	refresh_cpu_vm_stats(b->vm, cpu, expire);
	naive_fold(b->m, cpu->id, expire);
}

static void rare_settings(struct both *b)
{
	struct naive_zone *z = any_zone(b);
	struct zone *zone = zone_of(b, z);

	switch (below(b, 4)) {
	case 0:
		set_marks(b, z);
		break;
	case 1:
		set_cpu_limits(b, z);
		break;
	case 2:
		set_thresholds(b, z);
		break;
	case 3:
		z->reclaim_active = !z->reclaim_active;
		zone->flags ^= ZONE_RECLAIM_ACTIVE;
		break;
	}
}

/* kswapd did what it was asked for. */
static void rare_kswapd(struct both *b)
{
	uint32_t node = below(b, NAIVE_NODES);
	struct naive_zone *z = any_zone(b);

	b->m->kswapd_idx[node] = b->vm->nodes[node].kswapd_highest_zoneidx = MAX_NR_ZONES;
	b->m->kswapd_order[node] = b->vm->nodes[node].kswapd_order = 0;
	z->boost = 0;
	zone_of(b, z)->watermark_boost = 0;
}

static void rare_marks(struct both *b)
{
	static const unsigned bits[] = { ALLOC_MIN_RESERVE, ALLOC_NON_BLOCK, ALLOC_OOM,
					 ALLOC_HIGHATOMIC };
	const struct naive_zone *z = any_zone(b);
	const struct zone *zone = zone_of(b, z);
	int order = any_order(b), limit = (int)below(b, MAX_NR_ZONES);
	unsigned flags = below(b, 3);
	gfp_t gfp = any_gfp(b);
	long free_pages = z->free_global < 0 ? 0 : z->free_global;
	long mark = (long)below(b, (uint64_t)naive_snapshot(z) * 5 / 4 + 1), safe = free_pages;

	for (size_t i = 0; i < ARRAY_LEN(bits); i++)
		flags |= one_in(b, 3) ? bits[i] : 0;
	if (z->drift_mark && free_pages < z->drift_mark)
		safe = naive_snapshot(z);
	SAME(b, zone_watermark_ok(zone, order, (uint64_t)mark, limit, flags),
	     naive_ok(z, order, mark, limit, flags, free_pages));
	SAME(b, zone_watermark_ok_safe(b->vm, zone, order, (uint64_t)mark, limit),
	     naive_ok(z, order, mark, limit, 0, safe));
	SAME(b, zone_watermark_fast(zone, order, (uint64_t)mark, limit, flags, gfp),
	     naive_fast(z, order, mark, limit, flags, gfp));
}

static void rare_bits(struct both *b)
{
	uint32_t pfn = any_frame(b), mask = 1 + below(b, 15), flags = 0;

	SAME(b, get_pfnblock_flags_mask(b->vm, pfn, mask), b->m->bits[pfn / 512] & mask);
	/* a type is written as a whole, one of the ordinary ones */
	mask = naive_type(b->m, pfn) >= 3 || one_in(b, 2) ? 8 : one_in(b, 2) ? 7 : 15;
	flags = (uint32_t)any_type(b) | (one_in(b, 2) ? 8 : 0);
	set_pfnblock_flags_mask(b->vm, flags & mask, pfn, mask);
	naive_set_bits(b->m, pfn, flags, mask);
}

static void rare_isolate(struct both *b)
{
	const struct naive_zone *z = any_zone(b);
	uint32_t low = (z->start + 511) / 512, high = z->end / 512, start, end;
	const struct cpu *cpu = any_cpu(b);
	int type = any_type(b);
	bool ok;

	if (low >= high || b->nr_isolated == MAX_ISOLATED)
		return;
	start = low + below(b, high - low);
	end = (start + 1 + below(b, high - start)) * 512 - (one_in(b, 4) ? below(b, 512) : 0);
	start = start * 512 + (one_in(b, 4) && end > start * 512 + 512 ? below(b, 512) : 0);
	ok = naive_isolate(b->m, cpu->id, start, end, type);
	SAME(b, start_isolate_page_range(b->vm, cpu, start, end, type) == 0, ok);
	if (ok)
		b->isolated[b->nr_isolated++] = (struct isolated){ start, end };
}

static void rare_undo(struct both *b)
{
	struct isolated *range = &b->isolated[below(b, MAX_ISOLATED)];
	const struct cpu *cpu = any_cpu(b);
	uint32_t start = range->start / 512 * 512, end = (range->end + 511) / 512 * 512;
	int type = any_type(b);

	if (range >= b->isolated + b->nr_isolated)
		return;
	for (uint32_t o = 0; o < MAX_ORDER; o++)
		if (b->m->order_at[start >> o << o] == (int)o)
			start =
			    start >> o << o; /* from the free block on that has the first page */
	SAME(b, test_pages_isolated(b->vm, start, end) == 0, naive_test_isolated(b->m, start, end));
	undo_isolate_page_range(b->vm, cpu, range->start, range->end, type);
	naive_undo(b->m, cpu->id, range->start, range->end, type);
	*range = b->isolated[--b->nr_isolated];
}

/* Pages in use come to an LRU list or leave it. */
static void rare_remark(struct both *b)
{
	for (int i = 0; i < 20 && b->n; i++) {
		struct held h = b->held[below(b, (uint64_t)b->n)];

		unmark_page(b, h.pfn);
		mark_page(b, h.pfn);
	}
}

/* ---- the run ---- */

static const struct {
	void (*fn)(struct both *b);
	const char *name;
} rare[] = {
#define RARE(name)                                                                                 \
	{                                                                                          \
		rare_##name, #name                                                                 \
	}
	RARE(burst),    RARE(reserve), RARE(reserve), RARE(unreserve), RARE(drain), RARE(fold),
	RARE(settings), RARE(kswapd),  RARE(marks),   RARE(marks),     RARE(bits),  RARE(isolate),
	RARE(isolate),  RARE(undo),    RARE(undo),    RARE(remark),
#undef RARE
};

static void step(struct both *b)
{
	/* fills, empties, and stays about where it is */
	uint64_t share = b->op / 3000 % 3 == 0 ? 85 : b->op / 3000 % 3 == 1 ? 5 : 50;

	b->last = "";
	if (one_in(b, 50)) {
		uint32_t i = below(b, ARRAY_LEN(rare));

		b->last = rare[i].name;
		rare[i].fn(b);
	} else if (b->n && below(b, 100) >= share)
		step_free(b);
	else if (one_in(b, 6))
		step_take(b);
	else if (one_in(b, 30))
		step_exact(b);
	else if (one_in(b, 60))
		step_bulk(b);
	else
		step_alloc(b);
}

static void both_allocators_do_the_same(void **state)
{
	const char *wanted = getenv("FUZZ_OPS");
	long ops = wanted ? atol(wanted) : DEFAULT_OPS;
	struct fixture f;
	struct both b = { .seed = first_seed };

	(void)state;
	fixture_boot(&f, MACHINE);
	SIM_ASSERT(f.vm->max_pfn == NAIVE_PAGES);
	f.vm->machine->cost.page_alloc = 0;
	b.vm = f.vm;
	b.m = sim_calloc(1, sizeof(*b.m));
	b.held = sim_calloc(NAIVE_PAGES, sizeof(*b.held));
	for (long i = 0; i < ops; i++) {
		b.op = i % WORLD_OPS;
		if (b.op == 0) {
			b.seed = first_seed + (uint64_t)(i / WORLD_OPS);
			new_world(&b);
		}
		if (i % PROGRESS == 0) {
			printf("%ld of %ld operations, seed %llu\n", i, ops,
			       (unsigned long long)b.seed);
			fflush(stdout);
		}
		step(&b);
		for (int k = 0; k < b.m->nr_zones; k++)
			compare_counters(&b, &b.m->zone[k]);
		if (b.op % COMPARE_EVERY == COMPARE_EVERY - 1 || i == ops - 1)
			compare(&b);
	}
	printf("%ld operations, seeds %llu to %llu: no difference\n", ops,
	       (unsigned long long)first_seed, (unsigned long long)b.seed);
	sim_free(b.held);
	sim_free(b.m);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_allocators_do_the_same),
	};

	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
