/*
 * schema_tunable.c - JSON Schema of tunables, by their full names and below their objects
 */
#include "sim/base/mem.h"
#include "sim/cli/schema_json.h"

/* A number; with words, one of these or the number of one; 1 and 0 for what is on or off. */
static void put_one(struct json *j, const struct tunable *t, int64_t min, int64_t max)
{
	if (!t->words && t->unit != UNIT_BOOL) {
		schema_json_number(j, t->unit, min, max);
		return;
	}
	json_list(j, "anyOf");
	json_object(j, NULL);
	if (t->words)
		json_list(j, "enum");
	for (const struct key_word *w = t->words; w && w->name; w++)
		if (w->value != TUNABLE_REFUSED)
			json_text(j, NULL, w->name);
	if (t->words)
		json_end_list(j);
	else
		schema_json_number(j, UNIT_BOOL, 0, 1);
	json_end_object(j);
	json_object(j, NULL);
	schema_json_number(j, UNIT_COUNT, min, max);
	json_end_object(j);
	json_end_list(j);
}

static void put_default(struct json *j, const struct tunable *t)
{
	const char *word = tunable_word(t, t->def);

	if (word)
		json_text(j, "default", word);
	else if (t->unit == UNIT_BOOL)
		json_bool(j, "default", t->def);
	else
		json_number(j, "default", t->def);
}

static void put_tunable(struct json *j, const struct tunable *t, enum tunable_use use)
{
	int64_t min = use == WRITTEN ? INT64_MIN : t->min,
		max = use == WRITTEN ? INT64_MAX : t->max;

	json_text(j, "description", t->meaning);
	if (use == COMPARED) {
		json_text(j, "type", "array");
		json_number(j, "minItems", 1);
		json_object(j, "items");
	}
	if (t->count > 1) {
		schema_json_numbers(j, t->unit, min, max);
	} else {
		if (t->def != TUNABLE_AUTO && use == IN_FORCE)
			put_default(j, t);
		json_list(j, "anyOf");
		json_object(j, NULL);
		put_one(j, t, min, max);
		json_end_object(j);
		json_object(j, NULL); /* the same as a list of one */
		json_text(j, "type", "array");
		json_number(j, "minItems", 1);
		json_number(j, "maxItems", 1);
		json_object(j, "items");
		put_one(j, t, min, max);
		json_end_object(j);
		json_end_object(j);
		json_end_list(j);
	}
	if (use == COMPARED)
		json_end_object(j);
}

/* A prefix in a pattern; slashes: a name whose first divider is one may have others as well. */
static void add_prefix(struct str *out, const struct tunable_class *class, bool slashes)
{
	bool first = true;

	for (const char *p = class->prefix; *p; p++) {
		if (*p != '.')
			str_addc(out, *p);
		else
			str_add(out, !slashes ? "\\." : first ? "/" : "[./]");
		first = first && *p != '.';
	}
	str_add(out, !slashes ? "\\." : first ? "/" : "[./]");
	if (class->objects)
		str_add(out, slashes ? "[^ ]+[./]" : "[^ ]+\\.");
}

/* The names of a row that are no properties: with slashes, of any object, the alias. */
static void put_patterns(struct json *j, const struct tunable_class *class,
			 const struct tunable *row, enum tunable_use use)
{
	for (int i = 0; i < 4; i++) {
		struct str name = { 0 };
		const char *own = i < 2 ? row->name : row->alias;

		if (!own || (i == 0 && !class->objects))
			continue;
		str_addc(&name, '^');
		add_prefix(&name, class, i % 2);
		str_addf(&name, "%s$", own);
		json_object(j, name.s);
		put_tunable(j, row, use);
		json_end_object(j);
		str_free(&name);
	}
}

void schema_json_tunables(struct json *j, const struct tables *t, enum tunable_use use)
{
	json_text(j, "type", "object");
	json_object(j, "properties");
	for (int c = 0; t->tunables[c]; c++) {
		for (int i = 0; !t->tunables[c]->objects && i < t->tunables[c]->nr_rows; i++) {
			const struct tunable *row = &t->tunables[c]->rows[i];
			char *name = str_format("%s.%s", t->tunables[c]->prefix, row->name);

			json_object(j, name);
			put_tunable(j, row, use);
			json_end_object(j);
			sim_free(name);
		}
	}
	json_end_object(j);
	json_object(j, "patternProperties");
	for (int c = 0; t->tunables[c]; c++)
		for (int i = 0; i < t->tunables[c]->nr_rows; i++)
			put_patterns(j, t->tunables[c], &t->tunables[c]->rows[i], use);
	json_end_object(j);
	if (use != COMPARED) /* else there are paths of values as well */
		json_bool(j, "additionalProperties", false);
}

void schema_json_class(struct json *j, const struct tunable_class *class)
{
	json_object(j, class->prefix);
	json_text(j, "type", "object");
	json_text(j, "description", class->where ? class->where : class->prefix);
	json_object(j, "patternProperties");
	for (int i = 0; i < class->nr_rows; i++)
		put_patterns(j, class, &class->rows[i], IN_FORCE);
	json_end_object(j);
	json_object(j, "additionalProperties");
	json_text(j, "type", "object");
	json_object(j, "properties");
	for (int i = 0; i < class->nr_rows; i++) {
		json_object(j, class->rows[i].name);
		put_tunable(j, &class->rows[i], IN_FORCE);
		json_end_object(j);
	}
	json_end_object(j);
	json_bool(j, "additionalProperties", false);
	json_end_object(j);
	json_end_object(j);
}
