/*
 * explain_places.c - mmsim explain: where a name stands in the sources
 */
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/cli/explain.h"
#include "sim/cli/source_index.h"

/* ---- names of tables ---- */

/* Whether a place is in the models of another kernel, which may have the same names. */
static bool is_of_another(const struct personality *p, const char *place)
{
	static const char models[] = "models/", hardware[] = "hw/";
	size_t len = strlen(p->name);

	if (strncmp(place, models, sizeof(models) - 1) != 0)
		return false;
	place += sizeof(models) - 1;
	return strncmp(place, hardware, sizeof(hardware) - 1) != 0 &&
	       (strncmp(place, p->name, len) != 0 || place[len] != '/');
}

/* The lines of text that are of this kernel, the word before the first of them. */
static void lines(const struct personality *p, const char *what, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (!is_of_another(p, text)) {
			printf("  %-9s %.*s\n", what, (int)len, text);
			what = "";
		}
		text += len + (text[len] ? 1 : 0);
	}
}

void explain_places(const struct personality *p, const char *kind, const char *name)
{
	const struct source_name *n = source_name_find(kind, name);

	if (!n)
		return;
	lines(p, "declared", n->declared);
	lines(p, "code", n->code);
	lines(p, "tests", n->tests);
}

/* ---- functions of the kernel ---- */

/* The header of a source file, or the file itself, has a word on which file of the kernel it is
 * like. */
static const char *like_of(const char *place)
{
	size_t len = strcspn(place, ":");
	const struct source_note *note = source_note_find(place, len);
	char *header;

	if (!note && len) {
		header = sim_strndup(place, len);
		header[len - 1] = 'h';
		note = source_note_find(header, len);
		sim_free(header);
	}
	return note ? note->like : "";
}

/* "linux" of models/linux/...; its length. */
static int kernel_of(const char **place)
{
	const char *slash = strchr(*place, '/');

	*place = slash ? slash + 1 : *place;
	return (int)strcspn(*place, "/");
}

int explain_functions(const char *name)
{
	char *head = str_format("\n%s ", name);
	int n = 0;

	for (const char *at = source_functions; (at = strstr(at, head)) != NULL;) {
		const char *place = at + strlen(head), *kernel = place;
		size_t len = strcspn(place, "\n");
		int kernel_len = kernel_of(&kernel);

		printf("%s%s: function of %.*s\n", n++ ? "\n" : "", name, kernel_len, kernel);
		printf("  %-9s %.*s\n", "code", (int)len, place);
		explain_line("like", like_of(place));
		at = place;
	}
	sim_free(head);
	return n;
}
