/*
 * histogram.h - buckets for times: exact below 32 ns, then at most 1/32 (3 %) wide
 *
 *	ns = 1...mmmmm........      octave = bits below the leading one
 *	      `-- 5 bits: which of the octave's 32 buckets
 */
#ifndef MMSIM_BASE_HISTOGRAM_H
#define MMSIM_BASE_HISTOGRAM_H

#include "sim/base/types.h"

#define HISTOGRAM_SUB_BITS 5
#define HISTOGRAM_SUB      (1 << HISTOGRAM_SUB_BITS)
#define HISTOGRAM_BUCKETS  ((64 - HISTOGRAM_SUB_BITS + 1) * HISTOGRAM_SUB)

static inline size_t histogram_bucket(uint64_t ns)
{
	if (ns < HISTOGRAM_SUB)
		return (size_t)ns;

	int shift = ilog2_u64(ns) - HISTOGRAM_SUB_BITS;

	return ((size_t)shift + 1) * HISTOGRAM_SUB + (size_t)(ns >> shift) - HISTOGRAM_SUB;
}

/* The least value of a bucket, ns. */
static inline uint64_t histogram_begins(size_t bucket)
{
	if (bucket < HISTOGRAM_SUB)
		return bucket;
	return (uint64_t)(HISTOGRAM_SUB + bucket % HISTOGRAM_SUB) << (bucket / HISTOGRAM_SUB - 1);
}

/* The value in its middle. */
static inline uint64_t histogram_middle(size_t bucket)
{
	uint64_t begins = histogram_begins(bucket);

	return begins + (begins >= HISTOGRAM_SUB ? begins / (2 * HISTOGRAM_SUB) : 0);
}
#endif
