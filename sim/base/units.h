/*
 * units.h - what a quantity is counted in, and how people write it
 *
 * One list of units serves scenarios, --set, help texts and plots.
 * Values are whole numbers in the unit's base: pages, bytes, nanoseconds ...
 */
#ifndef MMSIM_BASE_UNITS_H
#define MMSIM_BASE_UNITS_H

#include "sim/base/types.h"

/*     name         written as                                      base of the value */
#define UNIT_LIST(U)                                                                               \
	U(COUNT, "a whole number", "")                                                             \
	U(PAGES, "pages, or a size as 64 KiB", "pages")                                            \
	U(BYTES, "a size as 64 KiB, 8 GiB or 100 MB", "bytes")                                     \
	U(KIB, "KiB, or a size as 64 MiB", "KiB")                                                  \
	U(PERCENT, "percent", "percent")                                                           \
	U(PER_10000, "parts of 10000, or a share as 0.1 %", "1/10000")                             \
	U(NS, "a time as 10 us, 100 ms or 5 s", "ns")                                              \
	U(US, "microseconds, or a time as 2 ms", "us")                                             \
	U(MS, "milliseconds, or a time as 5 s", "ms")                                              \
	U(CENTISECS, "hundredths of a second, or a time as 5 s", "cs")                             \
	U(SECONDS, "seconds, or a time as 5 min", "s")                                             \
	U(BYTES_PER_SEC, "a rate as 100 MB/s or 64 MiB/s", "bytes/s")                              \
	U(PAGES_PER_SEC, "pages per second, or a rate as 64 MiB/s", "pages/s")                     \
	U(BOOL, "true or false", "")

enum unit {
#define U(name, written, base) UNIT_##name,
	UNIT_LIST(U)
#undef U
	    NR_UNITS
};

/* How a value of this unit may be written, for messages: "a size as 64 KiB, ..." */
const char *unit_written(enum unit unit);
/* The short name of the base, for axes and tables: "pages", "bytes", "ns"; "" for plain counts. */
const char *unit_base(enum unit unit);

/* The first unit with such a base, as unit_base gives it; false: there is none. */
bool unit_of_base(const char *base, enum unit *unit);

/*
 * Reads text as a value of unit.  A plain number is in the base of the unit; a
 * suffix, with or without one blank before it, converts:
 *
 *   sizes   B; k K M G T P with iB, i or nothing = 1024 forms, with B = 1000 forms; pages
 *   rates   a size followed by "/s"
 *   times   ns us ms s min h; for UNIT_NS a number other than 0 needs a suffix
 *   shares  "%"
 *
 * Decimal fractions are allowed before a suffix (1.5 GiB) when the result is
 * whole.  No exponent, hexadecimal, octal, leading zero or plus, underscore,
 * nan or inf.  What is beyond +-(2^63 - 1) or not whole is refused.  UNIT_BOOL gives 1 or 0.
 * On failure returns false and sets *why to a constant text ("not a number", "no number: it begins
 * with 0", ...).
 */
bool unit_parse(enum unit unit, const char *text, size_t len, int64_t *value, const char **why);

struct str;

/*
 * Adds a value to out as people write it ("64 KiB", "5 s", "20 %"): exact, never rounded, and
 * unit_parse reads it back as the same value.
 */
void unit_print(struct str *out, enum unit unit, int64_t value);

/*
 * Adds the values min..max as people write them: "0..100 percent", "4 KiB..1 GiB"; a max of
 * INT64_MAX is no bound: "at least 1".
 */
void unit_print_range(struct str *out, enum unit unit, int64_t min, int64_t max);
#endif
