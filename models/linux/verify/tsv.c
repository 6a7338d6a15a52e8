/*
 * tsv.c - tables with names of columns in their first line
 */
#include "models/linux/verify/tsv.h"

#include <stdlib.h>
#include <string.h>

/* The next cell of a line, cut off behind; NULL at the end. */
static char *next_cell(char **line)
{
	char *cell = *line, *end;

	if (!cell)
		return NULL;
	end = strchr(cell, '\t');
	*line = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return cell;
}

static void read_names(struct tsv *t, char *line)
{
	char *cell;

	line += strspn(line, "# ");
	while ((cell = next_cell(&line))) {
		sim_grow((void **)&t->column, &t->cap_columns, t->nr_columns + 1,
			 sizeof(*t->column));
		t->column[t->nr_columns++] = cell;
	}
}

/* False: the row has another number of cells than there are names. */
static bool read_row(struct tsv *t, char *line)
{
	size_t n = t->nr_columns, at = t->nr_rows * n, found = 0;
	const char *cell;

	sim_grow((void **)&t->cell, &t->cap, at + n, sizeof(*t->cell));
	while ((cell = next_cell(&line)) && found++ < n)
		t->cell[at + found - 1] = cell;
	t->nr_rows++;
	return found == n;
}

bool tsv_read(struct verify_case *c, const char *path, struct tsv *t)
{
	char *line;

	*t = (struct tsv){ .path = path, .owner = c };
	if (!verify_read(c, path, &t->text))
		return false;
	line = verify_line(&t->text);
	if (line)
		read_names(t, line);
	if (!t->nr_columns) {
		verify_error(c, "%s: no names of columns in the first line", path);
		tsv_free(t);
		return false;
	}
	while ((line = verify_line(&t->text)))
		if (!read_row(t, line)) {
			verify_error(c,
				     "%s:%d: not a row of this table; accepted: %zu cells, as many "
				     "as the first line has names, a tab between two",
				     path, t->text.line, t->nr_columns);
			tsv_free(t);
			return false;
		}
	return true;
}

void tsv_free(struct tsv *t)
{
	verify_text_free(&t->text);
	sim_free(t->column);
	sim_free(t->cell);
	*t = (struct tsv){ 0 };
}

int tsv_column(const struct tsv *t, const char *name)
{
	for (size_t i = 0; i < t->nr_columns; i++)
		if (strcmp(t->column[i], name) == 0)
			return (int)i;
	return -1;
}

const char *tsv_text(const struct tsv *t, size_t row, const char *column)
{
	int i = tsv_column(t, column);

	return i < 0 || row >= t->nr_rows ? "" : t->cell[row * t->nr_columns + (size_t)i];
}

int64_t tsv_int(const struct tsv *t, size_t row, const char *column)
{
	const char *cell = tsv_text(t, row, column);
	int64_t v;

	/* a page count of "all" has 64 bits */
	if (strlen(cell) >= 19 && strspn(cell, "0123456789") == strlen(cell))
		return (int64_t)strtoull(cell, NULL, 10);
	if (verify_parse(cell, &v))
		return v;
	if (*cell && strcmp(cell, "-") != 0)
		verify_error(t->owner,
			     "%s:%zu: %s is \"%s\"; accepted: a whole number, or - for none",
			     t->path, row + 2, column, cell);
	return TSV_NONE;
}
