/*
 * pattern.c - where in a file the next call of a stream works
 */
#include "sim/workload/pattern.h"

#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/units.h"

#define MAX_EXPONENT 4000

static bool starts_with(const char *text, const char *word, const char **rest)
{
	size_t len = strlen(word);

	if (strncmp(text, word, len) || (text[len] && text[len] != ' '))
		return false;
	*rest = text + len + (text[len] == ' ');
	return true;
}

/* "1.1" in thousandths. */
static bool parse_exponent(const char *text, uint64_t *exponent)
{
	uint64_t v = 0, unit = 1000;
	bool dot = false;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text; text++) {
		if (*text == '.' && !dot && text[1]) {
			dot = true;
			continue;
		}
		if (*text < '0' || *text > '9' || (dot && unit == 1) || v > MAX_EXPONENT)
			return false;
		if (dot)
			unit /= 10;
		v = dot ? v + (uint64_t)(*text - '0') * unit
			: v * 10 + (uint64_t)(*text - '0') * 1000;
	}
	*exponent = v;
	return v <= MAX_EXPONENT;
}

bool pattern_parse(const char *text, struct pattern_conf *conf, const char **why)
{
	const char *rest;
	int64_t stride = 0;

	*conf = (struct pattern_conf){ .kind = PATTERN_SEQUENTIAL };
	*why = "takes no number";
	if (starts_with(text, "sequential", &rest))
		return !*rest;
	conf->kind = PATTERN_REVERSE;
	if (starts_with(text, "reverse", &rest))
		return !*rest;
	conf->kind = PATTERN_RANDOM;
	if (starts_with(text, "random", &rest))
		return !*rest;
	conf->kind = PATTERN_STRIDE;
	if (starts_with(text, "stride", &rest)) {
		if (unit_parse(UNIT_BYTES, rest, strlen(rest), &stride, why) && stride < 1)
			*why = "not above 0";
		conf->stride = stride > 0 ? (uint64_t)stride : 0;
		return stride > 0;
	}
	conf->kind = PATTERN_ZIPF;
	if (starts_with(text, "zipf", &rest)) {
		*why = "not an exponent of 0..4 with at most three decimals";
		return parse_exponent(rest, &conf->exponent);
	}
	*why = "no such pattern";
	return false;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* A factor near the golden section of n that shares no divisor with it: ranks k * factor % n are
 * all different and neighbours lie far apart. */
static uint64_t scatter_of(uint64_t n)
{
	uint64_t factor = mul_div_u64(n, 618034, 1000000);

	while (gcd(factor, n) != 1)
		factor++;
	return factor;
}

void pattern_init(struct pattern *p, const struct pattern_conf *conf, uint64_t block, uint64_t span,
		  const struct zipf *zipf)
{
	*p = (struct pattern){ .kind = conf->kind,
			       .block = block,
			       .span = span,
			       .blocks = span / block,
			       .stride = conf->stride,
			       .zipf = zipf };
	SIM_ASSERT(block > 0);
	SIM_ASSERT(p->blocks > 0 || !pattern_needs_span(conf));
	if (p->kind == PATTERN_REVERSE)
		p->next = p->blocks * block;
	if (p->kind == PATTERN_ZIPF) {
		SIM_ASSERT(zipf->n == p->blocks);
		p->scatter = scatter_of(p->blocks);
	}
}

static uint64_t next_stride(struct pattern *p)
{
	uint64_t at = p->next;

	p->next += p->stride;
	if (p->next + p->block > p->span) {
		p->first += p->block;
		if (p->first >= p->stride || p->first + p->block > p->span)
			p->first = 0;
		p->next = p->first;
	}
	return at;
}

static uint64_t scattered(const struct pattern *p, uint64_t rank)
{
	if (p->blocks <= UINT32_MAX)
		return rank * p->scatter % p->blocks;
	return (uint64_t)((unsigned __int128)rank * p->scatter % p->blocks);
}

uint64_t pattern_next(struct pattern *p, struct rng *rng, uint64_t *len)
{
	uint64_t at = p->next;

	*len = p->block;
	switch (p->kind) {
	case PATTERN_SEQUENTIAL:
		if (p->span) {
			*len = min_u64(p->block, p->span - at);
			p->next = at + *len == p->span ? 0 : at + *len;
		} else {
			p->next = at + p->block;
		}
		return at;
	case PATTERN_REVERSE:
		at -= p->block;
		p->next = at ? at : p->blocks * p->block;
		return at;
	case PATTERN_STRIDE:
		return next_stride(p);
	case PATTERN_RANDOM:
		return rng_below(rng, p->blocks) * p->block;
	case PATTERN_ZIPF:
		return scattered(p, zipf_draw(p->zipf, rng)) * p->block;
	}
	return at;
}

bool pattern_wrap(struct pattern *p)
{
	bool moved = p->kind != PATTERN_SEQUENTIAL || p->next > p->block;

	if (p->kind == PATTERN_SEQUENTIAL)
		p->next = 0;
	return moved;
}
