/*
 * test_units.c - numbers with units: read, refused, printed
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/base/units.h"

static void reads(enum unit unit, const char *text, int64_t expected)
{
	const char *why = NULL;
	int64_t value = -77;

	if (!unit_parse(unit, text, strlen(text), &value, &why))
		fail_msg("\"%s\" is refused: %s", text, why);
	if (value != expected)
		fail_msg("\"%s\" is read as %lld", text, (long long)value);
}

/* Of numbers above 2^63 - 1. */
#define TOO_LARGE "too large, numbers end at 2^63 - 1"
/* Of those below -2^63. */
#define TOO_SMALL "too small, numbers begin at -2^63"

static void refuses(enum unit unit, const char *text, const char *expected)
{
	const char *why = NULL;
	int64_t value = -77;

	if (unit_parse(unit, text, strlen(text), &value, &why))
		fail_msg("\"%s\" is read as %lld", text, (long long)value);
	assert_int_equal(value, -77);
	assert_string_equal(why, expected);
}

static void sizes_are_read_with_their_suffix(void **state)
{
	(void)state;
	reads(UNIT_BYTES, "0", 0);
	reads(UNIT_BYTES, "512", 512);
	reads(UNIT_BYTES, "512 B", 512);
	reads(UNIT_BYTES, "64KiB", 65536);
	reads(UNIT_BYTES, "64 KiB", 65536);
	reads(UNIT_BYTES, "64 Ki", 65536);
	reads(UNIT_BYTES, "64K", 65536);
	reads(UNIT_BYTES, "64k", 65536);
	reads(UNIT_BYTES, "64 kB", 64000);
	reads(UNIT_BYTES, "64 KB", 64000);
	reads(UNIT_BYTES, "100 MB", 100000000);
	reads(UNIT_BYTES, "8 GiB", 8LL << 30);
	reads(UNIT_BYTES, "8G", 8LL << 30);
	reads(UNIT_BYTES, "2 GB", 2000000000);
	reads(UNIT_BYTES, "1 T", 1LL << 40);
	reads(UNIT_BYTES, "3 PB", 3000000000000000);
	reads(UNIT_BYTES, "1.5 GiB", 3LL << 29);
	reads(UNIT_BYTES, "0.001 kB", 1);
	reads(UNIT_BYTES, "-1 KiB", -1024);
	reads(UNIT_PAGES, "16", 16);
	reads(UNIT_PAGES, "16 pages", 16);
	reads(UNIT_PAGES, "64 KiB", 16);
	reads(UNIT_PAGES, "1.5 GiB", 393216);
	reads(UNIT_KIB, "128", 128);
	reads(UNIT_KIB, "64 MiB", 65536);
	refuses(UNIT_PAGES, "5 KiB", "not a multiple of 4 KiB");
	refuses(UNIT_PAGES, "100 MB", "not a multiple of 4 KiB");
	refuses(UNIT_KIB, "100 B", "not a multiple of 1 KiB");
	refuses(UNIT_BYTES, "0.5 B", "not a whole number of bytes");
	refuses(UNIT_BYTES, "1.5", "not a whole number");
	refuses(UNIT_BYTES, "1 mb", "unknown unit of size (did you mean MB or MiB?)");
	refuses(UNIT_BYTES, "1 Kib", "unknown unit of size (did you mean KiB?)");
	refuses(UNIT_BYTES, "1 EiB", "unknown unit of size");
	refuses(UNIT_BYTES, "1 s", "unknown unit of size");
	refuses(UNIT_BYTES, "1 MB/s", "unknown unit of size");
}

