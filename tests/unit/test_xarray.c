/*
 * test_xarray.c - the index: holes, and when it needs nodes; see test_xarray_naive.c for the rest
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <cmocka.h>

#include "sim/base/xarray.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches_for_holes_give_the_kernels_answers),
		cmocka_unit_test(a_lone_page_at_index_0_needs_no_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
