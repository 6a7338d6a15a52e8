/* Whether two samples differ, or only by chance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/base/types.h"
#include "sim/cli/stat_test.h"

/* All choices of n of the 2n values counted one by one: what the table of ways must come to. */
static struct stat_p naive(const double *a, const double *b, int n)
{
	double v[2 * STAT_MAX];
	int ranks[2 * STAT_MAX], sum = 0, middle = n * (2 * n + 1);
	struct stat_p p = { 0, 0 };

	for (int i = 0; i < n; i++) {
		v[i] = a[i];
		v[n + i] = b[i];
	}
	for (int i = 0; i < 2 * n; i++) {
		ranks[i] = 1;
		for (int k = 0; k < 2 * n; k++)
			ranks[i] +=
			    2 * (v[k] < v[i]) + (k != i && !(v[k] < v[i]) && !(v[k] > v[i]));
		ranks[i]++;
		sum += i < n ? ranks[i] : 0;
	}
	for (uint32_t set = 0; set < 1u << (2 * n); set++) {
		int s = 0, size = 0;

		for (int i = 0; i < 2 * n; i++) {
			size += set >> i & 1;
			s += set >> i & 1 ? ranks[i] : 0;
		}
		if (size != n)
			continue;

		int far = s > middle ? s - middle : middle - s;
		int seen = sum > middle ? sum - middle : middle - sum;

		p.den += 2;
		p.num += far > seen ? 2 : far == seen;
	}
	if (sum == middle)
		p.num = p.den;
	return p;
}

static void all_choices_are_counted(void **context)
{
	uint64_t state = 7;

	(void)context;
	for (int round = 0; round < 60; round++) {
		double a[8], b[8];
		int n = 1 + round % 6, values = round % 3 ? 1000 : 4; /* with and without ties */

		for (int i = 0; i < n; i++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			a[i] = (double)((state >> 33) % (uint64_t)values);
			state = state * 6364136223846793005u + 1442695040888963407u;
			b[i] = (double)((state >> 33) % (uint64_t)values);
		}

		struct stat_p found = stat_mann_whitney(a, b, n), wanted = naive(a, b, n);

		assert_int_equal(found.num, wanted.num);
		assert_int_equal(found.den, wanted.den);
	}
}

static void what_lies_apart_differs_from_four_values_on(void **context)
{
	const double low[] = { 1, 2, 3, 4 }, high[] = { 5, 6, 7, 8 };

	(void)context;
	assert_true(stat_significant(stat_mann_whitney(low, high, 4)));
	assert_true(stat_significant(stat_mann_whitney(high, low, 4)));
	assert_false(stat_significant(stat_mann_whitney(low, high, 3)));
	assert_int_equal(stat_mann_whitney(low, high, 4).den, 2 * 70);
	assert_int_equal(stat_mann_whitney(low, high, 4).num, 2); /* half of the two of 70 */
}

static void what_is_alike_does_not_differ(void **context)
{
	double same[STAT_MAX] = { 0 }, up[STAT_MAX];

	(void)context;
	for (int i = 0; i < STAT_MAX; i++)
		up[i] = i;
	assert_false(stat_significant(stat_mann_whitney(same, same, 8)));
	assert_int_equal(stat_mann_whitney(same, same, 8).num,
			 stat_mann_whitney(same, same, 8).den);
	assert_false(stat_significant(stat_mann_whitney(up, up, STAT_MAX)));
	/* the largest samples do not overflow: 64 over 32 choices, doubled */
	assert_int_equal(stat_mann_whitney(up, up, STAT_MAX).den, 2 * 1832624140942590534u);
}

static void the_interval_holds_the_difference(void **context)
{
	const double a[] = { 10, 11, 12, 13, 14, 15, 16, 17 };
	const double b[] = { 20, 21, 22, 23, 24, 25, 26, 27 };
	double low, high;

	(void)context;
	stat_bootstrap(a, b, 8, &low, &high);
	assert_true(low > 7 && low < 10 && high > 10 && high < 13);
	stat_bootstrap(b, a, 8, &low, &high);
	assert_true(low < -10 && high > -13 && high < -7);
	stat_bootstrap(a, a, 8, &low, &high);
	assert_true(low < 0 && high > 0);
	stat_bootstrap(a, b, 1, &low, &high);
	assert_true(low >= 10 && low <= 10 && high >= 10 && high <= 10);
}

static void the_interval_is_the_same_each_time(void **context)
{
	const double a[] = { 1.5, 1000000.25, 7, 0 }, b[] = { -3, 2, 2, 2 };
	double low[2], high[2];

	(void)context;
	for (int i = 0; i < 2; i++)
		stat_bootstrap(a, b, 4, &low[i], &high[i]);
	assert_memory_equal(&low[0], &low[1], sizeof(*low));
	assert_memory_equal(&high[0], &high[1], sizeof(*high));
}

/* All choices of signs counted one by one. */
static struct stat_p naive_signs(const double *a, const double *b, int n)
{
	int ranks[STAT_MAX], sum = 0, all = 0, m = 0;
	double d[STAT_MAX];
	struct stat_p p = { 0, 0 };

