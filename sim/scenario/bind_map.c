/*
 * bind_map.c - a mapping as a whole: its keys, those that are missing, those that nobody knows
 *
 * What single values are is read by bind.c.
 */
#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/scenario/bind.h"
#include "sim/scenario/places.h"
#include "sim/scenario/words.h"

#define MAX_SHOWN   60  /* characters of a key in a message */
#define MAX_OFFERED 500 /* errors after which no nearest words are looked for any more */

static void bind_default(struct bind *b, const struct key *key, void *out)
{
	bool is_name = key->type == KEY_NAME || key->type == KEY_REF;

	if (key->def && !*key->def && is_name) /* the empty text, though users cannot write it */
		*(const char **)(void *)((char *)out + key->offset) = "";
	else if (key->def)
		SIM_ASSERT(bind_text(b, key, key->name, key->def, out));
	else if (key->type == KEY_MAP)
		bind_defaults(b, key->sub, (char *)out + key->offset);
}

void bind_defaults(struct bind *b, const struct key_schema *schema, void *out)
{
	memset(out, 0, schema->size);
	for (int i = 0; i < schema->nr_keys; i++)
		bind_default(b, &schema->keys[i], out);
}

static const char *article(const char *name)
{
	return name[0] && strchr("aeiou", name[0]) ? "an" : "a";
}

static void unknown_key(struct bind *b, const struct key_schema *schema,
			const struct yaml_node *written)
{
	const char **names = sim_alloc((size_t)schema->nr_keys * sizeof(*names));
	char *shown = diag_escape(written->text, written->len, MAX_SHOWN);
	struct str accepted = { 0 }, elsewhere = { 0 };

	for (int i = 0; i < schema->nr_keys; i++) {
		names[i] = schema->keys[i].name;
		str_addf(&accepted, "%s%s", i ? ", " : "", names[i]);
	}

	bool offered = b->d->nr_errors <= MAX_OFFERED;
	const char *kernel = offered ? other_kernel_with(b, written->text, NULL) : NULL;
	const char *nearest = NULL;

	if (offered && !kernel)
		nearest = words_nearest(written->text, names, (size_t)schema->nr_keys);
	if (kernel)
		diag_error(b->d, written->at, "%s has the key \"%s\", %s has not; accepted: %s",
			   kernel, shown, b->personality->name, str_get(&accepted));
	else if (nearest)
		diag_error(b->d, written->at, "no key \"%s\" in %s %s; did you mean \"%s\"?", shown,
			   article(schema->name), schema->name, nearest);
	else if (b->personality && offered && key_places(b->personality, written->text, &elsewhere))
		diag_error(b->d, written->at, "no key \"%s\" in %s %s; known as %s; accepted: %s",
			   shown, article(schema->name), schema->name, str_get(&elsewhere),
			   str_get(&accepted));
	else
		diag_error(b->d, written->at, "no key \"%s\" in %s %s; accepted: %s", shown,
			   article(schema->name), schema->name, str_get(&accepted));
	str_free(&elsewhere);
	str_free(&accepted);
	sim_free(shown);
	sim_free(names);
}

/* The key_seen of a structure, ready to be filled; NULL: the schema has none. */
static struct key_seen *begin_seen(struct bind *b, const struct key_schema *schema, struct place at,
				   void *out)
{
	if (schema->seen == SIZE_MAX)
		return NULL;
	SIM_ASSERT(schema->nr_keys <= KEYS_SEEN_MAX);

	struct key_seen *seen = (struct key_seen *)(void *)((char *)out + schema->seen);

	seen->at = arena_calloc(b->arena, (size_t)schema->nr_keys + 1, sizeof(*seen->at));
	seen->at[0] = at;
	return seen;
}

/* The rows that were not written: defaults, and an error for those that are required. */
static bool fill_missing(struct bind *b, const struct key_schema *schema, struct place at,
			 const bool *written, void *out)
{
	bool good = true;

	for (int i = 0; i < schema->nr_keys; i++) {
		const struct key *key = &schema->keys[i];

		if (written[i])
			continue;
		bind_default(b, key, out);
		if (!key->required)
			continue;

		struct str accepted = { 0 };

		bind_print_accepted(&accepted, key);
		diag_error(b->d, at, "key \"%s\" is missing in %s %s; accepted: %s", key->name,
			   article(schema->name), schema->name, str_get(&accepted));
		str_free(&accepted);
		good = false;
	}
	return good;
}

/* A scalar as it were a mapping with the one key that it is short for; NULL: it is not. */
static const struct yaml_node *expand_short(struct bind *b, const struct key_schema *schema,
					    const struct yaml_node *value)
{
	if (!schema->short_key || value->kind != YAML_KIND_SCALAR || yaml_is_empty(value))
		return NULL;

	struct yaml_node *map = arena_calloc(b->arena, 2, sizeof(*map));
	struct yaml_node *key = map + 1;

	*key = *value;
	key->text = schema->short_key;
	key->len = strlen(schema->short_key);
	*map = (struct yaml_node){ .kind = YAML_KIND_MAP, .at = value->at, .n = 1 };
	map->keys = arena_calloc(b->arena, 2, sizeof(*map->keys));
	map->items = map->keys + 1;
	map->keys[0] = key;
	map->items[0] = value;
	return map;
}

/* Whether a value is the name of a file that may have been meant. */
static bool is_yaml_file(const struct yaml_node *node)
{
	return node->kind == YAML_KIND_SCALAR &&
	       (str_ends_with(node->text, ".yaml") || str_ends_with(node->text, ".yml"));
}

bool bind_map(struct bind *b, const struct key_schema *schema, const struct yaml_node *node,
	      void *out)
{
	const struct yaml_node *map =
	    node->kind == YAML_KIND_MAP ? node : expand_short(b, schema, node);

	memset(out, 0, schema->size);
	if (!map) {
		diag_error(b->d, node->at, "found %s; accepted: a mapping (%s)%s",
			   yaml_describe(node), schema->name,
			   is_yaml_file(node) ? "; a file is taken in with <<: !include FILE" : "");
		return false;
	}

	struct key_seen *seen = begin_seen(b, schema, map->at, out);
	bool *written = sim_calloc((size_t)schema->nr_keys, sizeof(*written));
	bool good = true;

	for (size_t i = 0; i < map->n; i++) {
		const char *name = map->keys[i]->text;
		const struct key *key = key_find(schema, name, strlen(name));

		if (!key) {
			unknown_key(b, schema, map->keys[i]);
			good = false;
			continue;
		}

		size_t k = (size_t)(key - schema->keys);

		written[k] = true;
		if (seen) {
			key_set_written(seen, (int)k);
			seen->at[k + 1] = map->items[i]->at;
		}
		good &= bind_value(b, key, map->items[i], out);
	}
	good &= fill_missing(b, schema, map->at, written, out);
	sim_free(written);
	return good;
}
