/*
 * sysctl_d.c - fragments of sysctl.d: sysctl.conf(5), sysctl.d(5)
 *
 *      name = value       set
 *      -name = value      set; it does not matter if that fails
 *      vm.dirty_* = 5     set all of these names, in their order by letters
 *      -name              not by patterns
 *
 * A pattern leaves names alone that stand by themselves in any of the files, before it or behind.
 * What it stands for need not take its value: that is named, and no error.  "*" and "?" and sets of
 * letters match as in a shell, and never the dot between the parts of a name.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/tuning_reader.h"

/* A line of a file. */
struct sysctl_line {
	struct line line; /* value NULL: an exception for patterns */
	bool pattern;
};

struct sysctl_file {
	char *text; /* owned; the lines are cut out of it */
	struct sysctl_line *lines;
	size_t nr, cap;
};

/* "vm/swappiness" is vm.swappiness: what stands first divides the name. */
static void sysctl_name(char *key)
{
	char *dot = key + strcspn(key, "./");

	if (*dot != '/')
		return;
	for (; *dot; dot++)
		*dot = *dot == '/' ? '.' : *dot == '.' ? '/' : *dot;
}

void tuning_take_sysctl(struct reader *r, struct line *l)
{
	sysctl_name(l->key);
	tuning_take(r, l, "sysctl", l->key);
}

/* ---- reading ---- */

static void add_line(struct sysctl_file *f, const struct line *l)
{
	void *lines = f->lines;

	sim_grow(&lines, &f->cap, f->nr + 1, sizeof(*f->lines));
	f->lines = lines;
	f->lines[f->nr++] = (struct sysctl_line){ *l, strpbrk(l->key, "*?[") != NULL };
}

struct sysctl_file *sysctl_file_read(struct reader *r, const char *path)
{
	const struct diag_file *file = tuning_read_file(r, path, (struct place){ 0 });
	struct sysctl_file *f = file ? sim_calloc(1, sizeof(*f)) : NULL;
	char *text = f ? f->text = sim_strdup(file->text) : NULL, *from;

	for (int number = 0; f && tuning_next_line(&text, &number, &from);) {
		char *first = from + strspn(from, " \t\r");
		bool minus = *first == '-', good;
		struct line l;

		if (strchr("#;", *first))
			continue;
		if (minus)
			*first = ' ';
		good = tuning_cut_line(from, file, number, &l);
		l.may_fail = minus;
		sysctl_name(l.key);
		if (good || (minus && *l.key && !l.value))
			add_line(f, &l);
		else
			diag_error(r->d, l.at, "no setting; accepted: name = value");
	}
	return f;
}

void sysctl_file_free(struct sysctl_file *f)
{
	if (!f)
		return;
	sim_free(f->lines);
	sim_free(f->text);
	sim_free(f);
}

/* ---- patterns ---- */

/* Whether a name stands by itself in one of the files. */
static bool stands_alone(const struct reader *r, const struct tunable *row, const char *name)
{
	for (int i = 0; i < r->t->nr_files; i++) {
		const struct sysctl_file *f = r->sysctl[i];

		for (size_t k = 0; f && k < f->nr; k++) {
			struct tunable_ref ref;

			if (f->lines[k].pattern)
				continue;
			if (strcmp(f->lines[k].line.key, name) == 0 ||
			    (tunable_find(r->tables.tunables, f->lines[k].line.key, &ref) &&
			     ref.row == row))
				return true;
		}
	}
	return false;
}

/* Shells let "*" match anything but a slash; so it is with the dots here. */
static bool matches(const char *pattern, const char *name)
{
	char *p = sim_strdup(pattern), *n = sim_strdup(name);
	bool match;

	for (char *c = p; *c; c++)
		*c = *c == '.' ? '/' : *c;
	for (char *c = n; *c; c++)
		*c = *c == '.' ? '/' : *c;
	match = fnmatch(p, n, FNM_PATHNAME | FNM_PERIOD) == 0;
	sim_free(p);
	sim_free(n);
	return match;
}

static int by_letters(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whether a name is a sysctl of the personality, and acts. */
static bool is_sysctl(const struct reader *r, const char *name)
{
	struct real_setting real = { .place = "sysctl", .name = name, .value = "0" };
	bool is = !r->p->real_setting || (r->p->real_setting(&real) && !real.why_not);

	str_free(&real.key);
	str_free(&real.text);
	return is;
}

static void take_pattern(struct reader *r, const struct line *pattern)
{
	char **names = NULL;
	size_t n = 0, cap = 0;

	for (int c = 0; r->tables.tunables[c]; c++) {
		const struct tunable_class *class = r->tables.tunables[c];

		for (int i = 0; i < class->nr_rows && !class->objects; i++) {
			const struct tunable *row = &class->rows[i];
			char *name = str_format("%s.%s", class->prefix, row->name);
			void *grown = names;

			if (row->where || !matches(pattern->key, name) || !is_sysctl(r, name) ||
			    stands_alone(r, row, name)) {
				sim_free(name);
				continue;
			}
			sim_grow(&grown, &cap, n + 1, sizeof(*names));
			names = grown;
			names[n++] = name;
		}
	}
	if (!n)
		tuning_ignored(r, pattern, "there is nothing of memory it stands for");
	else
		qsort(names, n, sizeof(*names), by_letters);
	for (size_t i = 0; i < n; i++) {
		struct line one = *pattern;

		one.key = names[i];
		one.may_fail = true;
		tuning_take(r, &one, "sysctl", names[i]);
		sim_free(names[i]);
	}
	sim_free(names);
}

void sysctl_file_take(struct reader *r, const struct sysctl_file *f)
{
	for (size_t i = 0; i < f->nr; i++) {
		struct line l = f->lines[i].line;

		if (!l.value)
			tuning_ignored(r, &l, "an exception for patterns");
		else if (f->lines[i].pattern)
			take_pattern(r, &l);
		else
			tuning_take(r, &l, "sysctl", l.key);
	}
}
