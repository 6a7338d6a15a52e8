/*
 * scenario_names.c - what others ask a scenario: a section of it, and the names it declares
 */
#include <string.h>

#include "sim/scenario/reading.h"
#include "sim/scenario/words.h"

const void *scenario_section(const struct scenario *sc, const char *name)
{
	for (int i = 0; i < sc->personality->nr_sections; i++)
		if (!strcmp(sc->personality->sections[i]->name, name))
			return sc->p->sections[i];
	return NULL;
}

static void collect_name(struct words *words, const struct key_schema *schema,
			 const struct yaml_node *item)
{
	const struct yaml_node *name = yaml_get(item, "name");

	if (!name && schema->short_key && !strcmp(schema->short_key, "name"))
		name = item;
	if (name && name->kind == YAML_KIND_SCALAR && name->len)
		words_add(words, name->text);
}

static void collect_map(struct words *words, const char *kind, const struct key_schema *schema,
			const struct yaml_node *map);

/* A list of schema's mappings.  Recursion follows the file: at most YAML_MAX_DEPTH levels. */
static void collect_list(struct words *words, const char *kind, const struct key_schema *schema,
			 const struct yaml_node *list)
{
	if (list->kind != YAML_KIND_LIST)
		return;
	for (size_t i = 0; i < list->n; i++) {
		if (!strcmp(schema->name, kind))
			collect_name(words, schema, list->items[i]);
		collect_map(words, kind, schema, list->items[i]);
	}
}

static void collect_map(struct words *words, const char *kind, const struct key_schema *schema,
			const struct yaml_node *map)
{
	for (int i = 0; i < schema->nr_keys; i++) {
		const struct key *key = &schema->keys[i];
		bool nests = key->type == KEY_LIST || key->type == KEY_MAP;
		const struct yaml_node *value = nests ? yaml_get(map, key->name) : NULL;

		if (value && key->type == KEY_LIST)
			collect_list(words, kind, key->sub, value);
		else if (value)
			collect_map(words, kind, key->sub, value);
	}
}

const char *const *scenario_names(const struct scenario *sc, const char *kind, size_t *n)
{
	const struct personality *p = sc->personality;
	struct words words = { 0 };
	const char **names;

	for (int i = 0; i < p->nr_sections; i++) {
		const struct section *section = p->sections[i];
		const struct yaml_node *node = yaml_get(sc->p->root, section->name);

		if (node && section->list)
			collect_list(&words, kind, section->schema, node);
		else if (node)
			collect_map(&words, kind, section->schema, node);
	}
	*n = words.n;
	names = arena_calloc(&sc->p->arena, words.n + 1, sizeof(*names));
	if (words.n)
		memcpy(names, words.w, words.n * sizeof(*names));
	words_free(&words);
	return names;
}
