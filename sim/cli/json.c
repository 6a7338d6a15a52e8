/*
 * json.c - writes JSON, a value at a time
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/cli/json.h"

#define EXACT 9007199254740992.0 /* whole numbers below have all their digits */

static void add_quoted(struct str *out, const char *text)
{
	str_addc(out, '"');
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			str_addf(out, "\\%c", *p);
		else if (*p < 0x20 || *p == 0x7f)
			str_addf(out, "\\u%04x", *p);
		else
			str_addc(out, (char)*p);
	}
	str_addc(out, '"');
}

void json_print_real(struct str *out, double number)
{
	char text[32];

	if (!(number - number <= 0)) { /* not finite: JSON has no word for it */
		str_add(out, "null");
		return;
	}
	if (number < EXACT && number > -EXACT && number <= (double)(int64_t)number &&
	    number >= (double)(int64_t)number) {
		str_addf(out, "%" PRId64, (int64_t)number);
		return;
	}
	for (int digits = 1; digits <= 17; digits++) {
		double back;

		snprintf(text, sizeof(text), "%.*g", digits, number);
		back = strtod(text, NULL);
		if (back <= number && back >= number)
			break;
	}
	str_add(out, text);
}

static void begin(struct json *j, const char *key)
{
	if (j->more)
		str_addc(&j->out, ',');
	if (j->depth)
		str_addc(&j->out, '\n');
	for (int i = 0; i < j->depth; i++)
		str_addc(&j->out, ' ');
	if (key) {
		add_quoted(&j->out, key);
		str_add(&j->out, ": ");
	}
	j->more = true;
}

static void open_with(struct json *j, const char *key, char c)
{
	begin(j, key);
	str_addc(&j->out, c);
	j->depth++;
	j->more = false;
}

static void close_with(struct json *j, char c)
{
	j->depth--;
	if (j->more) {
		str_addc(&j->out, '\n');
		for (int i = 0; i < j->depth; i++)
			str_addc(&j->out, ' ');
	}
	str_addc(&j->out, c);
	j->more = true;
}

void json_object(struct json *j, const char *key)
{
	open_with(j, key, '{');
}

void json_list(struct json *j, const char *key)
{
	open_with(j, key, '[');
}

void json_end_object(struct json *j)
{
	close_with(j, '}');
}

void json_end_list(struct json *j)
{
	close_with(j, ']');
}

void json_text(struct json *j, const char *key, const char *text)
{
	begin(j, key);
	add_quoted(&j->out, text);
}

void json_number(struct json *j, const char *key, int64_t number)
{
	begin(j, key);
	str_addf(&j->out, "%" PRId64, number);
}

void json_real(struct json *j, const char *key, double number)
{
	begin(j, key);
	json_print_real(&j->out, number);
}

void json_bool(struct json *j, const char *key, bool b)
{
	begin(j, key);
	str_add(&j->out, b ? "true" : "false");
}

void json_raw(struct json *j, const char *key, const char *number)
{
	begin(j, key);
	str_add(&j->out, number);
}

void json_null(struct json *j, const char *key)
{
	begin(j, key);
	str_add(&j->out, "null");
}

void json_print(struct json *j)
{
	puts(str_get(&j->out));
	str_free(&j->out);
}
