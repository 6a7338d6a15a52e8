/*
 * stat_test.c - whether two tunings differ, or only their seeds
 *
 * Mann and Whitney: all values are ranked together; the ranks of one sample are
 * added up.  If both samples are alike, every choice of n of the 2n ranks is as
 * probable as any other, so the choices with a more unlike sum are counted:
 *
 *   ways[k][s] = choices of k ranks, of those looked at so far, that sum to s
 *
 * Ranks are doubled, so that those of ties are whole.  32 of 64 are fewer than
 * 2^61 choices.
 *
 * Branches of one beginning are alike before any value counts: they are pairs, and what is tested
 * is their difference (Wilcoxon).
 */
#include "sim/cli/stat_test.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"

#define RESAMPLES 1999 /* odd: the bounds are resamples themselves */
#define BOUND     50   /* so many resamples lie outside on each side, and the bound: 2.5 % */
#define PARTS     1000 /* of a unit, in sums; fewer where values are large */
#define MAX_PARTS 1e17 /* of a value: the sum of STAT_MAX differences has 63 bits */

#define LEAST_PARTS 1e-9

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

void stat_sort(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_value);
}

/* Twice the rank of v among n sorted values, the middle one of those that are alike. */
static int doubled_rank(const double *sorted, int n, double v)
{
	int first = 0, last;

	while (first < n && sorted[first] < v)
		first++;
	for (last = first; last + 1 < n && sorted[last + 1] <= v; last++)
		;
	return first + last + 2;
}

/* ways[k * (max + 1) + s] for all k <= n, s <= max. */
static uint64_t *count_ways(const int *ranks, int nr_ranks, int n, int max)
{
	size_t row = (size_t)max + 1;
	uint64_t *ways = sim_calloc((size_t)(n + 1) * row, sizeof(*ways));

	ways[0] = 1;
	for (int i = 0; i < nr_ranks; i++)
		for (int k = i + 1 < n ? i + 1 : n; k > 0; k--)
			for (int s = ranks[i]; s <= max; s++)
				ways[(size_t)k * row + (size_t)s] +=
				    ways[(size_t)(k - 1) * row + (size_t)(s - ranks[i])];
	return ways;
}

struct stat_p stat_mann_whitney(const double *a, const double *b, int n)
{
	double sorted[2 * STAT_MAX];
	int ranks[2 * STAT_MAX], sum = 0;
	int middle = n * (2 * n + 1), max = 2 * middle;
	struct stat_p p = { 0, 0 };
	uint64_t *ways;

	SIM_ASSERT(n >= 1 && n <= STAT_MAX);
	memcpy(sorted, a, (size_t)n * sizeof(*a));
	memcpy(sorted + n, b, (size_t)n * sizeof(*b));
	stat_sort(sorted, (size_t)(2 * n));
	for (int i = 0; i < n; i++) {
		ranks[i] = doubled_rank(sorted, 2 * n, a[i]);
		ranks[n + i] = doubled_rank(sorted, 2 * n, b[i]);
		sum += ranks[i];
	}
	ways = count_ways(ranks, 2 * n, n, max);
	for (int s = 0; s <= max; s++) {
		uint64_t here = ways[(size_t)n * ((size_t)max + 1) + (size_t)s];

		p.den += 2 * here;
		if (abs(s - middle) > abs(sum - middle))
			p.num += 2 * here;
		else if (abs(s - middle) == abs(sum - middle))
			p.num += here;
	}
	sim_free(ways);
	if (sum == middle) /* as alike as can be */
		p.num = p.den;
	return p;
}

/*
 * Of m differences the sum of the ranks of those above 0; of 2^m choices of signs those with a sum
 * further from the middle are counted.
 */
struct stat_p stat_signed_ranks(const double *a, const double *b, int n)
{
	double d[STAT_MAX], sorted[STAT_MAX];
	int m = 0, sum = 0, max;
	struct stat_p p = { 0, 0 };
	uint64_t ways[STAT_MAX * (STAT_MAX + 1) + 1] = { 1 };

