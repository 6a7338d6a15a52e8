/*
 * yaml_map.c - the pairs of a map: no key twice, and what "<<" stands for
 */
#include <string.h>

#include "sim/base/arena.h"
#include "sim/scenario/yaml_loader.h"

#define FEW_KEYS 16 /* so many are compared with each other, more are hashed */

static bool same_text(const struct yaml_node *a, const struct yaml_node *b)
{
	return a->len == b->len && !memcmp(a->text, b->text, a->len);
}

static void duplicate_key(struct loader *l, const struct yaml_node *first,
			  const struct yaml_node *second)
{
	l->nr_soft++;
	diag_error(l->d, second->at,
		   "key \"%.100s\" is already given in line %d, column %d; accepted: once",
		   second->text, first->at.line, first->at.column);
}

void yaml_check_keys(struct loader *l, const struct yaml_node *map)
{
	if (map->n <= FEW_KEYS) {
		for (size_t i = 1; i < map->n; i++) {
			size_t j = 0;

			while (j < i && !same_text(map->keys[i], map->keys[j]))
				j++;
			if (j < i)
				duplicate_key(l, map->keys[j], map->keys[i]);
		}
		return;
	}
	names_reset(&l->keys, map->n);
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_node *key = map->keys[i];
		struct name *name = names_add(&l->keys, key->text, key->len);

		if (name->node)
			duplicate_key(l, name->node, key);
		else
			name->node = key;
	}
}

/* Adds the pairs of from whose key the map does not have; keys[] and items[] have room. */
static void merge_pairs(struct loader *l, struct yaml_node *map, const struct yaml_node *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct name *name = names_add(&l->keys, from->keys[i]->text, from->keys[i]->len);

		if (name->node)
			continue;
		name->node = from->keys[i];
		map->keys[map->n] = from->keys[i];
		map->items[map->n++] = from->items[i];
	}
}

static bool is_merge_source(const struct yaml_node *source)
{
	if (source->kind == YAML_KIND_LIST)
		for (size_t i = 0; i < source->n; i++)
			if (source->items[i]->kind != YAML_KIND_MAP)
				return false;
	return source->kind != YAML_KIND_SCALAR;
}

void yaml_merge(struct loader *l, struct yaml_node *map)
{
	struct yaml_node whole = *map;
	size_t merge_at = 0, room;

	while (merge_at < map->n &&
	       !(map->keys[merge_at]->plain && yaml_is(map->keys[merge_at], "<<")))
		merge_at++;
	if (merge_at == map->n)
		return;

	const struct yaml_node *source = map->items[merge_at];

	if (!is_merge_source(source)) {
		diag_error(l->d, source->at,
			   "found %s behind \"<<\"; accepted: a mapping or a list of mappings",
			   source->kind == YAML_KIND_LIST ? "a list of something else"
							  : yaml_describe(source));
		return;
	}
	room = map->n + (source->kind == YAML_KIND_MAP ? source->n : 0);
	for (size_t i = 0; source->kind == YAML_KIND_LIST && i < source->n; i++)
		room += source->items[i]->n;

	names_reset(&l->keys, room);
	map->n = 0;
	map->keys = arena_alloc(&l->doc->arena, 2 * room * sizeof(*map->keys));
	map->items = map->keys + room;
	for (size_t i = 0; i < whole.n; i++) {
		struct yaml_node pair = { .keys = whole.keys + i,
					  .items = whole.items + i,
					  .n = 1 };

		if (i != merge_at)
			merge_pairs(l, map, &pair);
	}
	if (source->kind == YAML_KIND_MAP)
		merge_pairs(l, map, source);
	for (size_t i = 0; source->kind == YAML_KIND_LIST && i < source->n; i++)
		merge_pairs(l, map, source->items[i]);
}
