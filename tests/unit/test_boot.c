/*
 * test_boot.c - zones and limits of machines whose real numbers are known, and of random ones
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/alloc/watermark.h"
#include "models/linux/boot/boot.h"
#include "models/linux/tunables.h"

#define GIB_PAGES 262144ULL

/* ---- a machine in memory ---- */

struct fixture {
	struct sim *sim;
	struct tables tables;
	uint8_t trace_on[NR_LINUX_TRACEPOINTS];
	struct linux_vm vm;
	struct diag diag;
	struct machine_conf machine;
	struct linux_conf conf;
	struct node_conf nodes[MACHINE_MAX_NODES];
	struct key_ints rows[MACHINE_MAX_NODES][8];
	int64_t values[MACHINE_MAX_NODES][8][2];
	struct key_ints distance_rows[MACHINE_MAX_NODES];
	struct zone_fact facts[16];
};

static struct fixture *fixture_new(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->sim = sim_new(1);
	f->sim->tables = &f->tables;
	f->tables.trace.on = f->trace_on;
	f->machine.nodes.items = f->nodes;
	f->conf.numa = 1;
	f->conf.zones.items = f->facts;
	return f;
}

static void fixture_free(struct fixture *f)
{
	linux_free_memory(&f->vm);
	if (f->vm.machine)
		machine_free(f->vm.machine);
	sim_free_run(f->sim);
	diag_free(&f->diag);
	free(f);
}

static void add_node(struct fixture *f, int64_t cpus)
{
	struct node_conf *n = &f->nodes[f->machine.nodes.n];

	n->cpus = cpus;
	n->ranges.rows = f->rows[f->machine.nodes.n++];
}

static void add_range(struct fixture *f, int node, pfn_t start, pfn_t end)
{
	struct key_rows *r = &f->nodes[node].ranges;
	int64_t *v = f->values[node][r->n];

	v[0] = (int64_t)start;
	v[1] = (int64_t)end;
	r->rows[r->n++] = (struct key_ints){ v, 2 };
}

static void add_fact(struct fixture *f, int node, int zone, int64_t managed, int64_t late)
{
	f->facts[f->conf.zones.n++] =
	    (struct zone_fact){ .node = node, .zone = zone, .managed = managed, .late = late };
}

/* The machine of the section, without a kernel on it. */
static void build(struct fixture *f)
{
	machine_check(&f->diag, &f->machine);
	diag_print(&f->diag, stderr);
	assert_false(diag_failed(&f->diag));
	f->vm.sim = f->sim;
	f->vm.machine = machine_new(f->sim, &f->machine);
	f->sim->kernel = &f->vm;
}

static void boot(struct fixture *f)
{
	build(f);
	bool ok = linux_boot_memory(&f->vm, &f->conf, &f->diag);

	diag_print(&f->diag, stderr);
	assert_true(ok);
}

static struct zone *zone_of(struct fixture *f, int node, int zone)
{
	return &f->vm.nodes[node].zones[zone];
}

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

