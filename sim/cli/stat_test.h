/*
 * stat_test.h - whether two tunings differ, or only their seeds
 *
 * Ranks and whole numbers only: the same answer with every compiler.
 */
#ifndef MMSIM_CLI_STAT_TEST_H
#define MMSIM_CLI_STAT_TEST_H

#include "sim/base/types.h"

/* From the least to the greatest. */
void stat_sort(double *values, size_t n);

#define STAT_MAX 32 /* values of a sample: more do not fit into the counts */

/* A probability as a fraction. */
struct stat_p {
	uint64_t num;
	uint64_t den;
};

/*
 * The test of Mann and Whitney for two samples of n values each, 1..STAT_MAX: how probable ranks as
 * unlike as these are if the samples come from one distribution.  Exact, with ties; two-sided; the
 * mid-p value (what is exactly as unlike counts half), so that of samples that are alike one in
 * twenty is below 5 %, also where there are few.
 */
struct stat_p stat_mann_whitney(const double *a, const double *b, int n);
/*
 * The test of Wilcoxon for n pairs, 1..STAT_MAX: how probable ranks of differences as one-sided as
 * these are if each difference could as well have the other sign.  Exact in the same way; pairs
 * without a difference say nothing.
 */
struct stat_p stat_signed_ranks(const double *a, const double *b, int n);
/* Whether p is below 5 %. */
bool stat_significant(struct stat_p p);
/*
 * Bounds between which the difference of the means, b - a, lies with 95 %: 1999 times both samples
 * are drawn again from themselves.  The values are rounded to thousandths.
 */
void stat_bootstrap(const double *a, const double *b, int n, double *low, double *high);
/* The same for the mean of one sample. */
void stat_bootstrap_mean(const double *v, int n, double *low, double *high);
/* The mean, 0 of none; with several values those bounds, else the mean itself. */
double stat_mean(const double *v, int n, double *low, double *high);
/* The same for pairs: their differences are drawn again. */
void stat_bootstrap_pairs(const double *a, const double *b, int n, double *low, double *high);
#endif
