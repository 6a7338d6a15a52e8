/*
 * test_disk_faults.c - disks that fail and stall; errors that everybody is told once
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/hw/disk_faults.h"
#include "models/hw/machine.h"
#include "models/linux/storage/errseq.h"
#include "tests/unit/written_disk.h"

#define MS NS_PER_MS
#define N  8

static struct written_disk b;

static int end_disk(void **state)
{
	(void)state;
	written_disk_free(&b);
	return 0;
}

/* Request i of 4 KiB is given to the disk at ms[i]. */
static void at_times(enum disk_op op, const int *ms, int n)
{
	for (int i = 0; i < n; i++)
		written_disk_issue_at(&b, i, op, op == DISK_FLUSH ? 0 : (uint64_t)i * 8,
				      op == DISK_FLUSH ? 0 : 8, (sim_time)ms[i] * MS);
	sim_run(b.s, FOREVER);
	assert_int_equal(b.nr_done, n);
}

static void done_at_ms(int i, int ms)
{
	assert_int_equal(b.done_at[i], (sim_time)ms * MS);
}

/* ---- stalls ---- */

static void what_a_stall_interrupts_goes_on_behind_it(void **state)
{
	const int ms[] = { 0, 95, 120, 300 };

	(void)state;
	written_disk_make(
	    &b, "{ name: a, request_time: 10 ms, slots: 4, stalls: [{ at: 100 ms, for: 50 ms }] }");
	at_times(DISK_READ, ms, 4);
	done_at_ms(0, 10);
	done_at_ms(1, 155); /* half of it before, half behind */
	done_at_ms(2, 160); /* came while nothing was done */
	done_at_ms(3, 310);
	assert_int_equal(b.disk.stat.sim_stall_ns, 50 * MS);
}

static void what_is_done_when_a_stall_begins_is_done(void **state)
{
	const int ms[] = { 90, 91 };

	(void)state;
	written_disk_make(
	    &b, "{ name: a, request_time: 10 ms, slots: 4, stalls: [{ at: 100 ms, for: 50 ms }] }");
	at_times(DISK_READ, ms, 2);
	done_at_ms(0, 100);
	done_at_ms(1, 151);
}

static void stalls_come_again_and_may_overlap(void **state)
{
	const int ms[] = { 0, 100, 1000 };

	(void)state;
	/* 10..40 and 30..60, then 110..140 and 130..160, and so on */
	written_disk_make(
	    &b, "{ name: a, request_time: 60 ms, slots: 4, stalls: ["
		"{ at: 10 ms, for: 30 ms, every: 100 ms }, { at: 30 ms, for: 30 ms, every: 100 "
		"ms }] }");
	at_times(DISK_READ, ms, 3);
	done_at_ms(0, 110); /* 10 before the first ones, 50 between them and the next */
	done_at_ms(1, 210);
	done_at_ms(2, 1110);
	disk_time(&b.disk, 1110 * MS);
	assert_int_equal(b.disk.stat.sim_stall_ns, 11 * 50 * MS);
}

static void channels_and_link_stand_still_in_a_stall(void **state)
{
	const int ms[] = { 0, 0 };

	(void)state;
	/* 4 KiB at 4 KiB/s: a second each, one behind the other */
	written_disk_make(&b,
			  "{ name: a, bandwidth: 4 KiB/s, stalls: [{ at: 500 ms, for: 3 s }] }");
	at_times(DISK_WRITE, ms, 2);
	done_at_ms(0, 4000);
	done_at_ms(1, 5000);
}

static void the_cache_does_not_drain_in_a_stall(void **state)
{
	(void)state;
	written_disk_make(&b,
			  "{ name: a, bandwidth: 1 GB/s, cache: 1 MiB, drain_bandwidth: 4 KiB/s, "
			  "stalls: [{ at: 500 ms, for: 3 s }] }");
	b.rq[0] =
	    (struct disk_request){ .op = DISK_WRITE, .sectors = 8, .done = written_disk_done };
	b.rq[1] = (struct disk_request){ .op = DISK_FLUSH, .done = written_disk_done };
	disk_issue(&b.disk, &b.rq[0]);
	sim_run(b.s, MS);
	disk_issue(&b.disk, &b.rq[1]);
	sim_run(b.s, FOREVER);
	assert_true(b.done_at[0] < MS);
	assert_in_range(b.done_at[1], 4000 * MS, 4001 * MS);
}

static void a_disk_with_native_queueing_chooses_anew_behind_a_stall(void **state)
{
	const int ms[] = { 0, 20 };

	(void)state;
	written_disk_make(&b,
			  "{ name: a, bandwidth: 1 GB/s, latency: 30 ms, native_queueing: true, "
			  "stalls: [{ at: 10 ms, for: 90 ms }] }");
	at_times(DISK_READ, ms, 2);
	assert_in_range(b.done_at[0], 120 * MS, 121 * MS);
	assert_in_range(b.done_at[1], 150 * MS, 151 * MS);
}

/* ---- errors ---- */

static const int spread[N] = { 0, 10, 20, 30, 40, 50, 60, 70 };

/* "E" for each request that failed with this error, "." for the others. */
static void failed_as(const char *pattern, int error)
{
	for (int i = 0; i < N; i++)
		assert_int_equal(b.rq[i].error, pattern[i] == 'E' ? error : 0);
}

