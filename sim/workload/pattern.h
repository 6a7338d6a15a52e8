/*
 * pattern.h - where in a file the next call of a stream works
 *
 *   sequential   0 1 2 3 ...                       at the end of the span it begins anew
 *   reverse      n-1 n-2 ... 0                     likewise
 *   stride N     0 N 2N ... then block N+block ... every N bytes; each pass one block further on
 *   random       any block of the span, all alike
 *   zipf S       block of rank k with weight 1/(k+1)^S; ranks lie scattered over the span
 *
 * Positions are bytes from the start of the span.
 */
#ifndef MMSIM_WORKLOAD_PATTERN_H
#define MMSIM_WORKLOAD_PATTERN_H

#include "sim/engine/rng.h"

enum pattern_kind {
	PATTERN_SEQUENTIAL,
	PATTERN_REVERSE,
	PATTERN_STRIDE,
	PATTERN_RANDOM,
	PATTERN_ZIPF,
};

struct pattern_conf {
	enum pattern_kind kind;
	uint64_t stride;   /* bytes */
	uint64_t exponent; /* zipf, in thousandths */
};

/* Reads "zipf 1.1"; false: *why says what is wrong (constant text). */
bool pattern_parse(const char *text, struct pattern_conf *conf, const char **why);
/* Whether the pattern needs to know how long the span is. */
static inline bool pattern_needs_span(const struct pattern_conf *conf)
{
	return conf->kind != PATTERN_SEQUENTIAL;
}

struct pattern {
	enum pattern_kind kind;
	uint64_t block, span;    /* bytes; span 0: no end */
	uint64_t blocks;         /* whole ones in the span */
	uint64_t next;           /* sequential, reverse, stride: the next position */
	uint64_t stride, first;  /* stride: where this pass began */
	const struct zipf *zipf; /* borrowed */
	uint64_t scatter;        /* zipf: rank -> block, coprime to blocks */
};

/* zipf: a table for span / block ranks, for PATTERN_ZIPF; lives as long as the pattern. */
void pattern_init(struct pattern *p, const struct pattern_conf *conf, uint64_t block, uint64_t span,
		  const struct zipf *zipf);
/* The position of the next call, and the bytes that are left there in *len (at most block). */
uint64_t pattern_next(struct pattern *p, struct rng *rng, uint64_t *len);
/* A call came to the end of the data: the next one begins anew.  False: it was at the start. */
bool pattern_wrap(struct pattern *p);
#endif
