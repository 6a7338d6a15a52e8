/*
 * test_rng.c - chance: streams, logarithms, distributions
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#include "sim/engine/rng.h"

static void streams_of_chance_do_not_shift_each_other(void **state)
{
	struct rng a, b, c;

	(void)state;
	rng_init(&a, 7, "disk0.service");
	rng_init(&b, 7, "task.reader");
	rng_init(&c, 7, "disk0.service");
	rng_next(&b);
	for (int i = 0; i < 10; i++)
		assert_true(rng_next(&a) == rng_next(&c));
	rng_init(&c, 8, "disk0.service");
	assert_true(rng_next(&a) != rng_next(&c));
}

static void logarithms_are_right_to_many_bits(void **state)
{
	(void)state;
	assert_true(fixed_log2(1) == 0);
	assert_true(fixed_log2(1024) == 10ULL << 32);
	/* log2 3 = 1.5849625007211561 */
	assert_true(llabs((long long)(fixed_log2(3) - 6807362099ULL)) < 64);
	assert_true(fixed_exp2(0) == 1ULL << 32);
	assert_true(fixed_exp2(5ULL << 32) == 32ULL << 32);
	assert_true(llabs((long long)(fixed_exp2(1ULL << 31) - 6074000999ULL)) < 64);
}

static void exponential_times_have_their_mean(void **state)
{
	struct rng r;
	uint64_t sum = 0;

	(void)state;
	rng_init(&r, 3, "poisson");
	for (int i = 0; i < 200000; i++)
		sum += rng_exponential(&r, 1000000);
	assert_in_range(sum / 200000, 990000, 1010000);
}

static void zipf_shares_follow_the_law(void **state)
{
	struct rng r;
	struct zipf z;
	uint64_t count[8] = { 0 };

	(void)state;
	rng_init(&r, 5, "zipf");
	zipf_init(&z, 100000, 1000);
	for (int i = 0; i < 1000000; i++) {
		uint64_t k = zipf_draw(&z, &r);

		assert_true(k < 100000);
		if (k < ARRAY_LEN(count))
			count[k]++;
	}
	/* weights 1, 1/2, 1/3 ... over the harmonic number of 100000 (12.09) */
	assert_in_range(count[0], 81000, 84500);
	assert_in_range(count[1], 40000, 42700);
	assert_in_range(count[3], 19700, 21700);
	zipf_free(&z);
}

/* As rng_below was defined first: the limit below which a number is drawn again is always made. */
static uint64_t below(struct rng *r, uint64_t n)
{
	uint64_t limit = -n % n;

	for (;;) {
		unsigned __int128 m = (unsigned __int128)rng_next(r) * n;

		if ((uint64_t)m >= limit)
			return (uint64_t)(m >> 64);
	}
}

static void a_number_below_another_is_drawn_again_where_it_must(void **state)
{
	/* of the last two a third and nearly half of all draws are repeated */
	static const uint64_t n[] = { 1,          2,          3,          1000,
				      1ULL << 40, UINT64_MAX, 3ULL << 62, (1ULL << 63) + 1 };
	struct rng a, b;

	(void)state;
	rng_init(&a, 7, "below");
	b = a;
	for (int i = 0; i < 20000; i++)
		assert_int_equal(rng_below(&a, n[i % 8]), below(&b, n[i % 8]));
	assert_memory_equal(&a, &b, sizeof(a));
}

/* The same rank as by looking at one group after the other. */
static uint64_t drawn_slowly(const struct zipf *z, struct rng *r)
{
	uint64_t x = below(r, z->cumulative[z->groups - 1]), end;
	int g = 0;

	while (x >= z->cumulative[g])
		g++;
	end = g + 1 < z->groups ? z->start[g + 1] : z->n;
	return z->start[g] + (end - z->start[g] > 1 ? below(r, end - z->start[g]) : 0);
}

static void zipf_finds_its_group_however_it_looks(void **state)
{
	static const uint64_t n[] = { 1, 2, 255, 256, 257, 4096, 1000003, 1ULL << 33 };
	static const uint64_t exponent[] = { 0, 1, 500, 1000, 1100, 2500, 4000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(n); i++) {
		for (size_t k = 0; k < ARRAY_LEN(exponent); k++) {
			struct zipf z;
			struct rng a, b;

			rng_init(&a, 11, "zipf");
			b = a;
			zipf_init(&z, n[i], exponent[k]);
			for (int draw = 0; draw < 1000; draw++)
				assert_int_equal(zipf_draw(&z, &a), drawn_slowly(&z, &b));
			zipf_free(&z);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_of_chance_do_not_shift_each_other),
		cmocka_unit_test(logarithms_are_right_to_many_bits),
		cmocka_unit_test(exponential_times_have_their_mean),
		cmocka_unit_test(zipf_shares_follow_the_law),
		cmocka_unit_test(a_number_below_another_is_drawn_again_where_it_must),
		cmocka_unit_test(zipf_finds_its_group_however_it_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
