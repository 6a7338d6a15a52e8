/*
 * tunable_names.c - what to say of a name that no tunable has
 *
 * It may lack its prefix, be that of another kernel, be misspelled, be the path of a file, or be a
 * sysctl of a real system that has no effect here: each has an answer of its own.
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/scenario/reading.h"

static const char proc_sys[] = "/proc/sys/";

static bool is_path(const char *name)
{
	return !strncmp(name, proc_sys, sizeof(proc_sys) - 1);
}

bool is_real_sysctl(const char *name)
{
	static const char *const roots[] = { "vm",  "kernel", "fs",  "net",
					     "dev", "user",   "abi", "debug" };
	size_t len = strcspn(name, "./");

	for (size_t i = 0; i < ARRAY_LEN(roots); i++)
		if (name[len] && strlen(roots[i]) == len && !strncmp(name, roots[i], len))
			return true;
	return is_path(name);
}

static const struct tunable_class *const *classes_of(const struct scenario *sc)
{
	return sc->p->tables.tunables;
}

/* A name without its prefix, as it would be in full; NULL: there is none such. */
static char *with_prefix(const struct tunable_class *const *classes, const char *name)
{
	for (int c = 0; classes[c]; c++)
		for (int i = 0; !classes[c]->objects && i < classes[c]->nr_rows; i++)
			if (tunable_has_name(&classes[c]->rows[i], name))
				return str_format("%s.%s", classes[c]->prefix,
						  classes[c]->rows[i].name);
	return NULL;
}

/* The first other kernel that has a tunable of this name; NULL: none has. */
static const struct personality *known_elsewhere(const struct scenario *sc, const char *name)
{
	for (int i = 0; sc->personalities && sc->personalities[i]; i++) {
		struct tunable_ref ref;
		struct tables t;
		bool known;

		tables_init(&t, sc->personalities[i]);
		known = tunable_find(t.tunables, name, &ref);
		tables_free(&t);
		if (known)
			return sc->personalities[i];
	}
	return NULL;
}

/* A name without /proc/sys/ before it, with dots alone; the caller frees it. */
static char *plain_name(const char *name)
{
	return tunable_dotted(name + (is_path(name) ? sizeof(proc_sys) - 1 : 0));
}

struct missing_sysctl missing_sysctl_find(const struct personality *p, const char *name)
{
	char *dotted = plain_name(name);
	struct real_setting real = { .place = "sysctl", .name = dotted, .value = "0" };
	const char *last = strrchr(dotted, '.');
	struct missing_sysctl m = { 0 };

	if (is_real_sysctl(dotted) && p->real_setting && p->real_setting(&real))
		m.why = real.why_not;
	m.exists = real.exists;
	if (last && is_real_sysctl(dotted))
		m.call = op_find(p, last + 1);
	str_free(&real.key);
	str_free(&real.text);
	sim_free(dotted);
	return m;
}

/* A whole line of sysctl.conf, the path of a file, a call: what is to be written instead.  True:
 * said. */
static bool said_what_is_meant(struct diag *d, const struct scenario *sc, const char *name,
			       const char *shown, struct place at)
{
	char *dotted = plain_name(name);
	const char *equals = strchr(name, '=');
	struct missing_sysctl missing = missing_sysctl_find(sc->personality, name);
	struct tunable_ref ref;
	bool said = true;

	if (equals) {
		const char *value = equals + 1 + strspn(equals + 1, " ");

		diag_error(d, at, "\"%s\" is a line of sysctl.conf; accepted: %.*s: %s", shown,
			   (int)strcspn(name, " ="), name, *value ? value : "and its value");
	} else if (is_path(name) && tunable_find(classes_of(sc), dotted, &ref)) {
		diag_error(d, at, "no tunable \"%s\"; did you mean \"%s\"?", shown, dotted);
	} else if (missing.call) {
		diag_error(d, at, "%s is no setting; accepted: the call %s in the steps of a task",
			   shown, missing.call->name);
	} else if (missing.why) {
		diag_error(d, at,
			   "%s is %s: it has no effect here; accepted: names that \"mmsim list "
			   "tunables\" shows",
			   shown, missing.why);
	} else {
		said = false;
	}
	sim_free(dotted);
	return said;
}

void unknown_tunable(struct diag *d, const struct scenario *sc, const char *name, struct place at)
{
	const struct tunable_class *class = class_of(&sc->p->tables, name);
	char *shown = diag_escape(name, strlen(name), MAX_SHOWN);
	bool look = strlen(name) <= MAX_SHOWN && words_offered(d);
	const struct personality *other = look ? known_elsewhere(sc, name) : NULL;
	char *near = look ? with_prefix(classes_of(sc), name) : NULL;

	if (!other && !near && look && said_what_is_meant(d, sc, name, shown, at)) {
		sim_free(shown);
		return;
	}
	if (!near && look)
		near = tunable_nearest(classes_of(sc), name);
	if (other)
		diag_error(
		    d, at,
		    "tunable \"%s\" is not in this personality (%s); accepted: personality: %s",
		    shown, sc->personality->name, other->name);
	else if (near)
		diag_error(d, at, "no tunable \"%s\"; did you mean \"%s\"?", shown, near);
	else if (class && class->objects && strchr(name, '.') == strrchr(name, '.'))
		diag_error(d, at, "no tunable \"%s\"; accepted: %s.<%s>.<name>", shown,
			   class->prefix, class->objects);
	else
		diag_error(d, at,
			   "no tunable \"%s\"; accepted: names that \"mmsim list tunables\" shows",
			   shown);
	sim_free(near);
	sim_free(shown);
}
