/*
 * syntax.c - what is accepted where a file is no YAML
 *
 * The parser says what it did not like in the words of its grammar.  Who made a
 * typing mistake wants to know what to type instead.
 */
#include "sim/scenario/syntax.h"

#include <string.h>

#include "sim/base/str.h"
#include "sim/base/types.h"

struct syntax_advice {
	const char *problem; /* its first words */
	const char *accepted;
};

static const struct syntax_advice advices[] = {
	{ "could not find expected ':'", "\"key: value\", with a colon and a blank" },
	{ "did not find expected ',' or ']'", "\",\" before the next item, \"]\" at the end" },
	{ "did not find expected ',' or '}'", "\",\" before the next key, \"}\" at the end" },
	{ "did not find expected key", "keys that begin in the column of those above" },
	{ "did not find expected '-' indicator", "items whose \"-\" stands below the first one's" },
	{ "did not find expected <document start>", "one document in a file" },
	{ "mapping values are not allowed", "one key a line; quotes around a text with \": \"" },
	{ "block sequence entries are not allowed", "a list below its key" },
	{ "found unexpected end of stream", "a closing quote" },
	{ "found unknown escape character", "\\\\ \\\" \\n \\t \\xNN, or single quotes around it" },
	{ "found incompatible YAML document", "%YAML 1.1, or none" },
	{ "found duplicate", "it once" },
};

/* Where a line of a file begins, NULL: the file has no such line. */
static const char *line_at(const struct diag_file *file, int line)
{
	const char *p = file->text;

	for (int i = 1; i < line && p; i++) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	return p;
}

/* The first byte of the character at a place; '\0': the file ends before. */
static char byte_at(const struct place *at)
{
	const char *p = line_at(at->file, at->line);
	int column = 1;

	for (; p && *p && *p != '\n' && column < at->column; p++)
		column += (p[1] & 0xc0) != 0x80;
	return p ? *p : '\0';
}

/* A line "key = value". */
struct assignment {
	const char *key, *value;
	size_t key_len, value_len;
};

/* False: the line is not of this form. */
static bool read_assignment(struct assignment *a, const char *line)
{
	const char *end = line + strcspn(line, "\r\n"), *equals = line + strcspn(line, "=:#\r\n");
	const char *key_end = equals;

	a->key = line + strspn(line, " ");
	while (key_end > a->key && key_end[-1] == ' ')
		key_end--;
	if (*equals != '=' || key_end <= a->key)
		return false;
	a->key_len = (size_t)(key_end - a->key);
	if (strspn(a->key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "0123456789._-/*?") < a->key_len)
		return false;
	a->value = equals + 1 + strspn(equals + 1, " ");
	while (end > a->value && end[-1] == ' ')
		end--;
	a->value_len = (size_t)(end - a->value);
	return true;
}

char *syntax_assignment(struct place *at)
{
	const char *line = line_at(at->file, at->line);
	struct assignment a;

	if (!line || !read_assignment(&a, line) || !a.value_len)
		return NULL;
	at->column = (int)(a.key - line) + 1;
	at->width = (int)(a.value + a.value_len - a.key);
	return str_format("%.*s: %.*s", (int)a.key_len, a.key, (int)a.value_len, a.value);
}

bool syntax_is_sysctl(const struct diag_file *file, struct place *at)
{
	const char *line = file->text;

	for (int number = 1; line; number++) {
		size_t indent = strspn(line, " \t\r");
		struct assignment a;

		if (line[indent] && !strchr("#;\n", line[indent])) {
			*at = (struct place){ file, number, (int)indent + 1, 1 };
			if (!read_assignment(&a, line))
				return false;
			at->width = (int)a.key_len;
			return memchr(a.key, '.', a.key_len) || memchr(a.key, '/', a.key_len);
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return false;
}

const char *syntax_accepted(const char *problem, const struct place *at)
{
	if (byte_at(at) == '\t')
		return "blanks, no tab, before keys and items";
	if (byte_at(at) == '[' && !strncmp(problem, "did not find expected ',' or ']'", 32))
		return "\",\" before the next item, \"]\" at the end, quotes around an item with "
		       "brackets in it, as \"max(disk[sda].in_flight) > 1\"";
	for (size_t i = 0; i < ARRAY_LEN(advices); i++)
		if (!strncmp(problem, advices[i].problem, strlen(advices[i].problem)))
			return advices[i].accepted;
	if (!strncmp(problem, "found character that cannot start", 33))
		return "quotes around a text that begins so";
	return NULL;
}
