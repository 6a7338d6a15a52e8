/*
 * test_base.c - sim/base: memory, strings, bugs, units, messages
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/base/arena.h"
#include "sim/base/bug.h"
#include "sim/base/diag.h"
#include "sim/base/mem.h"
#include "sim/base/sort.h"
#include "sim/base/str.h"
#include "sim/base/units.h"

/* Under the address sanitizer, allocations that are too large fail as they do without it. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* ---- memory ---- */

static void memory_in_use_counts_what_was_asked_for(void **state)
{
	(void)state;
	size_t before = sim_mem_in_use();
	char *a = sim_alloc(100);
	char *b = sim_calloc(10, 5);

	assert_int_equal(sim_mem_in_use() - before, 150);
	for (int i = 0; i < 50; i++)
		assert_int_equal(b[i], 0);
	assert_int_equal((uintptr_t)a % 16, 0);
	a = sim_realloc(a, 1000);
	assert_int_equal(sim_mem_in_use() - before, 1050);
	sim_free(a);
	sim_free(b);
	sim_free(NULL);
	sim_free(sim_alloc(0));
	assert_int_equal(sim_mem_in_use(), before);
}

static void copies_of_strings_are_cut_at_the_length(void **state)
{
	(void)state;
	char *a = sim_strdup("mempool");
	char *b = sim_strndup("mempool", 3);
	char *c = sim_strndup("mem", 100);

	assert_string_equal(a, "mempool");
	assert_string_equal(b, "mem");
	assert_string_equal(c, "mem");
	sim_free(a);
	sim_free(b);
	sim_free(c);
}

static void an_array_grows_by_doubling_and_keeps_its_content(void **state)
{
	(void)state;
	void *array = NULL;
	size_t cap = 0;

	sim_grow(&array, &cap, 1, sizeof(int));
	assert_int_equal(cap, 8);
	((int *)array)[7] = 42;
	sim_grow(&array, &cap, 100, sizeof(int));
	assert_int_equal(cap, 128);
	assert_int_equal(((int *)array)[7], 42);
	sim_grow(&array, &cap, 5, sizeof(int));
	assert_int_equal(cap, 128);
	sim_free(array);
}

static void a_reserved_range_is_zero_and_not_counted(void **state)
{
	(void)state;
	size_t before = sim_mem_in_use(), bytes = 1ULL << 32;
	char *p = sim_reserve(bytes);

	assert_int_equal(p[bytes - 1], 0);
	p[bytes - 1] = 1;
	assert_int_equal(sim_mem_in_use(), before);
	sim_unreserve(p, bytes);
	assert_true(sim_mem_peak_rss() > 100000);
}

static void pieces_of_an_arena_are_aligned_and_do_not_overlap(void **state)
{
	(void)state;
	size_t before = sim_mem_in_use();
	struct arena arena = { 0 };
	char *pieces[300];

	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		pieces[i] = arena_calloc(&arena, i * i, 1);
		assert_int_equal((uintptr_t)pieces[i] % 16, 0);
		memset(pieces[i], (int)(i % 100), i * i);
	}
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
		for (size_t j = 0; j < i * i; j++)
			assert_int_equal(pieces[i][j], i % 100);
	assert_string_equal(arena_strndup(&arena, "mempool", 3), "mem");
	arena_free(&arena);
	assert_int_equal(sim_mem_in_use(), before);
}

/* ---- programs that end ---- */

/* Runs what in a child; returns its exit code and what it wrote to standard error. */
static int child(void (*what)(void), char *said, size_t size)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);

	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		what();
		_exit(0);
	}
	close(ends[1]);

	size_t len = 0;
	ssize_t got;

	while ((got = read(ends[0], said + len, size - 1 - len)) > 0)
		len += (size_t)got;
	said[len] = '\0';
	close(ends[0]);

	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void report_with_a_bug(void *arg)
{
	fprintf(stderr, "report %s\n", (const char *)arg);
	SIM_ASSERT(2 > 3);
}

static void break_a_condition(void)
{
	static char when[] = "at 5 s";

	sim_bug_set_reporter(report_with_a_bug, when);
	SIM_ASSERT(1 > 2);
}