static void times_rates_and_shares_are_read(void **state)
{
	(void)state;
	reads(UNIT_NS, "0", 0);
	reads(UNIT_NS, "10 us", 10000);
	reads(UNIT_NS, "5s", 5000000000);
	reads(UNIT_NS, "1.25 ms", 1250000);
	reads(UNIT_NS, "2 h", 7200000000000);
	reads(UNIT_MS, "100", 100);
	reads(UNIT_MS, "5 s", 5000);
	reads(UNIT_CENTISECS, "500", 500);
	reads(UNIT_CENTISECS, "5 s", 500);
	reads(UNIT_SECONDS, "5 min", 300);
	refuses(UNIT_NS, "5", "a time needs a unit");
	refuses(UNIT_SECONDS, "100 ms", "not a whole number of seconds");
	refuses(UNIT_MS, "5 sec", "unknown unit of time (did you mean s?)");
	refuses(UNIT_MS, "5 M", "unknown unit of time (did you mean min or ms?)");
	reads(UNIT_BYTES_PER_SEC, "100 MB/s", 100000000);
	reads(UNIT_BYTES_PER_SEC, "64 MiB/s", 64 << 20);
	reads(UNIT_PAGES_PER_SEC, "64 MiB/s", 16384);
	reads(UNIT_PAGES_PER_SEC, "100 pages/s", 100);
	refuses(UNIT_PAGES_PER_SEC, "100 MB/s", "not a multiple of 4 KiB per second");
	refuses(UNIT_BYTES_PER_SEC, "100 MB", "unknown unit of rate (did you mean MB/s or MiB/s?)");
	refuses(UNIT_BYTES_PER_SEC, "80 Mbit/s", "bits, no bytes: 8 Mbit/s are 1 MB/s");
	reads(UNIT_BYTES_PER_SEC, "100", 100);
	reads(UNIT_BYTES_PER_SEC, "0", 0);
	refuses(UNIT_BYTES_PER_SEC, "100 /s", "unknown unit of rate");
	reads(UNIT_PERCENT, "20", 20);
	reads(UNIT_PERCENT, "20%", 20);
	reads(UNIT_PERCENT, "20 %", 20);
	reads(UNIT_PER_10000, "10", 10);
	reads(UNIT_PER_10000, "0.1 %", 10);
	refuses(UNIT_PERCENT, "0.5 %", "not a whole number of percent");
	reads(UNIT_BOOL, "true", 1);
	reads(UNIT_BOOL, "false", 0);
	refuses(UNIT_BOOL, "yes", "not true or false");
	refuses(UNIT_BOOL, "1", "not true or false");
}

static void hostile_numbers_are_refused(void **state)
{
	(void)state;
	static const char *const no_numbers[] = {
		"",       "-",     "nan",  "inf",   "-inf",  "+1",       " 1", "1 ",
		"1  KiB", "0x10",  "0o17", "1_000", "1e400", "1e3",      ".5", "1.",
		"1,5",    "1.5.5", "--1",  "true",  "1\n",   "\xd9\xa1",
	};

	for (size_t i = 0; i < ARRAY_LEN(no_numbers); i++)
		for (int unit = UNIT_COUNT; unit < UNIT_BOOL; unit++)
			refuses((enum unit)unit, no_numbers[i], "not a number");
	refuses(UNIT_COUNT, "017", "no number: it begins with 0");
	refuses(UNIT_COUNT, "4GiB", "a plain number takes no unit");
	refuses(UNIT_COUNT, "4.0", "not a whole number");
	reads(UNIT_COUNT, "-1", -1);
	reads(UNIT_COUNT, "-0", 0);

	const char *why;
	int64_t value;

	assert_false(unit_parse(UNIT_COUNT, "1\0002", 3, &value, &why));
	assert_true(unit_parse(UNIT_COUNT, "123", 2, &value, &why));
	assert_int_equal(value, 12);
}