static void v1_machine(struct fixture *f)
{
	add_node(f, 1);
	add_range(f, 0, 1, 0x9f);
	add_range(f, 0, 0x100, 0xbffe0);
	add_range(f, 0, 0x100000, 0x140000);
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

static void v2_machine(struct fixture *f)
{
	add_node(f, 2);
	add_range(f, 0, 1, 0x9f);
	add_range(f, 0, 0x100, 0xbffe0);
	add_range(f, 0, 0x100000, 0x140000);
	add_node(f, 2);
	add_range(f, 1, 0x140000, 0x1c0000);
	f->conf.movablecore = "1G";
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

/* ---- order of nodes ---- */

static void nodes_follow_by_distance_and_take_turns(void **state)
{
	(void)state;
	static int64_t d[4][4] = {
		{ 10, 30, 16, 32 },
		{ 21, 10, 28, 17 },
		{ 16, 25, 10, 20 },
		{ 40, 15, 20, 10 },
	};
	static const int expected[4][4] = {
		{ 0, 2, 1, 3 },
		{ 1, 3, 0, 2 },
		{ 2, 0, 3, 1 },
		{ 3, 1, 2, 0 },
	};
	struct fixture *f = fixture_new();

	for (int i = 0; i < 4; i++) {
		add_node(f, 1);
		add_range(f, i, (pfn_t)i * GIB_PAGES + 256, ((pfn_t)i + 1) * GIB_PAGES);
		f->distance_rows[i] = (struct key_ints){ d[i], 4 };
	}
	f->machine.distances = (struct key_rows){ f->distance_rows, 4 };
	boot(f);
	for (int i = 0; i < 4; i++) {
		const struct zonelist *l = &f->vm.nodes[i].zonelists[ZONELIST_FALLBACK];
		int order[4], n = 0;

		for (int k = 0; k < l->n; k++)
			if (!n || order[n - 1] != l->ref[k].zone->node->node_id)
				order[n++] = l->ref[k].zone->node->node_id;
		assert_int_equal(n, 4);
		assert_memory_equal(order, expected[i], sizeof(order));
	}
	fixture_free(f);
}

static void of_equally_near_nodes_one_without_cpus_comes_first(void **state)
{
	(void)state;
	struct fixture *f = fixture_new();
	int load[4] = { 0 };
	uint64_t used = 0;

	for (int i = 0; i < 4; i++) {
		add_node(f, i != 2);
		add_range(f, i, (pfn_t)i * GIB_PAGES + 256, ((pfn_t)i + 1) * GIB_PAGES);
	}
	boot(f);
	assert_int_equal(find_next_best_node(&f->vm, 0, &used, load), 0);
	assert_int_equal(find_next_best_node(&f->vm, 0, &used, load), 2);
	assert_int_equal(find_next_best_node(&f->vm, 0, &used, load), 1);
	assert_int_equal(find_next_best_node(&f->vm, 0, &used, load), 3);
	assert_int_equal(find_next_best_node(&f->vm, 0, &used, load), -1);
	/* at boot, before the CPUs are brought up, it has no preference */
	assert_int_equal(f->vm.nodes[0].zonelists[ZONELIST_FALLBACK].ref[2].zone->node->node_id, 1);
	fixture_free(f);
}

/* ---- a change of memory, CPUs and tunables ---- */

static void offline_memory_leaves_its_zone_and_comes_back(void **state)
{
	(void)state;
	struct fixture *f = fixture_new();

	v1_machine(f);
	boot(f);

	struct zone *normal = zone_of(f, 0, ZONE_NORMAL);
	uint64_t managed = normal->managed_pages, min = normal->_watermark[WMARK_MIN];

	assert_int_equal(memory_offline(&f->vm, NULL, 39), -EBUSY);  /* struct pages at the top */
	assert_int_equal(memory_offline(&f->vm, NULL, 23), -EINVAL); /* a hole */
	assert_int_equal(memory_offline(&f->vm, NULL, 32), 0);
	assert_int_equal(memory_offline(&f->vm, NULL, 32), -EINVAL);
	assert_int_equal(normal->zone_start_pfn, 0x108000);
	assert_int_equal(normal->managed_pages, managed - 32768);
	assert_int_equal(zone_free_pages(normal), managed - 32768);
	assert_int_equal(memory_online(&f->vm, 32, MMOP_ONLINE_MOVABLE), 0);
	assert_int_equal(zone_of(f, 0, ZONE_MOVABLE)->managed_pages, 32768);
	assert_ptr_equal(pfn_zone(&f->vm, 0x100000), zone_of(f, 0, ZONE_MOVABLE));
	assert_ptr_equal(f->vm.nodes[0].zonelists[ZONELIST_FALLBACK].ref[0].zone,
			 zone_of(f, 0, ZONE_MOVABLE));
	assert_int_equal(memory_offline(&f->vm, NULL, 32), 0);
	assert_int_equal(zone_of(f, 0, ZONE_MOVABLE)->spanned_pages, 0);
	assert_true(zone_of(f, 0, ZONE_MOVABLE)->contiguous); /* nothing has no hole */
	assert_int_equal(memory_online(&f->vm, 32, MMOP_ONLINE), 0);
	assert_int_equal(normal->managed_pages, managed);
	assert_int_equal(normal->_watermark[WMARK_MIN], min);
	/* when the kernel looked for holes, the block that came was one */
	assert_false(normal->contiguous);
	assert_int_equal(memory_offline(&f->vm, NULL, 32), 0);
	assert_true(normal->contiguous);
	fixture_free(f);
}

/* A 32nd of what is free, 128 MiB at most. */
static void the_reserve_of_programs_follows_memory_that_comes_and_goes(void **state)
{
	(void)state;
	struct fixture *f = fixture_new();
	uint64_t free_kbytes = 0;
	int64_t *reserve = &f->vm.sysctl.user_reserve_kbytes;

	v1_machine(f);
	boot(f);
	*reserve = 100000;
	assert_int_equal(memory_offline(&f->vm, NULL, 32), 0);
	assert_int_equal(*reserve, 100000); /* there is as much */
	assert_int_equal(memory_online(&f->vm, 32, MMOP_ONLINE), 0);
	FOR_EACH_ZONE (&f->vm, zone)
		free_kbytes += zone_free_pages(zone) * 4;
	assert_int_equal(*reserve, free_kbytes / 32);
	*reserve = (int64_t)free_kbytes;
	assert_int_equal(memory_offline(&f->vm, NULL, 32), 0);
	assert_int_equal(*reserve, (free_kbytes - 128 * 1024) / 32);
	*reserve = 0; /* none, and so it stays */
	assert_int_equal(memory_online(&f->vm, 32, MMOP_ONLINE), 0);
	assert_int_equal(*reserve, 0);
	*reserve = 200000;
	assert_int_equal(memory_offline(&f->vm, NULL, 32), 0);
	assert_int_equal(memory_online(&f->vm, 32, MMOP_ONLINE), 0);
	assert_int_equal(*reserve, 200000);
	fixture_free(f);
}

/*
 * The second CPU comes up when there are no watermarks, and of a node's last zone one section or
 * two: each CPU's counter may then be off by 2 * bits of 2 CPUs * (1 + bits of so many sections).
 * Recorded on such a machine: 48 for DMA32 with four CPUs, 8 for a zone of which nothing was there.
 */
static void cpus_that_come_up_mark_where_counters_drift(void **state)
{
	(void)state;
	struct fixture *alone = fixture_new(), *two = fixture_new();

	v1_machine(alone);
	boot(alone);
	assert_int_equal(zone_of(alone, 0, ZONE_DMA32)->percpu_drift_mark, 0);
	assert_int_equal(zone_of(alone, 0, ZONE_NORMAL)->percpu_drift_mark, 0);
	add_node(two, 2);
	add_range(two, 0, 1, 0x9f);
	add_range(two, 0, 0x100, 0xbffe0);
	add_range(two, 0, 0x100000, 0x140000);
	boot(two);
	/* DMA32 is not the last zone: five bits of 23 sections */
	assert_int_equal(zone_of(two, 0, ZONE_DMA32)->percpu_drift_mark, 2 * 2 * 2 * (1 + 5));
	assert_int_equal(zone_of(two, 0, ZONE_NORMAL)->percpu_drift_mark, 2 * 2 * 2 * (1 + 1));
	/* kswapd awake: as far as the gap between the marks allows each CPU, and so it is
	 * everywhere */
	set_pgdat_percpu_threshold(&two->vm.nodes[0], calculate_pressure_threshold);
	assert_int_equal(zone_of(two, 0, ZONE_NORMAL)->pcp[1].stat_threshold, 125);
	set_pgdat_percpu_threshold(&two->vm.nodes[0], calculate_normal_threshold);
	assert_int_equal(zone_of(two, 0, ZONE_NORMAL)->pcp[1].stat_threshold, 2 * 2 * (1 + 3));
	fixture_free(alone);
	fixture_free(two);
}

static void a_cpu_that_comes_counts_in_the_lists_of_all_nodes(void **state)
{
	(void)state;
	struct fixture *f = fixture_new();

	v2_machine(f);
	boot(f);

	const struct zone *near = zone_of(f, 1, ZONE_NORMAL), *far = zone_of(f, 0, ZONE_DMA32);
	int low_near = (int)near->_watermark[WMARK_LOW], low_far = (int)far->_watermark[WMARK_LOW];

	assert_int_equal(near->pcp[0].high, low_near / 2);
	assert_int_equal(cpu_offline(&f->vm, 3), 0);
	assert_int_equal(cpu_offline(&f->vm, 3), 0); /* it is so already */
	assert_int_equal(near->pcp[0].high, low_near);
	assert_int_equal(far->pcp[0].high, low_far / 2);
	assert_int_equal(cpu_online(&f->vm, 3), 0);
	assert_int_equal(cpu_online(&f->vm, 3), 0);
	assert_int_equal(cpu_online(&f->vm, 4), -EINVAL);
	assert_int_equal(near->pcp[0].high, low_near / 2);
	assert_int_equal(far->pcp[0].high, low_far / 3);
	fixture_free(f);
}

static int write_vm(struct fixture *f, const char *name, int64_t value)
{
	static const struct tunable_class *const classes[] = { &vm_tunables, NULL };
	struct tunable_ref ref;

	assert_true(tunable_find(classes, name, &ref));
	return tunable_write(f->sim, &ref, &value);
}

static void a_write_recomputes_only_what_hangs_on_it(void **state)
{
	(void)state;
	struct fixture *f = fixture_new();

	v1_machine(f);
	boot(f);

	struct zone *z = zone_of(f, 0, ZONE_NORMAL);
	uint64_t reserve = f->vm.totalreserve_pages;

	z->watermark_boost = 100;
	assert_int_equal(write_vm(f, "vm.percpu_pagelist_high_fraction", 7), -EINVAL);
	assert_int_equal(write_vm(f, "vm.percpu_pagelist_high_fraction", 8), 0);
	assert_int_equal(z->pcp[0].high, z->managed_pages / 8);
	assert_int_equal(z->watermark_boost, 100);
	assert_int_equal(write_vm(f, "vm.min_free_kbytes", 10000), 0);
	assert_int_equal(z->watermark_boost, 0);
	assert_true(f->vm.totalreserve_pages < reserve);
	assert_int_equal(f->vm.user_min_free_kbytes, 10000);
	assert_int_equal(write_vm(f, "vm.watermark_scale_factor", 3001), -EINVAL);
	assert_int_equal(write_vm(f, "vm.min_slab_ratio", 50), 0);
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
		cmocka_unit_test(nodes_follow_by_distance_and_take_turns),
		cmocka_unit_test(of_equally_near_nodes_one_without_cpus_comes_first),
		cmocka_unit_test(offline_memory_leaves_its_zone_and_comes_back),
		cmocka_unit_test(the_reserve_of_programs_follows_memory_that_comes_and_goes),
		cmocka_unit_test(cpus_that_come_up_mark_where_counters_drift),
		cmocka_unit_test(a_cpu_that_comes_counts_in_the_lists_of_all_nodes),
		cmocka_unit_test(a_write_recomputes_only_what_hangs_on_it),
		cmocka_unit_test(pageblocks_that_are_all_hole_are_in_no_zone),
		cmocka_unit_test(random_machines_lose_no_page),
		cmocka_unit_test(with_mirror_all_above_4_gib_is_movable),
		cmocka_unit_test(everything_below_a_limit_can_be_freed_at_boot),
		cmocka_unit_test(a_terabyte_boots_without_touching_its_frames),
		cmocka_unit_test(facts_that_do_not_fit_the_machine_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
