/*
 * test_readahead.c - window sizes, and the decisions of worked examples
 *
 * The examples were worked out from the rules by a model of their own; see
 * docs/models/readahead.md.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/mappings/mm.h"
#include "models/linux/pagecache/readahead.h"
#include "tests/unit/readahead_example.h"

static void first_windows_follow_the_table(void **state)
{
	static const struct {
		uint64_t req, max32, max128, max1024;
	} rows[] = { { 1, 4, 4, 4 },      { 2, 4, 8, 8 },     { 4, 8, 16, 16 },
		     { 8, 16, 16, 32 },   { 16, 32, 32, 64 }, { 32, 32, 64, 128 },
		     { 64, 32, 128, 128 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(get_init_ra_size(rows[i].req, 32), rows[i].max32);
		assert_int_equal(get_init_ra_size(rows[i].req, 128), rows[i].max128);
		assert_int_equal(get_init_ra_size(rows[i].req, 1024), rows[i].max1024);
	}
}

static void next_windows_follow_the_table(void **state)
{
	static const struct {
		uint64_t cur, max32, max128, max1024;
	} rows[] = { { 1, 4, 4, 4 },     { 2, 4, 8, 8 },     { 3, 6, 12, 12 },   { 4, 8, 16, 16 },
		     { 6, 12, 24, 24 },  { 8, 16, 16, 32 },  { 12, 24, 24, 48 }, { 16, 32, 32, 64 },
		     { 24, 32, 48, 96 }, { 32, 32, 64, 128 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(get_next_ra_size(rows[i].cur, 32), rows[i].max32);
		assert_int_equal(get_next_ra_size(rows[i].cur, 128), rows[i].max128);
		assert_int_equal(get_next_ra_size(rows[i].cur, 1024), rows[i].max1024);
	}
	assert_int_equal(get_next_ra_size(128, 1024), 256);
	assert_int_equal(get_next_ra_size(513, 1024), 1024);
}

/* ---- examples ---- */

#define RUN(file, ...)                                                                             \
	do {                                                                                       \
		static const struct step steps[] = { __VA_ARGS__, { END, 0, 0, NULL } };           \
		struct fixture ran;                                                                \
                                                                                                   \
		run_example(&ran, file, steps);                                                    \
		fixture_end(&ran);                                                                 \
	} while (0)

#define RAMP "sync 0 (0,4,3) 0-3 m1, async 1 (4,8,8) 4-11 m4, async 4 (12,16,16) 12-27 m12"

static void a_sequential_reader_ramps_up(void **state)
{
	(void)state;
	RUN("big", { READS, 0, 92,
		     RAMP ", async 12 (28,32,32) 28-59 m28, async 28 (60,32,32) 60-91 m60, "
			  "async 60 (92,32,32) 92-123 m92, async 92 (124,32,32) 124-155 m124" });
}

static void large_reads_begin_with_a_full_window(void **state)
{
	(void)state;
	RUN("big", { CHUNKS, 3 * 65536, 65536,
		     "sync 0 (0,32,16) 0-31 m16, async 16 (32,32,32) 32-63 m32, "
		     "async 32 (64,32,32) 64-95 m64" });
	RUN("big", { CHUNKS, 2 << 17, 1 << 17,
		     "sync 0 (0,32,16) 0-31 m16, async 16 (32,32,32) 32-63 m32, "
		     "async 32 (64,32,32) 64-95 m64" });
}

static void a_read_larger_than_the_window_goes_at_once(void **state)
{
	(void)state;
	RUN("big",
	    { READ, 0, 1 << 20,
	      "sync 0 (0,256,128) 0-255 m128, async 128 (256,256,256) 256-511 m256" },
	    { READ, 1 << 20, 1 << 20, "async 256 (512,256,256) 512-767 m512" });
	RUN("big", { READ, 1000 * 4096, 400 * 4096,
		     "sync 1000 (1000,320,160) 1000-1319 m1160, "
		     "async 1160 (1320,320,320) 1320-1639 m1320, "
		     "async 1320 (1640,320,320) 1640-1959 m1640" });
	RUN("big", { READ, 10 * 4096, 1 << 18, "sync 10 (0,0,0) 10-73" },
	    { READ, 74 * 4096, 1 << 18,
	      "sync 74 (74,64,32) 74-137 m106, async 106 (138,64,64) 138-201 m138" });
}

