/*
 * settings.c - values of tunables in a scenario, and lists of values to compare
 *
 * A tunable is set by its full name ("sysctl: { vm.dirty_ratio: 20 }", "--set"), or, if
 * there is one per object, below the object: "queue: { sda: { read_ahead_kb: 128 } }".
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/scenario/reading.h"
#include "sim/scenario/tree.h"
#include "sim/scenario/yaml.h"

#define MAX_COMPARED 256 /* values of one axis */

static const struct tunable_class *const *classes_of(const struct scenario *sc)
{
	return sc->p->tables.tunables;
}

/* ---- names ---- */

const struct tunable_class *class_of(const struct tables *t, const char *name)
{
	const struct tunable_class *found = NULL;
	char *dotted = tunable_dotted(name);

	for (int c = 0; t->tunables[c] && !found; c++) {
		size_t len = strlen(t->tunables[c]->prefix);

		if (!strncmp(dotted, t->tunables[c]->prefix, len) && dotted[len] == '.')
			found = t->tunables[c];
	}
	sim_free(dotted);
	return found;
}

bool is_tunable_name(const struct tables *t, const char **name)
{
	static const char sysctl[] = "sysctl.";

	if (!strncmp(*name, sysctl, sizeof(sysctl) - 1)) {
		*name += sizeof(sysctl) - 1;
		return true;
	}
	return class_of(t, *name) != NULL || is_real_sysctl(*name);
}

static bool check_object(struct diag *d, const struct scenario *sc,
			 const struct tunable_class *class, const char *object, struct place at)
{
	size_t n;
	const char *const *names = scenario_names(sc, class->objects, &n);
	char *shown;
	const char *near;

	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], object))
			return true;
	shown = diag_escape(object, strlen(object), MAX_SHOWN);
	near = words_offered(d) ? diag_nearest(object, names, n) : NULL;
	if (near)
		diag_error(d, at, "%s: no %s \"%s\"; did you mean \"%s\"?", class->prefix,
			   class->objects, shown, near);
	else
		diag_error(d, at, "%s: no %s \"%s\" in the scenario; accepted: %s%s", class->prefix,
			   class->objects, shown, n ? names[0] : "none is declared",
			   n > 1 ? " and others that it declares" : "");
	sim_free(shown);
	return false;
}

bool scenario_find_tunable(struct diag *d, const struct scenario *sc, const char *name,
			   struct place at, struct tunable_ref *ref)
{
	if (!tunable_find(classes_of(sc), name, ref)) {
		unknown_tunable(d, sc, name, at);
		return false;
	}
	return !ref->class->objects || check_object(d, sc, ref->class, ref->object, at);
}

/* ---- values ---- */

/* A value as one text; a list of values as its items with blanks between.  NULL: neither. */
static const char *value_text(struct arena *arena, const struct yaml_node *value)
{
	struct str text = { 0 };
	const char *copy = NULL;
	bool good = value->kind == YAML_KIND_LIST;

	if (value->kind == YAML_KIND_SCALAR)
		return yaml_is_empty(value) ? NULL : value->text;
	for (size_t i = 0; good && i < value->n; i++) {
		good = value->items[i]->kind == YAML_KIND_SCALAR && value->items[i]->len;
		str_addf(&text, "%s%s", i ? " " : "", good ? value->items[i]->text : "");
	}
	if (good && value->n)
		copy = arena_strndup(arena, str_get(&text), text.len);
	str_free(&text);
	return copy;
}

/* Whether a value that tunable_parse refused is one all the same, only out of range. */
static bool is_only_out_of_range(const struct tunable_value *value, const char *text)
{
	const struct tunable *row = value->ref.row;
	const char *why;
	int64_t v;

	if (row->count > 1)
		return value->n > 0;
	return unit_parse(row->unit == UNIT_BOOL ? UNIT_COUNT : row->unit, text, strlen(text), &v,
			  &why);
}

