/*
 * schema_json.c - JSON Schema of scenarios: keys, values, tunables
 *
 * A number may always be written with its unit, as text; of such a text a schema can
 * say how it looks, not whether it is in range.  What rows cannot say (names of
 * what is declared elsewhere, relations of values, expressions) it does not know
 * either; mmsim check does.  tests/schema/agree.mjs compares the two.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/schema_json.h"
#include "sim/scenario/bind.h"
#include "sim/scenario/scenario.h"
#include "sim/workload/workload.h"

#define MAX_DEPTH    8 /* of mappings inside each other */
#define NAME_PATTERN "^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$"
#define NUMBER       "(0|[1-9][0-9]*)"
#define DECIMAL      NUMBER "(\\.[0-9]+)? ?"
#define SIZE         "(B|pages?|[kKMGTP](iB|i|B)?)"

/* How a value of the unit looks as text. */
static char *pattern_of(enum unit unit, bool negative)
{
	static const char *const suffixes[NR_UNITS] = {
		[UNIT_PAGES] = DECIMAL SIZE,
		[UNIT_BYTES] = DECIMAL SIZE,
		[UNIT_KIB] = DECIMAL SIZE,
		[UNIT_BYTES_PER_SEC] = DECIMAL SIZE "/s",
		[UNIT_PAGES_PER_SEC] = DECIMAL SIZE "/s",
		[UNIT_NS] = DECIMAL "(ns|us|ms|s|min|h)",
		[UNIT_US] = DECIMAL "(ns|us|ms|s|min|h)",
		[UNIT_MS] = DECIMAL "(ns|us|ms|s|min|h)",
		[UNIT_CENTISECS] = DECIMAL "(ns|us|ms|s|min|h)",
		[UNIT_SECONDS] = DECIMAL "(ns|us|ms|s|min|h)",
		[UNIT_PERCENT] = DECIMAL "(%|percent)",
		[UNIT_PER_10000] = DECIMAL "(%|percent)",
	};
	const char *minus = negative ? "-?" : "";
	const char *plain = unit == UNIT_NS ? "0" : NUMBER;

	if (!suffixes[unit])
		return str_format("^%s%s$", minus, plain);
	return str_format("^(%s%s|%s%s)$", minus, plain, minus, suffixes[unit]);
}

static void put_types(struct json *j, const char *const *types)
{
	json_list(j, "type");
	for (; *types; types++)
		json_text(j, NULL, *types);
	json_end_list(j);
}

void schema_json_bool(struct json *j)
{
	json_list(j, "enum");
	json_bool(j, NULL, true);
	json_bool(j, NULL, false);
	json_text(j, NULL, "true");
	json_text(j, NULL, "false");
	json_end_list(j);
}

static void put_plain(struct json *j, enum unit unit, int64_t min, int64_t max)
{
	json_object(j, NULL);
	json_text(j, "type", "integer");
	if (unit == UNIT_NS || min != INT64_MIN)
		json_number(j, "minimum", unit == UNIT_NS ? 0 : min);
	if (unit == UNIT_NS || max != INT64_MAX)
		json_number(j, "maximum", unit == UNIT_NS ? 0 : max); /* else a unit is needed */
	json_end_object(j);
}

void schema_json_number(struct json *j, enum unit unit, int64_t min, int64_t max)
{
	char *pattern = pattern_of(unit, min < 0);

	if (unit == UNIT_BOOL) {
		schema_json_bool(j);
	} else {
		json_list(j, "anyOf");
		if (unit != UNIT_NS || min <= 0)
			put_plain(j, unit, min, max);
		json_object(j, NULL);
		json_text(j, "type", "string");
		json_text(j, "pattern", pattern);
		json_end_object(j);
		json_end_list(j);
	}
	sim_free(pattern);
}

static int64_t most(const struct key *k)
{
	return !k->min && !k->max ? INT64_MAX : k->max; /* both 0: any that is not negative */
}

