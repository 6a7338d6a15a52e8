/*
 * rng.h - streams of random numbers by name
 *
 * Each user of chance has a stream of its own, seeded from the run's seed and
 * the stream's name, so that a new user does not shift the others.  Whole
 * numbers only.
 */
#ifndef MMSIM_ENGINE_RNG_H
#define MMSIM_ENGINE_RNG_H

#include "sim/base/types.h"

struct rng {
	uint64_t s[4];
};

/* xoshiro256**, state filled by splitmix64 from seed and name. */
void rng_init(struct rng *r, uint64_t seed, const char *name);
uint64_t rng_next(struct rng *r);
/* Uniform in 0..n-1, without bias; n > 0. */
uint64_t rng_below(struct rng *r, uint64_t n);

/*
 * Numbers 0..n-1 where rank k has weight 1/(k+1)^(s/1000), by inverting an integer table of the
 * cumulated weights; exact for the first ZIPF_EXACT ranks, in geometric groups beyond.
 */
#define ZIPF_EXACT      256
#define ZIPF_GUIDE_BITS 10
#define ZIPF_GUIDE      (1u << ZIPF_GUIDE_BITS)
struct zipf {
	uint64_t n;
	uint64_t *start;      /* owned: first rank of group i */
	uint64_t *cumulative; /* owned: weight of all groups up to and including i */
	int groups;
	int guide_shift;                /* from a weight to its place in guide */
	uint16_t guide[ZIPF_GUIDE + 1]; /* the group in which the weights of a place begin */
};

/* exponent in thousandths, 0..4000. */
void zipf_init(struct zipf *z, uint64_t n, uint64_t exponent);
uint64_t zipf_draw(const struct zipf *z, struct rng *r);
void zipf_free(struct zipf *z);

/* An exponentially distributed time with the given mean, by a fixed-point logarithm. */
uint64_t rng_exponential(struct rng *r, uint64_t mean);

/* log2 of x (x >= 1) with 32 fraction bits; 2^x for x with 32 fraction bits, result 32 fraction
 * bits.  Both by whole numbers, the same everywhere. */
uint64_t fixed_log2(uint64_t x);
uint64_t fixed_exp2(uint64_t x);
#endif
