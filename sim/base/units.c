/*
 * units.c - what a quantity is counted in, and how people write it
 *
 * A unit belongs to a family (sizes, times ...).  A value written with a suffix
 * is first counted in the smallest thing of its family (bytes, ns) and then
 * divided by what the unit counts in; both steps are exact or refused.
 *
 *     "1.5 GiB" as PAGES:   15/10 * 2^30 bytes / 4096 bytes  =  393216
 */
#include "sim/base/units.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "sim/base/str.h"

#define PAGE_BYTES 4096

enum family { PLAIN, SIZE, RATE, TIME, SHARE, TRUTH };

struct unit_row {
	const char *written;
	const char *base;
};

static const struct unit_row unit_rows[NR_UNITS] = {
#define U(name, written, base) { written, base },
	UNIT_LIST(U)
#undef U
};

/* How many of the smallest thing of the family one of the unit is, and what to say if not whole. */
struct unit_scale {
	enum family family;
	uint64_t smallest;
	const char *not_whole;
};

static const struct unit_scale unit_scales[NR_UNITS] = {
	[UNIT_COUNT] = { PLAIN, 1, "not a whole number" },
	[UNIT_PAGES] = { SIZE, PAGE_BYTES, "not a multiple of 4 KiB" },
	[UNIT_BYTES] = { SIZE, 1, "not a whole number of bytes" },
	[UNIT_KIB] = { SIZE, 1024, "not a multiple of 1 KiB" },
	[UNIT_PERCENT] = { SHARE, 100, "not a whole number of percent" },
	[UNIT_PER_10000] = { SHARE, 1, "not a whole number of parts of 10000" },
	[UNIT_NS] = { TIME, 1, "not a whole number of nanoseconds" },
	[UNIT_US] = { TIME, NS_PER_US, "not a whole number of microseconds" },
	[UNIT_MS] = { TIME, NS_PER_MS, "not a whole number of milliseconds" },
	[UNIT_CENTISECS] = { TIME, 10 * NS_PER_MS, "not a whole number of hundredths of a second" },
	[UNIT_SECONDS] = { TIME, NS_PER_SEC, "not a whole number of seconds" },
	[UNIT_BYTES_PER_SEC] = { RATE, 1, "not a whole number of bytes per second" },
	[UNIT_PAGES_PER_SEC] = { RATE, PAGE_BYTES, "not a multiple of 4 KiB per second" },
	[UNIT_BOOL] = { TRUTH, 1, "not true or false" },
};

static const char *const family_unknown[] = {
	[PLAIN] = "a plain number takes no unit", [SIZE] = "unknown unit of size",
	[RATE] = "unknown unit of rate",          [TIME] = "unknown unit of time",
	[SHARE] = "unknown unit of a share",      [TRUTH] = "not true or false",
};

/* What people write for a unit, and what it is called here; matched without regard to capitals. */
struct near_unit {
	const char *written, *why;
};

static const struct near_unit near_units[] = {
#define SIZE_UNIT(l, L, l10)                                                                       \
	{ l, "unknown unit of size (did you mean " L "iB or " l10 "B?)" },                         \
	    { l "b", "unknown unit of size (did you mean " l10 "B or " L "iB?)" },                 \
	    { l "ib", "unknown unit of size (did you mean " L "iB?)" },                            \
	    { l "byte", "unknown unit of size (did you mean " l10 "B?)" },                         \
	{                                                                                          \
		l "bytes", "unknown unit of size (did you mean " l10 "B?)"                         \
	}
	SIZE_UNIT("k", "K", "k"),
	SIZE_UNIT("m", "M", "M"),
	SIZE_UNIT("g", "G", "G"),
	SIZE_UNIT("t", "T", "T"),
	SIZE_UNIT("p", "P", "P"),
	{ "byte", "unknown unit of size (did you mean B?)" },
	{ "bytes", "unknown unit of size (did you mean B?)" },
#undef SIZE_UNIT
};