static void no_window_is_larger_than_the_devices_requests_allow(void **state)
{
	(void)state;
	RUN("big", { MAXKB, 128, 0, NULL },
	    { READ, 0, 1 << 19,
	      "sync 0 (0,32,16) 0-31 m16, async 16 (32,32,32) 32-63 m32, "
	      "async 32 (64,32,32) 64-95 m64, async 64 (96,32,32) 96-127 m96, "
	      "async 96 (128,32,32) 128-159 m128" });
}

static void random_reads_leave_the_state_alone(void **state)
{
	(void)state;
	RUN("big", { READS, 5000, 5000, "sync 5000 (0,0,0) 5000-5000" },
	    { READS, 123, 123, "sync 123 (0,0,0) 123-123" },
	    { READS, 77777, 77777, "sync 77777 (0,0,0) 77777-77777" },
	    { READS, 40, 40, "sync 40 (0,0,0) 40-40" },
	    { READS, 39, 39, "sync 39 (0,0,0) 39-39" }, /* backward */
	    { READS, 38, 38, "sync 38 (0,0,0) 38-38" });
}

static void a_stream_from_the_middle_is_found_at_its_second_page(void **state)
{
	(void)state;
	RUN("big", { READS, 5000, 5005,
		     "sync 5000 (0,0,0) 5000-5000, sync 5001 (5001,4,3) 5001-5004 m5002, "
		     "async 5002 (5005,8,8) 5005-5012 m5005, "
		     "async 5005 (5013,16,16) 5013-5028 m5013" });
	RUN("big", { READ, 2000 * 4096, 1024, "sync 2000 (0,0,0) 2000-2000" },
	    { READ, 2000 * 4096 + 1024, 1024, NULL }, { READ, 2000 * 4096 + 2048, 1024, NULL },
	    { READ, 2000 * 4096 + 3072, 1024, NULL },
	    { READ, 2001 * 4096, 1024, "sync 2001 (2001,4,3) 2001-2004 m2002" },
	    { READ, 2001 * 4096 + 3072, 1024, NULL },
	    { READ, 2002 * 4096, 1024, "async 2002 (2005,8,8) 2005-2012 m2005" });
}

static void every_second_page_is_still_a_stream(void **state)
{
	(void)state;
	RUN("big", { READS, 5000, 5000, "sync 5000 (0,0,0) 5000-5000" },
	    { READS, 5002, 5002, "sync 5002 (5002,4,3) 5002-5005 m5003" },
	    { READS, 5004, 5004, NULL },
	    { READS, 5006, 5006, "sync 5006 (5006,24,16) 5006-5029 m5014" },
	    { READS, 5008, 5008, NULL },
	    { READS, 5014, 5014, "async 5014 (5030,32,32) 5030-5061 m5030" });
}

static void every_third_page_is_not(void **state)
{
	(void)state;
	RUN("big", { READS, 5000, 5000, "sync 5000 (0,0,0) 5000-5000" },
	    { READS, 5003, 5003, "sync 5003 (0,0,0) 5003-5003" },
	    { READS, 5006, 5006, "sync 5006 (0,0,0) 5006-5006" });
}

static void windows_are_cut_at_the_end_of_the_file(void **state)
{
	(void)state;
	RUN("p20", { READS, 0, 19,
		     "sync 0 (0,4,3) 0-3 m1, async 1 (4,8,8) 4-11 m4, async 4 (12,16,16) 12-19" });
	RUN("p20", { READ, 0, 20 * 4096, "sync 0 (0,32,12) 0-19 m8, async 8 (20,32,32)" });
	RUN("p16", { READ, 0, 1 << 17, "sync 0 (0,32,16) 0-15 m0, async 0 (0,32,16)" });
	RUN("p17", { READ, 0, 1 << 17, "sync 0 (0,32,16) 0-16 m1, async 1 (17,32,32)" });
}

