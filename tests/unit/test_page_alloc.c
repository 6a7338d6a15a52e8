/*
 * test_page_alloc.c - free lists, per-CPU lists, watermarks, random operations
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/alloc/page_alloc.h"
#include "tests/unit/fixture.h"

#define SMALL "machine: { nodes: [{ cpus: 2, memory: 128 MiB }] }\n"

/* The zone with most memory. */
static struct zone *main_zone(struct linux_vm *vm)
{
	return &vm->nodes[0].zones[ZONE_DMA32];
}

/* Takes everything out of a zone's lists and puts one block of the largest order at pfn in. */
static void one_block(struct linux_vm *vm, struct zone *zone, pfn_t pfn)
{
	for (int o = 0; o < MAX_ORDER; o++)
		for (int t = 0; t < MIGRATE_TYPES; t++)
			while (zone->free_area[o].free_list[t].head)
				del_page_from_free_list(vm, zone,
							zone->free_area[o].free_list[t].head, o);
	zone->nr_free_global = 0;
	for (int c = 0; c < vm->nr_cpu_ids; c++) {
		memset(zone->pcp[c].lists, 0, sizeof(zone->pcp[c].lists));
		zone->pcp[c].count = zone->pcp[c].free_diff = zone->pcp[c].free_factor = 0;
		zone->pcp[c].batch = 63;
		zone->pcp[c].high = 1000;
		zone->pcp[c].stat_threshold = 0;
	}
	set_pageblock_migratetype(vm, pfn, MIGRATE_MOVABLE);
	set_pageblock_migratetype(vm, pfn + 512, MIGRATE_MOVABLE);
	__free_one_page(vm, NULL, zone, pfn, 10, MIGRATE_MOVABLE, FPI_NONE);
}

#define BASE 8192u

static void a_refill_takes_a_batch_from_one_split(void **state)
{
	struct fixture f;

	(void)state;
	fixture_boot(&f, SMALL);

	struct zone *z = main_zone(f.vm);
	const struct cpu *cpu = &f.s->cpus[0];

	one_block(f.vm, z, BASE);
	assert_int_equal(rmqueue_pcplist(f.vm, z, cpu, 0, MIGRATE_MOVABLE, 0), BASE);
	assert_int_equal(z->pcp[0].count, 62);
	assert_int_equal(z->free_area[0].free_list[MIGRATE_MOVABLE].head, BASE + 63);
	assert_int_equal(z->free_area[6].free_list[MIGRATE_MOVABLE].head, BASE + 64);
	assert_int_equal(z->free_area[7].free_list[MIGRATE_MOVABLE].head, BASE + 128);
	assert_int_equal(z->free_area[9].free_list[MIGRATE_MOVABLE].head, BASE + 512);
	for (unsigned i = 1; i < 63; i++)
		assert_int_equal(rmqueue_pcplist(f.vm, z, cpu, 0, MIGRATE_MOVABLE, 0), BASE + i);
	fixture_end(&f);
}

static void the_page_freed_last_is_given_out_first(void **state)
{
	struct fixture f;

	(void)state;
	fixture_boot(&f, SMALL);

	struct zone *z = main_zone(f.vm);
	const struct cpu *cpu = &f.s->cpus[0];

	one_block(f.vm, z, BASE);
	rmqueue_pcplist(f.vm, z, cpu, 0, MIGRATE_MOVABLE, 0);
	free_unref_page(f.vm, cpu, BASE, 0);
	assert_int_equal(rmqueue_pcplist(f.vm, z, cpu, 0, MIGRATE_MOVABLE, 0), BASE);
	fixture_end(&f);
}