static void ask_for_too_much(void)
{
	void *volatile p = sim_alloc(SIZE_MAX / 4);

	sim_free(p);
}

static void ask_for_a_product_that_overflows(void)
{
	void *volatile p = sim_calloc(SIZE_MAX / 2, 3);

	sim_free(p);
}

static void a_bug_exits_70_and_a_bug_in_the_reporter_ends_it(void **state)
{
	(void)state;
	char said[1000];

	assert_int_equal(child(break_a_condition, said, sizeof(said)), 70);
	assert_non_null(strstr(said, "break_a_condition: 1 > 2 does not hold\nreport at 5 s\n"));
	assert_non_null(strstr(said, "report_with_a_bug: 2 > 3 does not hold\n"));
	assert_null(strstr(strstr(said, "report at") + 1, "report at"));
}

static void no_memory_exits_3_with_a_word(void **state)
{
	(void)state;
	char said[1000];

	assert_int_equal(child(ask_for_too_much, said, sizeof(said)), 3);
	assert_non_null(
	    strstr(said, "mmsim: out of memory (4611686018427387903 bytes asked for)\n"));
	assert_int_equal(child(ask_for_a_product_that_overflows, said, sizeof(said)), 3);
}

/* ---- strings ---- */

static void a_string_grows_by_pieces(void **state)
{
	(void)state;
	struct str b = { 0 };

	assert_string_equal(str_get(&b), "");
	str_add(&b, "dirty");
	str_addc(&b, '_');
	str_addn(&b, "ratio, cut", 5);
	str_addf(&b, " = %d", 20);
	assert_string_equal(str_get(&b), "dirty_ratio = 20");
	assert_int_equal(b.len, 16);
	for (int i = 0; i < 1000; i++)
		str_addf(&b, "%d,", i);
	assert_int_equal(b.len, 16 + 10 * 2 + 90 * 3 + 900 * 4);
	str_reset(&b);
	assert_string_equal(str_get(&b), "");
	str_free(&b);
	assert_null(b.s);

	char *s = str_format("%s:%d", "a.yaml", 3);

	assert_string_equal(s, "a.yaml:3");
	sim_free(s);
}

static void a_string_is_handed_over_and_empty_again(void **state)
{
	(void)state;
	struct str b = { 0 };
	char *none = str_take(&b);

	assert_string_equal(none, "");
	sim_free(none);
	str_add(&b, "some");

	char *some = str_take(&b);

	assert_string_equal(some, "some");
	assert_string_equal(str_get(&b), "");
	str_add(&b, "more");
	assert_string_equal(some, "some");
	sim_free(some);
	str_free(&b);
}

static void the_folder_of_a_path_is_what_stands_before_its_last_slash(void **state)
{
	(void)state;
	static const char *const paths[][2] = {
		{ "x", "." },   { "", "." },          { "/x", "/" }, { "/", "/" },
		{ "a/x", "a" }, { "/a/b/x", "/a/b" }, { "a/", "a" }, { "./x", "." },
	};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		char *folder = str_folder(paths[i][0]);

		assert_string_equal(folder, paths[i][1]);
		sim_free(folder);
	}
}

static void an_end_needs_something_before_it(void **state)
{
	(void)state;
	assert_true(str_ends_with("x.db", ".db"));
	assert_true(str_ends_with("a.yml", ".yml"));
	assert_false(str_ends_with(".db", ".db"));
	assert_false(str_ends_with("x.dbs", ".db"));
	assert_false(str_ends_with("db", ".db"));
	assert_false(str_ends_with("", ".db"));
}

static void distance_counts_single_edits(void **state)
{
	(void)state;
	assert_int_equal(str_distance("", ""), 0);
	assert_int_equal(str_distance("", "abc"), 3);
	assert_int_equal(str_distance("abc", ""), 3);
	assert_int_equal(str_distance("duration", "durration"), 1);
	assert_int_equal(str_distance("duration", "duraton"), 1);
	assert_int_equal(str_distance("duration", "duraiton"), 1);
	assert_int_equal(str_distance("duration", "durazion"), 1);
	assert_int_equal(str_distance("kitten", "sitting"), 3);
}