/* Items of lists of numbers are in one text or apart. */
void schema_json_numbers(struct json *j, enum unit unit, int64_t min, int64_t max)
{
	json_list(j, "anyOf");
	json_object(j, NULL);
	json_text(j, "type", "array");
	json_object(j, "items");
	schema_json_number(j, unit, min, max);
	json_end_object(j);
	json_end_object(j);
	put_plain(j, unit, min, max);
	json_object(j, NULL);
	json_text(j, "type", "string");
	json_text(j, "pattern", unit == UNIT_COUNT ? "^ *(-?[0-9]+ *)*$" : "^[-0-9A-Za-z .%/]*$");
	json_end_object(j);
	json_end_list(j);
}

/* ---- words ---- */

/* One of the words, as a pattern. */
static void add_words(struct str *out, const struct key_word *words)
{
	for (const struct key_word *w = words; w && w->name; w++) {
		str_add(out, w == words ? "(" : "|");
		for (const char *p = w->name; *p; p++)
			str_addf(out, strchr(".^$*+?()[]{}|\\", *p) ? "\\%c" : "%c", *p);
	}
	str_add(out, ")");
}

static void put_flags(struct json *j, const struct key *k)
{
	struct str one = { 0 }, pattern = { 0 };

	add_words(&one, k->words);
	str_addf(&pattern, "^ *%s *(\\| *%s *)*$|^" NUMBER "$", one.s, one.s);
	json_object(j, NULL);
	json_text(j, "type", "string");
	json_text(j, "pattern", pattern.s);
	json_end_object(j);
	str_free(&one);
	str_free(&pattern);
}

static void put_words(struct json *j, const struct key *k)
{
	json_list(j, "anyOf");
	json_object(j, NULL);
	json_list(j, "enum");
	for (const struct key_word *w = k->words; w && w->name; w++) {
		json_text(j, NULL, w->name);
		/* a word of digits is a number in YAML, one of these a switch */
		if (w->name[strspn(w->name, "0123456789")] == '\0')
			json_number(j, NULL, (int64_t)strtoll(w->name, NULL, 10));
		if (strcmp(w->name, "true") == 0 || strcmp(w->name, "false") == 0)
			json_bool(j, NULL, *w->name == 't');
	}
	json_end_list(j);
	json_end_object(j);
	if (k->type == KEY_FLAGS || k->max > k->min)
		put_plain(j, UNIT_COUNT, k->min, most(k));
	if (k->type == KEY_FLAGS)
		put_flags(j, k);
	json_end_list(j);
}

/* ---- texts ---- */

static void put_text(struct json *j)
{
	static const char *const text[] = { "string", "number", "boolean", NULL };

	put_types(j, text);
	json_text(j, "pattern", "^[^\\n\\t]*$");
}

void schema_json_name(struct json *j)
{
	static const char *const text[] = { "string", "number", "boolean", NULL };

	put_types(j, text);
	json_number(j, "minimum", 0); /* a minus is no letter of a name */
	json_text(j, "pattern", NAME_PATTERN);
}

void schema_json_time(struct json *j)
{
	schema_json_number(j, UNIT_NS, 0, INT64_MAX);
}

static void put_behaviour(struct json *j)
{
	char *time = pattern_of(UNIT_NS, false);

	json_text(j, "type", "string");
	json_list(j, "anyOf");
	json_object(j, NULL);
	json_text(j, "pattern", "^(ok|error:E[A-Z0-9]+|fail:[1-9][0-9]*)$");
	json_end_object(j);
	json_object(j, NULL);
	json_text(j, "pattern", "^delay:(0|" DECIMAL "(ns|us|ms|s|min|h))$");
	json_end_object(j);
	json_end_list(j);
	sim_free(time);
}

static void put_set(struct json *j)
{
	static const char *const members[] = { "string", "integer", NULL };
	static const char *const types[] = { "string", "integer", "array", "null", NULL };

	for (int items = 0; items < 2; items++) {
		if (items)
			json_object(j, "items");
		put_types(j, items ? members : types);
		json_text(j, "pattern", "^([0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*,?)?$");
		json_number(j, "minimum", 0);
		json_number(j, "maximum", 63);
	}
	json_end_object(j);
}