static void an_unmovable_request_takes_whole_blocks_over(void **state)
{
	struct fixture f;

	(void)state;
	fixture_boot(&f, SMALL);

	struct zone *z = main_zone(f.vm);
	const struct cpu *cpu = &f.s->cpus[0];

	one_block(f.vm, z, BASE);
	for (unsigned i = 0; i < 15; i++)
		assert_int_equal(rmqueue_pcplist(f.vm, z, cpu, 2, MIGRATE_UNMOVABLE, 0),
				 BASE + 4 * i);
	assert_int_equal(get_pageblock_migratetype(f.vm, BASE), MIGRATE_UNMOVABLE);
	assert_int_equal(get_pageblock_migratetype(f.vm, BASE + 512), MIGRATE_UNMOVABLE);
	assert_int_equal(z->free_area[2].free_list[MIGRATE_UNMOVABLE].head, BASE + 60);
	assert_int_equal(z->free_area[6].free_list[MIGRATE_UNMOVABLE].head, BASE + 64);
	fixture_end(&f);
}

static void draining_doubles_while_a_cpu_only_frees(void **state)
{
	struct fixture f;
	static const int drained[] = { 63, 126, 189, 189 };

	(void)state;
	fixture_boot(&f, SMALL);

	struct zone *z = main_zone(f.vm);
	const struct cpu *cpu = &f.s->cpus[0];
	struct per_cpu_pages *pcp = &z->pcp[0];

	one_block(f.vm, z, BASE);
	del_page_from_free_list(f.vm, z, BASE, 10);
	z->nr_free_global = 0;
	pcp->high = 252;

	uint32_t pfn = BASE;

	for (size_t i = 0; i < ARRAY_LEN(drained); i++) {
		int64_t free_before = z->nr_free_global;

		while (z->nr_free_global == free_before)
			free_unref_page(f.vm, cpu, pfn++, 0);
		assert_int_equal(z->nr_free_global - free_before, drained[i]);
		assert_int_equal(pcp->count, 252 - drained[i]);
	}
	fixture_end(&f);
}

static void a_block_likely_to_merge_goes_to_the_tail(void **state)
{
	struct fixture f;

	(void)state;
	fixture_boot(&f, SMALL);

	struct zone *z = main_zone(f.vm);

	for (int likely = 0; likely < 2; likely++) {
		one_block(f.vm, z, BASE);
		del_page_from_free_list(f.vm, z, BASE, 10);
		/* another block on the list, to tell head from tail */
		__free_one_page(f.vm, NULL, z, BASE + 100, 0, MIGRATE_MOVABLE, FPI_NONE);
		if (likely)
			__free_one_page(f.vm, NULL, z, BASE + 10, 1, MIGRATE_MOVABLE, FPI_NONE);
		__free_one_page(f.vm, NULL, z, BASE + 8, 0, MIGRATE_MOVABLE, FPI_NONE);

		const struct page_list *l = &z->free_area[0].free_list[MIGRATE_MOVABLE];

		assert_int_equal(likely ? l->tail : l->head, BASE + 8);
	}
	fixture_end(&f);
}

/* Shares of the reserve by kind of request: min 1000 pages, nothing else kept back. */
static void reserves_are_open_to_those_who_cannot_wait(void **state)
{
	struct zone z = { .managed_pages = 100000 };

	(void)state;
	assert_false(__zone_watermark_ok(&z, 0, 1000, ZONE_NORMAL, 0, 1000));
	assert_true(__zone_watermark_ok(&z, 0, 1000, ZONE_NORMAL, 0, 1001));
	assert_false(__zone_watermark_ok(&z, 0, 1000, ZONE_NORMAL, ALLOC_MIN_RESERVE, 500));
	assert_true(__zone_watermark_ok(&z, 0, 1000, ZONE_NORMAL, ALLOC_MIN_RESERVE, 501));
	assert_false(__zone_watermark_ok(&z, 0, 1000, ZONE_NORMAL,
					 ALLOC_MIN_RESERVE | ALLOC_NON_BLOCK, 375));
	assert_true(__zone_watermark_ok(&z, 0, 1000, ZONE_NORMAL,
					ALLOC_MIN_RESERVE | ALLOC_NON_BLOCK, 376));
	/* GFP_NOWAIT lowers nothing, it only sees the high-atomic reserve */
	z.nr_reserved_highatomic = 512;
	assert_false(__zone_watermark_ok(&z, 0, 1000, ZONE_NORMAL, 0, 1512));
	assert_true(__zone_watermark_ok(&z, 0, 1000, ZONE_NORMAL, ALLOC_NON_BLOCK, 1001));
	z.lowmem_reserve[ZONE_NORMAL] = 100;
	assert_false(__zone_watermark_ok(&z, 0, 1000, ZONE_NORMAL, ALLOC_NON_BLOCK, 1100));
	/* enough pages, but none of the order */
	assert_false(__zone_watermark_ok(&z, 3, 0, ZONE_DMA, 0, 10000));
}