bool scenario_read_tunable(struct diag *d, const struct scenario *sc, const char *name,
			   const struct yaml_node *value, bool any_range, struct tunable_value *out)
{
	const char *text = value_text(&sc->p->arena, value);
	struct str range = { 0 };
	char *why = NULL;

	if (text && (tunable_parse(out->ref.row, text, out, &why) ||
		     (any_range && is_only_out_of_range(out, text)))) {
		sim_free(why);
		return true;
	}
	if (text) {
		diag_error(d, value->at, "%s: %s", name, why);
	} else {
		tunable_print_range(&range, out->ref.row);
		diag_error(d, value->at, "%s: found %s; accepted: %s", name, yaml_describe(value),
			   str_get(&range));
		str_free(&range);
	}
	sim_free(why);
	return false;
}

static struct scenario_tunable *find_set(const struct reading *r, const struct tunable_ref *ref)
{
	for (size_t i = 0; i < r->p->nr_tunables; i++) {
		const struct tunable_ref *other = &r->p->tunables[i].value.ref;

		if (other->row == ref->row && other->class == ref->class &&
		    !strcmp(other->object, ref->object))
			return &r->p->tunables[i];
	}
	return NULL;
}

static void add_tunable(struct reading *r, const struct tunable_value *value, struct place at)
{
	void *tunables = r->p->tunables;

	sim_grow(&tunables, &r->p->cap_tunables, r->p->nr_tunables + 1, sizeof(*r->p->tunables));
	r->p->tunables = tunables;
	r->p->tunables[r->p->nr_tunables++] = (struct scenario_tunable){ *value, at };
}

/* Whether something is wrong with this place already: a key that is given twice. */
static bool is_said(const struct diag *d, const struct place *at)
{
	for (size_t i = 0; i < d->nr_errors; i++)
		if (d->errors[i].at.file == at->file && d->errors[i].at.line == at->line &&
		    d->errors[i].at.column == at->column)
			return true;
	return false;
}

/* One "name: value" of the file. */
static void read_tunable(struct reading *r, const char *name, struct place name_at,
			 const struct yaml_node *node)
{
	struct tunable_value value = { 0 };
	const struct scenario_tunable *before;

	if (!scenario_find_tunable(r->d, r->sc, name, name_at, &value.ref) ||
	    !scenario_read_tunable(r->d, r->sc, name, node, false, &value))
		return;
	before = find_set(r, &value.ref);
	if (before && !is_said(r->d, &name_at))
		diag_error(r->d, name_at, "%s is already set in line %d", name, before->at.line);
	else
		add_tunable(r, &value, node->at);
}

void set_tunable(struct reading *r, const char *name, const struct yaml_node *node)
{
	struct tunable_value value = { 0 };
	struct scenario_tunable *before;

	if (!scenario_find_tunable(r->d, r->sc, name, node->at, &value.ref) ||
	    !scenario_read_tunable(r->d, r->sc, name, node, false, &value))
		return;
	before = find_set(r, &value.ref);
	if (before) {
		size_t behind = (size_t)(r->p->tunables + r->p->nr_tunables - before) - 1;

		memmove(before, before + 1, behind * sizeof(*before));
		r->p->nr_tunables--;
	}
	add_tunable(r, &value, node->at); /* last: nothing in the file undoes it */
}

/* ---- maps ---- */

static bool is_map(struct reading *r, const char *name, const struct yaml_node *node,
		   const char *what)
{
	if (node->kind == YAML_KIND_MAP)
		return true;
	diag_error(r->d, node->at, "%s: found %s; accepted: a mapping (%s)", name,
		   yaml_describe(node), what);
	return false;
}

/* "sda: { read_ahead_kb: 128 }" or "queue.sda.read_ahead_kb: 128" below "queue:". */
static void read_object(struct reading *r, const struct tunable_class *class,
			const struct yaml_node *key, const struct yaml_node *values)
{
	const struct tunable_class *named = class_of(&r->p->tables, key->text);

	if (named == class && values->kind != YAML_KIND_MAP) {
		read_tunable(r, key->text, key->at, values);
		return;
	}
	if (!is_map(r, key->text, values, class->prefix) ||
	    !check_object(r->d, r->sc, class, key->text, key->at))
		return;
	for (size_t i = 0; i < values->n; i++) {
		char *name =
		    str_format("%s.%s.%s", class->prefix, key->text, values->keys[i]->text);

		read_tunable(r, name, values->keys[i]->at, values->items[i]);
		sim_free(name);
	}
}

