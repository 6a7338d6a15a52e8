/*
 * schema_step.c - JSON Schema of steps: calls with their words, and control words
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/schema_json.h"
#include "sim/workload/workload.h"

/* One word after the other of "pool, gfp = GFP_KERNEL, node ="; false: there are no more. */
struct word {
	const char *name;
	size_t len;
	bool optional;
	bool of_stream;
	const char *rest; /* set to op->takes before the first */
};

static bool next_word(const struct op *op, struct word *w)
{
	size_t item;

	if (!w->rest)
		return false;
	w->rest += strspn(w->rest, " ,");
	if (!*w->rest)
		return false;
	item = strcspn(w->rest, ",");
	w->name = w->rest;
	w->len = strcspn(w->rest, " =,");
	w->optional = memchr(w->rest, '=', item) != NULL;
	w->of_stream =
	    (op->flags & OP_STREAM) && key_find(&workload_stream_schema, w->name, w->len);
	w->rest += item;
	return true;
}

/* Whether the call has a word of its own of that name. */
static bool takes(const struct op *op, const char *name)
{
	struct word w = { .rest = op->takes };

	while (next_word(op, &w))
		if (strlen(name) == w.len && memcmp(w.name, name, w.len) == 0)
			return true;
	return false;
}

static bool needs_words(const struct op *op, bool but_the_first)
{
	struct word w = { .rest = op->takes };
	bool first = true;

	while (next_word(op, &w)) {
		if (w.of_stream)
			continue;
		if (!w.optional && !(first && but_the_first))
			return true;
		first = false;
	}
	return false;
}

/* What a bare value means: the first word that is not of the stream. */
static bool first_word(const struct op *op, struct word *w)
{
	*w = (struct word){ .rest = op->takes };
	while (next_word(op, w))
		if (!w->of_stream)
			return true;
	return false;
}

/* What the values of a row are called in the schema. */
static char *def_name(const char *prefix, const struct key *k)
{
	return str_format("%s_%s%s%s", prefix, k->of ? k->of : "", k->of ? "_" : "", k->name);
}

static void put_arg_ref(struct json *j, const char *key, const struct key_schema *args,
			const struct op *op, const struct word *w)
{
	char *def = def_name("arg", op_word(args, op, w->name, w->len));

	schema_json_ref(j, key, def);
	sim_free(def);
}

static void put_words_of(struct json *j, const struct key_schema *args, const struct op *op)
{
	struct word w = { .rest = op->takes };

	json_text(j, "type", "object");
	json_object(j, "properties");
	while (next_word(op, &w)) {
		char *name = sim_strndup(w.name, w.len);

		if (!w.of_stream)
			put_arg_ref(j, name, args, op, &w);
		sim_free(name);
	}
	for (int i = 0; (op->flags & OP_STREAM) && i < workload_stream_schema.nr_keys; i++) {
		char *def = str_format("stream_%s", workload_stream_schema.keys[i].name);

		schema_json_ref(j, workload_stream_schema.keys[i].name, def);
		sim_free(def);
	}
	for (int i = 0; i < workload_repeat_schema.nr_keys; i++) {
		const struct key *k = &workload_repeat_schema.keys[i];
		char *def = str_format("repeat_%s", k->name);

		if (!takes(op, k->name))
			schema_json_ref(j, k->name, def);
		sim_free(def);
	}
	json_end_object(j);
	json_bool(j, "additionalProperties", false);
	if (!needs_words(op, false))
		return;
	json_list(j, "required");
	for (w = (struct word){ .rest = op->takes }; next_word(op, &w);) {
		char *name = sim_strndup(w.name, w.len);

		if (!w.optional && !w.of_stream)
			json_text(j, NULL, name);
		sim_free(name);
	}
	json_end_list(j);
}

