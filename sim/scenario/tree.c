/*
 * tree.c - a scenario's tree with other values in some places
 *
 * Recursion follows the tree or the path: at most YAML_MAX_DEPTH levels each.
 */
#include "sim/scenario/tree.h"

#include <string.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/scenario/names.h"

#define MAX_SHOWN 60 /* characters of a word in a message */

void tree_map_init(struct tree_map *m, struct arena *arena, struct place at)
{
	*m = (struct tree_map){ .arena = arena };
	m->node = arena_calloc(arena, 1, sizeof(*m->node));
	m->node->kind = YAML_KIND_MAP;
	m->node->at = at;
}

void tree_map_add(struct tree_map *m, const struct yaml_node *key, const struct yaml_node *value)
{
	struct yaml_node *node = m->node;

	if (node->n == m->cap) {
		size_t cap = 2 * m->cap + 8;
		const struct yaml_node **room = arena_calloc(m->arena, 2 * cap, sizeof(*room));

		for (size_t i = 0; i < node->n; i++) {
			room[i] = node->keys[i];
			room[cap + i] = node->items[i];
		}
		node->keys = room;
		node->items = room + cap;
		m->cap = cap;
	}
	node->keys[node->n] = key;
	node->items[node->n++] = value;
}

const struct yaml_node *tree_scalar(struct arena *a, const char *text, size_t len, struct place at)
{
	struct yaml_node *node = arena_calloc(a, 1, sizeof(*node));

	*node = (struct yaml_node){ .kind = YAML_KIND_SCALAR,
				    .plain = true,
				    .height = 1,
				    .nodes = 1,
				    .at = at,
				    .len = len };
	node->text = arena_strndup(a, text, len);
	return node;
}

static void index_keys(struct names *names, const struct yaml_node *map)
{
	names_reset(names, map->n);
	for (size_t i = 0; i < map->n; i++)
		names_add(names, map->keys[i]->text, map->keys[i]->len)->node = map->items[i];
}

const struct yaml_node *tree_merge(struct arena *a, const struct yaml_node *over,
				   const struct yaml_node *under)
{
	struct names in_over = { 0 }, in_under = { 0 };
	struct tree_map merged;

	if (!over || !under)
		return over ? over : under;
	if (over->kind != YAML_KIND_MAP || under->kind != YAML_KIND_MAP)
		return over;
	index_keys(&in_over, over);
	index_keys(&in_under, under);
	tree_map_init(&merged, a, over->at);
	for (size_t i = 0; i < under->n; i++)
		if (!names_find(&in_over, under->keys[i]->text, under->keys[i]->len))
			tree_map_add(&merged, under->keys[i], under->items[i]);
	for (size_t i = 0; i < over->n; i++) {
		const struct yaml_node *key = over->keys[i];

		tree_map_add(
		    &merged, key,
		    tree_merge(a, over->items[i], names_find(&in_under, key->text, key->len)));
	}
	names_free(&in_over);
	names_free(&in_under);
	return merged.node;
}

const struct yaml_node *tree_without(struct arena *a, const struct yaml_node *map, const char *key)
{
	struct tree_map rest;

	tree_map_init(&rest, a, map->at);
	for (size_t i = 0; i < map->n; i++)
		if (!yaml_is(map->keys[i], key))
			tree_map_add(&rest, map->keys[i], map->items[i]);
	return rest.node;
}

/* ---- paths ---- */

/* How much of a path a word takes up; 0: it does not begin with the word. */
static size_t word_match(const char *path, const char *word)
{
	size_t len = strlen(word);

	return len && !strncmp(path, word, len) && (path[len] == '.' || !path[len]) ? len : 0;
}

/* The key of a map that the path begins with, the longest; map->n: none. */
static size_t find_key(const struct yaml_node *map, const char *path, size_t *len)
{
	size_t found = map->n;

	*len = 0;
	for (size_t i = 0; i < map->n; i++) {
		size_t match = word_match(path, map->keys[i]->text);

		if (match > *len) {
			*len = match;
			found = i;
		}
	}
	return found;
}

static const char *item_name(const struct yaml_node *item)
{
	const struct yaml_node *name = yaml_get(item, "name");

	return name && name->kind == YAML_KIND_SCALAR ? name->text : "";
}

/* The item of a list that the path begins with: by name, else by number; list->n: none. */
static size_t find_item(const struct yaml_node *list, const char *path, size_t *len)
{
	size_t found = list->n, index = 0;

	*len = 0;
	for (size_t i = 0; i < list->n; i++) {
		size_t match = word_match(path, item_name(list->items[i]));

		if (match > *len) {
			*len = match;
			found = i;
		}
	}
	if (found < list->n)
		return found;
	for (; path[*len] >= '0' && path[*len] <= '9' && *len < 9; ++*len)
		index = index * 10 + (size_t)(path[*len] - '0');
	if (!*len || (path[*len] && path[*len] != '.') || index >= list->n)
		return list->n;
	return index;
}