/* ---- keys ---- */

void schema_json_ref(struct json *j, const char *key, const char *def)
{
	char *path = str_format("#/$defs/%s", def);

	if (key)
		json_object(j, key);
	json_text(j, "$ref", path);
	if (key)
		json_end_object(j);
	sim_free(path);
}

static void put_map(struct json *j, const struct key_schema *schema, const struct key_schema *more,
		    int depth);

static void begin_items(struct json *j)
{
	json_text(j, "type", "array");
	json_object(j, "items");
}

/* What somebody else reads. */
static void put_node(struct json *j, const struct key *k)
{
	static const char *const trace[] = { "string", "array", NULL };
	static const char *const pattern[] = { "string", NULL };

	if (strcmp(k->name, "do") == 0) {
		begin_items(j);
		schema_json_ref(j, NULL, "step");
		json_end_object(j);
	} else if (strcmp(k->name, "trace") == 0) {
		put_types(j, trace);
		json_number(j, "minLength", 1);
		json_object(j, "items");
		json_text(j, "type", "string");
		json_number(j, "minLength", 1);
		json_end_object(j);
	} else if (strcmp(k->name, "pattern") == 0) {
		put_types(j, pattern);
		json_text(j, "pattern", "^(sequential|reverse|random|stride +.+|zipf +.+)$");
	}
}

static void put_value(struct json *j, const struct key *k, int depth)
{
	switch (k->type) {
	case KEY_INT:
		schema_json_number(j, k->unit, k->min, most(k));
		break;
	case KEY_BOOL:
		schema_json_bool(j);
		break;
	case KEY_TEXT:
		put_text(j);
		break;
	case KEY_NAME:
	case KEY_REF:
		schema_json_name(j);
		break;
	case KEY_SET:
		put_set(j);
		break;
	case KEY_BEHAVIOUR:
		put_behaviour(j);
		break;
	case KEY_ENUM:
	case KEY_FLAGS:
		put_words(j, k);
		break;
	case KEY_INTS:
		schema_json_numbers(j, k->unit, k->min, most(k));
		break;
	case KEY_TABLE:
		begin_items(j);
		schema_json_numbers(j, k->unit, k->min, most(k));
		json_end_object(j);
		break;
	case KEY_MAP:
		put_map(j, k->sub, NULL, depth + 1);
		break;
	case KEY_LIST:
		begin_items(j);
		put_map(j, k->sub, NULL, depth + 1);
		json_end_object(j);
		break;
	case KEY_NODE:
		put_node(j, k);
		break;
	}
}

static void put_documented(struct json *j, const struct key *k, int depth)
{
	struct str accepted = { 0 };

	if (k->meaning)
		json_text(j, "description", k->meaning);
	if (k->def && *k->def)
		json_text(j, "default", k->def);
	if (k->type == KEY_INT || k->type == KEY_INTS) { /* in words; other readers pass it over */
		bind_print_accepted(&accepted, k);
		json_text(j, "x-accepted", accepted.s);
		str_free(&accepted);
	}
	put_value(j, k, depth);
}

void schema_json_value(struct json *j, const struct key *k)
{
	put_documented(j, k, 1);
}

static void put_properties(struct json *j, const struct key_schema *schema, int depth)
{
	for (int i = 0; i < schema->nr_keys; i++) {
		json_object(j, schema->keys[i].name);
		put_documented(j, &schema->keys[i], depth);
		json_end_object(j);
	}
}

static void put_required(struct json *j, const struct key_schema *schema,
			 const struct key_schema *more)
{
	bool any = false;

	for (const struct key_schema *s = schema; s; s = s == schema ? more : NULL) {
		for (int i = 0; i < s->nr_keys; i++) {
			if (!s->keys[i].required)
				continue;
			if (!any)
				json_list(j, "required");
			any = true;
			json_text(j, NULL, s->keys[i].name);
		}
	}
	if (any)
		json_end_list(j);
}

