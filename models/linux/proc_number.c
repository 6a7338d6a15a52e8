/*
 * proc_number.c - how the files of /proc/sys read numbers
 *
 * A number ends at a blank or at the end; "10k" is none.  What follows the last number that a file
 * wants is never looked at, so "10 # ten" is 10.
 */
#include "models/linux/proc_number.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define TMPBUFLEN 22 /* a number has fewer characters, its sign included */

static const char wspace[] = " \t\n";

/* One number at *text, which moves behind it. */
static bool proc_get_long(const char **text, bool is_long, int64_t *v)
{
	const char *p = *text + (**text == '-');
	uint64_t most = is_long ? INT64_MAX : (uint64_t)INT32_MAX + (**text == '-');
	bool hex = p[0] == '0' && (p[1] == 'x' || p[1] == 'X') &&
		   strspn(p + 2, "0123456789abcdefABCDEF") > 0;
	uint64_t value;
	char *end;

	if (*p < '0' || *p > '9' || (is_long && p > *text))
		return false;
	errno = 0;
	value = strtoumax(p, &end, hex ? 16 : *p == '0' ? 8 : 10);
	if (errno || value > most || end - *text >= TMPBUFLEN - 1)
		return false;
	if (*end && !strchr(wspace, *end))
		return false;
	*v = p > *text ? -(int64_t)value : (int64_t)value;
	*text = end;
	return true;
}

int proc_read_numbers(const char *text, bool is_long, int64_t *v, int count, const char **rest)
{
	int n = 0;

	for (text += strspn(text, wspace); *text && n < count; text += strspn(text, wspace)) {
		if (!proc_get_long(&text, is_long, &v[n]))
			break;
		n++;
	}
	*rest = text;
	return n ? n : -EINVAL;
}
