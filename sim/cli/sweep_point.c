/*
 * sweep_point.c - what a point came to, as a small file
 *
 * Lines of fields with tabs between them, for people and other programs as well:
 *
 *	mmsim point	0123456789abcdef
 *	run	finished	60000000000	<digest>	0
 *	error	<text>
 *	expect	1	max(nr_dirty) < 10000
 *	figure	writer	bytes/s	8388608
 *	failed	writer write failed: ENOSPC	3
 *	sum	<XXH64 of the lines between the first and this one>
 *
 * A file appears whole (out_file.h); one that was damaged later is told by its sum.  The sum knows
 * nothing of the key, which depends on the program: results are compared by it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "sim/base/mem.h"
#include "sim/cli/json.h"
#include "sim/cli/out_file.h"
#include "sim/cli/sweep.h"

#define MAX_FILE   (4u << 20)
#define MAX_FIELDS 5

char *sweep_path(const struct sweep *s, int point, const char *ending)
{
	return str_format("%s/points/%016" PRIx64 "%s", s->folder, s->keys[point], ending);
}

void sweep_point_add_figure(struct sweep_point *p, const char *name, enum unit unit, double value,
			    bool is_failure)
{
	void *figures = p->figures;

	sim_grow(&figures, &p->cap_figures, p->nr_figures + 1, sizeof(*p->figures));
	p->figures = figures;
	p->figures[p->nr_figures++] =
	    (struct sweep_figure){ sim_strdup(name), unit, value, is_failure };
}

void sweep_point_add_expectation(struct sweep_point *p, bool passed, const char *text)
{
	void *list = p->expectations;

	sim_grow(&list, &p->cap_expectations, p->nr_expectations + 1, sizeof(*p->expectations));
	p->expectations = list;
	p->expectations[p->nr_expectations++] =
	    (struct sweep_expectation){ sim_strdup(text), passed };
}

bool sweep_point_refused(const struct sweep_point *p)
{
	return p->state && strcmp(p->state, "refused") == 0;
}

void sweep_point_free(struct sweep_point *p)
{
	for (size_t i = 0; i < p->nr_figures; i++)
		sim_free(p->figures[i].name);
	for (size_t i = 0; i < p->nr_expectations; i++)
		sim_free(p->expectations[i].text);
	sim_free(p->figures);
	sim_free(p->expectations);
	sim_free(p->state);
	sim_free(p->digest);
	sim_free(p->error);
	*p = (struct sweep_point){ 0 };
}

/* ---- writing ---- */

/* A field: what would end it, or the line, is written with a backslash. */
static void put(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\t' || *text == '\n' || *text == '\\')
			str_addf(out, "\\%c", *text == '\t' ? 't' : *text == '\n' ? 'n' : '\\');
		else
			str_addc(out, *text);
	}
}

static void put_content(struct str *out, const struct sweep_point *p)
{
	str_addf(out, "run\t%s\t%" PRId64 "\t%s\t%d\n", p->state, p->end, p->digest, p->failures);
	if (*p->error) {
		str_add(out, "error\t");
		put(out, p->error);
		str_addc(out, '\n');
	}
	for (size_t i = 0; i < p->nr_expectations; i++) {
		str_addf(out, "expect\t%d\t", p->expectations[i].passed);
		put(out, p->expectations[i].text);
		str_addc(out, '\n');
	}
	for (size_t i = 0; i < p->nr_figures; i++) {
		const struct sweep_figure *f = &p->figures[i];

		str_add(out, f->is_failure ? "failed\t" : "figure\t");
		put(out, f->name);
		if (!f->is_failure)
			str_addf(out, "\t%s", unit_base(f->unit));
		str_addc(out, '\t');
		json_print_real(out, f->value);
		str_addc(out, '\n');
	}
}

