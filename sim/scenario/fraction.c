/*
 * fraction.c - exact arithmetic for what expectations compute from metrics
 */
#include "sim/scenario/fraction.h"

#include <inttypes.h>

#define MAX_BITS 126

static const struct fraction undefined = { 0, 0 };

static int bits_of(__int128 v)
{
	unsigned __int128 u = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
	uint64_t high = (uint64_t)(u >> 64);

	return high ? 64 + fls_u64(high) : fls_u64((uint64_t)u);
}

/* false: the product may not fit. */
static bool multiply(__int128 a, __int128 b, __int128 *product)
{
	if (bits_of(a) + bits_of(b) > MAX_BITS)
		return false;
	*product = a * b;
	return true;
}

static __int128 divisor(__int128 a, __int128 b)
{
	if (a < 0)
		a = -a;
	while (b) {
		__int128 rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static struct fraction reduced(struct fraction f)
{
	__int128 common = divisor(f.num, f.den);

	return common > 1 ? (struct fraction){ f.num / common, f.den / common } : f;
}

/* a + sign * b. */
static struct fraction add(struct fraction a, struct fraction b, int sign)
{
	__int128 left, right, den;

	if (!a.den || !b.den)
		return undefined;
	if (a.den == b.den) {
		left = a.num;
		right = b.num;
		den = a.den;
	} else if (!multiply(a.num, b.den, &left) || !multiply(b.num, a.den, &right) ||
		   !multiply(a.den, b.den, &den)) {
		return undefined;
	}
	if (bits_of(left) > MAX_BITS - 1 || bits_of(right) > MAX_BITS - 1)
		return undefined;
	return (struct fraction){ left + sign * right, den };
}

struct fraction fraction_add(struct fraction a, struct fraction b)
{
	return add(a, b, 1);
}

struct fraction fraction_sub(struct fraction a, struct fraction b)
{
	return add(a, b, -1);
}

struct fraction fraction_mul(struct fraction a, struct fraction b)
{
	struct fraction f;

	if (!a.den || !b.den)
		return undefined;
	if (multiply(a.num, b.num, &f.num) && multiply(a.den, b.den, &f.den))
		return f;
	a = reduced(a);
	b = reduced(b);
	if (multiply(a.num, b.num, &f.num) && multiply(a.den, b.den, &f.den))
		return f;
	return undefined;
}

struct fraction fraction_div(struct fraction a, struct fraction b)
{
	if (!b.den || !b.num)
		return undefined;
	return fraction_mul(a, b.num < 0 ? (struct fraction){ -b.den, -b.num }
					 : (struct fraction){ b.den, b.num });
}

struct fraction fraction_abs(struct fraction f)
{
	return f.num < 0 ? (struct fraction){ -f.num, f.den } : f;
}

static __int128 floor_div(__int128 num, __int128 den)
{
	return num / den - (num % den < 0);
}

int fraction_compare(struct fraction a, struct fraction b)
{
	/* the whole parts decide; if they are equal, the inverse of what is left, the other way */
	for (int sign = 1;; sign = -sign) {
		__int128 whole_a = floor_div(a.num, a.den), whole_b = floor_div(b.num, b.den);

		if (whole_a != whole_b)
			return whole_a < whole_b ? -sign : sign;

		__int128 rest_a = a.num - whole_a * a.den, rest_b = b.num - whole_b * b.den;

		if (!rest_a || !rest_b)
			return rest_a ? sign : rest_b ? -sign : 0;
		a = (struct fraction){ a.den, rest_a };
		b = (struct fraction){ b.den, rest_b };
	}
}

struct fraction fraction_floor(struct fraction f, int64_t parts)
{
	__int128 scaled;

	if (!f.den)
		return undefined;
	f = reduced(f);
	if (!multiply(f.num, parts, &scaled))
		return undefined;
	return (struct fraction){ floor_div(scaled, f.den), parts };
}

static void print_whole(struct str *out, unsigned __int128 v)
{
	const uint64_t billion = 1000000000;

	if (v >= (unsigned __int128)billion * billion) {
		print_whole(out, v / billion / billion); /* at most three levels */
		str_addf(out, "%018" PRIu64,
			 (uint64_t)(v % ((unsigned __int128)billion * billion)));
	} else {
		str_addf(out, "%" PRIu64, (uint64_t)v);
	}
}

void fraction_print(struct str *out, struct fraction f, enum unit unit)
{
	unsigned __int128 num = f.num < 0 ? -(unsigned __int128)f.num : (unsigned __int128)f.num;

	if (!f.den) {
		str_add(out, "undefined");
		return;
	}
	if (f.num < 0)
		str_addc(out, '-');

	unsigned __int128 den = (unsigned __int128)f.den, rest = num % den;

	print_whole(out, num / den);
	if (rest) {
		str_addc(out, '.');
		while (den >> 120) { /* room for another digit */
			den >>= 4;
			rest >>= 4;
		}
		for (int digit = 0; digit < 3; digit++) {
			rest *= 10;
			str_addc(out, (char)('0' + (int)(rest / den % 10)));
			rest %= den;
		}
	}
	if (*unit_base(unit))
		str_addf(out, " %s", unit_base(unit));
}
