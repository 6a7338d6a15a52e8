/*
 * text_table.c - rows and columns for people, or as JSON
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/cli/json.h"
#include "sim/cli/text_table.h"

#define MIN_WIDTH  80
#define PIPE_WIDTH 120
#define MIN_ROOM   24 /* of the column that is broken */

void text_table_add_column(struct text_table *t, const char *head)
{
	SIM_ASSERT(t->nr_columns < TEXT_TABLE_MAX_COLUMNS);
	t->heads[t->nr_columns++] = sim_strdup(head);
}

void text_table_init(struct text_table *t, const char *heads)
{
	*t = (struct text_table){ 0 };
	while (*heads) {
		size_t len = strcspn(heads, " ");
		char *head = sim_strndup(heads, len);

		text_table_add_column(t, head);
		sim_free(head);
		heads += len + (heads[len] == ' ');
	}
}

static void add(struct text_table *t, bool number, const char *fmt, va_list ap)
{
	struct str text = { 0 };
	void *cells = t->cells;

	str_add(&text, "");
	str_vaddf(&text, fmt, ap);
	sim_grow(&cells, &t->cap, t->n + 1, sizeof(*t->cells));
	t->cells = cells;
	t->cells[t->n++] = (struct text_cell){ text.s, number };
}

void text_table_text(struct text_table *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(t, false, fmt, ap);
	va_end(ap);
}

void text_table_number(struct text_table *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(t, true, fmt, ap);
	va_end(ap);
}

/* Characters, not bytes. */
static int width_of(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static void print_cell(const char *text, int width, bool right, bool last)
{
	int pad = width - width_of(text);

	printf("%*s%s", right && pad > 0 ? pad : 0, "", text);
	if (!last)
		printf("%*s", (right || pad < 0 ? 0 : pad) + 2, "");
}

int text_table_terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return PIPE_WIDTH;
	return size.ws_col < MIN_WIDTH ? MIN_WIDTH : size.ws_col;
}

/* Bytes of text that go into a line of so many characters: up to a blank, or one long word. */
static size_t fitting(const char *text, int width)
{
	size_t end = 0;

	for (size_t i = 0;; i++) {
		if (text[i] && text[i] != ' ')
			continue;
		char *part = sim_strndup(text, i);
		bool fits = width_of(part) <= width;

		sim_free(part);
		if (fits || !end)
			end = i;
		if (!fits || !text[i])
			return end;
	}
}

/* The last cell of a row that begins at a column, in as many lines as it needs. */
static void print_broken(const char *text, int column, int width)
{
	int room = width - column < MIN_ROOM ? MIN_ROOM : width - column;

	for (;;) {
		size_t n = fitting(text, room);

		printf("%.*s\n", (int)n, text);
		text += n + strspn(text + n, " ");
		if (!*text)
			return;
		printf("%*s", column, "");
	}
}

void text_table_print_within(const struct text_table *t, int hidden, int line)
{
	int width[TEXT_TABLE_MAX_COLUMNS] = { 0 };
	bool right[TEXT_TABLE_MAX_COLUMNS] = { false };
	int n = t->nr_columns, shown = n - hidden, column = 0;

	for (int c = 0; c < n; c++)
		width[c] = width_of(t->heads[c]);
	for (size_t i = 0; i < t->n; i++) {
		int w = width_of(t->cells[i].text), c = (int)(i % (size_t)n);

		width[c] = w > width[c] ? w : width[c];
		right[c] = right[c] || t->cells[i].number;
	}
	for (int c = 0; c < shown - 1; c++)
		column += width[c] + 2;
	for (int c = 0; c < shown; c++)
		print_cell(t->heads[c], width[c], right[c], c == shown - 1);
	putchar('\n');
	for (size_t i = 0; i < t->n; i++) {
		int c = (int)(i % (size_t)n);

		if (c == shown - 1 && line && !right[c])
			print_broken(t->cells[i].text, column, line);
		else if (c < shown)
			print_cell(t->cells[i].text, width[c], right[c], c == shown - 1);
		if (c == shown - 1 && !(line && !right[c]))
			putchar('\n');
	}
	if (t->foot)
		printf("%s\n", t->foot);
}

void text_table_print(const struct text_table *t)
{
	text_table_print_within(t, 0, 0);
}

void text_table_print_json(const struct text_table *t)
{
	struct json j = { 0 };

	json_list(&j, NULL);
	for (size_t i = 0; i < t->n; i++) {
		int c = (int)(i % (size_t)t->nr_columns);
		const struct text_cell *cell = &t->cells[i];

		if (c == 0)
			json_object(&j, NULL);
		if (cell->number && *cell->text)
			json_raw(&j, t->heads[c], cell->text);
		else if (cell->number)
			json_null(&j, t->heads[c]);
		else
			json_text(&j, t->heads[c], cell->text);
		if (c == t->nr_columns - 1)
			json_end_object(&j);
	}
	json_end_list(&j);
	json_print(&j);
}

void text_table_free(struct text_table *t)
{
	for (int c = 0; c < t->nr_columns; c++)
		sim_free(t->heads[c]);
	for (size_t i = 0; i < t->n; i++)
		sim_free(t->cells[i].text);
	sim_free(t->cells);
	sim_free(t->foot);
}
