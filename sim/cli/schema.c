/*
 * schema.c - mmsim schema: the tables as JSON Schema of scenarios, or as SQL of results
 *
 * A number may always be written with its unit, as text; what JSON Schema can
 * say of it is its range as a plain number.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/cli.h"
#include "sim/cli/json.h"
#include "sim/record/record.h"
#include "sim/scenario/scenario.h"

#define MAX_DEPTH    8 /* of mappings inside each other */
#define NAME_PATTERN "^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$"

enum {
	OPT_SQL = 256,
	OPT_PERSONALITY,
};

static const struct cli_option options[] = {
	{ OPT_SQL, "sql", NULL, "the tables of a results file instead, each column explained" },
	{ OPT_PERSONALITY, "personality", "NAME", "of this kernel (the first one)" },
	{ 0 },
};

static void put_types(struct json *j, const char *const *types)
{
	json_list(j, "type");
	for (; *types; types++)
		json_text(j, NULL, *types);
	json_end_list(j);
}

static void put_range(struct json *j, int64_t min, int64_t max)
{
	bool open = !min && !max; /* any non-negative value */

	if (min != INT64_MIN)
		json_number(j, "minimum", min);
	if (!open && max != INT64_MAX)
		json_number(j, "maximum", max);
}

static void put_number(struct json *j, enum unit unit, int64_t min, int64_t max)
{
	static const char *const plain[] = { "integer", "string", NULL };
	static const char *const yes_no[] = { "boolean", "integer", "string", NULL };

	put_types(j, unit == UNIT_BOOL ? yes_no : plain);
	put_range(j, min, max);
}

static void put_words(struct json *j, const struct key *k)
{
	json_list(j, "anyOf");
	json_object(j, NULL);
	json_list(j, "enum");
	for (const struct key_word *w = k->words; w && w->name; w++) {
		json_text(j, NULL, w->name);
		/* a word of digits is a number in YAML */
		if (w->name[strspn(w->name, "0123456789")] == '\0')
			json_number(j, NULL, (int64_t)strtoll(w->name, NULL, 10));
	}
	json_end_list(j);
	json_end_object(j);
	if (k->type == KEY_FLAGS || k->max > k->min) {
		json_object(j, NULL);
		json_text(j, "type", "integer");
		put_range(j, k->min, k->max);
		json_end_object(j);
	}
	if (k->type == KEY_FLAGS) {
		json_object(j, NULL);
		json_text(j, "type", "string");
		json_end_object(j);
	}
	json_end_list(j);
}

static void put_map(struct json *j, const struct key_schema *schema, int depth);

static void put_list(struct json *j, const char *key)
{
	json_text(j, "type", "array");
	json_object(j, key);
}

static void put_value(struct json *j, const struct key *k, int depth)
{
	static const char *const text[] = { "string", "number", "boolean", NULL };
	static const char *const numbers[] = { "array", "string", "integer", NULL };

	switch (k->type) {
	case KEY_INT:
		put_number(j, k->unit, k->min, k->max);
		break;
	case KEY_BOOL:
		put_number(j, UNIT_BOOL, 0, 1);
		break;
	case KEY_TEXT:
	case KEY_REF:
	case KEY_SET:
	case KEY_BEHAVIOUR:
		put_types(j, text);
		break;
	case KEY_NAME:
		put_types(j, text);
		json_text(j, "pattern", NAME_PATTERN);
		break;
	case KEY_ENUM:
	case KEY_FLAGS:
		put_words(j, k);
		break;
	case KEY_INTS:
		put_types(j, numbers);
		break;
	case KEY_TABLE:
		put_list(j, "items");
		put_types(j, numbers);
		json_end_object(j);
		break;
	case KEY_MAP:
		put_map(j, k->sub, depth + 1);
		break;
	case KEY_LIST:
		put_list(j, "items");
		put_map(j, k->sub, depth + 1);
		json_end_object(j);
		break;
	case KEY_NODE:
		break;
	}
}

static void put_properties(struct json *j, const struct key_schema *schema, int depth)
{
	for (int i = 0; i < schema->nr_keys; i++) {
		const struct key *k = &schema->keys[i];

		json_object(j, k->name);
		if (k->meaning)
			json_text(j, "description", k->meaning);
		if (k->def && *k->def)
			json_text(j, "default", k->def);
		put_value(j, k, depth);
		json_end_object(j);
	}
}

static void put_required(struct json *j, const struct key_schema *schema)
{
	bool any = false;

	for (int i = 0; i < schema->nr_keys; i++) {
		if (!schema->keys[i].required)
			continue;
		if (!any)
			json_list(j, "required");
		any = true;
		json_text(j, NULL, schema->keys[i].name);
	}
	if (any)
		json_end_list(j);
}

static void put_map(struct json *j, const struct key_schema *schema, int depth)
{
	static const char *const scalar_too[] = { "object",  "string", "number",
						  "boolean", "null",   NULL };
	static const char *const object[] = { "object", "null", NULL };

	put_types(j, schema->short_key ? scalar_too : object);
	if (depth > MAX_DEPTH)
		return;
	json_object(j, "properties");
	put_properties(j, schema, depth);
	json_end_object(j);
	put_required(j, schema);
	json_bool(j, "additionalProperties", false);
}

