/*
 * run_void.c - values that were given and have no effect, because another one undoes them
 *
 * Some tunables clear each other when they are written: what stands last counts.  Which do is the
 * business of the kernel alone: each value is written again, then those that come after it, one by
 * one, until what is in force is something else.
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/run_one.h"
#include "sim/scenario/sections.h"

/* What is in force of a value; false: there is no such object. */
static bool read_back(struct sim *s, const struct scenario_tunable *t, int64_t *v)
{
	return tunable_read(s, &t->value.ref, v);
}

static bool is_other(const struct tunable_value *given, const int64_t *v)
{
	for (int i = 0; i < given->n && i < given->ref.row->count; i++)
		if (given->v[i] != TUNABLE_KEEP && given->v[i] != v[i])
			return true;
	return false;
}

bool run_any_void(const struct scenario *sc, struct sim *s)
{
	size_t n;
	const struct scenario_tunable *t = scenario_tunables(sc, &n);
	int64_t v[TUNABLE_MAX_VALUES];

	for (size_t i = 0; i < n; i++)
		if (read_back(s, &t[i], v) && is_other(&t[i].value, v))
			return true;
	return false;
}

/* The value that undoes another one that was written before it; NULL: none does. */
static const struct scenario_tunable *undone_by(struct sim *s, const struct scenario_tunable *t,
						size_t i, size_t n)
{
	int64_t written[TUNABLE_MAX_VALUES], after[TUNABLE_MAX_VALUES];
	size_t size = (size_t)t[i].value.ref.row->count * sizeof(*written);

	if (tunable_write(s, &t[i].value.ref, t[i].value.v) || !read_back(s, &t[i], written))
		return NULL;
	for (size_t k = i + 1; k < n; k++) {
		if (tunable_write(s, &t[k].value.ref, t[k].value.v) || !read_back(s, &t[i], after))
			continue;
		if (memcmp(written, after, size) != 0)
			return &t[k];
	}
	return NULL;
}

/* "vm.dirty_ratio 5" */
static void add_value(struct str *out, const struct tunable_value *v)
{
	const struct tunable_ref *ref = &v->ref;

	str_addf(out, "%s.%s%s%s ", ref->class->prefix, ref->object, *ref->object ? "." : "",
		 ref->row->name);
	tunable_print_value(out, ref->row, v->v);
}

void run_find_void(const struct scenario *sc, struct sim *s, struct str *notes)
{
	size_t n;
	const struct scenario_tunable *t = scenario_tunables(sc, &n);

	for (size_t i = 0; i < n; i++) {
		const struct scenario_tunable *by = undone_by(s, t, i, n);

		if (!by)
			continue;
		add_value(notes, &t[i].value);
		str_add(notes, " has no effect: ");
		add_value(notes, &by->value);
		str_add(notes, ", which is written after it, undoes it\n");
	}
}
