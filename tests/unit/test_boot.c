/*
 * test_boot.c - zones and limits of machines whose real numbers are known, and of random ones
 */
#include "tests/unit/booted_machine.h"

/* ---- vectors of a real kernel ---- */

struct vector {
	int node, zone;
	uint64_t start, spanned, present, managed, min, low, high;
	int64_t protection[MAX_NR_ZONES];
	int batch, high_pcp, threshold;
};

static void check_vectors(struct fixture *f, const struct vector *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct zone *z = zone_of(f, v[i].node, v[i].zone);

		assert_int_equal(z->zone_start_pfn, v[i].start);
		assert_int_equal(z->spanned_pages, v[i].spanned);
		if (v[i].present)
			assert_int_equal(z->present_pages, v[i].present);
		assert_int_equal(z->managed_pages, v[i].managed);
		assert_int_equal(z->_watermark[WMARK_MIN], v[i].min);
		assert_int_equal(z->_watermark[WMARK_LOW], v[i].low);
		assert_int_equal(z->_watermark[WMARK_HIGH], v[i].high);
		for (int j = 0; j < MAX_NR_ZONES; j++)
			assert_int_equal(z->lowmem_reserve[j], v[i].protection[j]);
		assert_int_equal(z->pcp[0].batch, v[i].batch);
		if (v[i].high_pcp)
			assert_int_equal(z->pcp[0].high, v[i].high_pcp);
		assert_int_equal(z->pcp[0].stat_threshold, v[i].threshold);
	}
}

/* The first estimate of managed pages, as printed with the zonelists. */
static pages_t total_pages(struct fixture *f)
{
	struct boot_mm boot_mm = { .conf = &f->conf };
	pfn_t max[MAX_NR_ZONES];
	pages_t total = 0;

	build(f);
	boot_memory_map(&f->vm, &f->conf);
	x86_max_zone_pfns(&f->vm, max);
	free_area_init_nodes(&f->vm, &boot_mm, max);
	set_dma_reserve(&boot_mm, 158); /* the first MiB */
	free_area_init_core(&f->vm, &boot_mm);
	build_all_zonelists(&f->vm);
	total = nr_free_pagecache_pages(&f->vm);
	sim_free(boot_mm.zone_movable_pfn);
	return total;
}

static void a_machine_of_4_gib_has_the_zones_and_limits_of_a_real_one(void **state)
{
	(void)state;
	static const struct vector v[] = {
		{ 0,
		  ZONE_DMA,
		  1,
		  4095,
		  3998,
		  3840,
		  64,
		  80,
		  96,
		  { 0, 2938, 3891, 3891, 3891 },
		  1,
		  80,
		  2 },
		{ 0,
		  ZONE_DMA32,
		  4096,
		  1044480,
		  782304,
		  754602,
		  12710,
		  15887,
		  19064,
		  { 0, 0, 952, 952, 952 },
		  63,
		  15887,
		  12 },
		{ 0,
		  ZONE_NORMAL,
		  1048576,
		  262144,
		  262144,
		  243907,
		  4120,
		  5150,
		  6180,
		  { 0 },
		  63,
		  5150,
		  8 },
	};
	struct fixture *f = fixture_new();

	v1_machine(f);
	add_fact(f, 0, ZONE_DMA, 3840, 0);
	add_fact(f, 0, ZONE_DMA32, 754602, 2254); /* freed after the limits were computed */
	add_fact(f, 0, ZONE_NORMAL, 243907, 0);
	boot(f);
	assert_int_equal(f->vm.sysctl.min_free_kbytes, 67584);
	check_vectors(f, v, ARRAY_LEN(v));
	assert_int_equal(f->vm.totalram_pages, 3840 + 754602 + 243907);
	assert_false(zone_of(f, 0, ZONE_DMA32)->contiguous);
	assert_true(zone_of(f, 0, ZONE_NORMAL)->contiguous);
	fixture_free(f);
}

