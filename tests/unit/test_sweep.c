/* What a sweep is made of: samples, shares, files of points, ranks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/base/mem.h"
#include "sim/cli/sweep.h"

static void a_sample_has_each_number_once_and_in_order(void **context)
{
	static const uint64_t sizes[] = {
		1, 2, 7, 100, 1000, UINT64_C(1) << 40, UINT64_C(1) << 62
	};

	(void)context;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		for (int n = 1; n <= 64 && (uint64_t)n <= sizes[i]; n++) {
			uint64_t *v = sweep_sample(sizes[i], n, 3), *again;

			for (int k = 0; k < n; k++) {
				assert_true(v[k] < sizes[i]);
				assert_true(k == 0 || v[k] > v[k - 1]);
			}
			again = sweep_sample(sizes[i], n, 3);
			assert_memory_equal(v, again, (size_t)n * sizeof(*v));
			sim_free(v);
			sim_free(again);
		}
	}
}

/* Each of 20 numbers is in a sample of 5 in a quarter of all samples. */
static void each_number_is_as_probable_as_any_other(void **context)
{
	int count[20] = { 0 };

	(void)context;
	for (int seed = 0; seed < 4000; seed++) {
		uint64_t *v = sweep_sample(20, 5, seed);

		for (int k = 0; k < 5; k++)
			count[v[k]]++;
		sim_free(v);
	}
	for (int i = 0; i < 20; i++)
		assert_in_range(count[i], 1000 - 130, 1000 + 130); /* 27 is the deviation */
}

static void every_point_is_in_one_share(void **context)
{
	uint64_t keys[101];
	struct sweep s = { .keys = keys, .nr_points = 101 };

	(void)context;
	for (int p = 0; p < 101; p++)
		keys[p] = (uint64_t)p * 0x9e3779b97f4a7c15;
	for (int shares = 1; shares <= 101; shares++) {
		int seen[101] = { 0 };

		for (int i = 1; i <= shares; i++) {
			int n, *points = sweep_share(&s, i, shares, &n);

			assert_in_range(n, 101 / shares, (101 + shares - 1) / shares);
			for (int k = 0; k < n; k++)
				seen[points[k]]++;
			sim_free(points);
		}
		for (int p = 0; p < 101; p++)
			assert_int_equal(seen[p], 1);
	}
}

static struct sweep_point some_point(void)
{
	struct sweep_point p = { .state = sim_strdup("finished"),
				 .digest = sim_strdup("0123456789abcdef"),
				 .error = sim_strdup("a\ttab, a\nline, a \\ and \\n"),
				 .end = 123456789,
				 .failures = 2 };

	sweep_point_add_figure(&p, "reader", UNIT_BYTES_PER_SEC, 1.0 / 3, false);
	sweep_point_add_figure(&p, "nr\tdirty", UNIT_PAGES, -0.0, false);
	sweep_point_add_figure(&p, "writer write failed: ENOSPC", UNIT_COUNT, 7, true);
	sweep_point_add_expectation(&p, true, "max(nr_dirty) < 10");
	sweep_point_add_expectation(&p, false, "never: oom_kill: 1, first at 5 s");
	return p;
}

static void a_point_is_read_as_it_was_written(void **context)
{
	char path[] = "/tmp/mmsim-test.XXXXXX";
	int fd = mkstemp(path);
	struct sweep_point p = some_point(), q;

	(void)context;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(sweep_point_write(path, 42, &p), 0);
	assert_false(sweep_point_read(path, 43, &q));
	assert_true(sweep_point_read(path, 42, &q));
	assert_true(p.sum == q.sum);
	assert_string_equal(p.state, q.state);
	assert_string_equal(p.digest, q.digest);
	assert_string_equal(p.error, q.error);
	assert_true(p.end == q.end && p.failures == q.failures);
	assert_int_equal(q.nr_figures, p.nr_figures);
	for (size_t i = 0; i < p.nr_figures; i++) {
		assert_string_equal(p.figures[i].name, q.figures[i].name);
		assert_int_equal(p.figures[i].unit, q.figures[i].unit);
		assert_int_equal(p.figures[i].is_failure, q.figures[i].is_failure);
		assert_true(!(p.figures[i].value < q.figures[i].value) &&
			    !(p.figures[i].value > q.figures[i].value));
	}
	assert_int_equal(q.nr_expectations, p.nr_expectations);
	for (size_t i = 0; i < p.nr_expectations; i++) {
		assert_string_equal(p.expectations[i].text, q.expectations[i].text);
		assert_int_equal(p.expectations[i].passed, q.expectations[i].passed);
	}
	unlink(path);
	sweep_point_free(&p);
	sweep_point_free(&q);
}

