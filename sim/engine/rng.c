/*
 * rng.c - streams of random numbers
 *
 * xoshiro256** by Blackman and Vigna, written from its published definition;
 * distributions from whole-number tables and fixed-point logarithms.
 */
#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/engine/rng.h"

static uint64_t splitmix64(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void rng_init(struct rng *r, uint64_t seed, const char *name)
{
	uint64_t x = seed;

	/* FNV-1a over the name, mixed into the seed */
	uint64_t h = 0xcbf29ce484222325ULL;

	for (const char *p = name; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3ULL;
	x ^= h;
	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix64(&x);
}

static uint64_t rotl(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

uint64_t rng_next(struct rng *r)
{
	uint64_t *s = r->s;
	uint64_t result = rotl(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
	SIM_ASSERT(n > 0);

	/* multiply and reject: no bias; what is not below n is let through without a division */
	for (;;) {
		unsigned __int128 m = (unsigned __int128)rng_next(r) * n;

		if ((uint64_t)m >= n || (uint64_t)m >= -n % n)
			return (uint64_t)(m >> 64);
	}
}

uint64_t fixed_log2(uint64_t x)
{
	SIM_ASSERT(x >= 1);

	int e = ilog2_u64(x);
	uint64_t m = x << (63 - e); /* 1.63 */
	uint64_t result = (uint64_t)e << 32;

	for (int i = 31; i >= 0; i--) {
		unsigned __int128 sq = (unsigned __int128)m * m;

		if (sq >> 127) {
			result |= 1ULL << i;
			m = (uint64_t)(sq >> 64);
		} else {
			m = (uint64_t)(sq >> 63);
		}
	}
	return result;
}

/* 2^(2^-i) with 62 fraction bits, by repeated square roots of 2. */
static void exp2_table(uint64_t table[33])
{
	unsigned __int128 v = (unsigned __int128)2 << 62;

	table[0] = (uint64_t)v;
	for (int i = 1; i <= 32; i++) {
		/* root of a number with 62 fraction bits: shift it to 124 and take the root */
		unsigned __int128 x = (unsigned __int128)table[i - 1] << 62;
		unsigned __int128 root = 0;

		for (int bit = 63; bit >= 0; bit--) {
			unsigned __int128 try = root | (unsigned __int128)1 << bit;

			if (try * try <= x)
				root = try;
		}
		table[i] = (uint64_t)root;
	}
}

uint64_t fixed_exp2(uint64_t x)
{
	uint64_t whole = x >> 32;
	unsigned __int128 m = (unsigned __int128)1 << 62;
	uint64_t table[33];

	SIM_ASSERT(whole < 32);
	exp2_table(table);
	for (int i = 1; i <= 32; i++)
		if (x & 1ULL << (32 - i))
			m = m * table[i] >> 62;
	return (uint64_t)(m >> (62 - 32) << whole);
}

uint64_t rng_exponential(struct rng *r, uint64_t mean)
{
	/* -ln(u) = (64 - log2(u64)) * ln 2, u in 1..2^64-1 */
	uint64_t u = rng_next(r) | 1;
	uint64_t log2_inv = (64ULL << 32) - fixed_log2(u); /* 32 fraction bits, below 2^38 */
	const uint64_t ln2 = 2977044472ULL;                /* ln 2 with 32 fraction bits */
	unsigned __int128 v = (unsigned __int128)log2_inv * ln2 >> 32;

	return (uint64_t)(v * mean >> 32);
}

/* Weight of rank k (from 0) with 32 fraction bits: (k+1)^-(exponent/1000). */
static uint64_t zipf_weight(uint64_t k, uint64_t exponent)
{
	uint64_t l = (uint64_t)((unsigned __int128)fixed_log2(k + 1) * exponent / 1000);

	/* 2^-l = 2^(whole up - l) / 2^whole up */
	uint64_t whole = (l >> 32) + 1;

	if (whole >= 63)
		return 1;

	uint64_t frac = (whole << 32) - l; /* 0 < frac <= 1.0 */
	uint64_t v = fixed_exp2(frac) >> whole;

	return v ? v : 1;
}

/* Where to begin to look for a weight: the group of the least one with the same first bits. */
static void zipf_make_guide(struct zipf *z)
{
	uint64_t total = z->cumulative[z->groups - 1];
	int bits = ilog2_u64(total) + 1, g = 0;

	z->guide_shift = bits > ZIPF_GUIDE_BITS ? bits - ZIPF_GUIDE_BITS : 0;
	for (uint64_t i = 0; i <= ZIPF_GUIDE; i++) {
		while (g < z->groups - 1 && z->cumulative[g] <= i << z->guide_shift)
			g++;
		z->guide[i] = (uint16_t)g;
	}
}

void zipf_init(struct zipf *z, uint64_t n, uint64_t exponent)
{
	SIM_ASSERT(n > 0);

	/* exact ranks, then 64 groups for each doubling */
	int max_groups = ZIPF_EXACT + 64 * 64;

	z->n = n;
	z->start = sim_alloc((size_t)max_groups * sizeof(uint64_t));
	z->cumulative = sim_alloc((size_t)max_groups * sizeof(uint64_t));
	z->groups = 0;

	uint64_t sum = 0, k = 0;

	while (k < n) {
		uint64_t len = k < ZIPF_EXACT ? 1 : max_u64(1, k / 64);

		len = min_u64(len, n - k);

		uint64_t w = zipf_weight(k + len / 2, exponent);
		uint64_t add = w > UINT64_MAX / 4 / len ? UINT64_MAX / 4 : w * len;

		z->start[z->groups] = k;
		sum = sum > UINT64_MAX / 2 - add ? UINT64_MAX / 2 : sum + add;
		z->cumulative[z->groups++] = sum;
		k += len;
	}
	zipf_make_guide(z);
}

uint64_t zipf_draw(const struct zipf *z, struct rng *r)
{
	uint64_t x = rng_below(r, z->cumulative[z->groups - 1]);
	int low = z->guide[x >> z->guide_shift], high = z->guide[(x >> z->guide_shift) + 1];

	while (low < high) {
		int mid = (low + high) / 2;

		if (x < z->cumulative[mid])
			high = mid;
		else
			low = mid + 1;
	}

	uint64_t end = low + 1 < z->groups ? z->start[low + 1] : z->n;
	uint64_t len = end - z->start[low];

	return z->start[low] + (len > 1 ? rng_below(r, len) : 0);
}

void zipf_free(struct zipf *z)
{
	sim_free(z->start);
	sim_free(z->cumulative);
}
