/*
 * tree.h - a scenario's tree with other values in some places
 *
 * Nodes are shared and never changed: what is new lies in an arena and points
 * to the old where nothing differs.
 */
#ifndef MMSIM_SCENARIO_TREE_H
#define MMSIM_SCENARIO_TREE_H

#include "sim/base/arena.h"
#include "sim/scenario/yaml.h"

/* A map that can be added to; keys stay in the order in which they came. */
struct tree_map {
	struct arena *arena;
	struct yaml_node *node;
	size_t cap;
};

void tree_map_init(struct tree_map *m, struct arena *arena, struct place at);
/* The key must not be in the map. */
void tree_map_add(struct tree_map *m, const struct yaml_node *key, const struct yaml_node *value);

/* A scalar with this text (copied). */
const struct yaml_node *tree_scalar(struct arena *a, const char *text, size_t len, struct place at);

/*
 * What is in either; where both have a key, over counts, and two maps are joined in the same way.
 * Keys that only under has come first, then those of over in their order.  NULL is nothing.
 */
const struct yaml_node *tree_merge(struct arena *a, const struct yaml_node *over,
				   const struct yaml_node *under);

/* The map without a key. */
const struct yaml_node *tree_without(struct arena *a, const struct yaml_node *map, const char *key);

/*
 * The tree with another value at a path: keys and numbers of list items (or their "name") joined
 * with dots.  A key that a map does not have is added, and maps in between.  NULL: there can be no
 * such place, *why says why (the caller frees it).
 */
const struct yaml_node *tree_set(struct arena *a, const struct yaml_node *root, const char *path,
				 const struct yaml_node *value, char **why);
#endif
