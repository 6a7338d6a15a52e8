/*
 * test_base.c - sim/base: memory, strings, bugs, sorting
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
#include "sim/base/mem.h"
#include "sim/base/sort.h"
#include "sim/base/str.h"

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
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
