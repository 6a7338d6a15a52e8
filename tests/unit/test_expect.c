/*
 * test_expect.c - what a run is expected to show, and the arithmetic of that
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/scenario/expect.h"
#include "sim/scenario/fraction.h"
#include "sim/scenario/yaml.h"
#include "tests/unit/scenario_folder.h"

/* ---- arithmetic of expectations ---- */

static void fractions_are_exact(void **state)
{
	struct fraction third = fraction_div(fraction_of(1), fraction_of(3));
	struct fraction big = fraction_mul(fraction_of(INT64_MAX), fraction_of(INT64_MAX));
	struct str text = { 0 };

	(void)state;
	assert_int_equal(
	    fraction_compare(fraction_add(third, fraction_add(third, third)), fraction_of(1)), 0);
	assert_true(fraction_compare(third, (struct fraction){ 333333, 1000000 }) > 0);
	assert_true(fraction_compare((struct fraction){ -1, 3 }, (struct fraction){ -1, 2 }) > 0);
	assert_int_equal(fraction_compare(fraction_of(-2), (struct fraction){ -4, 2 }), 0);
	/* numbers whose cross products need far more than 128 bits */
	assert_true(fraction_compare((struct fraction){ big.num, big.num - 1 },
				     (struct fraction){ big.num + 1, big.num }) > 0);
	assert_false(fraction_defined(fraction_div(fraction_of(1), fraction_of(0))));
	assert_false(fraction_defined(fraction_mul(big, fraction_of(100))));
	fraction_print(&text, (struct fraction){ -7, 3 }, UNIT_PAGES);
	assert_string_equal(text.s, "-2.333 pages");
	str_reset(&text);
	fraction_print(&text, big, UNIT_COUNT);
	assert_string_equal(text.s, "85070591730234615847396907784232501249");
	str_free(&text);
}

/* ---- expectations ---- */

static struct tables tables;
static struct sim *sim;
static struct expectations *ex;
static struct str report;

static void expect(const char *list)
{
	char *text = str_format("mmsim: 1\nexpect:\n%s", list);

	memset(&the_toy, 0, sizeof(the_toy));
	load(text);
	sim_free(text);
}

static void start(const char *list)
{
	expect(list);
	assert_good();
	tables_init(&tables, &toy_personality);
	sim = sim_new(1);
	sim->tables = &tables;
	ex = sc->expect;
	expect_start(ex, sim);
}

static void sample(sim_time ms, int64_t dirty, int64_t limit)
{
	sim->now = ms * NS_PER_MS;
	the_toy.nr_dirty = dirty;
	the_toy.nr_limit = limit;
	expect_sample(ex, sim);
}

/* Ends and compares the report; how many failed. */
static int finish(const char *expected)
{
	int failed = expect_finish(ex, sim, &report);

	assert_string_equal(str_get(&report), expected);
	str_free(&report);
	sim_free_run(sim);
	tables_free(&tables);
	return failed;
}

static void always_holds_at_every_sample(void **state)
{
	(void)state;
	start("  - always(nr_dirty <= nr_limit)\n  - always(nr_dirty < 100)\n");
	sample(0, 10, 20);
	sample(100, 25, 20);
	sample(200, 29, 20);
	sample(300, 20, 20);
	assert_int_equal(
	    finish("FAIL: always(nr_dirty <= nr_limit): 25 pages against 20 pages, off "
		   "by 5 pages at 100 ms, the first of 2 of 4 samples; at worst 29 "
		   "pages against 20 pages, off by 9 pages at 200 ms\n"
		   "pass: always(nr_dirty < 100)\n"),
	    1);
}

