/*
 * chance.c - what makers of scripts leave to chance
 */
#include "chance.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

void chance_begin(uint64_t seed)
{
	state = seed;
	for (int i = 0; i < 8; i++) /* seeds near each other part */
		below(2);
}

uint64_t spread(uint64_t seed)
{
	seed = (seed + 1) * 0x9e3779b97f4a7c15ULL;
	seed = (seed ^ seed >> 32) * 0xd6e8feb86659fd93ULL;
	return seed ^ seed >> 29;
}

uint64_t below(uint64_t n)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 20) % n;
}

uint64_t between(uint64_t low, uint64_t high)
{
	return low + below(high - low + 1);
}

bool once_in(uint64_t n)
{
	return below(n) == 0;
}

uint64_t any_size(uint64_t high)
{
	int bits = 0;
	uint64_t low;

	while (high >> (bits + 1))
		bits++;
	low = 1ULL << below((uint64_t)bits + 1);
	return between(low, 2 * low - 1 > high ? high : 2 * low - 1);
}

int weighted(const int *weights, int n)
{
	int sum = 0, at;

	for (int i = 0; i < n; i++)
		sum += weights[i];
	at = (int)below((uint64_t)sum);
	for (int i = 0; i < n; i++)
		if ((at -= weights[i]) < 0)
			return i;
	return n - 1;
}

uint64_t number(const char *what, const char *text, uint64_t high)
{
	char *end;
	uint64_t v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && v <= high)
		return v;
	fprintf(stderr, "script: %s %s: accepted: 0 to %" PRIu64 "\n", what, text, high);
	exit(2);
}

static const char *name_of(const void *row)
{
	return *(const char *const *)row;
}

const void *row_named(const void *rows, size_t size, const char *name)
{
	const char *row = rows;

	for (; name_of(row); row += size)
		if (strcmp(name_of(row), name) == 0)
			return row;
	fprintf(stderr, "script: %s: not known; accepted:", name);
	for (row = rows; name_of(row); row += size)
		fprintf(stderr, " %s", name_of(row));
	fprintf(stderr, "\n");
	exit(2);
}
