/*
 * script.c - a script of random calls for the module "calls"
 *
 *	script KIND SEED CALLS         writes it
 *	script KIND                    "GROUP MEMORY_MB" of such scripts
 *
 * The same seed gives the same script everywhere.  What calls will return is not known here: a slot
 * that got nothing is emptied like any other.
 */
#include "script.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_CALLS 1000000 /* no script of so many has room in the module */

static uint64_t state;

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

static const struct kind *const all[] = { vm_kinds, pool_kinds, file_kinds };

static const struct kind *find(const char *name)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (const struct kind *k = all[i]; k->name; k++)
			if (strcmp(k->name, name) == 0)
				return k;
	fprintf(stderr, "script: %s: not known; accepted:", name);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (const struct kind *k = all[i]; k->name; k++)
			fprintf(stderr, " %s", k->name);
	fprintf(stderr, "\n");
	exit(2);
}

static uint64_t number(const char *what, const char *text, uint64_t high)
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

int main(int argc, char **argv)
{
	const struct kind *kind;
	int calls;

	if (argc != 2 && argc != 4) {
		fprintf(stderr, "script KIND [SEED CALLS]\n");
		return 2;
	}
	kind = find(argv[1]);
	if (argc == 2) {
		printf("%s %d\n", kind->group, kind->memory_mb);
		return 0;
	}
	state = number("seed", argv[2], UINT64_MAX);
	calls = (int)number("calls", argv[3], MOST_CALLS);
	for (int i = 0; i < 8; i++) /* seeds near each other part */
		below(2);
	kind->write(calls);
	return 0;
}