static void characters_are_read_only_from_proper_utf8(void **state)
{
	(void)state;
	uint32_t code = 0;

	assert_int_equal(str_utf8("a", 1, &code), 1);
	assert_int_equal(str_utf8("\xc3\xa9", 2, &code), 2);
	assert_int_equal(code, 0xe9);
	assert_int_equal(str_utf8("\xf0\x9f\x98\x80", 4, &code), 4);
	assert_int_equal(code, 0x1f600);
	assert_int_equal(str_utf8("\xc3", 1, &code), 0);
	assert_int_equal(str_utf8("\x80", 1, &code), 0);
	assert_int_equal(str_utf8("\xc0\xaf", 2, &code), 0);
	assert_int_equal(str_utf8("\xed\xa0\x80", 3, &code), 0);
	assert_int_equal(str_utf8("\xf4\x90\x80\x80", 4, &code), 0);
	assert_int_equal(str_utf8("\xff\xff\xff\xff", 4, &code), 0);
}

/* ---- units ---- */

static void reads(enum unit unit, const char *text, int64_t expected)
{
	const char *why = NULL;
	int64_t value = -77;

	if (!unit_parse(unit, text, strlen(text), &value, &why))
		fail_msg("\"%s\" is refused: %s", text, why);
	if (value != expected)
		fail_msg("\"%s\" is read as %lld", text, (long long)value);
}

/* Of numbers above 2^63 - 1. */
#define TOO_LARGE "too large, numbers end at 2^63 - 1"

static void refuses(enum unit unit, const char *text, const char *expected)
{
	const char *why = NULL;
	int64_t value = -77;

	if (unit_parse(unit, text, strlen(text), &value, &why))
		fail_msg("\"%s\" is read as %lld", text, (long long)value);
	assert_int_equal(value, -77);
	assert_string_equal(why, expected);
}

static void sizes_are_read_with_their_suffix(void **state)
{
	(void)state;
	reads(UNIT_BYTES, "0", 0);
	reads(UNIT_BYTES, "512", 512);
	reads(UNIT_BYTES, "512 B", 512);
	reads(UNIT_BYTES, "64KiB", 65536);
	reads(UNIT_BYTES, "64 KiB", 65536);
	reads(UNIT_BYTES, "64 Ki", 65536);
	reads(UNIT_BYTES, "64K", 65536);
	reads(UNIT_BYTES, "64k", 65536);
	reads(UNIT_BYTES, "64 kB", 64000);
	reads(UNIT_BYTES, "64 KB", 64000);
	reads(UNIT_BYTES, "100 MB", 100000000);
	reads(UNIT_BYTES, "8 GiB", 8LL << 30);
	reads(UNIT_BYTES, "8G", 8LL << 30);
	reads(UNIT_BYTES, "2 GB", 2000000000);
	reads(UNIT_BYTES, "1 T", 1LL << 40);
	reads(UNIT_BYTES, "3 PB", 3000000000000000);
	reads(UNIT_BYTES, "1.5 GiB", 3LL << 29);
	reads(UNIT_BYTES, "0.001 kB", 1);
	reads(UNIT_BYTES, "-1 KiB", -1024);
	reads(UNIT_PAGES, "16", 16);
	reads(UNIT_PAGES, "16 pages", 16);
	reads(UNIT_PAGES, "64 KiB", 16);
	reads(UNIT_PAGES, "1.5 GiB", 393216);
	reads(UNIT_KIB, "128", 128);
	reads(UNIT_KIB, "64 MiB", 65536);
	refuses(UNIT_PAGES, "5 KiB", "not a multiple of 4 KiB");
	refuses(UNIT_PAGES, "100 MB", "not a multiple of 4 KiB");
	refuses(UNIT_KIB, "100 B", "not a multiple of 1 KiB");
	refuses(UNIT_BYTES, "0.5 B", "not a whole number of bytes");
	refuses(UNIT_BYTES, "1.5", "not a whole number");
	refuses(UNIT_BYTES, "1 mb", "unknown unit of size (did you mean MB or MiB?)");
	refuses(UNIT_BYTES, "1 Kib", "unknown unit of size (did you mean KiB?)");
	refuses(UNIT_BYTES, "1 EiB", "unknown unit of size");
	refuses(UNIT_BYTES, "1 s", "unknown unit of size");
	refuses(UNIT_BYTES, "1 MB/s", "unknown unit of size");
}