static void put_tunable(struct json *j, const struct tunable *t)
{
	static const char *const numbers[] = { "array", "string", NULL };

	json_text(j, "description", t->meaning);
	if (t->count > 1)
		put_types(j, numbers);
	else
		put_number(j, t->unit, t->min, t->max);
}

/* "sysctl" has all tunables by their names; classes with objects have a mapping each, too. */
static void put_tunables(struct json *j, const struct tables *t)
{
	json_object(j, "sysctl");
	json_text(j, "type", "object");
	json_text(j, "description", "tunables by their full names");
	json_object(j, "properties");
	for (int c = 0; t->tunables[c]; c++) {
		for (int i = 0; !t->tunables[c]->objects && i < t->tunables[c]->nr_rows; i++) {
			const struct tunable *row = &t->tunables[c]->rows[i];
			char *name = str_format("%s.%s", t->tunables[c]->prefix, row->name);

			json_object(j, name);
			put_tunable(j, row);
			json_end_object(j);
			sim_free(name);
		}
	}
	json_end_object(j);
	json_end_object(j);
	for (int c = 0; t->tunables[c]; c++) {
		const struct tunable_class *class = t->tunables[c];

		if (!class->objects)
			continue;
		json_object(j, class->prefix);
		json_text(j, "type", "object");
		json_text(j, "description", class->where ? class->where : class->prefix);
		json_object(j, "additionalProperties");
		json_text(j, "type", "object");
		json_object(j, "properties");
		for (int i = 0; i < class->nr_rows; i++) {
			json_object(j, class->rows[i].name);
			put_tunable(j, &class->rows[i]);
			json_end_object(j);
		}
		json_end_object(j);
		json_bool(j, "additionalProperties", false);
		json_end_object(j);
		json_end_object(j);
	}
}

static bool is_tunable_key(const struct tables *t, const char *name)
{
	for (int c = 0; t->tunables[c]; c++)
		if (t->tunables[c]->objects && strcmp(t->tunables[c]->prefix, name) == 0)
			return true;
	return strcmp(name, "sysctl") == 0;
}

static void put_section(struct json *j, const struct section *s)
{
	json_object(j, s->name);
	if (s->list) {
		put_list(j, "items");
		put_map(j, s->schema, 1);
		json_end_object(j);
	} else {
		put_map(j, s->schema, 1);
	}
	if (s->meaning)
		json_text(j, "description", s->meaning);
	json_end_object(j);
}

static void print_json_schema(const struct tables *t)
{
	const struct personality *p = t->personality;
	struct key_schema general = scenario_schema;
	struct key *keys = sim_calloc((size_t)general.nr_keys, sizeof(*keys));
	struct json j = { 0 };
	int n = 0;

	for (int i = 0; i < scenario_schema.nr_keys; i++)
		if (!is_tunable_key(t, scenario_schema.keys[i].name))
			keys[n++] = scenario_schema.keys[i];
	general.keys = keys;
	general.nr_keys = n;
	json_object(&j, NULL);
	json_text(&j, "$schema", "https://json-schema.org/draft/2020-12/schema");
	json_text(&j, "title", "scenario of mmsim");
	json_text(&j, "type", "object");
	json_object(&j, "properties");
	put_properties(&j, &general, 0);
	for (int i = 0; i < p->nr_sections; i++)
		put_section(&j, p->sections[i]);
	put_tunables(&j, t);
	json_end_object(&j);
	put_required(&j, &general);
	json_end_object(&j);
	json_print(&j);
	sim_free(keys);
}

static void print_sql(const struct tables *t)
{
	struct str sql = { 0 };

	recorder_schema(&sql, t);
	fputs(sql.s, stdout);
	str_free(&sql);
}

static int schema_main(const struct cli *cli, int argc, char **argv)
{
	const struct personality *p = cli->personalities[0];
	struct cli_args args;
	struct tables t;
	bool sql = false;
	int id;

	cli_args_init(&args, &schema_command, argc, argv);
	while ((id = cli_next(&args)) >= 0) {
		if (id == OPT_SQL)
			sql = true;
		else if (!(p = cli_find_personality(cli, args.value)))
			return EXIT_INPUT;
	}
	if (id != CLI_END)
		return cli_leave(id);
	if (argc != optind)
		return cli_usage(&schema_command, "no argument is needed");
	tables_init(&t, p);
	if (sql)
		print_sql(&t);
	else
		print_json_schema(&t);
	tables_free(&t);
	return cli_flush() ? EXIT_DONE : EXIT_HOST;
}

const struct cli_command schema_command = {
	.name = "schema",
	.args = "[--sql] [--personality NAME]",
	.summary = "JSON Schema of scenarios, or SQL schema of results",
	.options = options,
	.run = schema_main,
};