static void ever_and_never_look_at_all_samples(void **state)
{
	(void)state;
	start("  - ever(nr_dirty > 28)\n  - ever(nr_dirty > 30)\n  - never(nr_dirty == 25)\n"
	      "  - never: nr_dirty > 100\n");
	sample(0, 10, 0);
	sample(100, 25, 0);
	sample(200, 29, 0);
	assert_int_equal(finish("pass: ever(nr_dirty > 28)\n"
				"FAIL: ever(nr_dirty > 30): at none of 3 samples; nearest 29 pages "
				"against 30 pages, off by 1 pages at 200 ms\n"
				"FAIL: never(nr_dirty == 25): 25 pages against 25 pages at 100 ms, "
				"the first of 1 of 3 samples\n"
				"pass: never: nr_dirty > 100\n"),
			 2);
}

static void aggregates_are_taken_over_the_run(void **state)
{
	(void)state;
	start("  - max(nr_dirty) == 29\n  - min(nr_dirty) == 10\n  - end(nr_dirty) == 20\n"
	      "  - mean(nr_dirty) == 84 / 4\n  - p99(nr_dirty) == 29\n"
	      "  - max(nr_dirty) - min(nr_dirty) == 19\n  - max(nr_dirty - nr_limit) == 9\n"
	      "  - max(nr_dirty) < 25\n  - mean(nr_dirty / nr_limit) > 1\n");
	sample(0, 10, 20);
	sample(100, 25, 20);
	sample(200, 29, 20);
	sample(300, 20, 20);
	assert_int_equal(
	    finish("pass: max(nr_dirty) == 29\npass: min(nr_dirty) == 10\n"
		   "pass: end(nr_dirty) == 20\npass: mean(nr_dirty) == 84 / 4\n"
		   "pass: p99(nr_dirty) == 29\n"
		   "pass: max(nr_dirty) - min(nr_dirty) == 19\n"
		   "pass: max(nr_dirty - nr_limit) == 9\n"
		   "FAIL: max(nr_dirty) < 25: 29 pages (at 200 ms) against 25 pages, off "
		   "by 4 pages; not met since 100 ms\n"
		   "pass: mean(nr_dirty / nr_limit) > 1\n"),
	    1);
}

static void numbers_have_the_unit_of_their_neighbours(void **state)
{
	(void)state;
	start("  - end(nr_dirty) == 64 KiB\n  - end(nr_dirty) == 16 pages\n"
	      "  - end(zone.low) == 64 KiB\n  - end(zone[0 Normal].low) == 48\n"
	      "  - end(nr_dirty) == 20 % * end(nr_limit)\n"
	      "  - end(nr_dirty / nr_limit) == 20 %\n  - end(nr_dirty) * 2 == 2 * 32 KiB + 64 KiB\n"
	      "  - end(nr_dirty) / 64 KiB == 1\n  - 0.5 * end(nr_dirty) == 8\n"
	      "  - -end(nr_dirty) < -(15)\n  - end(nr_dirty * (nr_limit - 78)) == 32\n");
	the_toy.zones[0].low = 16;
	the_toy.zones[1].low = 48;
	sample(0, 16, 80);
	assert_int_equal(
	    finish("pass: end(nr_dirty) == 64 KiB\npass: end(nr_dirty) == 16 pages\n"
		   "pass: end(zone.low) == 64 KiB\npass: end(zone[0 Normal].low) == 48\n"
		   "pass: end(nr_dirty) == 20 % * end(nr_limit)\n"
		   "pass: end(nr_dirty / nr_limit) == 20 %\n"
		   "pass: end(nr_dirty) * 2 == 2 * 32 KiB + 64 KiB\n"
		   "pass: end(nr_dirty) / 64 KiB == 1\npass: 0.5 * end(nr_dirty) == 8\n"
		   "pass: -end(nr_dirty) < -(15)\n"
		   "pass: end(nr_dirty * (nr_limit - 78)) == 32\n"),
	    0);
}