static void times_rates_and_shares_are_read(void **state)
{
	(void)state;
	reads(UNIT_NS, "0", 0);
	reads(UNIT_NS, "10 us", 10000);
	reads(UNIT_NS, "5s", 5000000000);
	reads(UNIT_NS, "1.25 ms", 1250000);
	reads(UNIT_NS, "2 h", 7200000000000);
	reads(UNIT_MS, "100", 100);
	reads(UNIT_MS, "5 s", 5000);
	reads(UNIT_CENTISECS, "500", 500);
	reads(UNIT_CENTISECS, "5 s", 500);
	reads(UNIT_SECONDS, "5 min", 300);
	refuses(UNIT_NS, "5", "a time needs a unit");
	refuses(UNIT_SECONDS, "100 ms", "not a whole number of seconds");
	refuses(UNIT_MS, "5 sec", "unknown unit of time (did you mean s?)");
	refuses(UNIT_MS, "5 M", "unknown unit of time (did you mean min or ms?)");
	reads(UNIT_BYTES_PER_SEC, "100 MB/s", 100000000);
	reads(UNIT_BYTES_PER_SEC, "64 MiB/s", 64 << 20);
	reads(UNIT_PAGES_PER_SEC, "64 MiB/s", 16384);
	reads(UNIT_PAGES_PER_SEC, "100 pages/s", 100);
	refuses(UNIT_PAGES_PER_SEC, "100 MB/s", "not a multiple of 4 KiB per second");
	refuses(UNIT_BYTES_PER_SEC, "100 MB", "unknown unit of rate (did you mean MB/s or MiB/s?)");
	refuses(UNIT_BYTES_PER_SEC, "80 Mbit/s", "bits, no bytes: 8 Mbit/s are 1 MB/s");
	reads(UNIT_BYTES_PER_SEC, "100", 100);
	reads(UNIT_BYTES_PER_SEC, "0", 0);
	refuses(UNIT_BYTES_PER_SEC, "100 /s", "unknown unit of rate");
	reads(UNIT_PERCENT, "20", 20);
	reads(UNIT_PERCENT, "20%", 20);
	reads(UNIT_PERCENT, "20 %", 20);
	reads(UNIT_PER_10000, "10", 10);
	reads(UNIT_PER_10000, "0.1 %", 10);
	refuses(UNIT_PERCENT, "0.5 %", "not a whole number of percent");
	reads(UNIT_BOOL, "true", 1);
	reads(UNIT_BOOL, "false", 0);
	refuses(UNIT_BOOL, "yes", "not true or false");
	refuses(UNIT_BOOL, "1", "not true or false");
}

static void hostile_numbers_are_refused(void **state)
{
	(void)state;
	static const char *const no_numbers[] = {
		"",       "-",     "nan",  "inf",   "-inf",  "+1",       " 1", "1 ",
		"1  KiB", "0x10",  "0o17", "1_000", "1e400", "1e3",      ".5", "1.",
		"1,5",    "1.5.5", "--1",  "true",  "1\n",   "\xd9\xa1",
	};

	for (size_t i = 0; i < ARRAY_LEN(no_numbers); i++)
		for (int unit = UNIT_COUNT; unit < UNIT_BOOL; unit++)
			refuses((enum unit)unit, no_numbers[i], "not a number");
	refuses(UNIT_COUNT, "017", "no number: it begins with 0");
	refuses(UNIT_COUNT, "4GiB", "a plain number takes no unit");
	refuses(UNIT_COUNT, "4.0", "not a whole number");
	reads(UNIT_COUNT, "-1", -1);
	reads(UNIT_COUNT, "-0", 0);

	const char *why;
	int64_t value;

	assert_false(unit_parse(UNIT_COUNT, "1\0002", 3, &value, &why));
	assert_true(unit_parse(UNIT_COUNT, "123", 2, &value, &why));
	assert_int_equal(value, 12);
}