static void values_beyond_63_bits_are_refused(void **state)
{
	(void)state;
	reads(UNIT_COUNT, "9223372036854775807", INT64_MAX);
	reads(UNIT_COUNT, "-9223372036854775807", -INT64_MAX);
	reads(UNIT_COUNT, "-9223372036854775808", INT64_MIN);
	reads(UNIT_BYTES, "-8192 PiB", INT64_MIN);
	refuses(UNIT_COUNT, "9223372036854775808", TOO_LARGE);
	refuses(UNIT_COUNT, "18446744073709551615", TOO_LARGE);
	refuses(UNIT_COUNT, "18446744073709551616", TOO_LARGE);
	refuses(UNIT_COUNT, "-18446744073709551616", TOO_SMALL);
	refuses(UNIT_COUNT, "-9223372036854775809", TOO_SMALL);
	refuses(UNIT_BYTES, "-8193 PiB", TOO_SMALL);
	refuses(UNIT_BYTES, "99999999999999999999999999", TOO_LARGE);
	refuses(UNIT_BYTES, "8192 PiB", TOO_LARGE);
	reads(UNIT_BYTES, "8191 PiB", 8191LL << 50);
	refuses(UNIT_BYTES, "18446744073709551615 PiB", TOO_LARGE);
	refuses(UNIT_NS, "2562048 h", TOO_LARGE);
	reads(UNIT_PAGES, "16384 PiB", 1LL << 52);
	refuses(UNIT_NS, "0.00000000000000000001 s", "too many digits");
	refuses(UNIT_NS, "0.0000000001 s", "not a whole number of nanoseconds");
	reads(UNIT_NS, "0.100000000000000000000000000000 s", 100000000);
}

static void prints(enum unit unit, int64_t value, const char *expected)
{
	struct str out = { 0 };

	unit_print(&out, unit, value);
	assert_string_equal(str_get(&out), expected);
	reads(unit, str_get(&out), value);
	str_free(&out);
}

static void prints_range(enum unit unit, int64_t min, int64_t max, const char *expected)
{
	struct str out = { 0 };

	unit_print_range(&out, unit, min, max);
	assert_string_equal(str_get(&out), expected);
	str_free(&out);
}

static void every_unit_prints_and_reads_the_same_value(void **state)
{
	(void)state;
	static const int64_t values[] = { 0,         1,         7,         999,       1000,
					  1024,      4096,      60000,     65536,     86400,
					  1000000,   100000000, 123456789, 1LL << 40, -5,
					  INT64_MAX, -INT64_MAX };

	for (int unit = UNIT_COUNT; unit < UNIT_BOOL; unit++) {
		for (size_t i = 0; i < ARRAY_LEN(values); i++) {
			struct str out = { 0 };

			unit_print(&out, (enum unit)unit, values[i]);
			reads((enum unit)unit, str_get(&out), values[i]);
			str_free(&out);
		}
		assert_true(strlen(unit_written((enum unit)unit)) > 0);
	}
	prints(UNIT_BOOL, 1, "true");
	prints(UNIT_COUNT, -3, "-3");
	prints(UNIT_PAGES, 16, "64 KiB");
	prints(UNIT_PAGES, 0, "0 B");
	prints(UNIT_PAGES, INT64_MAX, "9223372036854775807");
	prints(UNIT_BYTES, 65536, "64 KiB");
	prints(UNIT_BYTES, 100000000, "100 MB");
	prints(UNIT_BYTES_PER_SEC, 100000000, "100 MB/s");
	prints(UNIT_NS, 5000000000, "5 s");
	prints(UNIT_NS, 1500000000, "1500 ms");
	prints(UNIT_CENTISECS, 500, "5 s");
	prints(UNIT_PERCENT, 20, "20 %");
	prints_range(UNIT_PERCENT, 0, 100, "0..100 percent");
	prints_range(UNIT_PER_10000, 1, 3000, "1..3000 parts of 10000");
	prints_range(UNIT_BYTES, 4096, 1 << 30, "4 KiB..1 GiB");
	prints_range(UNIT_COUNT, 1, INT64_MAX, "at least 1");
	assert_string_equal(unit_base(UNIT_PAGES), "pages");
	assert_string_equal(unit_base(UNIT_COUNT), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_read_with_their_suffix),
		cmocka_unit_test(times_rates_and_shares_are_read),
		cmocka_unit_test(hostile_numbers_are_refused),
		cmocka_unit_test(values_beyond_63_bits_are_refused),
		cmocka_unit_test(every_unit_prints_and_reads_the_same_value),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
