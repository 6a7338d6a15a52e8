/*
 * test_scan_balance.c - how much of each list a pass looks at: numbers worked out by hand
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <cmocka.h>

#include "models/linux/reclaim/scan_balance.h"
#include "models/linux/reclaim/shrinker.h"

/* 40,000 pages on each list, swap with room, swappiness 60; a pass looks at a quarter. */
static struct scan_inputs inputs(void)
{
	struct scan_inputs in = { .free = 1000,
				  .high = 500,
				  .swappiness = 60,
				  .may_swap = true,
				  .has_swap = true,
				  .priority = 2 };

	for (int lru = 0; lru < LRU_UNEVICTABLE; lru++)
		in.size[lru] = in.eligible[lru] = 40000;
	return in;
}

static enum scan_balance count(const struct scan_inputs *in, struct scan_modes *modes,
			       uint64_t targets[NR_LRU_LISTS])
{
	prepare_scan_count(in, modes);
	return get_scan_count(in, modes, targets);
}

static void the_inactive_list_is_long_enough_at_a_ratio_that_grows_with_memory(void **state)
{
	/* GiB of both lists and the ratio that belongs to them */
	static const uint64_t gb_ratio[][2] = { { 1, 3 },   { 2, 4 },   { 4, 6 },   { 8, 8 },
						{ 16, 12 }, { 64, 25 }, { 100, 31 } };

	(void)state;
	assert_false(inactive_is_low(500, 500));
	assert_true(inactive_is_low(499, 500));
	for (size_t i = 0; i < ARRAY_LEN(gb_ratio); i++) {
		uint64_t total = gb_ratio[i][0] << 18, ratio = gb_ratio[i][1];
		uint64_t inactive = total / (ratio + 1) + 1;

		assert_false(inactive_is_low(inactive, total - inactive));
		assert_true(inactive_is_low(inactive - 2, total - inactive + 2));
	}
}

static void without_cost_swappiness_60_takes_30_percent_of_anonymous_pages(void **state)
{
	struct scan_inputs in = inputs();
	struct scan_modes modes;
	uint64_t targets[NR_LRU_LISTS];

	(void)state;
	in.refaults_moved[FILE_] = true; /* else unused file pages alone would do */
	assert_int_equal(count(&in, &modes, targets), SCAN_FRACT);
	assert_int_equal(targets[LRU_INACTIVE_ANON], 3000);
	assert_int_equal(targets[LRU_ACTIVE_ANON], 3000);
	assert_int_equal(targets[LRU_INACTIVE_FILE], 7000);
	assert_int_equal(targets[LRU_ACTIVE_FILE], 7000);
	assert_int_equal(targets[LRU_UNEVICTABLE], 0);
}

/* Costs 100 and 0: shares 89 and 417 of 506. */
static void what_cost_lately_is_spared(void **state)
{
	struct scan_inputs in = inputs();
	struct scan_modes modes;
	uint64_t targets[NR_LRU_LISTS];

	(void)state;
	in.refaults_moved[FILE_] = true;
	in.anon_cost = 100;
	assert_int_equal(count(&in, &modes, targets), SCAN_FRACT);
	assert_int_equal(targets[LRU_INACTIVE_ANON], 10000 * 89 / 506);
	assert_int_equal(targets[LRU_INACTIVE_FILE], 10000 * 417 / 506);
}

static void the_mode_is_the_first_whose_condition_holds(void **state)
{
	struct scan_inputs in = inputs();
	struct scan_modes modes;
	uint64_t targets[NR_LRU_LISTS];

	(void)state;
	/* plenty of unused file pages */
	assert_int_equal(count(&in, &modes, targets), SCAN_FILE);
	assert_true(modes.cache_trim_mode);
	assert_int_equal(targets[LRU_INACTIVE_ANON] + targets[LRU_ACTIVE_ANON], 0);
	assert_int_equal(targets[LRU_ACTIVE_FILE], 10000);
	/* hardly any file pages and little free memory */
	in.size[LRU_INACTIVE_FILE] = in.size[LRU_ACTIVE_FILE] = 200;
	in.free = 100;
	assert_int_equal(count(&in, &modes, targets), SCAN_ANON);
	assert_true(modes.file_is_tiny);
	assert_int_equal(targets[LRU_INACTIVE_ANON], 10000);
	assert_int_equal(targets[LRU_INACTIVE_FILE], 0);
	in.free = 101;
	assert_int_not_equal(count(&in, &modes, targets), SCAN_ANON);
	in.free = 100;
	/* the last priority takes all, unless swappiness is 0 */
	in.priority = 0;
	assert_int_equal(count(&in, &modes, targets), SCAN_EQUAL);
	assert_int_equal(targets[LRU_INACTIVE_ANON], 40000);
	in.swappiness = 0;
	assert_int_equal(count(&in, &modes, targets), SCAN_ANON);
	/* no place in swap: nothing of all that */
	in.has_swap = false;
	assert_int_equal(count(&in, &modes, targets), SCAN_FILE);
	in.has_swap = true;
	in.may_swap = false;
	assert_int_equal(count(&in, &modes, targets), SCAN_FILE);
}

