/*
 * types.h - quantities that every part of the simulator speaks of
 *
 * One name per quantity, so that a signature says its unit.  All are whole
 * numbers: no decision of a run is made in floating point.
 */
#ifndef MMSIM_BASE_TYPES_H
#define MMSIM_BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t sim_time; /* simulated nanoseconds since the run began */
typedef uint64_t bytes_t;
typedef uint64_t pages_t; /* of 4096 bytes */
typedef uint64_t pfn_t;   /* page frame number */

#define NS_PER_US  UINT64_C(1000)
#define NS_PER_MS  UINT64_C(1000000)
#define NS_PER_SEC UINT64_C(1000000000)
#define FOREVER    UINT64_MAX /* a time that never comes */

#define ARRAY_LEN(a)                    (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline int64_t min_s64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t max_s64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static inline uint64_t clamp_u64(uint64_t v, uint64_t low, uint64_t high)
{
	return v < low ? low : v > high ? high : v;
}

static inline uint64_t div_round_up(uint64_t a, uint64_t b)
{
	return (a + b - 1) / b;
}

/* Index of the highest set bit plus one; 0 for 0. */
static inline int fls_u64(uint64_t v)
{
	return v ? 64 - __builtin_clzll(v) : 0;
}

/* floor(log2 v), v > 0. */
static inline int ilog2_u64(uint64_t v)
{
	return 63 - __builtin_clzll(v);
}

/* The smallest power of two >= v, v > 0. */
static inline uint64_t roundup_pow2(uint64_t v)
{
	return v <= 1 ? 1 : 1ULL << fls_u64(v - 1);
}

/* floor(sqrt v), by bits: no libm in a run. */
static inline uint64_t isqrt_u64(uint64_t v)
{
	uint64_t root = 0;

	for (uint64_t bit = v ? 1ULL << (ilog2_u64(v) & ~1) : 0; bit; bit >>= 2) {
		uint64_t trial = root + bit;
		uint64_t fits = -(uint64_t)(v >= trial); /* a mask: the branch is a toss */

		v -= trial & fits;
		root = (root >> 1) + (bit & fits);
	}
	return root;
}

/* a * b / c without overflow of the product; c > 0. */
static inline uint64_t mul_div_u64(uint64_t a, uint64_t b, uint64_t c)
{
	return (uint64_t)((unsigned __int128)a * b / c);
}
#endif
