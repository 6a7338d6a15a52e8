/*
 * bench_seeds.c - how often compare --seeds calls a difference one where there is none
 *
 * Two samples are drawn from one distribution, 10,000 times, and tested.  The
 * distributions are made up here, or are figures of runs that differ in their
 * seed only: lines "NAME VALUE VALUE ..." in a file (tests/bench/alike).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/types.h"
#include "sim/cli/stat_test.h"

#define COMPARISONS 10000
#define MAX_POOL    4096
#define MIN_PERCENT 4.0
#define MAX_PERCENT 6.0

static uint64_t state = 1;

static uint64_t next_random(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static double uniform(void)
{
	return (double)(next_random() >> 11) / (double)(1ULL << 53);
}

/* The middle of a bell: twelve times chance. */
static double bell(void)
{
	double sum = 0;

	for (int i = 0; i < 12; i++)
		sum += uniform();
	return 1000 + 10 * sum;
}

/* Seldom, and then much: most values are small. */
static double long_tail(void)
{
	double u = uniform();

	return 1 / (0.001 + u * u);
}

/* A counter of few events: many values are alike. */
static double few_values(void)
{
	return (double)(next_random() % 8);
}

static double percent_of(int found)
{
	return 100.0 * found / COMPARISONS;
}

static bool show(const char *name, int n, int found)
{
	double percent = percent_of(found);
	bool good = percent >= MIN_PERCENT && percent <= MAX_PERCENT;

	printf("%-34s %.2f %% false alarms of %d, %d seeds  floor 4..6 %%  %s\n", name, percent,
	       COMPARISONS, n, good ? "floor met" : "BELOW FLOOR");
	return good;
}

static bool made_up(const char *name, double (*draw)(void), int n)
{
	double a[STAT_MAX], b[STAT_MAX];
	int found = 0;

	for (int i = 0; i < COMPARISONS; i++) {
		for (int k = 0; k < n; k++) {
			a[k] = draw();
			b[k] = draw();
		}
		found += stat_significant(stat_mann_whitney(a, b, n));
	}
	return show(name, n, found);
}

/* Pairs that have most in common: the same beginning. */
static bool made_up_pairs(const char *name, double (*draw)(void), int n)
{
	double a[STAT_MAX], b[STAT_MAX];
	int found = 0;

	for (int i = 0; i < COMPARISONS; i++) {
		for (int k = 0; k < n; k++) {
			double common = 10 * draw();

			a[k] = common + draw();
			b[k] = common + draw();
		}
		found += stat_significant(stat_signed_ranks(a, b, n));
	}
	return show(name, n, found);
}

/* Two samples of a pool without a value in both: the first 2n of a shuffle. */
static bool from_pool(const char *name, double *pool, int size, int n)
{
	int found = 0;

	for (int i = 0; i < COMPARISONS; i++) {
		for (int k = 0; k < 2 * n; k++) {
			int other = k + (int)(next_random() % (uint64_t)(size - k));
			double v = pool[k];

			pool[k] = pool[other];
			pool[other] = v;
		}
		found += stat_significant(stat_mann_whitney(pool, pool + n, n));
	}
	return show(name, n, found);
}

static int of_file(const char *path)
{
	static char line[1 << 17];
	static double pool[MAX_POOL];
	FILE *file = fopen(path, "r");
	bool good = true;
	int figures = 0;

	while (file && fgets(line, sizeof(line), file)) {
		char *save, *name = strtok_r(line, "\t\n", &save), *word;
		int size = 0;

		while ((word = strtok_r(NULL, "\t\n", &save)) && size < MAX_POOL)
			pool[size++] = strtod(word, NULL);
		if (!name || size < 4 * 8)
			continue;
		figures++;
		good &= from_pool(name, pool, size, 8);
	}
	if (file)
		fclose(file);
	return good && figures ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const int seeds[] = { 4, 5, 8, 16 };
	bool good = true;

	if (argc > 1)
		return of_file(argv[1]);
	for (size_t i = 0; i < ARRAY_LEN(seeds); i++)
		good &= made_up("seeds: a bell", bell, seeds[i]);
	good &= made_up("seeds: a long tail", long_tail, 8);
	good &= made_up("seeds: few values", few_values, 8);
	good &= made_up_pairs("pairs: a bell", bell, 8);
	good &= made_up_pairs("pairs: a long tail", long_tail, 7);
	good &= made_up_pairs("pairs: few values", few_values, 16);
	return !good;
}
