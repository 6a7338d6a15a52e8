/*
 * test_tunable.c - names and values of tunables as people write them
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/linux/proc_number.h"
#include "sim/base/mem.h"
#include "tests/unit/fixture.h"

static struct tables tables;

static int begin(void **state)
{
	(void)state;
	tables_init(&tables, &linux_personality);
	return 0;
}

static int end(void **state)
{
	(void)state;
	tables_free(&tables);
	return 0;
}

static const struct tunable *row_of(const char *name)
{
	struct tunable_ref ref;

	return tunable_find(tables.tunables, name, &ref) ? ref.row : NULL;
}

static int64_t read_as(const char *name, const char *text)
{
	struct tunable_value v = { 0 };
	char *why;

	if (!tunable_parse(row_of(name), text, &v, &why))
		fail_msg("%s=%s: %s", name, text, why);
	return v.v[0];
}

static void refuses(const char *name, const char *text, const char *says)
{
	struct tunable_value v = { 0 };
	char *why;

	if (tunable_parse(row_of(name), text, &v, &why))
		fail_msg("%s=%s is taken", name, text);
	if (!strstr(why, says))
		fail_msg("%s=%s: %s", name, text, why);
	sim_free(why);
}

static void names_are_those_of_the_kernel(void **state)
{
	(void)state;
	assert_string_equal(row_of("vm.page-cluster")->name, "page-cluster");
	assert_ptr_equal(row_of("vm.page_cluster"), row_of("vm.page-cluster"));
	assert_ptr_equal(row_of("vm/swappiness"), row_of("vm.swappiness"));
	assert_non_null(row_of("vm.swappiness"));
	assert_ptr_equal(row_of("queue/sd.a/read_ahead_kb"), row_of("queue.sda.read_ahead_kb"));
	assert_non_null(row_of("transparent_hugepage/khugepaged/defrag"));
	assert_ptr_not_equal(row_of("transparent_hugepage/khugepaged/defrag"),
			     row_of("transparent_hugepage.defrag"));
	assert_null(row_of("vm.page/cluster"));
	assert_null(row_of("vm/nosuch"));
}

static void words_are_those_of_the_files(void **state)
{
	(void)state;
	assert_int_equal(read_as("transparent_hugepage.enabled", "madvise"), 1);
	assert_int_equal(read_as("transparent_hugepage.enabled", "1"), 1);
	assert_int_equal(read_as("transparent_hugepage.defrag", "defer+madvise"), 2);
	assert_int_equal(read_as("queue.sda.scheduler", "mq-deadline"), 1);
	assert_int_equal(read_as("queue.sda.write_cache", "write back"), 1);
	refuses("queue.sda.scheduler", "kyber", "not simulated; accepted: none, mq-deadline");
	refuses("queue.sda.scheduler", "bfq", "not simulated; accepted: none, mq-deadline");
	refuses("queue.sda.scheduler", "2", "2 is out of range; accepted: none, mq-deadline");
	refuses("transparent_hugepage.enabled", "sometimes",
		"none of the words; accepted: always,");
	refuses("transparent_hugepage.enabled", "", "none of the words");
	assert_string_equal(tunable_word(row_of("transparent_hugepage.defrag"), 4), "never");
	assert_null(tunable_word(row_of("vm.swappiness"), 4));
	assert_null(tunable_word(row_of("queue.sda.scheduler"), TUNABLE_AUTO));
}

static void switches_take_digits_too(void **state)
{
	(void)state;
	assert_int_equal(read_as("vm.numa_stat", "1"), 1);
	assert_int_equal(read_as("vm.numa_stat", "0"), 0);
	assert_int_equal(read_as("vm.compact_unevictable_allowed", "true"), 1);
	refuses("vm.numa_stat", "2", "2 is out of range; accepted: true or false, 1 or 0");
	refuses("vm.numa_stat", "01", "true or false");
}

static void body_of_several(struct task *t, void *arg)
{
	struct fixture *f = arg;
	struct tunable_value v = { 0 };
	int64_t now[TUNABLE_MAX_VALUES];
	char *why;

	tunable_find(tables.tunables, "vm.lowmem_reserve_ratio", &v.ref);
	assert_true(tunable_parse(v.ref.row, "100 50", &v, &why));
	assert_int_equal(v.n, 2);
	assert_int_equal(tunable_write(t->sim, &v.ref, v.v), 0);
	assert_true(tunable_read(f->s, &v.ref, now));
	assert_int_equal(now[0], 100);
	assert_int_equal(now[1], 50);
	assert_int_equal(now[2], 32);
}

static void of_several_numbers_those_not_given_stay(void **state)
{
	struct fixture f;

	(void)state;
	fixture_boot(&f, "machine: { nodes: [{ cpus: 1, memory: 256 MiB }] }\n");
	fixture_task(&f, body_of_several, &f);
	fixture_end(&f);
	refuses("vm.lowmem_reserve_ratio", "", "no number");
	refuses("vm.lowmem_reserve_ratio", "1 2 3 4 5 6", "more than 5 numbers");
	refuses("vm.lowmem_reserve_ratio", "1 many", "not a number");
}

static void reads(const char *text, bool is_long, int64_t value, const char *rest)
{
	const char *end;
	int64_t v;

	if (proc_read_numbers(text, is_long, &v, 1, &end) != 1)
		fail_msg("\"%s\" is refused", text);
	assert_int_equal(v, value);
	assert_string_equal(end, rest);
}

static void proc_reads_numbers_in_their_base(void **state)
{
	static const char *const wrong[] = {
		"",
		"x",
		"+1",
		"08",
		"0x",
		"0xg",
		"10k",
		"1,2",
		"--1",
		"-",
		"1.5",
		"2147483648",
		"-2147483649",
		"4294967296",
		"18446744073709551616",
		"0000000000000000000001",
	};
	const char *rest;
	int64_t v[4];

	(void)state;
	reads("10", false, 10, "");
	reads(" 0x1F\t", false, 31, "");
	reads("017", false, 15, "");
	reads("0", false, 0, "");
	reads("-2147483648", false, INT32_MIN, "");
	reads("10 # ten", false, 10, "# ten");
	reads("10 k", false, 10, "k");
	reads("9223372036854775807", true, INT64_MAX, "");
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (proc_read_numbers(wrong[i], false, v, 1, &rest) != -EINVAL)
			fail_msg("\"%s\" is read", wrong[i]);
	assert_int_equal(proc_read_numbers("-1", true, v, 1, &rest), -EINVAL);
	assert_int_equal(proc_read_numbers("1 2\t3 4 5", false, v, 4, &rest), 4);
	assert_int_equal(v[3], 4);
	assert_string_equal(rest, "5");
	assert_int_equal(proc_read_numbers("1 2 x 4", false, v, 4, &rest), 2);
	assert_string_equal(rest, "x 4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_the_kernel),
		cmocka_unit_test(words_are_those_of_the_files),
		cmocka_unit_test(switches_take_digits_too),
		cmocka_unit_test(of_several_numbers_those_not_given_stay),
		cmocka_unit_test(proc_reads_numbers_in_their_base),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