static char *no_item(const struct yaml_node *list, const char *path)
{
	char *shown = diag_escape(path, strcspn(path, "."), MAX_SHOWN);
	struct str why = { 0 };
	bool any = false;

	str_addf(&why, "no item \"%s\" in the list; accepted: ", shown);
	if (list->n)
		str_addf(&why, "0..%zu", list->n - 1);
	else
		str_add(&why, "nothing, it is empty");
	for (size_t i = 0; i < list->n && i < 20; i++) {
		const char *name = item_name(list->items[i]);

		if (*name) {
			str_add(&why, any ? ", " : " or a name (");
			str_add(&why, name);
			any = true;
		}
	}
	if (any)
		str_addc(&why, ')');
	sim_free(shown);
	return why.s;
}

/* No key has brackets in it: "nodes[0]" is how other tools write what is "nodes.0" here. */
static char *brackets_in(const char *path, size_t len)
{
	char *shown = diag_escape(path, len, MAX_SHOWN);
	char *why = str_format("\"%s\": items of a list are written behind a dot; accepted: "
			       "nodes.0 for the first one, tasks.NAME for the one of that name",
			       shown);

	sim_free(shown);
	return why;
}

static const struct yaml_node *set_at(struct arena *a, const struct yaml_node *node,
				      const char *path, const struct yaml_node *value, int depth,
				      char **why);

/* The map (NULL: a new one) with a value behind one of its keys. */
static const struct yaml_node *set_in_map(struct arena *a, const struct yaml_node *map,
					  const char *path, const struct yaml_node *value,
					  int depth, char **why)
{
	struct yaml_node none = { .kind = YAML_KIND_MAP, .at = value->at };
	const struct yaml_node *from = map ? map : &none;
	struct tree_map to;
	size_t len, k = find_key(from, path, &len);
	bool is_new = k == from->n;

	if (is_new)
		len = strcspn(path, ".");
	if (is_new && memchr(path, '[', len)) {
		*why = brackets_in(path, len);
		return NULL;
	}
	if (!len) {
		*why = sim_strdup("a key is missing; accepted: words joined with \".\"");
		return NULL;
	}

	const char *rest = path[len] ? path + len + 1 : NULL;
	const struct yaml_node *item =
	    set_at(a, is_new ? NULL : from->items[k], rest, value, depth + 1, why);

	if (!item)
		return NULL;
	tree_map_init(&to, a, from->at);
	for (size_t i = 0; i < from->n; i++)
		tree_map_add(&to, from->keys[i], i == k ? item : from->items[i]);
	if (is_new)
		tree_map_add(&to, tree_scalar(a, path, len, value->at), item);
	return to.node;
}

static const struct yaml_node *set_in_list(struct arena *a, const struct yaml_node *list,
					   const char *path, const struct yaml_node *value,
					   int depth, char **why)
{
	size_t len, k = find_item(list, path, &len);
	struct yaml_node *to;

	if (k == list->n) {
		*why = no_item(list, path);
		return NULL;
	}

	const char *rest = path[len] ? path + len + 1 : NULL;
	const struct yaml_node *item = set_at(a, list->items[k], rest, value, depth + 1, why);

	if (!item)
		return NULL;
	to = arena_calloc(a, 1, sizeof(*to));
	*to = *list;
	to->items = arena_calloc(a, list->n, sizeof(*to->items));
	memcpy(to->items, list->items, list->n * sizeof(*to->items));
	to->items[k] = item;
	return to;
}

static const struct yaml_node *set_at(struct arena *a, const struct yaml_node *node,
				      const char *path, const struct yaml_node *value, int depth,
				      char **why)
{
	if (!path)
		return value;
	if (depth > YAML_MAX_DEPTH) {
		*why = str_format("too many levels; accepted: at most %d", YAML_MAX_DEPTH);
		return NULL;
	}
	if (!node || node->kind == YAML_KIND_MAP || yaml_is_empty(node))
		return set_in_map(a, node && node->kind == YAML_KIND_MAP ? node : NULL, path, value,
				  depth, why);
	if (node->kind == YAML_KIND_LIST)
		return set_in_list(a, node, path, value, depth, why);

	char *shown = diag_escape(node->text, node->len, MAX_SHOWN);
	char *word = diag_escape(path, strcspn(path, "."), MAX_SHOWN);

	*why = str_format("there is no \"%s\" in \"%s\": it is a value", word, shown);
	sim_free(shown);
	sim_free(word);
	return NULL;
}

const struct yaml_node *tree_set(struct arena *a, const struct yaml_node *root, const char *path,
				 const struct yaml_node *value, char **why)
{
	*why = NULL;
	return set_at(a, root, path, value, 0, why);
}