static void what_is_undefined_is_passed_over(void **state)
{
	(void)state;
	start("  - always(nr_dirty / nr_limit < 2)\n  - always(zone[7 DMA].free > 0)\n"
	      "  - max(nr_dirty / nr_limit) == 1\n  - end(zone[7 DMA].free) == 0\n"
	      "  - min(1 / (nr_limit - nr_limit)) > 0\n  - 1 / min(nr_limit) > 0\n"
	      "  - max(nr_dirty) / max(nr_limit) * end(1 / (nr_dirty - nr_dirty)) < 1\n");
	sample(0, 10, 0);
	sample(100, 10, 10);
	assert_int_equal(finish("pass: always(nr_dirty / nr_limit < 2)\n"
				"FAIL: always(zone[7 DMA].free > 0): undefined at every sample\n"
				"pass: max(nr_dirty / nr_limit) == 1\n"
				"FAIL: end(zone[7 DMA].free) == 0: undefined: "
				"an object that was never there\n"
				"FAIL: min(1 / (nr_limit - nr_limit)) > 0: undefined: "
				"a divisor that was 0 at every sample\n"
				"FAIL: 1 / min(nr_limit) > 0: undefined: a division by zero\n"
				"FAIL: max(nr_dirty) / max(nr_limit) * "
				"end(1 / (nr_dirty - nr_dirty)) < 1: undefined: "
				"a divisor that was 0 at every sample\n"),
			 5);
}

/* It was there, whatever came of it, and is not any more. */
static void what_was_there_once_was_not_never_there(void **state)
{
	(void)state;
	start("  - max(1 / (zone[0 DMA].free - zone[0 DMA].free)) > 0\n"
	      "  - max(zone[7 DMA].free) >= 0\n");
	sample(0, 10, 0);
	the_toy.zones_gone = true;
	sample(100, 10, 0);
	assert_int_equal(finish("FAIL: max(1 / (zone[0 DMA].free - zone[0 DMA].free)) > 0: "
				"undefined: a divisor that was 0 at every sample\n"
				"FAIL: max(zone[7 DMA].free) >= 0: undefined: "
				"an object that was never there\n"),
			 2);
}

static void tracepoints_are_counted(void **state)
{
	const int64_t v[1] = { 0 };

	(void)state;
	start("  - never: oom_kill\n  - at_least 3: page_wake\n  - at_most 2: page_*\n"
	      "  - exactly 2: page_wake\n  - ever: page_wake\n  - \"at_least 1: page_sleep\"\n");
	sample(0, 0, 0);
	for (int i = 0; i < 2; i++) {
		assert_true(tables.trace.on[0] & TRACE_COUNT);
		trace_emit(sim, 0, v);
	}
	trace_emit(sim, 1, v);
	sample(100, 0, 0);
	assert_int_equal(
	    finish("pass: never: oom_kill\n"
		   "FAIL: at_least 3: page_wake: 2 times, 1 too few\n"
		   "FAIL: at_most 2: page_*: 3 times, 1 too many; the first too many by "
		   "100 ms\n"
		   "pass: exactly 2: page_wake\npass: ever: page_wake\n"
		   "pass: at_least 1: page_sleep\n"),
	    2);
}