/* 64 MiB at 512 MiB and 16 MiB at 1 GiB that the command line took away (memmap=): seen on 6.1. */
static void pageblocks_that_are_all_hole_are_in_no_zone(void **state)
{
	struct fixture *f = fixture_new();
	const struct zone *zone;
	int blocks = 0;

	(void)state;
	add_node(f, 1);
	add_range(f, 0, 1, 0x9f);
	add_range(f, 0, 0x100, 0x20000);
	add_range(f, 0, 0x24000, 0x40000);
	add_range(f, 0, 0x41000, 0x7ffe0);
	boot(f);
	zone = zone_of(f, 0, ZONE_DMA32);
	for (pfn_t pfn = zone->zone_start_pfn; pfn < zone_end_pfn(zone); pfn += PAGEBLOCK_NR_PAGES)
		blocks += frame_in_zone(&f->vm, zone, pfn);
	assert_int_equal(blocks, 976);
	assert_false(frame_in_zone(&f->vm, zone, 0x20000));
	assert_true(frame_in_zone(&f->vm, zone, 0x24000));
	assert_true(frame_in_zone(&f->vm, zone, 0x7ffff)); /* some of its pageblock is there */
	fixture_free(f);
}

static void movablecore_on_two_nodes_gives_the_limits_of_a_real_machine(void **state)
{
	(void)state;
	static const struct vector v[] = {
		{ 0,
		  ZONE_DMA,
		  1,
		  4095,
		  3998,
		  3840,
		  57,
		  71,
		  85,
		  { 0, 2938, 3898, 3898, 3898 },
		  1,
		  0,
		  6 },
		{ 0,
		  ZONE_DMA32,
		  4096,
		  1044480,
		  782304,
		  752348,
		  11168,
		  13960,
		  16752,
		  { 0, 0, 959, 959, 959 },
		  63,
		  0,
		  36 },
		{ 0, ZONE_NORMAL, 1048576, 262144, 0, 245589, 3645, 4556, 5467, { 0 }, 63, 0, 24 },
		{ 1,
		  ZONE_NORMAL,
		  1310720,
		  262144,
		  0,
		  262144,
		  3891,
		  4863,
		  5835,
		  { 0, 0, 0, 7924, 7924 },
		  63,
		  0,
		  30 },
		{ 1, ZONE_MOVABLE, 1572864, 262144, 0, 253576, 3764, 4705, 5646, { 0 }, 63, 0, 24 },
	};
	static const char *const order[] = { "Movable", "Normal", "Normal", "DMA32", "DMA" };
	struct fixture *f = fixture_new();

	v2_machine(f);
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		add_fact(f, v[i].node, v[i].zone, (int64_t)v[i].managed, 0);
	boot(f);
	assert_int_equal(f->vm.sysctl.min_free_kbytes, 90112);
	check_vectors(f, v, ARRAY_LEN(v));
	assert_int_equal(zone_of(f, 0, ZONE_MOVABLE)->spanned_pages, 0);
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		const struct zonelist *l = &f->vm.nodes[1].zonelists[ZONELIST_FALLBACK];

		assert_string_equal(l->ref[i].zone->name, order[i]);
		assert_int_equal(l->ref[i].zone->node->node_id, i < 2);
	}
	fixture_free(f);
}

static void v3_machine(struct fixture *f)
{
	add_node(f, 1);
	add_range(f, 0, 1, 0x9f);
	add_range(f, 0, 0x100, 0xffe0);
}

static void below_512_mib_huge_pages_do_not_raise_the_limits(void **state)
{
	(void)state;
	static const struct vector v[] = {
		{ 0,
		  ZONE_DMA,
		  1,
		  4095,
		  3998,
		  3840,
		  34,
		  42,
		  50,
		  { 0, 182, 182, 182, 182 },
		  1,
		  0,
		  2 },
		{ 0, ZONE_DMA32, 4096, 61408, 61408, 48848, 414, 517, 620, { 0 }, 15, 0, 4 },
	};
	struct fixture *f = fixture_new();

	v3_machine(f);
	add_fact(f, 0, ZONE_DMA, 3840, 0);
	add_fact(f, 0, ZONE_DMA32, 48848, 2254);
	boot(f);
	assert_false(f->vm.transparent_hugepage);
	assert_int_equal(f->vm.sysctl.min_free_kbytes, 1796);
	check_vectors(f, v, ARRAY_LEN(v));
	fixture_free(f);
}