static void two_streams_on_one_descriptor_find_their_windows_again(void **state)
{
	(void)state;
	RUN("big",
	    { TWO, 30, 50000,
	      "sync 0 (0,4,3) 0-3 m1, sync 50000 (0,4,3) 50000-50000, async 1 (4,8,8) 4-11 m4, "
	      "sync 50001 (4,8,8) 50001-50001, sync 50002 (50002,3,1) 50002-50004 m50004, "
	      "async 4 (12,18,18) 12-29 m12, async 50004 (50005,4,4) 50005-50008 m50005, "
	      "async 50005 (50009,8,8) 50009-50016 m50009, "
	      "async 50009 (50017,16,16) 50017-50032 m50017, async 12 (30,32,32) 30-61 m30, "
	      "async 50017 (50033,32,32) 50033-50064 m50033, async 30 (62,32,32) 62-93 m62" });
}

static void cached_pages_before_a_miss_are_a_history(void **state)
{
	(void)state;
	RUN("big", { CACHED, 0, 9, NULL }, { READS, 10, 10, "sync 10 (10,21,1) 10-30 m30" });
	RUN("big", { CACHED, 0, 39, NULL }, { READS, 40, 40, "sync 40 (40,32,1) 40-71 m71" });
	RUN("big", { CACHED, 100, 105, NULL },
	    { READ, 106 * 4096, 2 * 4096, "sync 106 (106,8,1) 106-113 m113" });
	RUN("big", { CACHED, 100, 105, NULL },
	    { READ, 106 * 4096, 8 * 4096, "sync 106 (0,0,0) 106-113" });
}

static void pages_in_the_way_are_left_out(void **state)
{
	(void)state;
	RUN("big", { CACHED, 8, 11, NULL },
	    { READS, 0, 4,
	      "sync 0 (0,4,3) 0-3 m1, async 1 (4,8,8) 4-7 m4, async 4 (12,16,16) 12-27 m12" });
	RUN("big", { CACHED, 4, 5, NULL },
	    { READS, 0, 12,
	      "sync 0 (0,4,3) 0-3 m1, async 1 (4,8,8) 6-11, sync 12 (12,32,16) 12-43 m28" });
}

static void a_mark_with_a_full_window_cached_behind_it_moves_the_window_on(void **state)
{
	(void)state;
	RUN("big", { CACHED, 0, 199, NULL }, { MARKED, 50, 0, NULL },
	    { READS, 50, 50, "async 50 (82,32,32)" });
}

static void a_larger_read_ahead_kb_makes_larger_windows(void **state)
{
	(void)state;
	RUN("big", { RAKB, 512, 0, NULL }, { OPEN, 0, 0, NULL },
	    { READS, 0, 116,
	      "sync 0 (0,4,3) 0-3 m1, async 1 (4,16,16) 4-19 m4, async 4 (20,32,32) 20-51 m20, "
	      "async 20 (52,64,64) 52-115 m52, async 52 (116,128,128) 116-243 m116, "
	      "async 116 (244,128,128) 244-371 m244" });
	RUN("big", { RAKB, 512, 0, NULL }, { OPEN, 0, 0, NULL },
	    { CHUNKS, 8 * 65536, 65536,
	      "sync 0 (0,32,16) 0-31 m16, async 16 (32,64,64) 32-95 m32, "
	      "async 32 (96,128,128) 96-223 m96, async 96 (224,128,128) 224-351 m224" });
	RUN("big", { RAKB, 4096, 0, NULL }, { OPEN, 0, 0, NULL },
	    { READS, 0, 980,
	      "sync 0 (0,4,3) 0-3 m1, async 1 (4,16,16) 4-19 m4, async 4 (20,64,64) 20-83 m20, "
	      "async 20 (84,128,128) 84-211 m84, async 84 (212,256,256) 212-467 m212, "
	      "async 212 (468,512,512) 468-979 m468, async 468 (980,1024,1024) 980-2003 m980, "
	      "async 980 (2004,1024,1024) 2004-3027 m2004" });
	RUN("big", { RAKB, 4096, 0, NULL }, { OPEN, 0, 0, NULL },
	    { CHUNKS, 13 * 65536, 65536,
	      "sync 0 (0,64,48) 0-63 m16, async 16 (64,128,128) 64-191 m64, "
	      "async 64 (192,256,256) 192-447 m192, async 192 (448,512,512) 448-959 m448" });
}