static void every_third_request_fails(void **state)
{
	(void)state;
	written_disk_make(&b, "{ name: a, request_time: 1 ms, errors: [{ every: 3 }] }");
	at_times(DISK_WRITE, spread, N);
	failed_as("..E..E..", -5);
	assert_int_equal(b.disk.stat.sim_errors, 2);
}

static void requests_fail_within_a_time(void **state)
{
	(void)state;
	written_disk_make(
	    &b, "{ name: a, request_time: 10 ms, slots: 2, errors: [{ error: ENOSPC, from: 30 "
		"ms, until: "
		"50 ms }] }");
	at_times(DISK_WRITE, spread, N);
	failed_as("..EE....", -28); /* those that end at 30 and 40 ms, not that at 50 */
}

static void so_many_requests_fail_and_no_more(void **state)
{
	(void)state;
	written_disk_make(
	    &b, "{ name: a, request_time: 1 ms, errors: [{ count: 2, from: 5 ms }, { start: 48, "
		"sectors: 1 }] }");
	at_times(DISK_READ, spread, N);
	failed_as(".EE...E.", -5);
}

static void only_the_kind_that_was_named_fails(void **state)
{
	(void)state;
	written_disk_make(
	    &b, "{ name: a, request_time: 1 ms, slots: 2, errors: [{ on: flush }, { on: read, "
		"error: 61 }] }");
	at_times(DISK_WRITE, spread, N);
	failed_as("........", 0);
	b.nr_done = 0;
	for (int i = 0; i < 2; i++) {
		b.rq[i].op = i ? DISK_READ : DISK_FLUSH;
		b.rq[i].sectors = i ? 8 : 0;
		disk_issue(&b.disk, &b.rq[i]);
	}
	sim_run(b.s, FOREVER);
	assert_int_equal(b.rq[0].error, -5);
	assert_int_equal(b.rq[1].error, -61);
}

static void refused(const char *text, const char *why)
{
	struct disk_conf conf;
	char *said = NULL;
	size_t len;
	FILE *to = open_memstream(&said, &len);

	assert_false(written_disk_read(&b, text, &conf));
	diag_print(&b.diag, to);
	fclose(to);
	if (!strstr(said, why))
		fail_msg("%s", said);
	free(said);
	end_disk(NULL);
}

static void faults_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	refused("{ name: a, preset: ssd, errors: [{ sectors: 8 }] }", "sectors without start");
	refused("{ name: a, preset: ssd, errors: [{ from: 2 s, until: 1 s }] }", "end before");
	refused("{ name: a, preset: ssd, errors: [{ on: flush, start: 8 }] }", "a flush has no");
	refused("{ name: a, preset: ssd, size: 1 MiB, errors: [{ start: 2048 }] }",
		"beyond the end");
	refused("{ name: a, preset: ssd, stalls: [{ for: 2 s, every: 2 s }] }", "every longer");
}

/* ---- errseq ---- */

static void an_error_is_told_to_each_who_looks_once(void **state)
{
	errseq_t e = 0, first = errseq_sample(&e), second = errseq_sample(&e);

	(void)state;
	assert_int_equal(errseq_check_and_advance(&e, &first), 0);
	errseq_set(&e, -5);
	errseq_set(&e, 0);
	assert_int_equal(errseq_check_and_advance(&e, &first), -5);
	assert_int_equal(errseq_check_and_advance(&e, &first), 0);
	assert_int_equal(errseq_check_and_advance(&e, &second), -5);
	assert_int_equal(errseq_check_and_advance(&e, &second), 0);
	/* the same one again, after it was seen, is a new one */
	errseq_set(&e, -5);
	assert_int_equal(errseq_check_and_advance(&e, &first), -5);
}

static void who_comes_later_is_told_what_nobody_has_seen(void **state)
{
	errseq_t e = 0, early = errseq_sample(&e), late;

	(void)state;
	errseq_set(&e, -28);
	late = errseq_sample(&e);
	assert_int_equal(errseq_check_and_advance(&e, &early), -28);
	assert_int_equal(errseq_check_and_advance(&e, &late), -28);
	late = errseq_sample(&e);
	assert_int_equal(errseq_check_and_advance(&e, &late), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define DISK_TEST(f) cmocka_unit_test_teardown(f, end_disk)
		DISK_TEST(what_a_stall_interrupts_goes_on_behind_it),
		DISK_TEST(what_is_done_when_a_stall_begins_is_done),
		DISK_TEST(stalls_come_again_and_may_overlap),
		DISK_TEST(channels_and_link_stand_still_in_a_stall),
		DISK_TEST(the_cache_does_not_drain_in_a_stall),
		DISK_TEST(a_disk_with_native_queueing_chooses_anew_behind_a_stall),
		DISK_TEST(every_third_request_fails),
		DISK_TEST(requests_fail_within_a_time),
		DISK_TEST(so_many_requests_fail_and_no_more),
		DISK_TEST(only_the_kind_that_was_named_fails),
		DISK_TEST(faults_that_make_no_sense_are_refused),
		cmocka_unit_test(an_error_is_told_to_each_who_looks_once),
		cmocka_unit_test(who_comes_later_is_told_what_nobody_has_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
