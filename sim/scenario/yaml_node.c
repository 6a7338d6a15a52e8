/*
 * yaml_node.c - looking at a tree that yaml.c has read
 */
#include <string.h>

#include "sim/scenario/yaml.h"

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (map->kind != YAML_KIND_MAP)
		return NULL;
	for (size_t i = 0; i < map->n; i++)
		if (yaml_is(map->keys[i], key))
			return map->items[i];
	return NULL;
}

bool yaml_is(const struct yaml_node *node, const char *text)
{
	return node->kind == YAML_KIND_SCALAR && !strcmp(node->text, text);
}

bool yaml_is_empty(const struct yaml_node *node)
{
	return node->kind == YAML_KIND_SCALAR && node->plain && !node->len;
}

const char *yaml_describe(const struct yaml_node *node)
{
	switch (node->kind) {
	case YAML_KIND_MAP:
		return "a mapping";
	case YAML_KIND_LIST:
		return "a list";
	case YAML_KIND_SCALAR:
		return yaml_is_empty(node) ? "nothing" : "a value";
	}
	return "nothing";
}
