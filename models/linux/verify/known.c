/*
 * known.c - values of a capture that cannot be computed from it
 *
 * Beside the families' folders, or beside the cases, may lie known-differences.txt: a line each of
 *
 *	FAMILY/CASE FILE COLUMN ROWS REASON
 *
 * In so many rows of that case the column may differ.  Such a value is not compared, and said.
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/verify/verify.h"

static const char *const places[] = { "../known-differences.txt", "../../known-differences.txt" };

/* A line that speaks of this case; the text keeps it whole but for the ends of its words. */
static bool parse_line(const struct verify_case *c, char *line, struct verify_known *k)
{
	char *word = verify_word(&line), *slash = strchr(word, '/');
	int64_t rows;

	if (!slash || strncmp(word, c->family, (size_t)(slash - word)) != 0 ||
	    c->family[slash - word] || strcmp(slash + 1, c->name) != 0)
		return false;

	const char *file = verify_word(&line), *column = verify_word(&line);

	if (!verify_parse(verify_word(&line), &rows) || rows <= 0)
		return false;
	*k = (struct verify_known){ .file = sim_strdup(file),
				    .column = sim_strdup(column),
				    .reason = sim_strdup(line),
				    .left = rows,
				    .rows = rows };
	return true;
}

void verify_known_read(struct verify_case *c, struct verify_known_list *list)
{
	*list = (struct verify_known_list){ 0 };
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct verify_text t;
		char *line;

		if (!verify_read(c, places[i], &t))
			continue;
		while ((line = verify_line(&t))) {
			struct verify_known k;

			if (line[0] == '#' || !parse_line(c, line, &k))
				continue;
			sim_grow((void **)&list->known, &list->cap, list->n + 1,
				 sizeof(*list->known));
			list->known[list->n++] = k;
		}
		verify_text_free(&t);
		break;
	}
}

bool verify_known_take(struct verify_known_list *list, const char *file, const char *column)
{
	for (size_t i = 0; i < list->n; i++) {
		struct verify_known *k = &list->known[i];

		if (k->left > 0 && strcmp(k->file, file) == 0 && strcmp(k->column, column) == 0) {
			k->left--;
			return true;
		}
	}
	return false;
}

void verify_known_report(const struct verify_case *c, struct verify_known_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct verify_known *k = &list->known[i];

		if (k->left < k->rows && !c->o->quiet)
			printf("%s/%s  %" PRId64 " known to differ in %s of %s: %s\n", c->family,
			       c->name, k->rows - k->left, k->column, k->file, k->reason);
		sim_free(k->file);
		sim_free(k->column);
		sim_free(k->reason);
	}
	sim_free(list->known);
	*list = (struct verify_known_list){ 0 };
}