/* A scalar in place of the mapping means this key of it. */
static const struct key *short_key(const struct key_schema *schema)
{
	for (int i = 0; schema->short_key && i < schema->nr_keys; i++)
		if (strcmp(schema->keys[i].name, schema->short_key) == 0)
			return &schema->keys[i];
	return NULL;
}

static void put_map(struct json *j, const struct key_schema *schema, const struct key_schema *more,
		    int depth)
{
	const struct key *brief = short_key(schema);

	if (brief) {
		json_list(j, "anyOf");
		json_object(j, NULL);
		put_value(j, brief, depth);
		json_end_object(j);
		json_object(j, NULL);
	}
	json_text(j, "type", "object");
	if (depth <= MAX_DEPTH) {
		json_object(j, "properties");
		put_properties(j, schema, depth);
		if (more)
			put_properties(j, more, depth);
		json_end_object(j);
		put_required(j, schema, more);
		json_bool(j, "additionalProperties", false);
	}
	if (brief) {
		json_end_object(j);
		json_end_list(j);
	}
}

void schema_json_map(struct json *j, const struct key_schema *schema, const struct key_schema *more)
{
	put_map(j, schema, more, 1);
}

/* The machine alone, or with what was included along: { machine: ..., linux: ..., sysctl: ... } */
static void put_machine(struct json *j, const struct key_schema *schema)
{
	json_list(j, "anyOf");
	json_object(j, NULL);
	put_map(j, schema, NULL, 1);
	json_end_object(j);
	json_object(j, NULL);
	json_text(j, "type", "object");
	json_list(j, "required");
	json_text(j, NULL, "machine");
	json_end_list(j);
	json_end_object(j);
	json_end_list(j);
}

static void put_items(struct json *j, const char *name, const char *meaning,
		      const struct key_schema *schema, const struct key_schema *more)
{
	json_object(j, name);
	json_text(j, "description", meaning);
	begin_items(j);
	put_map(j, schema, more, 1);
	json_end_object(j);
	json_end_object(j);
}

static void put_expectations(struct json *j, const char *name, const char *meaning)
{
	json_object(j, name);
	json_text(j, "description", meaning);
	begin_items(j);
	json_list(j, "anyOf");
	json_object(j, NULL);
	json_text(j, "type", "string");
	json_end_object(j);
	json_object(j, NULL);
	json_text(j, "type", "object");
	json_number(j, "minProperties", 1);
	json_number(j, "maxProperties", 1);
	json_object(j, "patternProperties");
	json_object(j, "^(always|ever|never|(at_least|at_most|exactly) +[0-9]+)$");
	json_text(j, "type", "string");
	json_end_object(j);
	json_end_object(j);
	json_bool(j, "additionalProperties", false);
	json_end_object(j);
	json_end_list(j);
	json_end_object(j);
	json_end_object(j);
}

static void put_compare(struct json *j, const struct tables *t, const char *name,
			const char *meaning)
{
	json_object(j, name);
	json_text(j, "description", meaning);
	schema_json_tunables(j, t, COMPARED);
	json_object(j, "additionalProperties");
	json_text(j, "type", "array");
	json_number(j, "minItems", 1);
	json_end_object(j);
	json_end_object(j);
}

static void put_general(struct json *j, const struct tables *t, const struct key *k)
{
	if (strcmp(k->name, "tasks") == 0) {
		put_items(j, k->name, k->meaning, &workload_task_schema, t->personality->task_keys);
	} else if (strcmp(k->name, "interrupts") == 0) {
		put_items(j, k->name, k->meaning, &workload_irq_schema, NULL);
	} else if (strcmp(k->name, "expect") == 0) {
		put_expectations(j, k->name, k->meaning);
	} else if (strcmp(k->name, "compare") == 0) {
		put_compare(j, t, k->name, k->meaning);
	} else if (strcmp(k->name, "sysctl") == 0) {
		schema_json_ref(j, k->name, "tunables");
	} else if (strcmp(k->name, "personality") == 0) {
		json_object(j, k->name);
		json_text(j, "description", k->meaning);
		json_list(j, "enum");
		json_text(j, NULL, t->personality->name);
		json_end_list(j);
		json_end_object(j);
	} else {
		json_object(j, k->name);
		put_documented(j, k, 0);
		json_end_object(j);
	}
}

