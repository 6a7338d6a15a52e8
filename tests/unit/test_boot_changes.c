/*
 * test_boot_changes.c - the order of nodes, and what a change of memory, CPUs and tunables changes
 */
#include "tests/unit/booted_machine.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_follow_by_distance_and_take_turns),
		cmocka_unit_test(of_equally_near_nodes_one_without_cpus_comes_first),
		cmocka_unit_test(offline_memory_leaves_its_zone_and_comes_back),
		cmocka_unit_test(the_reserve_of_programs_follows_memory_that_comes_and_goes),
		cmocka_unit_test(cpus_that_come_up_mark_where_counters_drift),
		cmocka_unit_test(a_cpu_that_comes_counts_in_the_lists_of_all_nodes),
		cmocka_unit_test(a_write_recomputes_only_what_hangs_on_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