static void values_beyond_63_bits_are_refused(void **state)
{
	(void)state;
	reads(UNIT_COUNT, "9223372036854775807", INT64_MAX);
	reads(UNIT_COUNT, "-9223372036854775807", -INT64_MAX);
	refuses(UNIT_COUNT, "9223372036854775808", TOO_LARGE);
	refuses(UNIT_COUNT, "18446744073709551615", TOO_LARGE);
	refuses(UNIT_COUNT, "18446744073709551616", TOO_LARGE);
	refuses(UNIT_COUNT, "-18446744073709551616", TOO_LARGE);
	refuses(UNIT_BYTES, "99999999999999999999999999", TOO_LARGE);
	refuses(UNIT_BYTES, "8192 PiB", TOO_LARGE);
	reads(UNIT_BYTES, "8191 PiB", 8191LL << 50);
	refuses(UNIT_BYTES, "18446744073709551615 PiB", TOO_LARGE);
	refuses(UNIT_NS, "2562048 h", TOO_LARGE);
	reads(UNIT_PAGES, "16384 PiB", 1LL << 52);
	refuses(UNIT_NS, "0.00000000000000000001 s", "too many digits");
	refuses(UNIT_NS, "0.0000000001 s", "not a whole number of nanoseconds");
	reads(UNIT_NS, "0.100000000000000000000000000000 s", 100000000);
}

static void prints(enum unit unit, int64_t value, const char *expected)
{
	struct str out = { 0 };

	unit_print(&out, unit, value);
	assert_string_equal(str_get(&out), expected);
	reads(unit, str_get(&out), value);
	str_free(&out);
}

static void prints_range(enum unit unit, int64_t min, int64_t max, const char *expected)
{
	struct str out = { 0 };

	unit_print_range(&out, unit, min, max);
	assert_string_equal(str_get(&out), expected);
	str_free(&out);
}

static void every_unit_prints_and_reads_the_same_value(void **state)
{
	(void)state;
	static const int64_t values[] = { 0,         1,         7,         999,       1000,
					  1024,      4096,      60000,     65536,     86400,
					  1000000,   100000000, 123456789, 1LL << 40, -5,
					  INT64_MAX, -INT64_MAX };

	for (int unit = UNIT_COUNT; unit < UNIT_BOOL; unit++) {
		for (size_t i = 0; i < ARRAY_LEN(values); i++) {
			struct str out = { 0 };

			unit_print(&out, (enum unit)unit, values[i]);
			reads((enum unit)unit, str_get(&out), values[i]);
			str_free(&out);
		}
		assert_true(strlen(unit_written((enum unit)unit)) > 0);
	}
	prints(UNIT_BOOL, 1, "true");
	prints(UNIT_COUNT, -3, "-3");
	prints(UNIT_PAGES, 16, "64 KiB");
	prints(UNIT_PAGES, 0, "0 B");
	prints(UNIT_PAGES, INT64_MAX, "9223372036854775807");
	prints(UNIT_BYTES, 65536, "64 KiB");
	prints(UNIT_BYTES, 100000000, "100 MB");
	prints(UNIT_BYTES_PER_SEC, 100000000, "100 MB/s");
	prints(UNIT_NS, 5000000000, "5 s");
	prints(UNIT_NS, 1500000000, "1500 ms");
	prints(UNIT_CENTISECS, 500, "5 s");
	prints(UNIT_PERCENT, 20, "20 %");
	prints_range(UNIT_PERCENT, 0, 100, "0..100 percent");
	prints_range(UNIT_PER_10000, 1, 3000, "1..3000 parts of 10000");
	prints_range(UNIT_BYTES, 4096, 1 << 30, "4 KiB..1 GiB");
	prints_range(UNIT_COUNT, 1, INT64_MAX, "at least 1");
	assert_string_equal(unit_base(UNIT_PAGES), "pages");
	assert_string_equal(unit_base(UNIT_COUNT), "");
}