static void total_pages_leave_out_struct_pages_and_the_first_mib(void **state)
{
	(void)state;
	static void (*const machines[])(struct fixture *) = { v1_machine, v2_machine, v3_machine };
	static const pages_t expected[] = { 1031904, 1548000, 64224 };

	for (int i = 0; i < 3; i++) {
		struct fixture *f = fixture_new();

		machines[i](f);
		assert_int_equal(total_pages(f), expected[i]);
		fixture_free(f);
	}
}

static void pageblock_0_and_blocks_that_begin_in_a_hole_are_unmovable(void **state)
{
	(void)state;
	struct fixture *f = fixture_new();
	int movable = 0;

	v1_machine(f);
	boot(f);
	for (pfn_t pfn = 0; pfn < 4096; pfn += PAGEBLOCK_NR_PAGES)
		movable += get_pageblock_migratetype(&f->vm, pfn) == MIGRATE_MOVABLE;
	assert_int_equal(movable, 7);
	assert_int_equal(get_pageblock_migratetype(&f->vm, 0), MIGRATE_UNMOVABLE);
	/* struct pages lie at the top: what was reserved in the deferred part stays unmovable */
	assert_int_equal(get_pageblock_migratetype(&f->vm, 0x13fe00), MIGRATE_UNMOVABLE);
	assert_int_equal(get_pageblock_migratetype(&f->vm, 0x100000), MIGRATE_MOVABLE);
	fixture_free(f);
}

static void a_size_alone_gives_the_map_of_a_usual_pc(void **state)
{
	(void)state;
	struct fixture *f = fixture_new();

	f->nodes[0] = (struct node_conf){ .cpus = 2, .memory = 4LL << 30 };
	f->nodes[1] = (struct node_conf){ .cpus = 2, .memory = 4LL << 30 };
	f->machine.nodes.n = 2;
	boot(f);
	assert_int_equal(zone_of(f, 0, ZONE_DMA)->present_pages, 158 + 4096 - 256);
	assert_int_equal(zone_end_pfn(zone_of(f, 0, ZONE_NORMAL)), 4 * GIB_PAGES + GIB_PAGES);
	assert_int_equal(zone_of(f, 1, ZONE_NORMAL)->zone_start_pfn, 5 * GIB_PAGES);
	assert_int_equal(zone_of(f, 1, ZONE_NORMAL)->spanned_pages, 4 * GIB_PAGES);
	assert_int_equal(zone_of(f, 0, ZONE_DMA32)->present_pages, 3 * GIB_PAGES - 4096);
	assert_true(f->vm.reserved_is_synthetic);
	fixture_free(f);
}

/* ---- random machines ---- */

static void check_free_lists_ascend(struct fixture *f, const struct zone *z)
{
	for (int order = 0; order < MAX_ORDER; order++) {
		for (int type = 0; type < MIGRATE_TYPES; type++) {
			uint32_t last = 0;

			for (uint32_t p = z->free_area[order].free_list[type].head; p;
			     p = free_list_next(&f->vm, p, order)) {
				assert_true(p > last);
				last = p;
			}
		}
	}
}

