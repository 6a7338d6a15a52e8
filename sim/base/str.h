/*
 * str.h - a growing string
 */
#ifndef MMSIM_BASE_STR_H
#define MMSIM_BASE_STR_H

#include <stdarg.h>
#include "sim/base/types.h"

struct str {
	char *s;    /* owned; always ends with a zero byte once something was added, NULL before */
	size_t len; /* without the zero byte */
	size_t cap;
};

void str_add(struct str *b, const char *s);
void str_addn(struct str *b, const char *s, size_t len);
void str_addc(struct str *b, char c);
void str_addf(struct str *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_vaddf(struct str *b, const char *fmt, va_list ap);
void str_reset(struct str *b); /* empty, memory kept */
void str_free(struct str *b);
const char *str_get(const struct str *b); /* "" when nothing was added */
char *str_take(struct str *b); /* the same, the caller's from now on; *b is empty again */

/* sprintf into fresh memory; the caller frees it with sim_free. */
char *str_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The folder of a path: "/" of "/x", "." of "x"; the caller frees it. */
char *str_folder(const char *path);

/*
 * The character at s[0..len), len > 0: returns its bytes, 1..4, and sets *code;
 * 0: not UTF-8 (cut off, too long a form, a surrogate, above 0x10ffff).
 */
int str_utf8(const char *s, size_t len, uint32_t *code);

/* Whether a text ends so and something stands before that: "x.db" with ".db", ".db" not. */
bool str_ends_with(const char *s, const char *end);

/* The number of single edits (insert, delete, replace, swap of neighbours) between two words. */
int str_distance(const char *a, const char *b);
#endif
