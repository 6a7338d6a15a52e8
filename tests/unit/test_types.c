/*
 * test_types.c - arithmetic of sim/base/types.h
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/base/types.h"

/* Whether the square of root is at most v and that of the next number is not. */
static void is_root(uint64_t root, uint64_t v)
{
	unsigned __int128 next = (unsigned __int128)root + 1;

	assert_true((unsigned __int128)root * root <= v);
	assert_true(next * next > v);
}

static void a_root_is_the_largest_number_whose_square_fits(void **state)
{
	uint64_t lcg = 1;

	(void)state;
	for (uint64_t v = 0; v < 1 << 17; v++)
		is_root(isqrt_u64(v), v);
	for (int bit = 0; bit < 64; bit++) {
		for (int i = 0; i < 1000; i++) {
			uint64_t v;

			lcg = lcg * 6364136223846793005ULL + 1442695040888963407ULL;
			v = lcg >> bit;
			is_root(isqrt_u64(v), v);
		}
	}
	for (uint64_t root = 1; root <= UINT32_MAX; root = root * 5 / 4 + 1) {
		assert_int_equal(isqrt_u64(root * root), root);
		assert_int_equal(isqrt_u64(root * root - 1), root - 1);
	}
	assert_int_equal(isqrt_u64(UINT64_MAX), UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_root_is_the_largest_number_whose_square_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
