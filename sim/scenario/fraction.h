/*
 * fraction.h - exact arithmetic for what expectations compute from metrics
 *
 * Nothing is rounded: a division makes a fraction, and fractions are compared
 * by their continued fractions.  What does not fit in 126 bits is undefined,
 * as is a division by zero; an undefined operand makes the result undefined.
 */
#ifndef MMSIM_SCENARIO_FRACTION_H
#define MMSIM_SCENARIO_FRACTION_H

#include "sim/base/str.h"
#include "sim/base/units.h"

struct fraction {
	__int128 num;
	__int128 den; /* above 0; 0: undefined */
};

static inline struct fraction fraction_of(int64_t n)
{
	return (struct fraction){ n, 1 };
}

static inline bool fraction_defined(struct fraction f)
{
	return f.den != 0;
}

struct fraction fraction_add(struct fraction a, struct fraction b);
struct fraction fraction_sub(struct fraction a, struct fraction b);
struct fraction fraction_mul(struct fraction a, struct fraction b);
struct fraction fraction_div(struct fraction a, struct fraction b);
struct fraction fraction_abs(struct fraction f);
/* Below, at or above 0 as a is below, equal to or above b; both defined. */
int fraction_compare(struct fraction a, struct fraction b);
/* The largest whole number of parts (1/parts) that is not above f: a fraction with den parts. */
struct fraction fraction_floor(struct fraction f, int64_t parts);
/* "105", "0.667" (three digits, cut off), "undefined"; with the base of the unit: "105 pages". */
void fraction_print(struct str *out, struct fraction f, enum unit unit);
#endif
