/*
 * bench.h - two sides measured in turn, and their ratio
 *
 * Absolute times move by a third on a busy machine, so a goal is a ratio to a
 * yardstick measured in the same run: ours and theirs alternate, five times
 * after a warm-up, and the median of the pairwise ratios counts.
 */
#ifndef MMSIM_BENCH_H
#define MMSIM_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BENCH_ROUNDS 5

/* Does its work once and returns how many units of it were done. */
typedef double bench_fn(void *arg);

static inline double bench_cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static inline double bench_rate(bench_fn *fn, void *arg)
{
	double begin = bench_cpu_seconds();
	double units = fn(arg);

	return units / (bench_cpu_seconds() - begin);
}

static inline int bench_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static inline double bench_median(double *v)
{
	qsort(v, BENCH_ROUNDS, sizeof(*v), bench_compare);
	return v[BENCH_ROUNDS / 2];
}

/*
 * Prints "name: ours unit/s, yardstick unit/s, ratio (low..high), floor, aim" and whether the floor
 * is met; higher ratios are better.  Returns whether it is.
 */
static inline int bench_pair(const char *name, const char *unit, bench_fn *ours, void *ours_arg,
			     bench_fn *yardstick, void *yardstick_arg, double floor, double aim)
{
	double a[BENCH_ROUNDS], b[BENCH_ROUNDS], ratio[BENCH_ROUNDS];

	bench_rate(ours, ours_arg);
	bench_rate(yardstick, yardstick_arg);
	for (int i = 0; i < BENCH_ROUNDS; i++) {
		a[i] = bench_rate(ours, ours_arg);
		b[i] = bench_rate(yardstick, yardstick_arg);
		ratio[i] = a[i] / b[i];
	}

	double median = bench_median(ratio);

	printf("%-34s ours %10.4g %s/s  yardstick %10.4g %s/s  ratio %.3g (%.3g..%.3g)  floor %.2g "
	       "aim %.2g  %s\n",
	       name, bench_median(a), unit, bench_median(b), unit, median, ratio[0],
	       ratio[BENCH_ROUNDS - 1], floor, aim,
	       median >= aim     ? "aim met"
	       : median >= floor ? "floor met"
				 : "BELOW FLOOR");
	return median >= floor;
}
#endif