static void check_machine(struct fixture *f)
{
	for (int nid = 0; nid < f->vm.nr_nodes; nid++) {
		const struct pglist_data *node = &f->vm.nodes[nid];
		pages_t spanned = 0, present = 0;

		for (int i = 0; i < MAX_NR_ZONES; i++) {
			const struct zone *z = &node->zones[i];

			assert_true(z->managed_pages <= z->present_pages);
			assert_true(z->present_pages <= z->spanned_pages);
			assert_int_equal(zone_free_pages(z), z->managed_pages);
			check_free_lists_ascend(f, z);
			spanned += z->spanned_pages;
			present += z->present_pages;
		}
		assert_int_equal(spanned, node->node_spanned_pages);
		assert_int_equal(present, node->node_present_pages);
		assert_int_equal(present, memblock_pages(&f->vm.memory, 0, UINT64_MAX, nid));
	}
	for (int i = 0; i < f->vm.memory.n; i++) {
		const struct mem_range *r = &f->vm.memory.r[i];

		for (pfn_t p = r->start; p < r->end; p += 1 + (r->end - r->start) / 7) {
			const struct zone *z = pfn_zone(&f->vm, p);

			assert_non_null(z);
			assert_int_equal(z->node->node_id, r->nid);
			assert_true(p >= z->zone_start_pfn && p < zone_end_pfn(z));
		}
	}
}

static void random_machines_lose_no_page(void **state)
{
	(void)state;
	static const char *const cores[] = { NULL, "30%", "512M", "3G" };
	struct rng r;

	rng_init(&r, 11, "machines");
	for (int round = 0; round < 60; round++) {
		struct fixture *f = fixture_new();
		int nodes = 1 + (int)rng_below(&r, 5);
		pfn_t at = 1;

		for (int i = 0; i < nodes; i++) {
			int ranges = i ? (int)rng_below(&r, 4) : 1 + (int)rng_below(&r, 3);

			add_node(f, i ? (int64_t)rng_below(&r, 3) : 1);
			for (int k = 0; k < ranges; k++) {
				pfn_t end = at + 3000 + rng_below(&r, 400000);

				add_range(f, i, at, end);
				at = end + rng_below(&r, 2) * rng_below(&r, 200000);
			}
		}
		f->conf.kernelcore = cores[rng_below(&r, 4)];
		f->conf.movablecore = cores[rng_below(&r, 4)];
		boot(f);
		check_machine(f);
		fixture_free(f);
	}
}

/* No memory is mirrored, so the kernel has what lies below 4 GiB. */
static void with_mirror_all_above_4_gib_is_movable(void **state)
{
	(void)state;
	struct fixture *f = fixture_new();

	v1_machine(f);
	f->conf.kernelcore = KERNELCORE_MIRROR;
	f->conf.movablecore = "1M"; /* is not looked at */
	boot(f);
	assert_false(populated_zone(zone_of(f, 0, ZONE_NORMAL)));
	assert_int_equal(zone_of(f, 0, ZONE_MOVABLE)->zone_start_pfn, 0x100000);
	assert_int_equal(zone_of(f, 0, ZONE_MOVABLE)->present_pages, 262144);
	fixture_free(f);
}

/* What a kernel made of "-m 6G" with memmap=64M$4G: ZONE_NORMAL spans what it has nothing of. */
static void with_mirror_a_zone_spans_what_is_another_ones(void **state)
{
	(void)state;
	struct fixture *f = fixture_new();

	add_node(f, 1);
	add_range(f, 0, 1, 0x9f);
	add_range(f, 0, 0x100, 0xbffe0);
	add_range(f, 0, 0x104000, 0x1c0000);
	f->conf.kernelcore = KERNELCORE_MIRROR;
	boot(f);

	const struct zone *normal = zone_of(f, 0, ZONE_NORMAL);
	const struct zone *movable = zone_of(f, 0, ZONE_MOVABLE);

	assert_int_equal(normal->zone_start_pfn, 0x100000);
	assert_int_equal(normal->spanned_pages, 786432);
	assert_int_equal(normal->present_pages, 0);
	assert_int_equal(movable->zone_start_pfn, 0x104000);
	assert_int_equal(movable->present_pages, 786432 - 0x4000);
	assert_ptr_equal(pfn_zone(&f->vm, 0x104000), movable);
	assert_ptr_equal(pfn_zone(&f->vm, 0x1bffff), movable);
	check_machine(f);
	fixture_free(f);

	/* without mirror it ends there */
	f = fixture_new();
	add_node(f, 1);
	add_range(f, 0, 1, 0x9f);
	add_range(f, 0, 0x100, 0xbffe0);
	add_range(f, 0, 0x104000, 0x1c0000);
	f->conf.movablecore = "2G";
	boot(f);
	normal = zone_of(f, 0, ZONE_NORMAL);
	movable = zone_of(f, 0, ZONE_MOVABLE);
	assert_int_equal(normal->zone_start_pfn + normal->spanned_pages, movable->zone_start_pfn);
	fixture_free(f);
}

