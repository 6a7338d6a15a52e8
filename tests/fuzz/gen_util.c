/*
 * gen_util.c - chance of the generator
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/gen.h"

uint64_t below(struct gen *g, uint64_t n)
{
	return rng_below(&g->rng, n);
}

uint64_t between(struct gen *g, uint64_t low, uint64_t high)
{
	return low + below(g, high - low + 1);
}

bool chance(struct gen *g, unsigned percent)
{
	return below(g, 100) < percent;
}

uint64_t scaled(struct gen *g, uint64_t low, uint64_t high)
{
	int bits = 0;

	while (high >> bits > low)
		bits++;

	uint64_t v = low << below(g, (uint64_t)bits + 1);

	v += below(g, v + 1);
	return v < high ? v : high;
}

const char *one_of(struct gen *g, const char *const *words, size_t n)
{
	return words[below(g, n)];
}

bool knows(const struct gen *g, const char *call)
{
	char line[96];

	if (!g->known)
		return true;
	snprintf(line, sizeof(line), "\n%s %s\n", g->freebsd ? "freebsd" : "linux", call);
	return strstr(g->known, line) != NULL;
}

void new_name(struct gen *g, char *name, char letter)
{
	snprintf(name, 16, "%c%d.%" PRIu64, letter, g->task, below(g, 1000000));
}
