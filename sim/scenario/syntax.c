/*
 * syntax.c - what is accepted where a file is no YAML
 *
 * The parser says what it did not like in the words of its grammar.  Who made a
 * typing mistake wants to know what to type instead.
 */
#include "sim/scenario/syntax.h"

#include <string.h>

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

/* The first byte of the character at a place; '\0': the file ends before. */
static char byte_at(const struct place *at)
{
	const char *p = at->file->text;
	int column = 1;

	for (int line = 1; line < at->line && p; line++) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	for (; p && *p && *p != '\n' && column < at->column; p++)
		column += (p[1] & 0xc0) != 0x80;
	return p ? *p : '\0';
}

const char *syntax_accepted(const char *problem, const struct place *at)
{
	if (byte_at(at) == '\t')
		return "blanks, no tab, before keys and items";
	for (size_t i = 0; i < ARRAY_LEN(advices); i++)
		if (!strncmp(problem, advices[i].problem, strlen(advices[i].problem)))
			return advices[i].accepted;
	if (!strncmp(problem, "found character that cannot start", 33))
		return "quotes around a text that begins so";
	return NULL;
}