static void masks_name_their_zone(void **state)
{
	(void)state;
	assert_int_equal(gfp_zone(GFP_KERNEL), ZONE_NORMAL);
	assert_int_equal(gfp_zone(GFP_HIGHUSER), ZONE_NORMAL);
	assert_int_equal(gfp_zone(GFP_HIGHUSER_MOVABLE), ZONE_MOVABLE);
	assert_int_equal(gfp_zone(GFP_KERNEL | __GFP_MOVABLE), ZONE_NORMAL);
	assert_int_equal(gfp_zone(GFP_DMA | __GFP_MOVABLE), ZONE_DMA);
	assert_int_equal(gfp_zone(GFP_DMA32), ZONE_DMA32);
	for (gfp_t gfp = 0; gfp < 16; gfp++) {
		gfp_t one = gfp & (__GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32);
		int zone = ZONE_NORMAL;

		if (one & (one - 1))
			zone = -1; /* two of them */
		else if (one == __GFP_HIGHMEM && (gfp & __GFP_MOVABLE))
			zone = ZONE_MOVABLE;
		else if (one == __GFP_DMA || one == __GFP_DMA32)
			zone = one == __GFP_DMA ? ZONE_DMA : ZONE_DMA32;
		assert_int_equal(gfp_zone(gfp | GFP_KERNEL), zone);
	}
	assert_int_equal(GFP_ATOMIC, 0xa20);
	assert_int_equal(GFP_KERNEL, 0xcc0);
	assert_int_equal(GFP_HIGHUSER_MOVABLE, 0x100cca);
	assert_int_equal(GFP_TRANSHUGE, 0x1c24ca);

	struct str s = { 0 };

	gfp_print(&s, GFP_KERNEL | __GFP_ZERO);
	assert_string_equal(str_get(&s), "GFP_KERNEL|__GFP_ZERO");
	str_free(&s);
}

static uint64_t seed = 1;

#define HELD 4000
struct held {
	struct page *page;
	int order;
};

static void random_body(struct task *t, void *arg)
{
	struct fixture *f = arg;
	struct linux_vm *vm = f->vm;
	struct held *held = sim_calloc(HELD, sizeof(*held));
	const char *ops = getenv("FUZZ_OPS");
	long rounds = ops ? atol(ops) : 100000;
	struct rng r;
	int n = 0;
	static const gfp_t masks[] = { GFP_NOWAIT, GFP_NOWAIT | __GFP_MOVABLE,
				       GFP_ATOMIC, GFP_NOWAIT | __GFP_RECLAIMABLE,
				       GFP_DMA,    GFP_NOWAIT | __GFP_COMP };

	rng_init(&r, seed, "alloc");
	for (long i = 0; i < rounds; i++) {
		/* phases that fill and phases that empty */
		bool fill = i / 3000 % 2 == 0 ? rng_below(&r, 3) > 0 : rng_below(&r, 3) == 0;

		if (fill && n < HELD) {
			int order =
			    rng_below(&r, 4) ? (int)rng_below(&r, 3) : (int)rng_below(&r, 11);
			struct page *page =
			    alloc_pages(t, masks[rng_below(&r, ARRAY_LEN(masks))], order);

			if (page)
				held[n++] = (struct held){ page, order };
		} else if (n > 0) {
			int k = (int)rng_below(&r, (uint64_t)n);

			held[k].page->refcount = 0;
			__free_pages(vm, &f->s->cpus[rng_below(&r, 2)], held[k].page,
				     held[k].order);
			held[k] = held[--n];
		}
		if (i % 997 == 0)
			fixture_check(f);
	}
	while (n--) {
		held[n].page->refcount = 0;
		__free_pages(vm, t->cpu, held[n].page, held[n].order);
	}
	drain_all_pages(vm, &vm->sim->cpus[0]);
	sim_free(held);
}

