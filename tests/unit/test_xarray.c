/*
 * test_xarray.c - the index against a sorted array
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/base/mem.h"
#include "sim/base/xarray.h"
#include "sim/engine/rng.h"

/* The naive model: what is at each of a few thousand indices. */
#define SPACE 5000
struct naive {
	xa_entry e[SPACE];
	uint8_t marks[SPACE];
};

static uint64_t seed = 1;

/* Indices spread over several levels, near each other inside a level. */
static uint64_t to_index(uint64_t i)
{
	static const uint64_t base[] = { 0, 1ULL << 12, 1ULL << 20, 1ULL << 33, 1ULL << 40 };

	return base[i / 1000] + i % 1000;
}

static void compare(const struct xarray *xa, const struct naive *n)
{
	for (uint64_t i = 0; i < SPACE; i++) {
		assert_true(xa_load(xa, to_index(i)) == n->e[i]);
		for (int m = 0; m < XA_NR_MARKS; m++)
			assert_int_equal(xa_get_mark(xa, to_index(i), (enum xa_mark)m),
					 n->marks[i] >> m & 1);
	}
}

static void compare_walk(const struct xarray *xa, const struct naive *n, int mark)
{
	uint64_t at = 0;

	for (uint64_t i = 0; i < SPACE; i++) {
		if (!n->e[i] || (mark >= 0 && !(n->marks[i] >> mark & 1)))
			continue;

		xa_entry e = mark < 0 ? xa_find(xa, &at, UINT64_MAX)
				      : xa_find_marked(xa, &at, UINT64_MAX, (enum xa_mark)mark);

		assert_true(e == n->e[i]);
		assert_true(at == to_index(i));
		at++;
	}
	assert_true((mark < 0 ? xa_find(xa, &at, UINT64_MAX)
			      : xa_find_marked(xa, &at, UINT64_MAX, (enum xa_mark)mark)) == 0);
}

static void random_operations_agree_with_a_sorted_array(void **state)
{
	struct xarray xa;
	struct naive *n = sim_calloc(1, sizeof(*n));
	struct rng r;
	const char *ops = getenv("FUZZ_OPS");
	long rounds = ops ? atol(ops) : 300000;

	(void)state;
	printf("seed %llu\n", (unsigned long long)seed);
	rng_init(&r, seed, "xarray");
	xa_init(&xa);
	for (long round = 0; round < rounds; round++) {
		uint64_t i = rng_below(&r, SPACE);
		uint64_t what = rng_below(&r, 10);
		enum xa_mark m = (enum xa_mark)rng_below(&r, XA_NR_MARKS);

		/* now and then a phase that empties */
		if (round / 20000 % 3 == 2 && what < 6)
			what = 4;
		if (what < 5) {
			xa_entry e = what < 3   ? xa_object((uint32_t)rng_below(&r, 1 << 30) + 1)
				     : what < 4 ? xa_value(rng_next(&r) >> 1)
						: 0;
			xa_entry old = xa_store(&xa, to_index(i), e);

			assert_true(old == n->e[i]);
			n->e[i] = e;
			if (!e || xa_is_value(e))
				n->marks[i] = 0;
		} else if (what < 8) {
			xa_set_mark(&xa, to_index(i), m);
			if (n->e[i])
				n->marks[i] |= (uint8_t)(1 << m);
		} else {
			xa_clear_mark(&xa, to_index(i), m);
			n->marks[i] &= (uint8_t) ~(1 << m);
		}
		if (round % 10000 == 0) {
			assert_true(xa_check(&xa));
			compare(&xa, n);
			for (int k = -1; k < XA_NR_MARKS; k++)
				compare_walk(&xa, n, k);
		}
	}
	for (uint64_t i = 0; i < SPACE; i++)
		xa_store(&xa, to_index(i), 0);
	assert_true(xa_check(&xa));
	assert_int_equal(xa.nr_nodes, 0);
	xa_destroy(&xa);
	sim_free(n);
}

static void fill(struct xarray *xa, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i <= to; i++)
		xa_store(xa, i, xa_object((uint32_t)i + 1));
}

/* The values of the specification, which were taken from a run of the kernel's own code. */
static void searches_for_holes_give_the_kernels_answers(void **state)
{
	struct xarray xa;

	(void)state;
	xa_init(&xa);
	fill(&xa, 0, 199);
	assert_int_equal(xa_next_miss(&xa, 51, 32), 82);
	assert_int_equal(xa_next_miss(&xa, 190, 32), 200);
	assert_int_equal(xa_prev_miss(&xa, 39, 32), 8);
	assert_true(xa_prev_miss(&xa, 9, 32) == UINT64_MAX);
	xa_store(&xa, 70, xa_value(5));
	assert_int_equal(xa_next_miss(&xa, 51, 32), 70);
	assert_int_equal(xa_prev_miss(&xa, 90, 32), 70);
	xa_destroy(&xa);
	xa_init(&xa);
	fill(&xa, 0, 0);
	assert_int_equal(xa_next_miss(&xa, 0, 32), 0);
	xa_destroy(&xa);
}

static void a_lone_page_at_index_0_needs_no_node(void **state)
{
	struct xarray xa;

	(void)state;
	xa_init(&xa);
	xa_store(&xa, 0, xa_object(5));
	xa_set_mark(&xa, 0, XA_MARK_1);
	assert_int_equal(xa.nr_nodes, 0);
	xa_store(&xa, 100, xa_object(6));
	assert_int_equal(xa.nr_nodes, 3);
	assert_true(xa_get_mark(&xa, 0, XA_MARK_1));
	xa_store(&xa, 100, 0);
	assert_int_equal(xa.nr_nodes, 0);
	assert_true(xa_get_mark(&xa, 0, XA_MARK_1));
	assert_true(xa_load(&xa, 0) == xa_object(5));
	xa_destroy(&xa);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_operations_agree_with_a_sorted_array),
		cmocka_unit_test(searches_for_holes_give_the_kernels_answers),
		cmocka_unit_test(a_lone_page_at_index_0_needs_no_node),
	};

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