/* ---- messages ---- */

static char *printed(struct diag *d)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	diag_print(d, to);
	fclose(to);

	char *copy = sim_strdup(text);

	free(text);
	return copy;
}

static const struct diag_file *add_text(struct diag *d, const char *name, const char *text)
{
	return diag_add_file(d, name, sim_strdup(text), strlen(text));
}

static void errors_are_printed_in_order_of_place_with_the_line(void **state)
{
	(void)state;
	struct diag d = { 0 };
	const struct diag_file *a = add_text(&d, "a.yaml", "mmsim: 1\nsysctl:\n  dirty: 120\n");
	const struct diag_file *b = add_text(&d, "b.yaml", "x\n");

	assert_false(diag_failed(&d));
	diag_error(&d, (struct place){ b, 1, 1, 1 }, "last");
	diag_error(&d, (struct place){ a, 3, 10, 3 }, "%d is out of range", 120);
	diag_error(&d, (struct place){ a, 1, 0, 0 }, "first");
	diag_error(&d, (struct place){ a, 0, 0, 0 }, "whole file");
	diag_error(&d, (struct place){ NULL, 0, 0, 0 }, "no SCENARIO");
	assert_true(diag_failed(&d));

	char *text = printed(&d);

	assert_string_equal(text, "mmsim: error: no SCENARIO\n"
				  "a.yaml: error: whole file\n"
				  "a.yaml:1: error: first\n"
				  "    1 | mmsim: 1\n"
				  "a.yaml:3:10: error: 120 is out of range\n"
				  "    3 |   dirty: 120\n"
				  "      |          ^^^\n"
				  "b.yaml:1:1: error: last\n"
				  "    1 | x\n"
				  "      | ^\n");
	sim_free(text);
	diag_free(&d);
}

static void at_most_50_errors_are_printed(void **state)
{
	(void)state;
	struct diag d = { 0 };

	for (int i = 0; i < 53; i++)
		diag_error(&d, (struct place){ 0 }, "no %d", i);

	char *text = printed(&d);

	assert_non_null(strstr(text, "no 49\n"));
	assert_null(strstr(text, "no 50\n"));
	assert_non_null(strstr(text, "mmsim: 3 more errors\n"));
	sim_free(text);
	diag_free(&d);
}

static void nothing_that_steers_a_terminal_is_printed(void **state)
{
	(void)state;
	struct diag d = { 0 };
	const struct diag_file *a =
	    add_text(&d, "a\x1b.yaml", "k:\t\x1b]0;x\a \xff\xe2\x80\xae end\n");

	diag_error(&d, (struct place){ a, 1, 14, 3 }, "no \"%s\"", "\x1b[2J\x7f\xc2\x9b");

	char *text = printed(&d);

	assert_string_equal(text, "a\\x1b.yaml:1:14: error: no \"\\x1b[2J\\x7f\\xc2\\x9b\"\n"
				  "    1 | k: ?]0;x? ?? end\n"
				  "      |              ^^^\n");
	sim_free(text);
	diag_free(&d);
}

static void a_long_line_is_shown_around_its_place(void **state)
{
	(void)state;
	struct diag d = { 0 };
	char *line = sim_alloc(5001);

	memset(line, 'x', 5000);
	line[5000] = '\0';
	line[3999] = 'Y';

	const struct diag_file *a = diag_add_file(&d, "a", line, 5000);

	diag_error(&d, (struct place){ a, 1, 4000, 1000 }, "here");

	char *text = printed(&d);
	char *mark = strchr(text, '^'), *last = mark - 1;

	while (*last != '\n')
		last--;

	char *shown = strchr(text, '\n') + 1;

	assert_int_equal(shown[mark - last - 1], 'Y');
	assert_true(strlen(text) < 300);
	sim_free(text);
	diag_free(&d);
}

