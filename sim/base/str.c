/*
 * str.c - a growing string
 */
#include "sim/base/str.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"

/* Makes room for extra more characters and the zero byte. */
static void str_room(struct str *b, size_t extra)
{
	SIM_ASSERT(extra < SIZE_MAX - b->len);

	void *s = b->s;

	sim_grow(&s, &b->cap, b->len + extra + 1, 1);
	b->s = s;
}

void str_addn(struct str *b, const char *s, size_t len)
{
	str_room(b, len);
	memcpy(b->s + b->len, s, len);
	b->len += len;
	b->s[b->len] = '\0';
}

void str_add(struct str *b, const char *s)
{
	str_addn(b, s, strlen(s));
}

void str_addc(struct str *b, char c)
{
	str_addn(b, &c, 1);
}

void str_vaddf(struct str *b, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);

	int len = vsnprintf(NULL, 0, fmt, ap);

	SIM_ASSERT(len >= 0);
	str_room(b, (size_t)len);
	vsnprintf(b->s + b->len, (size_t)len + 1, fmt, again);
	b->len += (size_t)len;
	va_end(again);
}

void str_addf(struct str *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(b, fmt, ap);
	va_end(ap);
}

void str_reset(struct str *b)
{
	b->len = 0;
	if (b->s)
		b->s[0] = '\0';
}

void str_free(struct str *b)
{
	sim_free(b->s);
	*b = (struct str){ 0 };
}

const char *str_get(const struct str *b)
{
	return b->s ? b->s : "";
}

char *str_take(struct str *b)
{
	char *s = b->s ? b->s : sim_strdup("");

	*b = (struct str){ 0 };
	return s;
}

bool str_ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), n = strlen(end);

	return len > n && strcmp(s + len - n, end) == 0;
}

char *str_format(const char *fmt, ...)
{
	struct str b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&b, fmt, ap);
	va_end(ap);
	return b.s;
}

char *str_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return sim_strdup(".");
	return sim_strndup(path, (size_t)(slash - path) + (slash == path));
}

int str_utf8(const char *s, size_t len, uint32_t *code)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)s[0];
	int bytes = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (bytes == 1) {
		*code = first;
		return 1;
	}
	if (bytes == 0 || first > 0xf7 || len < (size_t)bytes)
		return 0;

	uint32_t c = first & (0x7fu >> bytes);

	for (int i = 1; i < bytes; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (c < smallest[bytes] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*code = c;
	return bytes;
}

static int min_int(int a, int b)
{
	return a < b ? a : b;
}

/*
 * The usual table of edit distances, one row per letter of a; only the last
 * three rows are kept, the third for the swap of two neighbours.
 */
int str_distance(const char *a, const char *b)
{
	size_t len_a = strlen(a), len_b = strlen(b);
	int *rows = sim_calloc(3 * (len_b + 1), sizeof(*rows));
	int *before = rows, *last = rows + len_b + 1, *row = rows + 2 * (len_b + 1);

	for (size_t j = 0; j <= len_b; j++)
		last[j] = (int)j;
	for (size_t i = 1; i <= len_a; i++) {
		row[0] = (int)i;
		for (size_t j = 1; j <= len_b; j++) {
			int best = last[j - 1] + (a[i - 1] != b[j - 1]);

			best = min_int(best, min_int(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = min_int(best, before[j - 2] + 1);
			row[j] = best;
		}

		int *oldest = before;

		before = last;
		last = row;
		row = oldest;
	}

	int distance = last[len_b];

	sim_free(rows);
	return distance;
}