static void put_call(struct json *j, const struct key_schema *args, const struct op *op)
{
	struct word first;

	json_object(j, op->name);
	json_text(j, "description", op->meaning);
	json_list(j, "anyOf");
	json_object(j, NULL);
	put_words_of(j, args, op);
	json_end_object(j);
	if (!needs_words(op, false)) {
		json_object(j, NULL);
		json_text(j, "type", "null");
		json_end_object(j);
	}
	if (first_word(op, &first) && !needs_words(op, true)) {
		json_object(j, NULL);
		json_list(j, "allOf"); /* a list is for the mapping alone */
		json_object(j, NULL);
		put_arg_ref(j, NULL, args, op, &first);
		json_end_object(j);
		json_object(j, NULL);
		json_object(j, "not");
		json_text(j, "type", "array");
		json_end_object(j);
		json_end_object(j);
		json_end_list(j);
		json_end_object(j);
	}
	json_end_list(j);
	json_end_object(j);
}

/* ---- control words ---- */

static void put_block(struct json *j, const char *name, const struct key_schema *schema, bool list)
{
	json_object(j, name);
	if (list) {
		json_text(j, "type", "array");
		json_number(j, "minItems", 1);
		json_object(j, "items");
	}
	schema_json_map(j, schema, NULL);
	if (list)
		json_end_object(j);
	json_end_object(j);
}

static void put_controls(struct json *j)
{
	static const char *const times[] = { "sleep", "at", "compute" };
	static const char *const names[] = { "barrier", "wait_for" };
	static const char *const bare[] = { "exit", "wait" };

	put_block(j, "loop", &workload_loop_schema, false);
	put_block(j, "choose", &workload_choice_schema, true);
	put_block(j, "fork", &workload_fork_schema, false);
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		json_object(j, times[i]);
		schema_json_time(j);
		json_end_object(j);
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		json_object(j, names[i]);
		schema_json_name(j);
		json_end_object(j);
	}
	json_object(j, "assert");
	json_end_object(j);
	schema_json_ref(j, "sysctl", "written");
	for (size_t i = 0; i < ARRAY_LEN(bare); i++) {
		json_object(j, bare[i]);
		json_list(j, "enum");
		json_null(j, NULL);
		json_text(j, NULL, bare[i]);
		json_end_list(j);
		json_end_object(j);
	}
}

/* as:, returns: and bug: */
static void put_beside(struct json *j)
{
	json_object(j, "as");
	schema_json_name(j);
	json_end_object(j);
	json_object(j, "returns");
	json_list(j, "type");
	json_text(j, NULL, "integer");
	json_text(j, NULL, "string");
	json_text(j, NULL, "null"); /* NULL is the word for it in some readers */
	json_end_list(j);
	json_end_object(j);
	json_object(j, "bug");
	schema_json_bool(j);
	json_end_object(j);
}

/* ---- the whole ---- */

static void put_step(struct json *j, const struct personality *p)
{
	json_object(j, "step");
	json_list(j, "anyOf");
	json_object(j, NULL);
	json_text(j, "description", "a call that needs no words");
	json_list(j, "enum");
	json_text(j, NULL, "exit");
	json_text(j, NULL, "wait");
	for (int m = 0; p->models[m]; m++)
		for (int i = 0; i < p->models[m]->nr_ops; i++)
			if (!needs_words(&p->models[m]->ops[i], false))
				json_text(j, NULL, p->models[m]->ops[i].name);
	json_end_list(j);
	json_end_object(j);
	json_object(j, NULL);
	json_text(j, "type", "object");
	json_number(j, "minProperties", 1);
	json_number(j, "maxProperties", 4);
	json_object(j, "properties");
	put_beside(j);
	put_controls(j);
	for (int m = 0; p->models[m]; m++)
		for (int i = 0; i < p->models[m]->nr_ops; i++)
			put_call(j, p->args, &p->models[m]->ops[i]);
	json_end_object(j);
	json_bool(j, "additionalProperties", false);
	json_end_object(j);
	json_end_list(j);
	json_end_object(j);
}

static void put_defs(struct json *j, const char *prefix, const struct key_schema *schema)
{
	for (int i = 0; schema && i < schema->nr_keys; i++) {
		char *name = def_name(prefix, &schema->keys[i]);

		json_object(j, name);
		schema_json_value(j, &schema->keys[i]);
		json_end_object(j);
		sim_free(name);
	}
}

void schema_json_steps(struct json *j, const struct tables *t)
{
	put_defs(j, "arg", t->personality->args);
	put_defs(j, "stream", &workload_stream_schema);
	put_defs(j, "repeat", &workload_repeat_schema);
	put_step(j, t->personality);
}
