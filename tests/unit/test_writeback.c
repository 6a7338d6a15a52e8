/*
 * test_writeback.c - limits, rates, pauses and shares of dirty throttling, from their inputs alone
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "models/linux/task.h"
#include "models/linux/writeback/dirty_ratelimit.h"
#include "models/linux/writeback/writeback.h"

/* --- limits --- */

static struct linux_vm vm;

static void sysctl(int64_t ratio, int64_t bg_ratio, int64_t bytes, int64_t bg_bytes)
{
	vm.sysctl.dirty_ratio = ratio;
	vm.sysctl.dirty_background_ratio = bg_ratio;
	vm.sysctl.dirty_bytes = bytes;
	vm.sysctl.dirty_background_bytes = bg_bytes;
}

static void the_limits_follow_the_dirtyable_memory(void **state)
{
	static const struct {
		uint64_t available;
		int64_t ratio, bg_ratio, bytes, bg_bytes;
		uint64_t thresh, bg, freerun, setpoint, ratelimit_pages, rt_thresh, rt_bg;
	} row[] = {
		{ 100001, 20, 10, 0, 0, 19995, 9985, 14990, 17492, 156, 25617, 13105 },
		{ 450001, 20, 10, 0, 0, 89978, 44934, 67456, 78717, 702, 115283, 58978 },
		{ 950001, 20, 10, 0, 0, 189953, 94860, 142406, 166179, 1484, 243377, 124511 },
		{ 1950001, 20, 10, 0, 0, 389904, 194714, 292309, 341106, 3046, 499564, 255576 },
		{ 3950001, 20, 10, 0, 0, 789807, 394421, 592114, 690960, 6170, 1011939, 517707 },
		{ 15900001, 20, 10, 0, 0, 3179223, 1587670, 2383446, 2781334, 24837, 4073378,
		  2083937 },
		{ 950001, 40, 10, 0, 0, 379907, 94860, 237383, 308645, 2968, 486755, 130447 },
		{ 950001, 5, 10, 0, 0, 47314, 23657, 35485, 41399, 369, 60620, 30310 },
		{ 950001, 0, 0, 300 << 20, 100 << 20, 76800, 25600, 51200, 64000, 600, 98400,
		  34400 },
		{ 950001, 0, 10, 8192, 0, 2, 1, 1, 1, 16, 2, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint64_t bg, thresh, freerun;

		sysctl(row[i].ratio, row[i].bg_ratio, row[i].bytes, row[i].bg_bytes);
		dirty_limits_from(&vm, row[i].available, false, 0, &bg, &thresh);
		assert_int_equal(thresh, row[i].thresh);
		assert_int_equal(bg, row[i].bg);
		freerun = dirty_freerun_ceiling(thresh, bg);
		assert_int_equal(freerun, row[i].freerun);
		assert_int_equal((freerun + hard_dirty_limit(thresh, thresh)) / 2, row[i].setpoint);
		assert_int_equal(ratelimit_pages_from(thresh, 4), row[i].ratelimit_pages);
		dirty_limits_from(&vm, row[i].available, true, thresh, &bg, &thresh);
		assert_int_equal(thresh, row[i].rt_thresh);
		assert_int_equal(bg, row[i].rt_bg);
	}
}

static void the_reserve_is_not_dirtyable_but_all_file_pages_are(void **state)
{
	(void)state;
	/* rows of a captured run */
	assert_int_equal(dirtyable_memory_from(101269, 28, 1452), 99846);
	assert_int_equal(dirtyable_memory_from(50671, 49386, 1452), 98606);
	assert_int_equal(dirtyable_memory_from(1000, 500, 1452), 501);
}

static void the_tracked_limit_goes_up_at_once_and_down_slowly(void **state)
{
	static const struct {
		int updates;
		uint64_t limit;
	} row[] = { { 1, 188705 },  { 2, 187496 },  { 5, 184091 },
		    { 10, 179089 }, { 25, 168073 }, { 50, 158179 } };
	uint64_t limit = 189953;
	size_t next = 0;

	(void)state;
	for (int i = 1; i <= 50; i++) {
		limit = dirty_limit_step(limit, 100000, 150000);
		if (i == row[next].updates)
			assert_int_equal(limit, row[next++].limit);
	}
	assert_int_equal(next, ARRAY_LEN(row));
	assert_int_equal(dirty_limit_step(limit, 200000, 0), 200000);

	/* it stalls within 31 pages of its target */
	for (int i = 0; i < 1000; i++)
		limit = dirty_limit_step(limit, 100000, 0);
	assert_in_range(limit, 100000, 100031);
}

/* --- position --- */

static struct dirty_position example(uint64_t dirty)
{
	return (struct dirty_position){ .thresh = 189953,
					.bg_thresh = 94860,
					.dirty = dirty,
					.dirty_limit = 189953,
					.wb_thresh = 189953,
					.wb_dirty = dirty,
					.avg_write_bandwidth = 25600 };
}

static void the_position_ratio_follows_the_table(void **state)
{
	static const struct {
		uint64_t dirty;
		int64_t poly;
		uint64_t pos, task_ratelimit, period;
	} row[] = {
		{ 142407, 2045, 2282, 57050, 0 }, { 150000, 1345, 1451, 36275, 1 },
		{ 160000, 1041, 1072, 26800, 1 }, { 166179, 1024, 1023, 25575, 1 },
		{ 170000, 1019, 999, 24975, 2 },  { 175000, 972, 930, 23250, 2 },
		{ 180000, 823, 767, 19175, 2 },   { 185000, 517, 469, 11725, 4 },
		{ 189000, 121, 107, 2675, 18 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct dirty_position p = example(row[i].dirty);
		uint64_t pos, task;

		p.wb_thresh = 189952;
		assert_int_equal(pos_ratio_polynom(166179, row[i].dirty, 189953), row[i].poly);
		pos = wb_position_ratio(&p);
		assert_int_equal(pos, row[i].pos);
		task = 25600 * pos >> RATELIMIT_CALC_SHIFT;
		assert_int_equal(task, row[i].task_ratelimit);
		assert_int_equal(HZ * 200 / task, row[i].period);
	}
	assert_int_equal(pos_ratio_polynom(166179, 189952, 189953), 2);
	for (uint64_t dirty = 189953; dirty < 190000; dirty++) {
		struct dirty_position p = example(dirty);

		assert_int_equal(wb_position_ratio(&p), 0);
	}
}

static void a_device_with_few_dirty_pages_may_go_beyond_twice_its_rate(void **state)
{
	struct dirty_position p = example(160000);

	(void)state;
	p.wb_dirty = 100;
	/* below an eighth of half its share: eight times what the line of the device gives */
	assert_true(wb_position_ratio(&p) > 2048);
}

static void a_device_with_a_limit_of_its_own_is_judged_by_it(void **state)
{
	struct dirty_position p = example(1000);

	(void)state;
	p.strictlimit = true;
	p.wb_thresh = 1000;
	p.wb_bg_thresh = 500;
	p.wb_dirty = 7;
	assert_int_equal(wb_position_ratio(&p), 2048);
	p.wb_dirty = 750;
	assert_int_equal(wb_position_ratio(&p), 1024);
	p.wb_dirty = 1000;
	assert_int_equal(wb_position_ratio(&p), 0);
	p.wb_thresh = p.wb_bg_thresh = 8;
	p.wb_dirty = 8;
	assert_int_equal(wb_position_ratio(&p), 0);
}

/* --- rates --- */

static void the_estimate_of_bandwidth_follows_a_step_down(void **state)
{
	static const struct {
		int updates;
		uint64_t bw, avg;
	} row[] = { { 1, 24643, 25600 },  { 2, 23734, 25481 },  { 5, 21269, 24600 },
		    { 10, 17915, 22204 }, { 20, 13303, 17006 }, { 40, 8877, 10468 } };
	struct write_bandwidth bw = { 25600, 25600 };
	size_t next = 0;

	(void)state;
	for (int i = 1; i <= 40; i++) {
		bw = wb_next_write_bandwidth(bw, 51, 51 * 6400 / HZ);
		if (i == row[next].updates) {
			assert_int_equal(bw.write_bandwidth, row[next].bw);
			assert_int_equal(bw.avg_write_bandwidth, row[next].avg);
			next++;
		}
	}
	assert_int_equal(next, ARRAY_LEN(row));
}

static void after_a_long_time_only_the_present_bandwidth_counts(void **state)
{
	struct write_bandwidth bw =
	    wb_next_write_bandwidth((struct write_bandwidth){ 25600, 25600 }, 1025, 4100);

	(void)state;
	assert_int_equal(bw.write_bandwidth, 1000);
	assert_int_equal(bw.avg_write_bandwidth, 1000);
	bw = wb_next_write_bandwidth(bw, 1025, 0);
	assert_int_equal(bw.avg_write_bandwidth, 1);
}

static void the_base_rate_moves_only_if_position_and_rate_agree(void **state)
{
	struct dirty_position p = example(180000); /* above the setpoint */
	struct dirty_rates r = { .dirty_ratelimit = 25600, .balanced_dirty_ratelimit = 25600 };

	(void)state;
	/* two writers: dirtied at twice the bandwidth, but the last balanced rate still says 25600
	 */
	r = wb_next_dirty_ratelimit(r, &p, 767, 51 * 51200 / HZ, 51);
	assert_int_equal(r.dirty_rate, 51196);
	assert_int_equal(r.task_ratelimit, 19176);
	assert_int_equal(r.balanced_dirty_ratelimit, 9588);
	assert_int_equal(r.dirty_ratelimit, 25600);
	/* now it agrees: down by an eighth of the way to the larger of the rates, halved once */
	r = wb_next_dirty_ratelimit(r, &p, 767, 51 * 51200 / HZ, 51);
	assert_int_equal(r.dirty_ratelimit, 25600 - ((25600 - 19176) / 2 + 7) / 8);
}

/* --- pauses --- */

static void the_shortest_pause_follows_the_table(void **state)
{
	static const struct {
		uint64_t avg_bw, dirty_rl, task_rl;
		int64_t min_pause, nr_dirtied_pause;
	} row[] = {
		{ 25600, 25600, 25600, 2, 200 }, { 25600, 12800, 12800, 3, 200 },
		{ 25600, 3200, 3200, 5, 112 },   { 25600, 256, 256, 16, 32 },
		{ 2560, 2560, 2560, 2, 32 },     { 256, 256, 256, 16, 32 },
		{ 25600, 100, 100, 50, 19 },     { 25600, 25600, 1600, 2, 200 },
		{ 25600, 25600, 200, 26, 39 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		int64_t nr_dirtied_pause;
		int64_t min_pause = wb_min_pause(row[i].avg_bw, row[i].dirty_rl, 50, row[i].task_rl,
						 row[i].dirty_rl, &nr_dirtied_pause);

		assert_int_equal(min_pause, row[i].min_pause);
		assert_int_equal(nr_dirtied_pause, row[i].nr_dirtied_pause);
	}
}

static void the_longest_pause_grows_with_the_dirty_pages(void **state)
{
	(void)state;
	assert_int_equal(wb_max_pause(25600, 1000), 2);
	assert_int_equal(wb_max_pause(25600, 8000), 10);
	assert_int_equal(wb_max_pause(25600, 40000), 50);
	assert_int_equal(wb_max_pause(128000, 170000), 43);
}

static void far_below_the_limit_a_writer_looks_seldom(void **state)
{
	(void)state;
	assert_int_equal(dirty_poll_interval(189953 - 47547, 189953), 128);
	assert_int_equal(dirty_poll_interval(0, 189953), 256);
	assert_int_equal(dirty_poll_interval(0, 1000), 16);
	assert_int_equal(dirty_poll_interval(1000, 1000), 1);
}

/* The first calls above freerun of one writer to a device of 25600 pages/s, 4 GiB. */
static void the_first_calls_of_a_throttled_writer_follow_the_table(void **state)
{
	/* requests of 320 pages done so far; with them the share grows towards one */
	static const struct {
		int64_t requests;
		uint64_t dirty, pos, task_rl;
		int64_t pages, period, think, slept;
	} row[] = {
		{ 15, 142432, 2278, 56950, 128, 0, 0, -1 },
		{ 15, 142560, 2260, 56500, 256, 1, 0, -1 },
		{ 16, 142496, 2271, 56775, 256, 1, -1, 2 },
		{ 16, 142696, 2239, 55975, 200, 0, 1, -1 },
		{ 16, 142896, 2206, 55150, 400, 1, 1, -1 },
		{ 17, 142976, 2197, 54925, 400, 1, 0, -1 },
		{ 17, 143376, 2140, 53500, 400, 1, 0, -1 },
		{ 17, 143776, 2082, 52050, 400, 1, -1, 2 },
	};
	const uint64_t now = 1000;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct dirty_position p = example(row[i].dirty);
		int64_t nr_dirtied_pause, max_pause, min_pause;
		struct dirty_pause pause;

		p.wb_thresh = wb_thresh_from(
		    p.thresh, 0,
		    fprop_fraction_from(row[i].requests * 320, row[i].requests * 320 + 1), 0, 100);
		assert_int_equal(wb_position_ratio(&p), row[i].pos);
		assert_int_equal(25600 * row[i].pos >> RATELIMIT_CALC_SHIFT, row[i].task_rl);
		max_pause = wb_max_pause(25600, row[i].dirty);
		assert_int_equal(max_pause, 50);
		min_pause =
		    wb_min_pause(25600, 25600, max_pause, row[i].task_rl, 25600, &nr_dirtied_pause);
		assert_int_equal(min_pause, 2);
		assert_int_equal(nr_dirtied_pause, 200);
		pause = dirty_pause_from(now, now - (uint64_t)row[i].think, row[i].pages,
					 row[i].task_rl, min_pause, max_pause);
		assert_int_equal(pause.period, row[i].period);
		assert_int_equal(pause.sleep, row[i].slept >= 0);
		if (pause.sleep)
			assert_int_equal(pause.pause, row[i].slept);
	}
}

static void at_the_limit_a_writer_sleeps_as_long_as_it_may(void **state)
{
	struct dirty_pause pause = dirty_pause_from(1000, 990, 100, 0, 2, 50);

	(void)state;
	assert_true(pause.sleep);
	assert_int_equal(pause.pause, 50);
	assert_int_equal(pause.now, 1000);
}

static void a_pause_beyond_the_longest_is_owed(void **state)
{
	/* 200 pages at 800 pages/s are 62 jiffies */
	struct dirty_pause pause = dirty_pause_from(1000, 0, 200, 800, 2, 50);

	(void)state;
	assert_int_equal(pause.period, 62);
	assert_int_equal(pause.pause, 50);
	assert_int_equal(pause.now, 1012);
}

/* --- the flusher's slices --- */

static void what_was_not_slept_is_owed_or_in_hand(void **state)
{
	struct task_struct ts = { .nr_dirtied = 200,
				  .nr_dirtied_pause = 200,
				  .dirty_paused_when = 1000 };
	struct dirty_pause pause = { .period = 3, .pause = 1, .now = 1002 };

	(void)state;
	dirty_pause_skipped(&ts, &pause, 200);
	assert_int_equal(ts.dirty_paused_when, 1003);
	assert_int_equal(ts.nr_dirtied, 0);

	/* so fast that its pages take no time: it counts on, and looks again later */
	ts.nr_dirtied = 200;
	pause = (struct dirty_pause){ .period = 0, .pause = 0, .now = 1004 };
	dirty_pause_skipped(&ts, &pause, 200);
	assert_int_equal(ts.dirty_paused_when, 1003);
	assert_int_equal(ts.nr_dirtied, 200);
	assert_int_equal(ts.nr_dirtied_pause, 400);

	/* away for more than a second: all is forgotten */
	pause = (struct dirty_pause){ .period = 2, .pause = -HZ - 1, .now = 2000 };
	dirty_pause_skipped(&ts, &pause, 200);
	assert_int_equal(ts.dirty_paused_when, 2000);

	pause = (struct dirty_pause){ .period = 9, .pause = 7, .now = 2010, .sleep = true };
	dirty_pause_taken(&ts, &pause, 32);
	assert_int_equal(ts.dirty_paused_when, 2017);
	assert_int_equal(ts.nr_dirtied_pause, 32);
}

static void the_slice_of_an_inode_is_half_a_second_of_bandwidth(void **state)
{
	(void)state;
	assert_int_equal(writeback_chunk_from(25600, 189953, INT64_MAX), 13312);
	assert_int_equal(writeback_chunk_from(256000, 189953, INT64_MAX), 24576);
	assert_int_equal(writeback_chunk_from(2560, 189953, INT64_MAX), 2048);
	assert_int_equal(writeback_chunk_from(500, 189953, INT64_MAX), 1024);
	assert_int_equal(writeback_chunk_from(25600, 20000, INT64_MAX), 3072);
	assert_int_equal(writeback_chunk_from(25600, 189953, 100), 1024);
}

/* --- shares --- */

static void a_nearly_idle_device_reads_half_of_its_share(void **state)
{
	struct fprop_global all;
	struct fprop_local one;
	struct fprop_fraction f;

	(void)state;
	fprop_global_init(&all, 1, 32);
	fprop_local_init(&one, 1, 8);
	/* 87 pages at a time that fold together: all 88 with the one it began with, one 87 */
	percpu_counter_add(&all.events, 0, 87);
	percpu_counter_add(&one.events, 0, 88);
	assert_int_equal(all.events.count, 88);
	/* 88 -> 44, and the next halving of 22 stays in the part of the CPU */
	assert_true(fprop_new_period(&all, 0, 1));
	assert_int_equal(all.events.count, 44);
	assert_true(fprop_new_period(&all, 0, 1));
	assert_int_equal(all.events.count, 44);
	f = fprop_fraction(&all, &one, 0);
	assert_int_equal(f.num, 22);
	assert_int_equal(f.den, 44);
	percpu_counter_free(&all.events);
	percpu_counter_free(&one.events);
}

static void a_device_that_wrote_nothing_has_no_share(void **state)
{
	struct fprop_fraction f = fprop_fraction_from(0, 1000);

	(void)state;
	assert_int_equal(wb_thresh_from(189953, 0, f, 0, 100), 0);
	/* but for what min_ratio gives it */
	assert_int_equal(wb_thresh_from(189953, 10, f, 10, 100), 18995);
	/* and max_ratio takes away */
	f = fprop_fraction_from(1000, 1000);
	assert_int_equal(wb_thresh_from(189953, 0, f, 0, 100), 189953);
	assert_int_equal(wb_thresh_from(189953, 0, f, 0, 10), 18995);
}

static void events_age_by_half_each_period(void **state)
{
	struct fprop_global all;
	struct fprop_local one;

	(void)state;
	fprop_global_init(&all, 2, 32);
	fprop_local_init(&one, 2, 16);
	fprop_add_max(&all, &one, 0, FPROP_FRAC_BASE, 1024);
	assert_true(fprop_new_period(&all, 1, 3));
	assert_int_equal(percpu_counter_sum(&all.events), 128);
	assert_int_equal(fprop_fraction(&all, &one, 1).num, 128);
	assert_true(fprop_new_period(&all, 1, 64));
	assert_int_equal(fprop_fraction(&all, &one, 1).num, 0);
	assert_false(fprop_new_period(&all, 1, 1));
	percpu_counter_free(&all.events);
	percpu_counter_free(&one.events);
}

static void a_share_does_not_grow_beyond_max_ratio(void **state)
{
	struct fprop_global all;
	struct fprop_local slow, quick;
	unsigned tenth = FPROP_FRAC_BASE * 10 / 100;

	(void)state;
	fprop_global_init(&all, 1, 32);
	fprop_local_init(&slow, 1, 8);
	fprop_local_init(&quick, 1, 8);
	for (int i = 0; i < 900; i++)
		fprop_add_max(&all, &quick, 0, FPROP_FRAC_BASE, 1);
	for (int i = 0; i < 900; i++)
		fprop_add_max(&all, &slow, 0, tenth, 1);
	assert_in_range(percpu_counter_sum(&slow.events), 90, 110);
	percpu_counter_free(&all.events);
	percpu_counter_free(&slow.events);
	percpu_counter_free(&quick.events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_limits_follow_the_dirtyable_memory),
		cmocka_unit_test(the_reserve_is_not_dirtyable_but_all_file_pages_are),
		cmocka_unit_test(the_tracked_limit_goes_up_at_once_and_down_slowly),
		cmocka_unit_test(the_position_ratio_follows_the_table),
		cmocka_unit_test(a_device_with_few_dirty_pages_may_go_beyond_twice_its_rate),
		cmocka_unit_test(a_device_with_a_limit_of_its_own_is_judged_by_it),
		cmocka_unit_test(the_estimate_of_bandwidth_follows_a_step_down),
		cmocka_unit_test(after_a_long_time_only_the_present_bandwidth_counts),
		cmocka_unit_test(the_base_rate_moves_only_if_position_and_rate_agree),
		cmocka_unit_test(the_shortest_pause_follows_the_table),
		cmocka_unit_test(the_longest_pause_grows_with_the_dirty_pages),
		cmocka_unit_test(far_below_the_limit_a_writer_looks_seldom),
		cmocka_unit_test(the_first_calls_of_a_throttled_writer_follow_the_table),
		cmocka_unit_test(at_the_limit_a_writer_sleeps_as_long_as_it_may),
		cmocka_unit_test(a_pause_beyond_the_longest_is_owed),
		cmocka_unit_test(what_was_not_slept_is_owed_or_in_hand),
		cmocka_unit_test(the_slice_of_an_inode_is_half_a_second_of_bandwidth),
		cmocka_unit_test(a_nearly_idle_device_reads_half_of_its_share),
		cmocka_unit_test(a_device_that_wrote_nothing_has_no_share),
		cmocka_unit_test(events_age_by_half_each_period),
		cmocka_unit_test(a_share_does_not_grow_beyond_max_ratio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