static void escaped_text_is_cut(void **state)
{
	(void)state;
	char *a = diag_escape("a\nb", 3, 100);
	char *b = diag_escape("abcdef", 6, 3);
	char *c = diag_escape("\xc3\xa9t\xc3\xa9", 5, 100);
	char *e = diag_escape("", 0, 10);

	assert_string_equal(a, "a\\x0ab");
	assert_string_equal(b, "abc...");
	assert_string_equal(c, "\xc3\xa9t\xc3\xa9");
	assert_string_equal(e, "");
	sim_free(a);
	sim_free(b);
	sim_free(c);
	sim_free(e);
}

static void the_nearest_word_is_offered_only_if_it_is_near(void **state)
{
	(void)state;
	static const char *const words[] = { "duration", "cpu", "count", "start", "do", "name" };
	size_t n = ARRAY_LEN(words);

	assert_string_equal(diag_nearest("durration", words, n), "duration");
	assert_string_equal(diag_nearest("duratoin", words, n), "duration");
	assert_string_equal(diag_nearest("cpus", words, n), "cpu");
	assert_string_equal(diag_nearest("conut", words, n), "count");
	assert_null(diag_nearest("dur", words, n));
	assert_null(diag_nearest("caa", words, n));
	assert_null(diag_nearest("x", words, n));
	assert_null(diag_nearest("", words, n));
	assert_null(diag_nearest("anything", words, 0));

	static const char *const ties[] = { "node1", "node2" };

	assert_string_equal(diag_nearest("node3", ties, 2), "node1");
}

/* ---- sort ---- */

static void numbers_are_sorted(void **state)
{
	static const uint32_t masks[] = { 0, 0x7f, 0xffff, 0x3ff800, 0xffc00000, UINT32_MAX };
	static const size_t sizes[] = { 0, 1, 2, 32, 33, 5000 };
	static uint32_t v[5000];
	uint64_t x = 1, sum, before;

	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(masks); m++) {
		for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
			const size_t n = sizes[k];

			before = sum = 0;
			for (size_t i = 0; i < n; i++) {
				x = x * 6364136223846793005u + 1442695040888963407u;
				v[i] = (uint32_t)(x >> 32) & masks[m];
				before += v[i] * (uint64_t)v[i];
			}
			sort_u32(v, n);
			for (size_t i = 0; i < n; i++) {
				sum += v[i] * (uint64_t)v[i];
				assert_true(i == 0 || v[i - 1] <= v[i]);
			}
			assert_true(sum == before);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_sorted),
		cmocka_unit_test(memory_in_use_counts_what_was_asked_for),
		cmocka_unit_test(copies_of_strings_are_cut_at_the_length),
		cmocka_unit_test(an_array_grows_by_doubling_and_keeps_its_content),
		cmocka_unit_test(a_reserved_range_is_zero_and_not_counted),
		cmocka_unit_test(pieces_of_an_arena_are_aligned_and_do_not_overlap),
		cmocka_unit_test(a_bug_exits_70_and_a_bug_in_the_reporter_ends_it),
		cmocka_unit_test(no_memory_exits_3_with_a_word),
		cmocka_unit_test(a_string_grows_by_pieces),
		cmocka_unit_test(a_string_is_handed_over_and_empty_again),
		cmocka_unit_test(the_folder_of_a_path_is_what_stands_before_its_last_slash),
		cmocka_unit_test(an_end_needs_something_before_it),
		cmocka_unit_test(distance_counts_single_edits),
		cmocka_unit_test(characters_are_read_only_from_proper_utf8),
		cmocka_unit_test(sizes_are_read_with_their_suffix),
		cmocka_unit_test(times_rates_and_shares_are_read),
		cmocka_unit_test(hostile_numbers_are_refused),
		cmocka_unit_test(values_beyond_63_bits_are_refused),
		cmocka_unit_test(every_unit_prints_and_reads_the_same_value),
		cmocka_unit_test(errors_are_printed_in_order_of_place_with_the_line),
		cmocka_unit_test(at_most_50_errors_are_printed),
		cmocka_unit_test(nothing_that_steers_a_terminal_is_printed),
		cmocka_unit_test(a_long_line_is_shown_around_its_place),
		cmocka_unit_test(escaped_text_is_cut),
		cmocka_unit_test(the_nearest_word_is_offered_only_if_it_is_near),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