static void only_pages_of_the_zones_asked_for_are_counted(void **state)
{
	struct scan_inputs in = inputs();
	struct scan_modes modes;
	uint64_t targets[NR_LRU_LISTS];

	(void)state;
	in.eligible[LRU_INACTIVE_FILE] = 44;
	count(&in, &modes, targets);
	assert_int_equal(targets[LRU_INACTIVE_FILE], 11);
}

/*
 * Targets 300 anonymous and 700 file pages, 32 wanted: after a turn 268 and 668 are left. Anonymous
 * ones are dropped, 268 * 100 / 301 = 89 % of them undone, so 11 % of the file pages: 77, of which
 * 32 are done.
 */
static void when_enough_is_reclaimed_both_kinds_are_cut_in_proportion(void **state)
{
	const uint64_t targets[NR_LRU_LISTS] = {
		[LRU_INACTIVE_ANON] = 300, [LRU_INACTIVE_FILE] = 700
	};
	struct scan_deal d;

	(void)state;
	scan_deal_init(&d, targets, 32, true, DEF_PRIORITY);
	assert_true(scan_deal_more(&d));
	assert_int_equal(scan_deal_take(&d, LRU_INACTIVE_ANON), 32);
	assert_int_equal(scan_deal_take(&d, LRU_ACTIVE_ANON), 0);
	assert_int_equal(scan_deal_take(&d, LRU_INACTIVE_FILE), 32);
	d.nr_reclaimed = 31;
	assert_true(scan_deal_end_turn(&d));
	assert_int_equal(d.nr[LRU_INACTIVE_FILE], 668);
	d.nr_reclaimed = 32;
	assert_true(scan_deal_end_turn(&d));
	assert_int_equal(d.nr[LRU_INACTIVE_ANON], 0);
	assert_int_equal(d.nr[LRU_INACTIVE_FILE], 77 - 32);
	/* with one kind left the pass ends */
	assert_int_equal(scan_deal_take(&d, LRU_INACTIVE_FILE), 32);
	assert_false(scan_deal_end_turn(&d));
}

static void a_task_at_the_first_priority_looks_at_all_of_it(void **state)
{
	const uint64_t targets[NR_LRU_LISTS] = { [LRU_INACTIVE_FILE] = 70 };
	struct scan_deal d;

	(void)state;
	scan_deal_init(&d, targets, 32, false, DEF_PRIORITY);
	scan_deal_take(&d, LRU_INACTIVE_FILE);
	d.nr_reclaimed = 1000;
	assert_true(scan_deal_end_turn(&d));
	scan_deal_init(&d, targets, 32, false, DEF_PRIORITY - 1);
	scan_deal_take(&d, LRU_INACTIVE_FILE);
	d.nr_reclaimed = 1000;
	assert_false(scan_deal_end_turn(&d));
}

/* Active anonymous pages alone are no reason for another turn. */
static void active_anonymous_pages_do_not_prolong_a_pass(void **state)
{
	const uint64_t targets[NR_LRU_LISTS] = { [LRU_ACTIVE_ANON] = 70 };
	struct scan_deal d;

	(void)state;
	scan_deal_init(&d, targets, 32, true, 5);
	assert_false(scan_deal_more(&d));
}

/* 100,000 objects in calls of 1024: nothing until priority 7, however much was left over. */
static void a_shrinker_with_large_batches_waits_for_a_low_priority(void **state)
{
	uint64_t delta, total, deferred = 0;

	(void)state;
	shrink_targets(100000, 0, DEFAULT_SEEKS, 12, &delta, &total);
	assert_int_equal(delta, 48);
	assert_int_equal(total, 48);
	for (int priority = 12; priority > 7; priority--) {
		shrink_targets(100000, deferred, DEFAULT_SEEKS, priority, &delta, &total);
		assert_true(total < 1024);
		deferred += delta;
	}
	shrink_targets(100000, 0, DEFAULT_SEEKS, 7, &delta, &total);
	assert_int_equal(delta, 1562);
	assert_int_equal(total / 1024, 1);
	/* what costs nothing to make again goes by halves */
	shrink_targets(100, 0, 0, 12, &delta, &total);
	assert_int_equal(total, 50);
	/* never more than twice of what there is */
	shrink_targets(100, 5000, DEFAULT_SEEKS, 0, &delta, &total);
	assert_int_equal(total, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_inactive_list_is_long_enough_at_a_ratio_that_grows_with_memory),
		cmocka_unit_test(without_cost_swappiness_60_takes_30_percent_of_anonymous_pages),
		cmocka_unit_test(what_cost_lately_is_spared),
		cmocka_unit_test(the_mode_is_the_first_whose_condition_holds),
		cmocka_unit_test(only_pages_of_the_zones_asked_for_are_counted),
		cmocka_unit_test(when_enough_is_reclaimed_both_kinds_are_cut_in_proportion),
		cmocka_unit_test(a_task_at_the_first_priority_looks_at_all_of_it),
		cmocka_unit_test(active_anonymous_pages_do_not_prolong_a_pass),
		cmocka_unit_test(a_shrinker_with_large_batches_waits_for_a_low_priority),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