static void advice_changes_the_limit_or_switches_off(void **state)
{
	(void)state;
	RUN("big", { ADVICE, POSIX_FADV_SEQUENTIAL, 0, NULL },
	    { READS, 0, 60,
	      RAMP ", async 12 (28,32,32) 28-59 m28, async 28 (60,64,64) 60-123 m60, "
		   "async 60 (124,64,64) 124-187 m124" });
	RUN("big", { ADVICE, POSIX_FADV_RANDOM, 0, NULL },
	    { READ, 0, 65536, "sync 0 (0,0,0) 0-15" },
	    { READ, 700 * 4096, 16384, "sync 700 (0,0,0) 700-703" },
	    { ADVICE, POSIX_FADV_NORMAL, 0, NULL },
	    { READ, 704 * 4096, 4096, "sync 704 (704,4,3) 704-707 m705" });
	RUN("big", { RAKB, 0, 0, NULL }, { OPEN, 0, 0, NULL },
	    { READ, 0, 16384,
	      "sync 0 (0,0,0) 0-0, sync 1 (0,0,0) 1-1, sync 2 (0,0,0) 2-2, sync 3 (0,0,0) 3-3" });
}

static void forced_readahead_is_limited_by_the_devices_requests(void **state)
{
	(void)state;
	RUN("big", { FORCE, 10, 1000, "force 10 (0,0,0) 10-329" });
	RUN("big", { MAXKB, 8000, 0, NULL },
	    { FORCE, 0, 5000, "force 0 (0,0,0) 0-511 512-1023 1024-1535 1536-1999" });
}

static void a_fault_reads_around_its_page(void **state)
{
	static const struct step warm[] = { { MAP, MADV_NORMAL, 0, NULL },
					    { TOUCH, 0, 0, "around 0 (0,32,8) 0-31 m24" },
					    { TOUCH, 1, 23, NULL },
					    { TOUCH, 24, 31, "async 24 (32,32,32) 32-63 m32" },
					    { TOUCH, 32, 63, "async 32 (64,32,32) 64-95 m64" },
					    { END, 0, 0, NULL } };
	static const struct step more[] = { { MAP, MADV_NORMAL, 0, NULL },
					    { TOUCH, 0, 95,
					      "around 0 (0,32,8) 0-31 m24, "
					      "async 24 (32,32,32) 32-63 m32, "
					      "async 32 (64,32,32) 64-95 m64, "
					      "async 64 (96,32,32) 96-127 m96" },
					    { END, 0, 0, NULL } };
	struct fixture f;
	int64_t faults;

	(void)state;
	run_example(&f, "big", warm);
	faults = f.vm->stat.pgfault;
	assert_int_equal(f.vm->stat.pgmajfault, 1);
	fixture_end(&f);
	run_example(&f, "big", more);
	assert_int_equal(f.vm->stat.pgfault, faults + 3); /* twice for the window, once between */
	assert_int_equal(f.vm->stat.pgmajfault, 1);
	fixture_end(&f);
	RUN("big", { MAP, MADV_NORMAL, 0, NULL },
	    { TOUCH, 100, 100, "around 84 (84,32,8) 84-115 m108" },
	    { TOUCH, 108, 108, "async 108 (116,32,32) 116-147 m116" });
}

static void advice_and_many_misses_change_what_faults_read(void **state)
{
	(void)state;
	RUN("big", { MAP, MADV_SEQUENTIAL, 0, NULL }, { TOUCH, 0, 0, "sync 0 (0,32,16) 0-31 m16" });
	RUN("big", { MAP, MADV_RANDOM, 0, NULL }, { TOUCH, 5, 5, "alone 5" });
	RUN("big", { MISSES, 100, 0, NULL }, { MAP, MADV_NORMAL, 0, NULL },
	    { TOUCH, 700, 700, "alone 700" });
}

