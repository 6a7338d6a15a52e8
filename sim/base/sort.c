/*
 * sort.c - numbers in their order, digit by digit from the lowest on
 *
 * Checks sort all frames that programs map, after every event if they are asked to: there are many,
 * and frames of a small machine have few digits.
 */
#include <stdbool.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/base/sort.h"

#define DIGIT_BITS 11
#define DIGITS     (1u << DIGIT_BITS)
#define NR_DIGITS  3
#define FEW        32 /* of so many each is put in its place */

static void insert_each(uint32_t *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint32_t x = v[i];
		size_t k = i;

		for (; k && v[k - 1] > x; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

static unsigned digit(uint32_t x, unsigned which)
{
	return x >> which * DIGIT_BITS & (DIGITS - 1);
}

/* Where each value of the digit begins.  False: all have the same. */
static bool count_digit(const uint32_t *v, size_t n, unsigned which, size_t *begin)
{
	size_t at = 0;

	memset(begin, 0, DIGITS * sizeof(*begin));
	for (size_t i = 0; i < n; i++)
		begin[digit(v[i], which)]++;
	if (begin[digit(v[0], which)] == n)
		return false;
	for (unsigned d = 0; d < DIGITS; d++) {
		size_t nr = begin[d];

		begin[d] = at;
		at += nr;
	}
	return true;
}

void sort_u32(uint32_t *v, size_t n)
{
	size_t begin[DIGITS];
	uint32_t *from = v, *to, *room;

	if (n <= FEW) {
		insert_each(v, n);
		return;
	}
	room = to = sim_calloc(n, sizeof(*room));
	for (unsigned which = 0; which < NR_DIGITS; which++) {
		if (!count_digit(from, n, which, begin))
			continue;
		for (size_t i = 0; i < n; i++)
			to[begin[digit(from[i], which)]++] = from[i];

		uint32_t *sorted = to;

		to = from;
		from = sorted;
	}
	if (from != v)
		memcpy(v, from, n * sizeof(*v));
	sim_free(room);
}
