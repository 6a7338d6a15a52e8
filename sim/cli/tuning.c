/*
 * tuning.c - settings from sysctl.d fragments and profiles of tuned
 *
 * The grammars are those of the real readers, in sysctl_d.c and tuned.c; which setting of a real
 * system is which of ours, the personality says (real_setting).  A later line with the same key
 * replaces an earlier one.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/mem.h"
#include "sim/cli/tuning_reader.h"
#include "sim/scenario/input.h"

#define MAX_FILE (1U << 20)

/* ---- words ---- */

char *tuning_trim(char *text)
{
	char *end;

	text += strspn(text, " \t\r");
	end = text + strlen(text);
	while (end > text && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return text;
}

void tuning_ignored(const struct reader *r, const struct line *l, const char *why)
{
	if (r->quiet)
		return;
	fprintf(stderr, "%s:%d: ignored: %s: %s\n", cli_escape(l->at.file->name), l->at.line,
		cli_escape(l->key), why);
}

void tuning_refused(const struct reader *r, const struct line *l, const char *format, ...)
{
	struct str why = { 0 };
	va_list args;

	va_start(args, format);
	str_vaddf(&why, format, args);
	va_end(args);
	if (l->may_fail && !r->quiet)
		fprintf(stderr, "%s:%d: ignored: %s\n", cli_escape(l->at.file->name), l->at.line,
			str_get(&why));
	else if (!l->may_fail)
		diag_error(r->d, l->at, "%s", str_get(&why));
	str_free(&why);
}

/* ---- settings ---- */

static void remove_setting(struct tuning *t, const char *key)
{
	for (int i = 0; i < t->nr_sets; i++) {
		if (strcmp(t->sets[i].key, key) != 0)
			continue;
		sim_free((void *)t->sets[i].key);
		sim_free((void *)t->sets[i].value);
		memmove(&t->sets[i], &t->sets[i + 1],
			(size_t)(--t->nr_sets - i) * sizeof(*t->sets));
		return;
	}
}

static void add_setting(struct tuning *t, const char *key, const char *value)
{
	remove_setting(t, key);
	t->sets = sim_realloc(t->sets, (size_t)(t->nr_sets + 1) * sizeof(*t->sets));
	t->sets[t->nr_sets++] = (struct setting){ sim_strdup(key), sim_strdup(value) };
}

/* What a tunable has before: from an earlier line, the scenario, or the kernel.  False: unknown. */
static bool value_before(const struct reader *r, const char *key, const struct tunable_ref *ref,
			 int64_t *v)
{
	struct tunable_value value = { .ref = *ref };
	size_t n = 0;
	const struct scenario_tunable *set = r->sc ? scenario_tunables(r->sc, &n) : NULL;
	char *why = NULL;

	for (int i = r->t->nr_sets - 1; i >= 0; i--) {
		if (strcmp(r->t->sets[i].key, key) != 0)
			continue;
		if (tunable_parse(ref->row, r->t->sets[i].value, &value, &why)) {
			*v = value.v[0];
			return true;
		}
		sim_free(why);
	}
	for (size_t i = n; i > 0; i--) {
		const struct tunable_ref *other = &set[i - 1].value.ref;

		if (other->row == ref->row && strcmp(other->object, ref->object) == 0) {
			*v = set[i - 1].value.v[0];
			return true;
		}
	}
	*v = ref->row->def;
	return *v != TUNABLE_AUTO;
}

/* A value as the files of /proc take it: whole numbers, no units. */
static bool is_plain(const char *text)
{
	return text[strspn(text, "-0123456789 \t")] == '\0' && *text;
}

/* A value after ">" or "<" counts only if it is higher or lower; else says so and returns false. */
static bool limit_allows(const struct reader *r, const struct line *l, const char *key,
			 const struct tunable_value *value, char limit)
{
	int64_t now;
	bool known = limit && value_before(r, key, &value->ref, &now);

	if (!limit)
		return true;
	/* of a disk: what is worked out is less than anybody would ask for */
	if (!known && !value->ref.class->objects)
		tuning_ignored(r, l, "the value before is known only after the boot");
	else if (known && limit == '>' && now >= value->v[0])
		tuning_ignored(r, l, "the value is not lower before");
	else if (known && limit == '<' && now <= value->v[0])
		tuning_ignored(r, l, "the value is not higher before");
	else
		return true;
	return false;
}

static void set_tunable(struct reader *r, const struct line *l, const char *key, const char *text,
			char limit)
{
	struct tunable_value value = { 0 };
	char *why = NULL;

	if (!tunable_find(r->tables.tunables, key, &value.ref))
		add_setting(r->t, key, text);
	else if (!is_plain(text) && value.ref.row->unit != UNIT_BOOL && !value.ref.row->words)
		tuning_refused(r, l,
			       "%s: %s is not a value of this file; accepted: a number as /proc "
			       "takes it, without a unit",
			       key, cli_escape(text));
	else if (!tunable_parse(value.ref.row, text, &value, &why))
		tuning_refused(r, l, "%s: %s", key, why);
	else if (limit_allows(r, l, key, &value, limit))
		add_setting(r->t, key, text);
	sim_free(why);
}

static void unknown_name(struct reader *r, const struct line *l, const char *key)
{
	char *near = tunable_nearest(r->tables.tunables, key);

	if (near)
		tuning_refused(r, l, "no tunable \"%s\"; did you mean \"%s\"?", cli_escape(key),
			       near);
	else
		tuning_refused(r, l,
			       "no tunable \"%s\"; accepted: names that \"mmsim list tunables\" "
			       "shows",
			       cli_escape(key));
	sim_free(near);
}

/* Where a personality says nothing of its own: a sysctl has the name that the tunable has. */
static bool same_name(const struct reader *r, struct real_setting *real)
{
	bool memory = false;

	for (int c = 0; r->tables.tunables[c]; c++) {
		size_t len = strlen(r->tables.tunables[c]->prefix);

		memory |= strncmp(real->name, r->tables.tunables[c]->prefix, len) == 0 &&
			  real->name[len] == '.';
	}
	if (strcmp(real->place, "sysctl") != 0 || !memory) {
		real->why_not = "not memory";
		return true;
	}
	str_add(&real->key, real->name);
	str_add(&real->text, real->value);
	return tunable_find(r->tables.tunables, real->name, &(struct tunable_ref){ 0 });
}

/* What follows a number, the kernel does not look at: a comment, but perhaps a unit. */
static void not_read(const struct reader *r, const struct line *l, const char *rest)
{
	char *why = str_format("what follows the number: %s", cli_escape(rest));

	tuning_ignored(r, l, why);
	sim_free(why);
}

void tuning_take(struct reader *r, const struct line *l, const char *place, const char *name)
{
	struct real_setting real = { .place = place, .name = name, .value = l->value };
	char limit = '\0';

	if (strstr(l->value, "${")) {
		tuning_ignored(r, l, "worked out by tuned on the real machine");
		return;
	}
	if ((*l->value == '>' || *l->value == '<') && strcmp(place, "boot") != 0) {
		limit = *l->value;
		real.value = tuning_trim(l->value + 1);
	}
	if (r->p->real_setting ? !r->p->real_setting(&real) : !same_name(r, &real))
		unknown_name(r, l, name);
	else if (real.wrong)
		tuning_refused(r, l, "%s: \"%s\" is no value of this file; accepted: %s",
			       cli_escape(name), cli_escape(real.value), real.wrong);
	else if (real.why_not)
		tuning_ignored(r, l, real.why_not);
	else
		set_tunable(r, l, str_get(&real.key), str_get(&real.text), limit);
	if (real.rest && *real.rest && !real.wrong && !real.why_not)
		not_read(r, l, real.rest);
	str_free(&real.key);
	str_free(&real.text);
}

/* ---- lines ---- */

/* The next line of text that is not empty; false at the end.  *text moves on. */
bool tuning_next_line(char **text, int *number, char **line)
{
	while (*text) {
		char *end = strchr(*text, '\n');

		*line = *text;
		if (end)
			*end = '\0';
		*text = end ? end + 1 : NULL;
		++*number;
		if (**line && line[0][strspn(*line, " \t\r")])
			return true;
	}
	return false;
}

static struct place place_of(const struct diag_file *file, int number, const char *from,
			     const char *word)
{
	return (struct place){ file, number, (int)(word - from) + 1, (int)strlen(word) };
}

/* Cuts a line at its first "="; false: there is none. */
bool tuning_cut_line(char *from, const struct diag_file *file, int number, struct line *l)
{
	char *equals = strchr(from, '=');

	if (equals)
		*equals = '\0';
	l->key = tuning_trim(from);
	l->at = place_of(file, number, from, l->key);
	l->value = equals ? tuning_trim(equals + 1) : NULL;
	l->may_fail = false;
	return equals && *l->key;
}

const struct diag_file *tuning_read_file(struct reader *r, const char *path, struct place asked)
{
	struct input in;
	const struct diag_file *file;

	if (!input_read(&in, r->d, path, false, MAX_FILE, asked))
		return NULL;
	file = diag_add_file(r->d, path, in.text, in.len);
	return input_check(r->d, file) ? file : NULL;
}

/* ---- the files of a command ---- */

static bool add_file(struct tuning *t, const struct cli_command *command, enum tuning_kind kind,
		     const char *path)
{
	if (t->nr_files == TUNING_MAX_FILES) {
		cli_usage(command, "at most %d files of settings are accepted", TUNING_MAX_FILES);
		return false;
	}
	t->files[t->nr_files].kind = kind;
	t->files[t->nr_files++].path = path;
	return true;
}

static int is_conf(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return e->d_name[0] != '.' && len > 5 && strcmp(e->d_name + len - 5, ".conf") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The fragments in a folder, in the order of their names; false: too many, or none (said). */
static bool add_folder(struct tuning *t, const struct cli_command *command, const char *path)
{
	struct dirent **list = NULL;
	int n = scandir(path, &list, is_conf, by_name);
	bool good = n > 0;

	if (n <= 0)
		cli_usage(command, "%s: no file NAME.conf in this folder", cli_escape(path));
	for (int i = 0; i < n; i++) {
		if (good) {
			char *file = str_format("%s/%s", path, list[i]->d_name);

			t->owned = sim_realloc(t->owned, (size_t)(t->nr_owned + 1) * sizeof(file));
			t->owned[t->nr_owned++] = file;
			good = add_file(t, command, TUNING_SYSCTL, file);
		}
		free(list[i]);
	}
	free(list);
	return good;
}

bool tuning_add(struct tuning *t, const struct cli_command *command, enum tuning_kind kind,
		const char *path)
{
	if (kind == TUNING_SYSCTL && cli_is_folder(path))
		return add_folder(t, command, path);
	if (kind == TUNING_TUNED && (cli_is_folder(path) || access(path, F_OK) != 0)) {
		cli_error("--tuned %s: no file; accepted: the tuned.conf of a profile, as "
			  "/usr/lib/tuned/NAME/tuned.conf",
			  cli_escape(path));
		return false;
	}
	return add_file(t, command, kind, path);
}

static void read_all(struct reader *r)
{
	for (int i = 0; i < r->t->nr_files; i++)
		if (r->t->files[i].kind == TUNING_SYSCTL)
			r->sysctl[i] = sysctl_file_read(r, r->t->files[i].path);
	for (int i = 0; i < r->t->nr_files; i++) {
		if (r->t->files[i].kind == TUNING_TUNED)
			tuned_read(r, r->t->files[i].path, (struct place){ 0 });
		else if (r->sysctl[i])
			sysctl_file_take(r, r->sysctl[i]);
	}
	for (int i = 0; i < r->t->nr_files; i++)
		sysctl_file_free(r->sysctl[i]);
	for (int i = 0; i < r->nr_vars; i++) {
		sim_free(r->vars[i].name);
		sim_free(r->vars[i].value);
	}
}

int tuning_read(struct tuning *t, const struct cli *cli, const char *scenario, bool quiet)
{
	struct diag *of_scenario, *d;
	struct reader *r;
	int exit_code = 0;

	if (!t->nr_files)
		return 0;
	of_scenario = sim_calloc(1, sizeof(*of_scenario));
	d = t->diag = sim_calloc(1, sizeof(*d));
	r = sim_calloc(1, sizeof(*r));
	*r = (struct reader){ .t = t, .d = d, .p = cli->personalities[0], .quiet = quiet };
	/* what is wrong with it will be said when it is read for the run */
	r->sc = scenario_load(of_scenario, scenario, cli->personalities, NULL, 0);
	if (r->sc)
		r->p = r->sc->personality;
	tables_init(&r->tables, r->p);
	read_all(r);
	if (diag_failed(d)) {
		diag_print(d, stderr);
		exit_code = d->host_failed ? EXIT_HOST : EXIT_INPUT;
	}
	tables_free(&r->tables);
	if (r->sc)
		scenario_free((struct scenario *)r->sc);
	diag_free(of_scenario);
	sim_free(of_scenario);
	sim_free(r);
	return exit_code;
}

struct setting *tuning_with(const struct tuning *t, const struct setting *sets, int nr_sets, int *n)
{
	struct setting *all = sim_calloc((size_t)(t->nr_sets + nr_sets) + 1, sizeof(*all));

	*n = 0;
	for (int i = 0; i < t->nr_sets; i++)
		all[(*n)++] = t->sets[i];
	for (int i = 0; i < nr_sets; i++)
		all[(*n)++] = sets[i];
	return all;
}

void tuning_free(struct tuning *t)
{
	while (t->nr_sets)
		remove_setting(t, t->sets[0].key);
	sim_free(t->sets);
	t->sets = NULL;
	while (t->nr_owned)
		sim_free(t->owned[--t->nr_owned]);
	sim_free(t->owned);
	t->owned = NULL;
	if (t->diag)
		diag_free(t->diag);
	sim_free(t->diag);
	t->diag = NULL;
}