static void everything_below_a_limit_can_be_freed_at_boot(void **state)
{
	(void)state;
	struct fixture *f = fixture_new();
	struct boot_mm boot_mm = { .conf = &f->conf };
	pfn_t max[MAX_NR_ZONES];

	v1_machine(f);
	build(f);
	boot_memory_map(&f->vm, &f->conf);
	x86_max_zone_pfns(&f->vm, max);
	free_area_init_nodes(&f->vm, &boot_mm, max);
	memblock_add(&f->vm.reserved, 0, 1ULL << 32, MEMBLOCK_ANY_NODE);
	free_bootmem_with_active_regions(&f->vm, MEMBLOCK_ANY_NODE, 0x110000);
	memmap_init(&f->vm);
	memblock_free_all(&f->vm);
	assert_int_equal(zone_free_pages(zone_of(f, 0, ZONE_DMA)), 3998);
	assert_int_equal(zone_free_pages(zone_of(f, 0, ZONE_DMA32)), 782304);
	assert_int_equal(zone_free_pages(zone_of(f, 0, ZONE_NORMAL)), 65536);
	sim_free(boot_mm.zone_movable_pfn);
	fixture_free(f);
}

static void a_terabyte_boots_without_touching_its_frames(void **state)
{
	(void)state;
	struct fixture *f = fixture_new();

	f->machine.nodes.n = 8;
	for (int i = 0; i < 8; i++)
		f->nodes[i] = (struct node_conf){ .cpus = 8, .memory = 1LL << 37 };

	size_t before = sim_mem_peak_rss();

	boot(f);
	assert_true(f->vm.totalram_pages > 250 * (1 << 20));
	assert_true(sim_mem_peak_rss() - before < 64 << 20);
	fixture_free(f);
}

static void facts_that_do_not_fit_the_machine_are_refused(void **state)
{
	(void)state;
	struct fixture *f = fixture_new();

	v3_machine(f);
	add_fact(f, 0, ZONE_DMA, 3999, 0);
	add_fact(f, 0, ZONE_NORMAL, 10, 0);
	build(f);
	assert_false(linux_boot_memory(&f->vm, &f->conf, &f->diag));
	assert_int_equal(f->diag.nr_errors, 3); /* too much, no such zone, none for DMA32 */
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_of_4_gib_has_the_zones_and_limits_of_a_real_one),
		cmocka_unit_test(movablecore_on_two_nodes_gives_the_limits_of_a_real_machine),
		cmocka_unit_test(below_512_mib_huge_pages_do_not_raise_the_limits),
		cmocka_unit_test(total_pages_leave_out_struct_pages_and_the_first_mib),
		cmocka_unit_test(pageblock_0_and_blocks_that_begin_in_a_hole_are_unmovable),
		cmocka_unit_test(a_size_alone_gives_the_map_of_a_usual_pc),
		cmocka_unit_test(pageblocks_that_are_all_hole_are_in_no_zone),
		cmocka_unit_test(random_machines_lose_no_page),
		cmocka_unit_test(with_mirror_all_above_4_gib_is_movable),
		cmocka_unit_test(with_mirror_a_zone_spans_what_is_another_ones),
		cmocka_unit_test(everything_below_a_limit_can_be_freed_at_boot),
		cmocka_unit_test(a_terabyte_boots_without_touching_its_frames),
		cmocka_unit_test(facts_that_do_not_fit_the_machine_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
