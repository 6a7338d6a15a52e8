/*
 * schema_tunable.c - JSON Schema of tunables, by their full names and below their objects
 */
#include "sim/base/mem.h"
#include "sim/cli/schema_json.h"

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
			json_number(j, "default", t->def);
		json_list(j, "anyOf");
		json_object(j, NULL);
		schema_json_number(j, t->unit, min, max);
		json_end_object(j);
		json_object(j, NULL); /* the same as a list of one */
		json_text(j, "type", "array");
		json_number(j, "minItems", 1);
		json_number(j, "maxItems", 1);
		json_object(j, "items");
		schema_json_number(j, t->unit, min, max);
		json_end_object(j);
		json_end_object(j);
		json_end_list(j);
	}
	if (use == COMPARED)
		json_end_object(j);
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
	for (int c = 0; t->tunables[c]; c++) {
		for (int i = 0; t->tunables[c]->objects && i < t->tunables[c]->nr_rows; i++) {
			char *name = str_format("^%s\\.[^ ]+\\.%s$", t->tunables[c]->prefix,
						t->tunables[c]->rows[i].name);

			json_object(j, name);
			put_tunable(j, &t->tunables[c]->rows[i], use);
			json_end_object(j);
			sim_free(name);
		}
	}
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
	for (int i = 0; i < class->nr_rows; i++) {
		char *name = str_format("^%s\\.[^ ]+\\.%s$", class->prefix, class->rows[i].name);

		json_object(j, name);
		put_tunable(j, &class->rows[i], IN_FORCE);
		json_end_object(j);
		sim_free(name);
	}
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
