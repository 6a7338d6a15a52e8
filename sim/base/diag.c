/*
 * diag.c - what is wrong with a user's file, and where
 *
 * Everything that comes from the user may be hostile: it is shown with control
 * characters escaped, and long lines only around the place in question.
 */
#include "sim/base/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"

#define MAX_PRINTED 50
#define MAX_MESSAGE 4000 /* characters of one message */
#define MAX_SHOWN   120  /* characters of a line of the file */
#define MAX_WORD    128  /* longer words are near to nothing */

void diag_error(struct diag *d, struct place at, const char *fmt, ...)
{
	struct str text = { 0 };
	void *errors = d->errors;
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	sim_grow(&errors, &d->cap_errors, d->nr_errors + 1, sizeof(*d->errors));
	d->errors = errors;
	d->errors[d->nr_errors++] = (struct diag_error){ at, text.s };
}

const struct diag_file *diag_add_file(struct diag *d, const char *name, char *text, size_t len)
{
	struct diag_file *file = sim_alloc(sizeof(*file));
	void *files = d->files;

	sim_grow(&files, &d->cap_files, d->nr_files + 1, sizeof(*d->files));
	d->files = files;
	*file = (struct diag_file){ sim_strdup(name), text, len, NULL };
	d->files[d->nr_files++] = file;
	return file;
}

void diag_written(struct diag *d, const char *written)
{
	d->files[d->nr_files - 1]->written = sim_strdup(written);
}

bool diag_failed(const struct diag *d)
{
	return d->nr_errors > 0;
}

/* Whether a terminal may be sent the character: nothing that moves the cursor or turns text. */
static bool is_harmless(uint32_t code)
{
	return code >= 0x20 && code != 0x7f && !(code >= 0x80 && code < 0xa0) &&
	       !(code >= 0x2028 && code <= 0x202e) && !(code >= 0x2066 && code <= 0x2069) &&
	       code != 0xfeff;
}

char *diag_escape(const char *text, size_t len, size_t max)
{
	struct str out = { 0 };
	size_t shown = 0; /* characters */

	for (size_t i = 0; i < len;) {
		uint32_t code = 0;
		int bytes = str_utf8(text + i, len - i, &code);
		bool plain = bytes && is_harmless(code);
		size_t step = bytes ? (size_t)bytes : 1;
		size_t wide = plain ? 1 : 4 * step;

		if (shown + wide > max) {
			str_add(&out, "...");
			break;
		}
		if (plain)
			str_addn(&out, text + i, step);
		else
			for (size_t j = 0; j < step; j++)
				str_addf(&out, "\\x%02x", (unsigned char)text[i + j]);
		shown += wide;
		i += step;
	}
	return str_take(&out);
}

/* The start of a line of a file, NULL: the file has no such line. */
static const char *find_line(const struct diag_file *file, int line)
{
	const char *p = file->text, *end = file->text + file->len;

	for (int i = 1; i < line; i++) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p)
			return NULL;
		p++;
	}
	return p;
}

/*
 * The line of the file with its place underlined.  What cannot be shown is one
 * question mark or blank, so that the columns stay right.
 */
static void print_line(const struct place *at, FILE *to)
{
	const char *p = find_line(at->file, at->line);
	const char *end = at->file->text + at->file->len;
	int from = at->column > MAX_SHOWN - 40 ? at->column - MAX_SHOWN / 2 : 1;
	int column = 1, shown_to = from + MAX_SHOWN;

	if (!p)
		return;
	fprintf(to, "%5d | ", at->line);
	while (p < end && *p != '\n' && column < shown_to) {
		uint32_t code = 0;
		int bytes = str_utf8(p, (size_t)(end - p), &code);

		if (column++ < from)
			;
		else if (code == '\t' || code == '\r')
			fputc(' ', to);
		else if (!bytes || !is_harmless(code))
			fputc('?', to);
		else
			fwrite(p, 1, (size_t)bytes, to);
		p += bytes ? bytes : 1;
	}
	fputc('\n', to);
	if (at->column <= 0 || at->width <= 0)
		return;
	fprintf(to, "      | %*s", at->column - from, "");
	for (int i = 0; i < at->width && at->column + i < shown_to; i++)
		fputc('^', to);
	fputc('\n', to);
}

static void print_error(const struct diag_error *error, FILE *to)
{
	const struct place *at = &error->at;
	const char *file = at->file ? at->file->name : "mmsim";
	char *name = diag_escape(file, strlen(file), MAX_MESSAGE);
	char *text = diag_escape(error->text, strlen(error->text), MAX_MESSAGE);

	fputs(name, to);
	if (at->file && at->line > 0)
		fprintf(to, ":%d", at->line);
	if (at->file && at->line > 0 && at->column > 0)
		fprintf(to, ":%d", at->column);
	fprintf(to, ": error: %s\n", text);
	if (at->file && at->line > 0)
		print_line(at, to);
	sim_free(name);
	sim_free(text);
}

/* What errors are sorted by; index keeps errors of one place in the order they were found. */
struct order {
	size_t file; /* 0: the command line */
	size_t index;
	int line, column;
};

static int compare_order(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

void diag_print(struct diag *d, FILE *to)
{
	struct order *order = sim_calloc(d->nr_errors, sizeof(*order));

	for (size_t i = 0; i < d->nr_errors; i++) {
		const struct place *at = &d->errors[i].at;
		size_t file = 0;

		while (at->file && file < d->nr_files && d->files[file] != at->file)
			file++;
		order[i] = (struct order){ at->file ? file + 1 : 0, i, at->line, at->column };
	}
	qsort(order, d->nr_errors, sizeof(*order), compare_order);
	for (size_t i = 0; i < d->nr_errors && i < MAX_PRINTED; i++)
		print_error(&d->errors[order[i].index], to);
	if (d->nr_errors > MAX_PRINTED)
		fprintf(to, "mmsim: %zu more errors\n", d->nr_errors - MAX_PRINTED);
	sim_free(order);
}

void diag_free(struct diag *d)
{
	for (size_t i = 0; i < d->nr_files; i++) {
		sim_free(d->files[i]->name);
		sim_free(d->files[i]->text);
		sim_free(d->files[i]->written);
		sim_free(d->files[i]);
	}
	for (size_t i = 0; i < d->nr_errors; i++)
		sim_free(d->errors[i].text);
	sim_free(d->files);
	sim_free(d->errors);
	*d = (struct diag){ 0 };
}

const char *diag_nearest(const char *word, const char *const *list, size_t n)
{
	size_t len = strlen(word);
	int allowed = len < 5 ? 1 : 2;
	const char *nearest = NULL;

	if (len < 2 || len > MAX_WORD)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t other = strlen(list[i]);

		if (!strcasecmp(word, list[i]))
			return list[i];
		if (other > len + 2 || len > other + 2)
			continue;

		int distance = str_distance(word, list[i]);

		if (distance <= allowed) {
			nearest = list[i];
			allowed = distance - 1; /* from now on only what is nearer */
		}
	}
	return nearest;
}