/* Each byte of a file changed, and the file cut off behind each. */
static void a_damaged_point_is_none(void **context)
{
	char path[] = "/tmp/mmsim-test.XXXXXX", bytes[4096];
	int fd = mkstemp(path);
	struct sweep_point p = some_point(), q;
	size_t len;
	FILE *f;

	(void)context;
	close(fd);
	assert_int_equal(sweep_point_write(path, 42, &p), 0);
	f = fopen(path, "r");
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	assert_in_range(len, 100, sizeof(bytes) - 1);
	for (size_t i = 0; i < len; i++) {
		for (int cut = 0; cut < 2; cut++) {
			f = fopen(path, "w");
			bytes[i] ^= cut ? 0 : 1;
			fwrite(bytes, 1, cut ? i : len, f);
			bytes[i] ^= cut ? 0 : 1;
			fclose(f);
			assert_false(sweep_point_read(path, 42, &q));
		}
	}
	unlink(path);
	sweep_point_free(&p);
}

/* Combinations 0..4 with two seeds each; the last one has no results. */
struct example {
	struct sweep s;
	struct sweep_results r;
};

static void begin(struct example *e, enum unit unit, const double *values, int n)
{
	struct run_figure *f;

	*e = (struct example){ .s = { .seeds = 2, .nr_combinations = 5, .nr_points = 10 } };
	figures_init(&e->r.figures, 10);
	f = figures_find(&e->r.figures, "x", unit);
	for (int i = 0; i < n; i++)
		figure_set(f, i, values[i]);
	e->r.nr_done = n;
}

static void end(struct example *e)
{
	sweep_results_free(&e->r, &e->s);
}

static void ranks_are_by_the_mean_and_equal_ones_share_theirs(void **context)
{
	const double values[] = { 3, 5, 1, 1, 2, 6, 0, 2 }; /* means 4, 1, 4, 1 */
	struct example e;

	(void)context;
	begin(&e, UNIT_NS, values, 8);
	assert_true(sweep_rank(&e.s, &e.r));
	assert_false(e.r.descending[0]);
	assert_memory_equal(e.r.order, ((int[]){ 1, 3, 0, 2, 4 }), 5 * sizeof(int));
	assert_memory_equal(e.r.rank, ((int[]){ 3, 1, 3, 1, 5 }), 5 * sizeof(int));
	assert_true(e.r.cells[1].best && e.r.cells[3].best && !e.r.cells[0].best);
	assert_int_equal(e.r.cells[4].n, 0);
	end(&e);
}

static void what_is_moved_in_a_second_is_best_if_it_is_high(void **context)
{
	const double values[] = { 3, 5, 1, 1, 2, 6, 0, 2 };
	struct example e;

	(void)context;
	begin(&e, UNIT_BYTES_PER_SEC, values, 8);
	assert_true(sweep_rank(&e.s, &e.r));
	assert_true(e.r.descending[0]);
	assert_memory_equal(e.r.order, ((int[]){ 0, 2, 1, 3, 4 }), 5 * sizeof(int));
	end(&e);

	begin(&e, UNIT_BYTES_PER_SEC, values, 8);
	e.s.sorts[0] = (struct sweep_sort){ (char *)"x", SORT_ASCENDING };
	e.s.nr_sorts = 1;
	assert_true(sweep_rank(&e.s, &e.r));
	assert_memory_equal(e.r.order, ((int[]){ 1, 3, 0, 2, 4 }), 5 * sizeof(int));
	end(&e);
}

static void a_second_figure_decides_between_equals(void **context)
{
	const double values[] = { 3, 5, 1, 1, 2, 6, 0, 2 }, others[] = { 9, 9, 8, 8, 7, 7, 6, 6 };
	struct run_figure *f;
	struct example e;

	(void)context;
	begin(&e, UNIT_NS, values, 8);
	f = figures_find(&e.r.figures, "y", UNIT_NS);
	for (int i = 0; i < 8; i++)
		figure_set(f, i, others[i]);
	e.s.sorts[0] = (struct sweep_sort){ (char *)"x", SORT_BEST };
	e.s.sorts[1] = (struct sweep_sort){ (char *)"y", SORT_BEST };
	e.s.nr_sorts = 2;
	assert_true(sweep_rank(&e.s, &e.r));
	assert_memory_equal(e.r.order, ((int[]){ 3, 1, 2, 0, 4 }), 5 * sizeof(int));
	assert_memory_equal(e.r.rank, ((int[]){ 4, 2, 3, 1, 5 }), 5 * sizeof(int));
	assert_true(e.r.cells[1].best && e.r.cells[3].best && !e.r.cells[2].best);
	end(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_has_each_number_once_and_in_order),
		cmocka_unit_test(each_number_is_as_probable_as_any_other),
		cmocka_unit_test(every_point_is_in_one_share),
		cmocka_unit_test(a_point_is_read_as_it_was_written),
		cmocka_unit_test(a_damaged_point_is_none),
		cmocka_unit_test(ranks_are_by_the_mean_and_equal_ones_share_theirs),
		cmocka_unit_test(what_is_moved_in_a_second_is_best_if_it_is_high),
		cmocka_unit_test(a_second_figure_decides_between_equals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
