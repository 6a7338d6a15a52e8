/*
 * sampler.c - reads everything that is counted, and everything that is set
 */
#include <string.h>

#include "sim/base/bug.h"
#include "sim/record/recorder.h"

/* Whether objects of the kind have one name, by which a file can tell its number. */
static bool has_name(const struct metric_object *o)
{
	return o->nr_keys == 1 && o->keys[0].text;
}

/* The names of objects that were not there at the last sample. */
static void write_names(struct recorder *r, int kind, const struct metric_object *o, int count)
{
	for (int i = r->nr_objects[kind]; i < count; i++) {
		union metric_key_value key[METRIC_MAX_KEYS];

		o->key(r->sim, i, key);
		recorder_row(r, TABLE_OBJECT);
		row_put_text(&r->rows, o->name);
		row_put_i64(&r->rows, i);
		row_put_text(&r->rows, key[0].text);
		recorder_row_end(r);
	}
	r->nr_objects[kind] = count;
}

static void write_object(struct recorder *r, int kind, const struct metric_object *o, int i)
{
	const void *stat = o->stat(r->sim, i);
	union metric_key_value key[METRIC_MAX_KEYS];

	if (!stat)
		return;
	if (o->nr_keys)
		o->key(r->sim, i, key);
	recorder_row(r, r->schema.first_sample + kind);
	row_put_i64(&r->rows, (int64_t)r->sim->now);
	for (int k = 0; k < o->nr_keys; k++) {
		if (o->keys[k].text)
			row_put_text(&r->rows, key[k].text);
		else
			row_put_i64(&r->rows, key[k].number);
	}
	for (int row = 0; row < o->nr_rows; row++)
		row_put_i64(&r->rows, metric_value(stat, &o->rows[row]));
	recorder_row_end(r);
}

void sampler_sample(struct recorder *r)
{
	const struct metric_object *const *kinds = r->sim->tables->metrics;

	for (int kind = 0; kinds[kind]; kind++) {
		int count = kinds[kind]->count(r->sim);

		if (has_name(kinds[kind]))
			write_names(r, kind, kinds[kind], count);
		for (int i = 0; i < count; i++)
			write_object(r, kind, kinds[kind], i);
	}
}

void sampler_tunable(struct recorder *r, const struct tunable_ref *ref, const int64_t *v)
{
	struct str name = { 0 }, value = { 0 };

	str_addf(&name, "%s.%s%s%s", ref->class->prefix, ref->object, *ref->object ? "." : "",
		 ref->row->name);
	recorder_row(r, TABLE_TUNABLE);
	row_put_i64(&r->rows, (int64_t)sim_now(r->sim));
	row_put_text(&r->rows, name.s);
	row_put_byte(&r->rows, ref->row->count > 1);
	if (ref->row->count > 1) {
		tunable_print_value(&value, ref->row, v);
		row_put_text(&r->rows, str_get(&value));
	} else {
		row_put_i64(&r->rows, v[0]);
	}
	recorder_row_end(r);
	str_free(&name);
	str_free(&value);
}

static void write_class(struct recorder *r, const struct tunable_class *class, const char *object)
{
	struct tunable_ref ref = { .class = class };
	int64_t v[TUNABLE_MAX_VALUES];

	SIM_ASSERT(strlen(object) < sizeof(ref.object));
	strcpy(ref.object, object);
	for (int i = 0; i < class->nr_rows; i++) {
		ref.row = &class->rows[i];
		if (!tunable_read(r->sim, &ref, v))
			continue;
		if (!ref.row->seen_if_set || v[0] != ref.row->def)
			sampler_tunable(r, &ref, v);
	}
}

/* The kind of objects that a class of tunables has one set of values for each. */
static const struct metric_object *objects_of(const struct recorder *r,
					      const struct tunable_class *class)
{
	const struct metric_object *const *kinds = r->sim->tables->metrics;

	for (int k = 0; kinds[k]; k++)
		if (strcmp(kinds[k]->name, class->objects) == 0 && has_name(kinds[k]))
			return kinds[k];
	return NULL;
}

void sampler_tunables(struct recorder *r)
{
	const struct tunable_class *const *classes = r->sim->tables->tunables;

	for (int c = 0; classes[c]; c++) {
		const struct metric_object *o;

		if (!classes[c]->objects) {
			write_class(r, classes[c], "");
			continue;
		}
		o = objects_of(r, classes[c]);
		for (int i = 0; o && i < o->count(r->sim); i++) {
			union metric_key_value key[METRIC_MAX_KEYS];

			o->key(r->sim, i, key);
			write_class(r, classes[c], key[0].text);
		}
	}
}
