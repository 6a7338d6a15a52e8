/*
 * behaviour.c - what a callback of a call does, as it is written
 */
#include "sim/scenario/behaviour.h"

#include <string.h>

#include "sim/base/errname.h"

#define MAX_DELAY 1000000000000000000 /* ns */

/* Whether text begins with word; *rest is what stands behind it. */
static bool begins(const char *text, size_t len, const char *word, const char **rest)
{
	size_t n = strlen(word);

	if (len < n || strncmp(text, word, n))
		return false;
	*rest = text + n;
	return true;
}

bool behaviour_parse(const char *text, size_t len, struct behaviour *b, const char **why)
{
	const char *rest = NULL, *end = text + len;
	int64_t v;

	*b = (struct behaviour){ .kind = BEHAVE_NONE };
	*why = "no such behaviour";
	if (len == 2 && !strncmp(text, "ok", 2)) {
		b->kind = BEHAVE_OK;
	} else if (begins(text, len, "error:", &rest)) {
		b->error = -error_number(rest, (size_t)(end - rest));
		if (!b->error) {
			*why = "no such error";
			return false;
		}
		b->kind = BEHAVE_ERROR;
	} else if (begins(text, len, "delay:", &rest)) {
		if (!unit_parse(UNIT_NS, rest, (size_t)(end - rest), &v, why))
			return false;
		if (v < 0 || v > MAX_DELAY) {
			*why = "out of range";
			return false;
		}
		b->kind = BEHAVE_DELAY;
		b->delay = (sim_time)v;
	} else if (begins(text, len, "fail:", &rest)) {
		if (!unit_parse(UNIT_COUNT, rest, (size_t)(end - rest), &v, why))
			return false;
		if (v < 1) {
			*why = "calls are counted from 1";
			return false;
		}
		b->kind = BEHAVE_FAIL;
		b->nth = v;
	}
	return b->kind != BEHAVE_NONE;
}