	for (int i = 0; i < n; i++)
		if (a[i] < b[i] || a[i] > b[i])
			d[m++] = b[i] - a[i];
	for (int i = 0; i < m; i++) {
		double v = d[i] < 0 ? -d[i] : d[i];

		ranks[i] = 2;
		for (int k = 0; k < m; k++) {
			double w = d[k] < 0 ? -d[k] : d[k];

			ranks[i] += 2 * (w < v) + (k != i && !(w < v) && !(w > v));
		}
		all += ranks[i];
		sum += d[i] > 0 ? ranks[i] : 0;
	}
	for (uint32_t set = 0; set < 1u << m; set++) {
		int s = 0, far, seen = 2 * sum > all ? 2 * sum - all : all - 2 * sum;

		for (int i = 0; i < m; i++)
			s += set >> i & 1 ? ranks[i] : 0;
		far = 2 * s > all ? 2 * s - all : all - 2 * s;
		p.den += 2;
		p.num += far > seen ? 2 : far == seen;
	}
	if (2 * sum == all)
		p.num = p.den;
	return p;
}

static void all_signs_of_pairs_are_counted(void **context)
{
	uint64_t state = 11;

	(void)context;
	for (int round = 0; round < 80; round++) {
		double a[10], b[10];
		int n = 1 + round % 10, values = round % 3 ? 1000 : 4; /* with and without ties */

		for (int i = 0; i < n; i++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			a[i] = (double)((state >> 33) % (uint64_t)values);
			state = state * 6364136223846793005u + 1442695040888963407u;
			b[i] = (double)((state >> 33) % (uint64_t)values);
		}

		struct stat_p found = stat_signed_ranks(a, b, n), wanted = naive_signs(a, b, n);

		assert_int_equal(found.num, wanted.num);
		assert_int_equal(found.den, wanted.den);
	}
}

static void a_mean_of_one_is_itself(void **state)
{
	(void)state;
	const double v[] = { 4, 6, 8, 10 };
	double low = 1, high = 1, from, to, mean;

	mean = stat_mean(v, 0, &low, &high);
	assert_true(mean >= 0 && mean <= 0 && low >= 0 && low <= 0 && high >= 0 && high <= 0);
	mean = stat_mean(v, 1, &low, &high);
	assert_true(mean >= 4 && mean <= 4 && low >= 4 && low <= 4 && high >= 4 && high <= 4);
	mean = stat_mean(v, 4, &low, &high);
	stat_bootstrap_mean(v, 4, &from, &to);
	assert_true(mean >= 7 && mean <= 7 && low < 7 && high > 7);
	assert_memory_equal(&low, &from, sizeof(low));
	assert_memory_equal(&high, &to, sizeof(high));
}

static void pairs_see_what_their_spread_hides(void **context)
{
	/* each a little more than its partner, all far apart from each other */
	const double a[] = { 10, 200, 3000, 40000, 500000 };
	const double b[] = { 11, 202, 3003, 40004, 500005 };
	double low, high;

	(void)context;
	assert_true(stat_significant(stat_signed_ranks(a, b, 5)));
	assert_true(stat_significant(stat_signed_ranks(b, a, 5)));
	assert_false(stat_significant(stat_signed_ranks(a, b, 4)));
	assert_false(stat_significant(stat_mann_whitney(a, b, 5)));
	assert_false(stat_significant(stat_signed_ranks(a, a, 5)));
	assert_int_equal(stat_signed_ranks(a, b, 5).den, 2 * 32);
	assert_int_equal(stat_signed_ranks(a, b, 5).num, 2); /* half of the two of 32 */
	stat_bootstrap_pairs(a, b, 5, &low, &high);
	assert_true(low >= 1 && low < 3 && high > 3 && high <= 5);
	stat_bootstrap(a, b, 5, &low, &high);
	assert_true(low < -1000 && high > 1000);
}

static void many_pairs_fit(void **context)
{
	double none[STAT_MAX] = { 0 }, up[STAT_MAX];

	(void)context;
	for (int i = 0; i < STAT_MAX; i++)
		up[i] = i + 1;
	assert_int_equal(stat_signed_ranks(none, up, STAT_MAX).den, (uint64_t)2 << STAT_MAX);
	assert_int_equal(stat_signed_ranks(none, up, STAT_MAX).num, 2);
}

/* Nanoseconds of many tasks: what the sums are made of must fit into them. */
static void large_values_have_an_interval_as_well(void **context)
{
	static const double sizes[] = { 1e6, 1e12, 1e15, 1e18 };

	(void)context;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		double v[STAT_MAX], low, high, mean = 0;

		for (int k = 0; k < STAT_MAX; k++) {
			v[k] = sizes[i] * (1 + 0.001 * (k % 8));
			mean += v[k] / STAT_MAX;
		}
		stat_bootstrap_mean(v, STAT_MAX, &low, &high);
		assert_true(low > v[0] && low < mean && mean < high && high < v[7]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_choices_are_counted),
		cmocka_unit_test(what_lies_apart_differs_from_four_values_on),
		cmocka_unit_test(what_is_alike_does_not_differ),
		cmocka_unit_test(the_interval_holds_the_difference),
		cmocka_unit_test(the_interval_is_the_same_each_time),
		cmocka_unit_test(all_signs_of_pairs_are_counted),
		cmocka_unit_test(a_mean_of_one_is_itself),
		cmocka_unit_test(pairs_see_what_their_spread_hides),
		cmocka_unit_test(many_pairs_fit),
		cmocka_unit_test(large_values_have_an_interval_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