static const struct near_unit near_times[] = {
	{ "m", "unknown unit of time (did you mean min or ms?)" },
	{ "mins", "unknown unit of time (did you mean min?)" },
	{ "minute", "unknown unit of time (did you mean min?)" },
	{ "minutes", "unknown unit of time (did you mean min?)" },
	{ "sec", "unknown unit of time (did you mean s?)" },
	{ "secs", "unknown unit of time (did you mean s?)" },
	{ "second", "unknown unit of time (did you mean s?)" },
	{ "seconds", "unknown unit of time (did you mean s?)" },
	{ "s", "unknown unit of time (did you mean s?)" },
	{ "h", "unknown unit of time (did you mean h?)" },
	{ "hr", "unknown unit of time (did you mean h?)" },
	{ "hour", "unknown unit of time (did you mean h?)" },
	{ "hours", "unknown unit of time (did you mean h?)" },
	{ "d", "unknown unit of time (a day is 24 h)" },
	{ "day", "unknown unit of time (a day is 24 h)" },
	{ "days", "unknown unit of time (a day is 24 h)" },
	{ "ms", "unknown unit of time (did you mean ms?)" },
	{ "msec", "unknown unit of time (did you mean ms?)" },
	{ "msecs", "unknown unit of time (did you mean ms?)" },
	{ "us", "unknown unit of time (did you mean us?)" },
	{ "usec", "unknown unit of time (did you mean us?)" },
	{ "usecs", "unknown unit of time (did you mean us?)" },
	{ "ns", "unknown unit of time (did you mean ns?)" },
	{ "nsec", "unknown unit of time (did you mean ns?)" },
};

static const struct near_unit near_rates[] = {
	{ "kbit/s", "bits, no bytes: 8 kbit/s are 1 kB/s" },
	{ "mbit/s", "bits, no bytes: 8 Mbit/s are 1 MB/s" },
	{ "gbit/s", "bits, no bytes: 8 Gbit/s are 1 GB/s" },
	{ "kbps", "unknown unit of rate (did you mean kB/s? 8 kbit/s are 1 kB/s)" },
	{ "mbps", "unknown unit of rate (did you mean MB/s? 8 Mbit/s are 1 MB/s)" },
	{ "gbps", "unknown unit of rate (did you mean GB/s? 8 Gbit/s are 1 GB/s)" },
#define RATE_UNIT(l, L, l10)                                                                       \
	{ l, "unknown unit of rate (did you mean " l10 "B/s or " L "iB/s?)" },                     \
	    { l "b", "unknown unit of rate (did you mean " l10 "B/s or " L "iB/s?)" },             \
	    { l "ib", "unknown unit of rate (did you mean " L "iB/s?)" },                          \
	    { l "/s", "unknown unit of rate (did you mean " l10 "B/s or " L "iB/s?)" },            \
	    { l "b/s", "unknown unit of rate (did you mean " l10 "B/s? 8 bits are a byte)" },      \
	{                                                                                          \
		l "ib/s", "unknown unit of rate (did you mean " L "iB/s?)"                         \
	}
	RATE_UNIT("k", "K", "k"),
	RATE_UNIT("m", "M", "M"),
	RATE_UNIT("g", "G", "G"),
#undef RATE_UNIT
};

struct suffix {
	const char *text;
	uint64_t smallest; /* how many of the smallest thing of the family */
};

static const struct suffix sizes_1024[] = {
	{ "PiB", 1ULL << 50 }, { "TiB", 1ULL << 40 }, { "GiB", 1ULL << 30 },
	{ "MiB", 1ULL << 20 }, { "KiB", 1ULL << 10 }, { "B", 1 },
};

static const struct suffix sizes_1000[] = {
	{ "PB", 1000000000000000ULL }, { "TB", 1000000000000ULL }, { "GB", 1000000000ULL },
	{ "MB", 1000000ULL },          { "kB", 1000ULL },          { "B", 1 },
};

static const struct suffix times[] = {
	{ "h", 3600 * NS_PER_SEC }, { "min", 60 * NS_PER_SEC }, { "s", NS_PER_SEC },
	{ "ms", NS_PER_MS },        { "us", NS_PER_US },        { "ns", 1 },
};

const char *unit_written(enum unit unit)
{
	return unit_rows[unit].written;
}

const char *unit_base(enum unit unit)
{
	return unit_rows[unit].base;
}