static void random_operations_lose_no_page(void **state)
{
	struct fixture f;
	int64_t before = 0, after = 0;

	(void)state;
	printf("seed %llu\n", (unsigned long long)seed);
	fixture_boot(&f, SMALL);
	drain_all_pages(f.vm, &f.vm->sim->cpus[0]);
	FOR_EACH_ZONE (f.vm, zone)
		before += zone_free_pages_snapshot(f.vm, zone);
	fixture_task(&f, random_body, &f);
	FOR_EACH_ZONE (f.vm, zone)
		after += zone_free_pages_snapshot(f.vm, zone);
	assert_int_equal(before, after);
	fixture_check(&f);
	fixture_end(&f);
}

static void give_back(struct fixture *f, struct task *t, struct page *page, int order)
{
	page->refcount--;
	__free_pages(f->vm, t->cpu, page, order);
}

/* Takes a block, gives it back; how long taking took. */
static sim_time time_to_take(struct fixture *f, struct task *t, int order)
{
	sim_time from = task_now(t);
	struct page *page = alloc_pages(t, GFP_KERNEL, order);

	assert_non_null(page);
	from = task_now(t) - from;
	give_back(f, t, page, order);
	return from;
}

static void take_batches(struct task *t, void *arg)
{
	struct fixture *f = arg;
	struct cost_table *cost = &f->vm->machine->cost;
	struct per_cpu_pages *pcp = &main_zone(f->vm)->pcp[t->cpu->id];
	struct page *pages[2];
	sim_time from;

	cost->page_alloc = 7;
	cost->alloc_walk = 0;
	cost->rmqueue_bulk = 1000;
	drain_pages(f->vm, t->cpu, t->cpu);
	pcp->batch = 8;
	pcp->high = 1000;
	assert_int_equal(time_to_take(f, t, 0), 7 + 8 * 1000);
	assert_int_equal(time_to_take(f, t, 0), 7);
	/* of larger blocks a batch has fewer */
	assert_int_equal(time_to_take(f, t, 1), 7 + 4 * 1000);
	drain_pages(f->vm, t->cpu, t->cpu);
	from = task_now(t);
	assert_int_equal(__alloc_pages_bulk(t, GFP_KERNEL, NUMA_NO_NODE, 0, 2, pages), 2);
	assert_int_equal(task_now(t) - from, 14 + 8 * 1000);
	for (int i = 0; i < 2; i++)
		give_back(f, t, pages[i], 0);
}

static void a_batch_is_paid_block_by_block(void **state)
{
	(void)state;
	fixture_run(SMALL, take_batches);
}

/* ---- pages to write to ---- */

#define WALK      50
#define MANY      100000 /* more dirty pages than a node may have */
#define TWO_NODES "machine: { nodes: [{ cpus: 1, memory: 128 MiB }, { memory: 128 MiB }] }\n"

static int node_of_a_page(struct fixture *f, struct task *t, gfp_t gfp)
{
	struct page *page = __alloc_pages(t, gfp, 0, 0, 0);
	int node;

	assert_non_null(page);
	node = page_zone(f->vm, page)->node->node_id;
	give_back(f, t, page, 0);
	return node;
}