static void wrong_expectations_are_told(void **state)
{
	(void)state;
	expect("  - always(nr_dirt < 5)\n"           /* line 3 */
	       "  - nr_dirty < 5\n"                  /* 4 */
	       "  - max(nr_dirty)\n"                 /* 5 */
	       "  - always(max(nr_dirty) < 5)\n"     /* 6 */
	       "  - never: oom_kil\n"                /* 7 */
	       "  - at_least x: oom_kill\n"          /* 8 */
	       "  - max(nr_dirty) < 5 fortnights\n"  /* 9 */
	       "  - max(zone[0].free) < 5\n"         /* 10 */
	       "  - max(zoen[0 DMA].free) < 5\n"     /* 11 */
	       "  - max(nr_dirty) < max(zone.low)\n" /* 12 */
	       "  - max(kills) < 5 MiB\n"            /* 13 */
	       "  - mx(nr_dirty) < 5\n"              /* 14 */
	       "  - max(nr_dirty) < 5 < 6\n"         /* 15 */
	       "  - always(nr_dirty < 5\n"           /* 16 */
	       "  - [1, 2]\n"                        /* 17 */
	       "  - sometimes: oom_kill\n"           /* 18 */
	       "  - max(nr_dirty) < (5\n"            /* 19 */
	       "  - \"max(nr_dirty) < 5 %\"\n");     /* 20 */
	assert_int_equal(d.nr_errors, 18);
	assert_error(0, 3, 12, "no metric \"nr_dirt\"; did you mean \"nr_dirty\"?");
	assert_error(1, 4, 5,
		     "\"nr_dirty\": a series; accepted: end(), max(), min(), mean() or "
		     "p99() of it, or the comparison inside always(), ever() or never()");
	assert_error(2, 5, 18,
		     "the comparison is missing; accepted: one of < <= == != >= >, and a sum");
	assert_error(3, 6, 12,
		     "\"max\": cannot stand here; accepted: metrics, numbers, + - * / "
		     "and ()");
	assert_error(4, 7, 12, "no tracepoint \"oom_kil\"; did you mean \"oom_kill\"?");
	assert_error(5, 8, 5, "\"at_least x\": not a number; accepted: at_least and a number");
	assert_error(6, 9, 21,
		     "\"5 fortnights\": unknown unit of size; accepted: pages, or a size "
		     "as 64 KiB");
	assert_error(7, 10, 14, "\"0\": does not name one zone; accepted: zone[node zone].name");
	assert_error(8, 11, 9, "no kind of objects \"zoen\"; did you mean \"zone\"?");
	assert_error(9, 12, 5,
		     "pages and KiB cannot be added or compared; accepted: series of one "
		     "unit");
	assert_error(10, 13, 18,
		     "\"5 MiB\": a plain number takes no unit; accepted: a whole "
		     "number");
	assert_error(11, 14, 5, "no function \"mx\"; did you mean \"max\"?");
	assert_error(12, 15, 23,
		     "\"< 6\": more than one comparison, or an operator is missing; accepted: "
		     "nothing more here");
	assert_error(13, 16, 5,
		     "\"always(nr_dirty < 5\" has no \")\"; accepted: always(...) with "
		     "one comparison between the parentheses");
	assert_error(15, 18, 5,
		     "no word \"sometimes\" in expect; accepted: always, ever, never, "
		     "at_least, at_most, exactly");
	assert_error(16, 19, 23, "\")\" is missing; accepted: as many as \"(\"");
	assert_error(17, 20, 22,
		     "\"5 %\": unknown unit of size; accepted: pages, or a size as 64 KiB");
}

static void an_assertion_says_what_it_saw(void **state)
{
	struct yaml_node node = { .kind = YAML_KIND_SCALAR,
				  .plain = true,
				  .text = "nr_dirty + 1 < 2 * nr_limit" };
	struct expectation *e;
	struct arena arena = { 0 };
	struct str why = { 0 };

	(void)state;
	node.len = strlen(node.text);
	memset(&the_toy, 0, sizeof(the_toy));
	tables_init(&tables, &toy_personality);
	e = expect_parse_assert(&d, &tables, &arena, &node, NULL);
	assert_non_null(e);
	sim = sim_new(1);
	sim->tables = &tables;
	the_toy.nr_dirty = 8;
	the_toy.nr_limit = 5;
	assert_true(expect_holds(e, sim, NULL, &why));
	the_toy.nr_limit = 4;
	assert_false(expect_holds(e, sim, NULL, &why));
	assert_string_equal(why.s, "nr_dirty + 1 < 2 * nr_limit: 9 pages against 8 pages, off by 1 "
				   "pages");
	str_free(&why);
	arena_free(&arena);
	sim_free_run(sim);
	tables_free(&tables);
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, teardown)
	const struct CMUnitTest tests[] = {
		T(fractions_are_exact),
		T(always_holds_at_every_sample),
		T(ever_and_never_look_at_all_samples),
		T(aggregates_are_taken_over_the_run),
		T(numbers_have_the_unit_of_their_neighbours),
		T(what_is_undefined_is_passed_over),
		T(what_was_there_once_was_not_never_there),
		T(tracepoints_are_counted),
		T(wrong_expectations_are_told),
		T(an_assertion_says_what_it_saw),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