bool unit_of_base(const char *base, enum unit *unit)
{
	for (int u = 0; u < NR_UNITS; u++) {
		if (strcmp(unit_rows[u].base, base) == 0) {
			*unit = (enum unit)u;
			return true;
		}
	}
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool same(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(text, word, len);
}

/* Bytes of a suffix of sizes; 0: there is none such. */
static uint64_t size_suffix(const char *text, size_t len)
{
	static const char letters[] = "KMGTP";

	if (same(text, len, "B"))
		return 1;
	if (same(text, len, "page") || same(text, len, "pages"))
		return PAGE_BYTES;
	if (len == 0)
		return 0;

	const char *letter = strchr(letters, text[0] == 'k' ? 'K' : text[0]);

	if (!letter || !*letter)
		return 0;

	int power = (int)(letter - letters) + 1;

	if (len == 1 || same(text + 1, len - 1, "i") || same(text + 1, len - 1, "iB"))
		return 1ULL << (10 * power);
	if (!same(text + 1, len - 1, "B"))
		return 0;
	return sizes_1000[ARRAY_LEN(sizes_1000) - 1 - (size_t)power].smallest;
}

/* How many of the smallest thing of the family a suffix stands for; 0: unknown. */
static uint64_t family_suffix(enum family family, const char *text, size_t len)
{
	switch (family) {
	case SIZE:
		return size_suffix(text, len);
	case RATE:
		if (len < 2 || memcmp(text + len - 2, "/s", 2))
			return 0;
		return size_suffix(text, len - 2);
	case TIME:
		for (size_t i = 0; i < ARRAY_LEN(times); i++)
			if (same(text, len, times[i].text))
				return times[i].smallest;
		return 0;
	case SHARE:
		return same(text, len, "%") || same(text, len, "percent") ? 100 : 0;
	case PLAIN:
	case TRUTH:
		return 0;
	}
	return 0;
}

/* What to say of a suffix that is none of the family. */
static const char *unknown_suffix(enum family family, const char *text, size_t len)
{
	static const struct {
		const struct near_unit *list;
		size_t n;
	} near[] = {
		[SIZE] = { near_units, ARRAY_LEN(near_units) },
		[RATE] = { near_rates, ARRAY_LEN(near_rates) },
		[TIME] = { near_times, ARRAY_LEN(near_times) },
	};

	for (size_t i = 0; family < ARRAY_LEN(near) && i < near[family].n; i++)
		if (strlen(near[family].list[i].written) == len &&
		    !strncasecmp(near[family].list[i].written, text, len))
			return near[family].list[i].why;
	return family_unknown[family];
}

/* A number as it is written: digits / scale, then a suffix. */
struct written {
	bool negative, fraction;
	uint64_t digits;
	uint64_t scale; /* a power of ten */
	const char *suffix;
	size_t suffix_len;
};

/* Adds one digit; false: the number is beyond 64 bits. */
static bool add_digit(struct written *w, char c)
{
	return !__builtin_mul_overflow(w->digits, 10, &w->digits) &&
	       !__builtin_add_overflow(w->digits, (uint64_t)(c - '0'), &w->digits);
}

/* Takes text apart; NULL: done, otherwise what is wrong. */
static const char *split_number(struct written *w, const char *text, size_t len)
{
	const char *p = text, *end = text + len;

	*w = (struct written){ .scale = 1 };
	if (p < end && *p == '-') {
		w->negative = true;
		p++;
	}
	if (p == end || !is_digit(*p))
		return "not a number";
	if (*p == '0' && p + 1 < end && is_digit(p[1]))
		return "no number: it begins with 0";
	for (; p < end && is_digit(*p); p++)
		if (!add_digit(w, *p))
			return w->negative ? "too small, numbers begin at -2^63"
					   : "too large, numbers end at 2^63 - 1";
	if (p < end && *p == '.') {
		const char *from = ++p;

		while (p < end && is_digit(*p))
			p++;
		if (p == from)
			return "not a number";

		const char *last = p;

		while (last > from && last[-1] == '0')
			last--;
		w->fraction = true;
		for (; from < last; from++)
			if (!add_digit(w, *from) || __builtin_mul_overflow(w->scale, 10, &w->scale))
				return "too many digits";
	}

	bool blank = p < end && *p == ' ';

	w->suffix = p + blank;
	w->suffix_len = (size_t)(end - w->suffix);
	if (blank && w->suffix_len == 0)
		return "not a number";
	for (p = w->suffix; p < end; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');

		if (!letter && *p != '%' && *p != '/')
			return "not a number";
	}
	return NULL;
}

static const char *parse(enum unit unit, const char *text, size_t len, int64_t *value)
{
	const struct unit_scale *scale = &unit_scales[unit];
	struct written w;
	uint64_t one = scale->smallest;

	if (unit == UNIT_BOOL) {
		*value = same(text, len, "true");
		return *value || same(text, len, "false") ? NULL : scale->not_whole;
	}

	const char *wrong = split_number(&w, text, len);

	if (wrong)
		return wrong;
	if (w.suffix_len) {
		one = family_suffix(scale->family, w.suffix, w.suffix_len);
		if (!one)
			return unknown_suffix(scale->family, w.suffix, w.suffix_len);
	} else if (w.fraction) {
		return "not a whole number";
	} else if (unit == UNIT_NS && w.digits) {
		return "a time needs a unit";
	}

	/* Below 2^64 * 2^50 and 10^19 * 10^10: neither product overflows. */
	unsigned __int128 all = (unsigned __int128)w.digits * one;
	unsigned __int128 per = (unsigned __int128)w.scale * scale->smallest;

	/* one more below 0: -2^63 is a number of 64 bits */
	if (all / per > (uint64_t)INT64_MAX + w.negative)
		return w.negative ? "too small, numbers begin at -2^63"
				  : "too large, numbers end at 2^63 - 1";
	if (all % per)
		return scale->not_whole;

	uint64_t size = (uint64_t)(all / per);

	*value = (int64_t)(w.negative ? 0 - size : size);
	return NULL;
}

bool unit_parse(enum unit unit, const char *text, size_t len, int64_t *value, const char **why)
{
	int64_t v = 0;
	const char *wrong = parse(unit, text, len, &v);

	if (wrong)
		*why = wrong;
	else
		*value = v;
	return !wrong;
}

/* The largest suffix that leaves a whole number; n > 0, the last one is 1. */
static const struct suffix *largest_suffix(const struct suffix *list, unsigned __int128 n)
{
	while (n % list->smallest)
		list++;
	return list;
}

/* Whichever of the 1024 and the 1000 forms is the smaller number. */
static const struct suffix *size_written(unsigned __int128 bytes)
{
	const struct suffix *binary = largest_suffix(sizes_1024, bytes);
	const struct suffix *decimal = largest_suffix(sizes_1000, bytes);

	return decimal->smallest > binary->smallest ? decimal : binary;
}

void unit_print(struct str *out, enum unit unit, int64_t value)
{
	const struct unit_scale *scale = &unit_scales[unit];
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	unsigned __int128 all = (unsigned __int128)size * scale->smallest;
	const struct suffix *suffix = NULL;
	const char *behind = "";

	switch (scale->family) {
	case PLAIN:
		break;
	case TRUTH:
		str_add(out, value ? "true" : "false");
		return;
	case SHARE:
		behind = unit == UNIT_PERCENT ? " %" : "";
		break;
	case TIME:
		suffix = size ? largest_suffix(times, all) : NULL;
		behind = size ? "" : " s";
		break;
	case RATE:
		suffix = size ? size_written(all) : NULL;
		behind = size ? "/s" : " B/s";
		break;
	case SIZE:
		suffix = size ? size_written(all) : NULL;
		behind = size ? "" : " B";
		break;
	}
	if (suffix && all / suffix->smallest > INT64_MAX) {
		suffix = NULL; /* the plain number is the shorter one */
		behind = "";
	}
	if (value < 0)
		str_addc(out, '-');
	str_addf(out, "%" PRIu64, suffix ? (uint64_t)(all / suffix->smallest) : size);
	if (suffix)
		str_addf(out, " %s", suffix->text);
	str_add(out, behind);
}

/* As unit_print, but without the "%", which is said once behind the range. */
static void print_bound(struct str *out, enum unit unit, int64_t value)
{
	if (unit_scales[unit].family == SHARE)
		str_addf(out, "%" PRId64, value);
	else
		unit_print(out, unit, value);
}

void unit_print_range(struct str *out, enum unit unit, int64_t min, int64_t max)
{
	if (max == INT64_MAX) {
		str_add(out, "at least ");
		print_bound(out, unit, min);
	} else {
		print_bound(out, unit, min);
		str_add(out, "..");
		print_bound(out, unit, max);
	}
	if (unit == UNIT_PERCENT)
		str_add(out, " percent");
	if (unit == UNIT_PER_10000)
		str_add(out, " parts of 10000");
}