void read_tunables(struct reading *r)
{
	const struct yaml_node *sysctl = yaml_get(r->p->root, "sysctl");
	const struct tunable_class *const *classes = classes_of(r->sc);

	if (sysctl && is_map(r, "sysctl", sysctl, "names of tunables and their values"))
		for (size_t i = 0; i < sysctl->n; i++)
			read_tunable(r, sysctl->keys[i]->text, sysctl->keys[i]->at,
				     sysctl->items[i]);
	for (int c = 0; classes[c]; c++) {
		const struct yaml_node *map = yaml_get(r->p->root, classes[c]->prefix);

		if (!classes[c]->objects || !map ||
		    !is_map(r, classes[c]->prefix, map, "objects and their tunables"))
			continue;
		for (size_t i = 0; i < map->n; i++)
			read_object(r, classes[c], map->keys[i], map->items[i]);
	}
}

const struct scenario_tunable *scenario_tunables(const struct scenario *sc, size_t *n)
{
	*n = sc->p->nr_tunables;
	return sc->p->tunables;
}

/* ---- compare: ---- */

/* Whether a value could stand at a path of the scenario. */
static bool try_path(struct reading *r, const char *path, const struct yaml_node *key,
		     const struct yaml_node *item, const char *text)
{
	struct arena arena = { 0 };
	char *why;
	const struct yaml_node *value = tree_scalar(&arena, text, strlen(text), item->at);
	const struct yaml_node *root = tree_set(&arena, r->p->root, path, value, &why);
	bool good = root != NULL;

	if (!root) {
		diag_error(r->d, key->at, "%s: %s", path, why);
	} else {
		why = try_root(r, root, item->at);
		if (why)
			diag_error(r->d, item->at, "%s", why);
	}
	sim_free(why);
	arena_free(&arena);
	return good;
}

static bool try_tunable(struct reading *r, const char *name, const struct yaml_node *key,
			const struct yaml_node *item)
{
	struct tunable_value value = { 0 };

	if (!scenario_find_tunable(r->d, r->sc, name, key->at, &value.ref))
		return false;
	scenario_read_tunable(r->d, r->sc, name, item, false, &value);
	return true;
}

static void read_axis(struct reading *r, const struct yaml_node *key,
		      const struct yaml_node *values, struct sweep_axis *axis)
{
	const char *name = key->text;
	bool is_tunable = is_tunable_name(&r->p->tables, &name);
	bool going = true;

	if (values->kind != YAML_KIND_LIST || !values->n || values->n > MAX_COMPARED) {
		diag_error(r->d, values->at, "%s: found %s; accepted: a list of 1..%d values", name,
			   values->n > MAX_COMPARED ? "too many values" : yaml_describe(values),
			   MAX_COMPARED);
		return;
	}
	axis->key = arena_strndup(&r->p->arena, name, strlen(name));
	axis->values = arena_calloc(&r->p->arena, values->n, sizeof(*axis->values));
	for (size_t i = 0; going && i < values->n; i++) {
		const struct yaml_node *item = values->items[i];
		const char *text = value_text(&r->p->arena, item);

		if (!text || (item->kind == YAML_KIND_LIST && !is_tunable)) {
			diag_error(r->d, item->at, "%s: found %s; accepted: a value", name,
				   yaml_describe(item));
			continue;
		}
		axis->values[axis->n++] = arena_strndup(&r->p->arena, text, strlen(text));
		if (is_tunable)
			going = try_tunable(r, name, key, item);
		else
			going = try_path(r, name, key, item, text);
	}
}

void read_compare(struct reading *r, const struct yaml_node *node)
{
	if (!is_map(r, "compare", node, "names, each with the values to compare"))
		return;
	r->sc->compare = arena_calloc(&r->p->arena, node->n + 1, sizeof(*r->sc->compare));
	for (size_t i = 0; i < node->n; i++)
		read_axis(r, node->keys[i], node->items[i], &r->sc->compare[r->sc->nr_compare++]);
}
