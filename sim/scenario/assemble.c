/*
 * assemble.c - one complete tree of a scenario, of what it includes and of what is set
 *
 *   1. "machine: !include m4g.yaml", where that file has keys of its own beside "machine"
 *      (linux, sysctl ...), is taken apart: its keys go where they belong
 *   2. "sysctl", "queue" ... below the key of the kernel ("linux:") go to the top
 *   3. the values of --set go to their places
 *
 * What stands in the scenario itself counts more than what is included, and --set more than both.
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/scenario/input.h"
#include "sim/scenario/reading.h"
#include "sim/scenario/tree.h"
#include "sim/scenario/yaml.h"

const struct section *find_section(const struct personality *p, const char *name)
{
	for (int i = 0; i < p->nr_sections; i++)
		if (!strcmp(p->sections[i]->name, name))
			return p->sections[i];
	return NULL;
}

bool has_row(const struct key_schema *schema, const char *name)
{
	return key_find(schema, name, strlen(name)) != NULL;
}

bool is_tunable_map(const struct reading *r, const char *name)
{
	const struct tunable_class *const *classes = r->p->tables.tunables;

	for (int c = 0; classes[c]; c++)
		if (classes[c]->objects && !strcmp(classes[c]->prefix, name))
			return true;
	return !strcmp(name, "sysctl");
}

/* Takes "machine: { machine: {...}, linux: {...}, nodes: ... }" apart. */
static const struct yaml_node *unpack_machine(struct reading *r, const struct yaml_node *root)
{
	struct arena *a = &r->p->arena;
	const struct yaml_node *bundle = yaml_get(root, "machine");
	const struct section *section = find_section(r->sc->personality, "machine");
	const struct yaml_node *inner = bundle ? yaml_get(bundle, "machine") : NULL;
	struct tree_map own, others;
	struct yaml_node key = { .kind = YAML_KIND_SCALAR, .text = "machine", .len = 7 };

	if (!inner || !section || has_row(section->schema, "machine"))
		return root;
	tree_map_init(&own, a, bundle->at);
	tree_map_init(&others, a, bundle->at);
	for (size_t i = 0; i < bundle->n; i++) {
		const char *name = bundle->keys[i]->text;

		if (has_row(section->schema, name))
			tree_map_add(&own, bundle->keys[i], bundle->items[i]);
		else if (strcmp(name, "machine"))
			tree_map_add(&others, bundle->keys[i], bundle->items[i]);
	}
	key.at = inner->at;
	tree_map_add(&others, arena_calloc(a, 1, sizeof(key)),
		     own.node->n ? tree_merge(a, own.node, inner) : inner);
	memcpy((void *)others.node->keys[others.node->n - 1], &key, sizeof(key));
	return tree_merge(a, tree_without(a, root, "machine"), others.node);
}

/* What is expected, recorded and compared may differ from kernel to kernel as well. */
static bool is_common_key(const char *key)
{
	return !strcmp(key, "expect") || !strcmp(key, "record") || !strcmp(key, "compare");
}

/* Two lists one behind the other; what is no list is left to whoever reads it. */
static const struct yaml_node *join_lists(struct arena *a, const struct yaml_node *first,
					  const struct yaml_node *second)
{
	struct yaml_node *both;

	if (first && first->kind != YAML_KIND_LIST)
		return first;
	if (!first || second->kind != YAML_KIND_LIST)
		return second;
	both = arena_calloc(a, 1, sizeof(*both));
	*both = *first;
	both->n = first->n + second->n;
	both->nodes = first->nodes + second->nodes;
	both->height = first->height > second->height ? first->height : second->height;
	both->items = arena_calloc(a, both->n + 1, sizeof(struct yaml_node *));
	for (size_t i = 0; i < both->n; i++)
		both->items[i] = i < first->n ? first->items[i] : second->items[i - first->n];
	return both;
}

/*
 * Takes tunables below the key of the kernel to the top; there they count more than others.  So do
 * "record" and "compare"; "expect" comes to what is expected of every kernel.
 */
static const struct yaml_node *unpack_kernel(struct reading *r, const struct yaml_node *root)
{
	struct arena *a = &r->p->arena;
	const char *name = r->sc->personality->name;
	const struct yaml_node *settings = yaml_get(root, name);
	const struct section *section = find_section(r->sc->personality, name);
	struct tree_map up, stay;

	if (!settings || settings->kind != YAML_KIND_MAP)
		return root;
	tree_map_init(&up, a, settings->at);
	tree_map_init(&stay, a, settings->at);
	for (size_t i = 0; i < settings->n; i++) {
		const char *key = settings->keys[i]->text;
		bool goes = (is_tunable_map(r, key) || is_common_key(key)) &&
			    !(section && has_row(section->schema, key));
		const struct yaml_node *value = settings->items[i];

		if (goes && !strcmp(key, "expect"))
			value = join_lists(a, yaml_get(root, key), value);
		tree_map_add(goes ? &up : &stay, settings->keys[i], value);
	}
	if (!up.node->n)
		return root;
	for (size_t i = 0; i < root->n; i++)
		if (yaml_is(root->keys[i], name))
			tree_map_add(&up, root->keys[i], stay.node);
	return tree_merge(a, up.node, tree_without(a, root, name));
}

/* The value of a --set as a node whose place is the --set itself. */
struct set assemble_set(struct reading *r, const struct setting *setting)
{
	char *name = str_format("--set %s=%s", setting->key, setting->value);
	size_t len = strlen(setting->value);
	const struct diag_file *file =
	    diag_add_file(r->d, name, sim_strndup(setting->value, len), len);
	struct place at = { .file = file };
	struct set set = { setting, NULL };

	if (len > YAML_MAX_SCALAR) {
		diag_error(r->d, at, "%zu bytes of text are too long; accepted: at most %d", len,
			   YAML_MAX_SCALAR);
	} else if (!input_check(r->d, file)) {
		; /* said there */
	} else if (*setting->value == '[' || *setting->value == '{') {
		struct yaml_doc *doc = yaml_parse_text(r->d, name, setting->value, len);
		void *docs = r->p->docs;

		sim_grow(&docs, &r->p->cap_docs, r->p->nr_docs + 1, sizeof(*r->p->docs));
		r->p->docs = docs;
		r->p->docs[r->p->nr_docs++] = doc;
		set.value = doc ? yaml_root(doc) : NULL;
	} else {
		set.value = tree_scalar(&r->p->arena, setting->value, len, at);
	}
	sim_free(name);
	return set;
}

static const struct yaml_node *set_paths(struct reading *r, const struct yaml_node *root,
					 const struct set *sets, int n)
{
	for (int i = 0; i < n; i++) {
		const char *path = sets[i].setting->key;
		const struct yaml_node *changed;
		char *why;

		if (!sets[i].value || is_tunable_name(&r->p->tables, &path))
			continue;
		changed = tree_set(&r->p->arena, root, path, sets[i].value, &why);
		if (changed)
			root = changed;
		else
			diag_error(r->d, sets[i].value->at, "%s", why);
		sim_free(why);
	}
	return root;
}

const struct yaml_node *assemble(struct reading *r, const struct yaml_node *root,
				 const struct set *sets, int n)
{
	return set_paths(r, unpack_kernel(r, unpack_machine(r, root)), sets, n);
}