/* Pages are at hand from the first one on: a node with too many dirty ones gives none of them. */
static void write_to_pages(struct task *t, void *arg)
{
	struct fixture *f = arg;
	int64_t *dirty = &f->vm->nodes[0].vm_stat[NR_FILE_DIRTY];
	sim_time from;

	assert_int_equal(node_of_a_page(f, t, GFP_KERNEL), 0);
	t->sim->quantum = NS_PER_MS;
	f->vm->machine->cost.page_alloc = 7;
	f->vm->machine->cost.alloc_walk = WALK;
	from = task_now(t);
	assert_int_equal(node_of_a_page(f, t, GFP_KERNEL | __GFP_WRITE), 0);
	assert_int_equal(task_now(t) - from, 7 + WALK);
	*dirty += MANY;
	assert_int_equal(node_of_a_page(f, t, GFP_KERNEL | __GFP_WRITE), 1);
	from = task_now(t);
	assert_int_equal(node_of_a_page(f, t, GFP_KERNEL), 0);
	assert_int_equal(task_now(t) - from, 7);
	*dirty -= MANY;
	assert_int_equal(node_of_a_page(f, t, GFP_KERNEL | __GFP_WRITE), 0);
}

static void a_node_with_many_dirty_pages_gives_none_to_write_to(void **state)
{
	(void)state;
	fixture_run(TWO_NODES, write_to_pages);
}

/* ---- the short way does what the long one does ---- */

#define FEW 5

static void note_turn(struct task *t, void *arg)
{
	(void)t;
	*(bool *)arg = true;
}

static void take_quietly(struct task *t, void *arg)
{
	struct fixture *f = arg;
	bool had_a_turn = false;
	sim_time from;

	assert_int_equal(node_of_a_page(f, t, GFP_KERNEL), 0);
	t->sim->quantum = NS_PER_MS;
	f->vm->machine->cost.page_alloc = 7000;
	/* at nice 19 time counts by weight */
	task_set_nice(t, 19);
	from = t->vruntime;
	assert_int_equal(node_of_a_page(f, t, GFP_KERNEL), 0);
	assert_true(t->vruntime - from > 10 * 7000);
	task_set_nice(t, 0);
	from = t->vruntime;
	assert_int_equal(node_of_a_page(f, t, GFP_KERNEL), 0);
	assert_int_equal(t->vruntime - from, 7000);
	/* who may sleep gives way first */
	task_spawn(f->s, t->cpu, "other", 0, note_turn, &had_a_turn)->vruntime = 0;
	task_sync(t);
	t->cpu->need_resched = true;
	assert_true(t->cpu->nr_queued > 0);
	for (int i = 0; i < FEW; i++)
		assert_int_equal(node_of_a_page(f, t, GFP_ATOMIC), 0);
	assert_false(had_a_turn);
	for (int i = 0; i < FEW; i++) { /* a thread of the kernel may be before it */
		t->cpu->need_resched = true;
		assert_int_equal(node_of_a_page(f, t, GFP_KERNEL), 0);
	}
	assert_true(had_a_turn);
}

static void a_page_at_hand_is_paid_and_waited_for_as_any(void **state)
{
	(void)state;
	fixture_run(TWO_NODES, take_quietly);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refill_takes_a_batch_from_one_split),
		cmocka_unit_test(a_batch_is_paid_block_by_block),
		cmocka_unit_test(the_page_freed_last_is_given_out_first),
		cmocka_unit_test(an_unmovable_request_takes_whole_blocks_over),
		cmocka_unit_test(draining_doubles_while_a_cpu_only_frees),
		cmocka_unit_test(a_block_likely_to_merge_goes_to_the_tail),
		cmocka_unit_test(reserves_are_open_to_those_who_cannot_wait),
		cmocka_unit_test(masks_name_their_zone),
		cmocka_unit_test(a_node_with_many_dirty_pages_gives_none_to_write_to),
		cmocka_unit_test(a_page_at_hand_is_paid_and_waited_for_as_any),
		cmocka_unit_test(random_operations_lose_no_page),
	};

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