int sweep_point_write(const char *path, uint64_t key, struct sweep_point *p)
{
	struct str content = { 0 }, file = { 0 };
	int exit_code;

	put_content(&content, p);
	p->sum = XXH64(content.s, content.len, 0);
	str_addf(&file, "mmsim point\t%016" PRIx64 "\n%ssum\t%016" PRIx64 "\n", key, content.s,
		 p->sum);
	exit_code = out_file_write(path, file.s, file.len, true);
	str_free(&content);
	str_free(&file);
	return exit_code;
}

/* ---- reading ---- */

/* Takes the backslashes back out, in place. */
static char *plain(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from == '\\' && from[1]) {
			from++;
			*to++ = (char)(*from == 't' ? '\t' : *from == 'n' ? '\n' : *from);
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return text;
}

/* Cuts a line at its tabs; how many fields it has. */
static int split(char *line, char *fields[MAX_FIELDS])
{
	int n = 0;

	while (line && n < MAX_FIELDS) {
		char *tab = strchr(line, '\t');

		if (tab)
			*tab = '\0';
		fields[n++] = line;
		line = tab ? tab + 1 : NULL;
	}
	return line ? MAX_FIELDS + 1 : n;
}

static bool take_figure(struct sweep_point *p, char **fields, int n, bool is_failure)
{
	enum unit unit = UNIT_COUNT;
	char *end;
	double value;

	if (n != (is_failure ? 3 : 4) || (!is_failure && !unit_of_base(fields[2], &unit)))
		return false;
	value = strtod(fields[n - 1], &end);
	sweep_point_add_figure(p, plain(fields[1]), unit, value, is_failure);
	return !*end;
}

static bool take_line(struct sweep_point *p, char *line)
{
	char *fields[MAX_FIELDS];
	int n = split(line, fields);

	if (strcmp(fields[0], "run") == 0 && n == 5 && !p->state) {
		p->state = sim_strdup(fields[1]);
		p->end = strtoll(fields[2], NULL, 10);
		p->digest = sim_strdup(fields[3]);
		p->failures = (int)strtol(fields[4], NULL, 10);
		return true;
	}
	if (strcmp(fields[0], "error") == 0 && n == 2 && !p->error) {
		p->error = sim_strdup(plain(fields[1]));
		return true;
	}
	if (strcmp(fields[0], "expect") == 0 && n == 3) {
		sweep_point_add_expectation(p, strcmp(fields[1], "1") == 0, plain(fields[2]));
		return true;
	}
	return (strcmp(fields[0], "figure") == 0 && take_figure(p, fields, n, false)) ||
	       (strcmp(fields[0], "failed") == 0 && take_figure(p, fields, n, true));
}

static bool take_text(struct sweep_point *p, char *text, size_t len, uint64_t key)
{
	char *head = str_format("mmsim point\t%016" PRIx64 "\n", key);
	size_t head_len = strlen(head), foot_len = strlen("sum\t0123456789abcdef\n");
	bool ok = len > head_len + foot_len && memcmp(text, head, head_len) == 0;
	char *content = text + head_len, *end = text + len - foot_len, *foot = NULL;

	sim_free(head);
	if (ok) {
		p->sum = XXH64(content, (size_t)(end - content), 0);
		foot = str_format("sum\t%016" PRIx64 "\n", p->sum);
		ok = strcmp(end, foot) == 0;
	}
	for (char *line = content, *stop; ok && line < end; line = stop + 1) {
		stop = memchr(line, '\n', (size_t)(end - line));
		ok = stop != NULL;
		if (!ok)
			break;
		*stop = '\0';
		ok = take_line(p, line);
	}
	sim_free(foot);
	if (!p->error)
		p->error = sim_strdup("");
	return ok && p->state;
}

bool sweep_point_read(const char *path, uint64_t key, struct sweep_point *p)
{
	size_t len = 0;
	char *text = cli_read_file(path, MAX_FILE, &len);
	bool ok;

	*p = (struct sweep_point){ 0 };
	ok = text && take_text(p, text, len, key);
	sim_free(text);
	if (!ok)
		sweep_point_free(p);
	return ok;
}