	SIM_ASSERT(n >= 1 && n <= STAT_MAX);
	for (int i = 0; i < n; i++) {
		d[m] = b[i] - a[i];
		if (d[m] < 0 || d[m] > 0) {
			sorted[m] = d[m] < 0 ? -d[m] : d[m];
			m++;
		}
	}
	stat_sort(sorted, (size_t)m);
	max = m * (m + 1); /* ranks are doubled */
	for (int i = 0; i < m; i++) {
		int rank = doubled_rank(sorted, m, d[i] < 0 ? -d[i] : d[i]);

		sum += d[i] > 0 ? rank : 0;
		for (int s = max; s >= rank; s--)
			ways[s] += ways[s - rank];
	}
	for (int s = 0; s <= max; s++) {
		int here = abs(2 * s - max), there = abs(2 * sum - max);

		p.den += 2 * ways[s];
		p.num += here > there ? 2 * ways[s] : here == there ? ways[s] : 0;
	}
	if (2 * sum == max) /* as alike as can be */
		p.num = p.den;
	return p;
}

bool stat_significant(struct stat_p p)
{
	return p.num < p.den / 20;
}

/* splitmix64: the same numbers each time. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* Parts of a unit so that sums of STAT_MAX values of this size fit into 64 bits. */
static double parts_for(const double *a, const double *b, int n)
{
	double largest = 0, parts = PARTS;

	for (int i = 0; i < n; i++) {
		double va = a[i] < 0 ? -a[i] : a[i], vb = b[i] < 0 ? -b[i] : b[i];

		largest = va > largest ? va : largest;
		largest = vb > largest ? vb : largest;
	}
	while (largest * parts > MAX_PARTS && parts > LEAST_PARTS)
		parts /= 2;
	return parts;
}

static int64_t parts_of(double v, double parts)
{
	double p = v * parts;

	p = p > MAX_PARTS ? MAX_PARTS : p < -MAX_PARTS ? -MAX_PARTS : p;
	return (int64_t)(p < 0 ? p - 0.5 : p + 0.5);
}

static int64_t draw_sum(const int64_t *v, int n, uint64_t *state)
{
	int64_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += v[(next_random(state) >> 32) * (uint64_t)n >> 32];
	return sum;
}

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

void stat_bootstrap(const double *a, const double *b, int n, double *low, double *high)
{
	int64_t va[STAT_MAX], vb[STAT_MAX], sums[RESAMPLES];
	uint64_t state = 0;
	double parts;

	SIM_ASSERT(n >= 1 && n <= STAT_MAX);
	parts = parts_for(a, b, n);
	for (int i = 0; i < n; i++) {
		va[i] = parts_of(a[i], parts);
		vb[i] = parts_of(b[i], parts);
	}
	for (int i = 0; i < RESAMPLES; i++) {
		int64_t sum = draw_sum(va, n, &state);

		sums[i] = draw_sum(vb, n, &state) - sum;
	}
	qsort(sums, RESAMPLES, sizeof(*sums), by_number);
	*low = (double)sums[BOUND - 1] / parts / n;
	*high = (double)sums[RESAMPLES - BOUND] / parts / n;
}

void stat_bootstrap_mean(const double *v, int n, double *low, double *high)
{
	const double none[STAT_MAX] = { 0 };

	stat_bootstrap(none, v, n, low, high);
}

double stat_mean(const double *v, int n, double *low, double *high)
{
	double mean = 0;

	for (int i = 0; i < n; i++)
		mean += v[i] / n;
	*low = *high = mean;
	if (n > 1)
		stat_bootstrap_mean(v, n, low, high);
	return mean;
}

void stat_bootstrap_pairs(const double *a, const double *b, int n, double *low, double *high)
{
	double d[STAT_MAX];

	SIM_ASSERT(n >= 1 && n <= STAT_MAX);
	for (int i = 0; i < n; i++)
		d[i] = b[i] - a[i];
	stat_bootstrap_mean(d, n, low, high);
}