static void large_folios_grow_along_a_stream(void **state)
{
	(void)state;
	RUN("folios", { READS, 0, 28,
			"sync 0 (0,4,3) 0/2 m0, async 0 (0,4,3), "
			"sync 4 (4,24,16) 4/2 8/2 12/2 16/2 20/2 24/2 m12, "
			"async 12 (28,32,32) 28/2 32/4 48/3 56/2 m28, "
			"async 28 (60,32,32) 60/2 64/4 80/3 88/2 m60" });
}

static void a_cache_dropped_midway_restarts_the_window(void **state)
{
	(void)state;
	RUN("big", { READS, 0, 7, RAMP }, { DROP, 0, 0, NULL },
	    { READS, 8, 8, "sync 8 (8,4,3) 8-11 m9" });
}

static void after_a_read_error_windows_are_a_quarter(void **state)
{
	(void)state;
	RUN("big", { SET_RA, 8, 0, NULL },
	    { READS, 0, 6,
	      "sync 0 (0,2,1) 0-1 m1, async 1 (2,4,4) 2-5 m2, async 2 (6,8,8) 6-13 m6, "
	      "async 6 (14,8,8) 14-21 m14" });
}

/* 12 pages are read ahead for 2, the rest is dropped; 48 KiB for 8. */
static void what_was_read_ahead_in_vain_is_counted(void **state)
{
	static const struct step steps[] = {
		{ READS, 0, 1, "sync 0 (0,4,3) 0-3 m1, async 1 (4,8,8) 4-11 m4" },
		{ DROP, 0, 0, NULL },
		{ END, 0, 0, NULL },
	};
	struct fixture f;
	const struct metric_object *kind;
	const struct vm_stat *stat;

	(void)state;
	run_example(&f, "big", steps);
	assert_non_null(metric_find(&f.tables, NULL, "sim_read_amplification", &kind));
	stat = kind->stat(f.s, 0);
	assert_int_equal(stat->sim_readahead_unused_pages, 10);
	assert_int_equal(stat->sim_read_bytes, 8192);
	assert_int_equal(stat->sim_read_amplification, 600);
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_windows_follow_the_table),
		cmocka_unit_test(next_windows_follow_the_table),
		cmocka_unit_test(a_sequential_reader_ramps_up),
		cmocka_unit_test(large_reads_begin_with_a_full_window),
		cmocka_unit_test(a_read_larger_than_the_window_goes_at_once),
		cmocka_unit_test(no_window_is_larger_than_the_devices_requests_allow),
		cmocka_unit_test(random_reads_leave_the_state_alone),
		cmocka_unit_test(a_stream_from_the_middle_is_found_at_its_second_page),
		cmocka_unit_test(every_second_page_is_still_a_stream),
		cmocka_unit_test(every_third_page_is_not),
		cmocka_unit_test(windows_are_cut_at_the_end_of_the_file),
		cmocka_unit_test(two_streams_on_one_descriptor_find_their_windows_again),
		cmocka_unit_test(cached_pages_before_a_miss_are_a_history),
		cmocka_unit_test(pages_in_the_way_are_left_out),
		cmocka_unit_test(a_mark_with_a_full_window_cached_behind_it_moves_the_window_on),
		cmocka_unit_test(a_larger_read_ahead_kb_makes_larger_windows),
		cmocka_unit_test(advice_changes_the_limit_or_switches_off),
		cmocka_unit_test(forced_readahead_is_limited_by_the_devices_requests),
		cmocka_unit_test(a_fault_reads_around_its_page),
		cmocka_unit_test(advice_and_many_misses_change_what_faults_read),
		cmocka_unit_test(large_folios_grow_along_a_stream),
		cmocka_unit_test(a_cache_dropped_midway_restarts_the_window),
		cmocka_unit_test(after_a_read_error_windows_are_a_quarter),
		cmocka_unit_test(what_was_read_ahead_in_vain_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