/* Settings of the kernel: its tunables, and what differs from kernel to kernel, may stand here,
 * too. */
static void put_kernel(struct json *j, const struct tables *t, const struct key_schema *schema)
{
	static const char *const common[] = { "expect", "record", "compare" };

	json_text(j, "type", "object");
	json_object(j, "properties");
	put_properties(j, schema, 1);
	schema_json_ref(j, "sysctl", "tunables");
	for (int c = 0; t->tunables[c]; c++)
		if (t->tunables[c]->objects)
			schema_json_class(j, t->tunables[c]);
	for (int i = 0; i < scenario_schema.nr_keys; i++)
		for (size_t k = 0; k < ARRAY_LEN(common); k++)
			if (strcmp(scenario_schema.keys[i].name, common[k]) == 0)
				put_general(j, t, &scenario_schema.keys[i]);
	json_end_object(j);
	put_required(j, schema, NULL);
	json_bool(j, "additionalProperties", false);
}

static void put_section(struct json *j, const struct tables *t, const struct section *s)
{
	json_object(j, s->name);
	if (s->meaning)
		json_text(j, "description", s->meaning);
	if (s->list) {
		begin_items(j);
		put_map(j, s->schema, NULL, 1);
		json_end_object(j);
	} else if (strcmp(s->name, "machine") == 0) {
		put_machine(j, s->schema);
	} else if (strcmp(s->name, t->personality->name) == 0) {
		put_kernel(j, t, s->schema);
	} else {
		put_map(j, s->schema, NULL, 1);
	}
	json_end_object(j);
}

/* Settings of kernels that are not this one are not looked at. */
static void put_other_kernels(struct json *j, const struct personality *p)
{
	static const char *const kernels[] = { "linux", "freebsd" };

	for (size_t k = 0; k < ARRAY_LEN(kernels); k++) {
		bool known = false;

		for (int i = 0; i < p->nr_sections; i++)
			known |= strcmp(p->sections[i]->name, kernels[k]) == 0;
		if (known)
			continue;
		json_object(j, kernels[k]);
		json_text(j, "description", "settings of that kernel");
		json_text(j, "type", "object");
		json_end_object(j);
	}
}

void schema_json_print(const struct tables *t)
{
	const struct personality *p = t->personality;
	struct json j = { 0 };

	json_object(&j, NULL);
	json_text(&j, "$schema", "http://json-schema.org/draft-07/schema#");
	json_text(&j, "title", "scenario of mmsim");
	json_text(&j, "type", "object");
	json_object(&j, "properties");
	for (int i = 0; i < scenario_schema.nr_keys; i++)
		put_general(&j, t, &scenario_schema.keys[i]);
	for (int i = 0; i < p->nr_sections; i++)
		put_section(&j, t, p->sections[i]);
	for (int c = 0; t->tunables[c]; c++)
		if (t->tunables[c]->objects)
			schema_json_class(&j, t->tunables[c]);
	put_other_kernels(&j, p);
	json_object(&j, "<<");
	json_text(&j, "description", "another mapping, merged into this one: !include FILE");
	json_end_object(&j);
	json_end_object(&j);
	put_required(&j, &scenario_schema, NULL);
	json_bool(&j, "additionalProperties", false);
	json_object(&j, "$defs");
	json_object(&j, "tunables");
	json_text(&j, "description", "tunables by their full names");
	schema_json_tunables(&j, t, IN_FORCE);
	json_end_object(&j);
	json_object(&j, "written");
	json_text(&j, "description", "tunables that are written; a refusal may be expected");
	schema_json_tunables(&j, t, WRITTEN);
	json_end_object(&j);
	schema_json_steps(&j, t);
	json_end_object(&j);
	json_end_object(&j);
	json_print(&j);
}
