/*
 * refs.c - names of results and of objects, looked up before the run
 *
 * A name that a program gives itself with as: is its own; else it is that of all
 * other programs which give it; else that of an object which the scenario
 * declares (a file).  Anything else is an error.
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/scenario/bind.h"
#include "sim/workload/program.h"

#define MAX_MAKERS 4 /* calls named that give an object of a kind */

/* A use of a name that waits until all programs are read. */
struct ref_list_item {
	struct ref_list_item *next;
	struct ref_use *use;
	struct program *program;
};

void add_ref(struct compiler *c, struct ref_use *use)
{
	struct ref_list_item *item = arena_calloc(&c->w->arena, 1, sizeof(*item));

	*item = (struct ref_list_item){ c->refs, use, c->program };
	c->refs = item;
}

static const char *kind_name(const char *kind)
{
	return kind ? kind : "number";
}

static bool same_kind(const char *a, const char *b)
{
	return !strcmp(kind_name(a), kind_name(b));
}

/* ---- indexes: name -> number ---- */

static int index_find(const struct names *index, const char *name)
{
	const struct yaml_node *node = names_find(index, name, strlen(name));

	return node ? (int)node->n : -1;
}

/* The name is borrowed. */
static void index_add(struct compiler *c, struct names *index, const char *name, int number)
{
	struct yaml_node *node = arena_calloc(&c->w->arena, 1, sizeof(*node));

	node->n = (size_t)number;
	names_add(index, name, strlen(name))->node = node;
}

/* ---- results ---- */

int add_slot(struct compiler *c, const struct yaml_node *as, const char *kind)
{
	static const struct key key = { .name = "as", .type = KEY_NAME };
	struct bind b = { .d = c->d, .arena = &c->w->arena };
	struct program *p = c->program;
	const char *name = NULL;
	void *slots = p->slots;
	int slot;

	if (!bind_value(&b, &key, as, &name))
		return -1;
	slot = index_find(&p->slot_of, name);
	if (slot >= 0) {
		if (!same_kind(p->slots[slot].kind, kind))
			diag_error(c->d, as->at,
				   "as: \"%s\" is a %s elsewhere in %s; accepted: "
				   "another name for a %s",
				   name, kind_name(p->slots[slot].kind), p->name, kind_name(kind));
		return slot;
	}
	sim_grow(&slots, &p->cap_slots, p->nr_slots + 1, sizeof(*p->slots));
	p->slots = slots;
	p->slots[p->nr_slots] = (struct slot_name){ .name = name, .kind = kind, .at = as->at };
	index_add(c, &p->slot_of, name, (int)p->nr_slots);
	return (int)p->nr_slots++;
}

int find_slot(const struct program *p, const char *name, const char **kind)
{
	int slot = index_find(&p->slot_of, name);

	if (slot >= 0)
		*kind = p->slots[slot].kind;
	return slot;
}

/* What all programs give under one name. */
struct given {
	struct giver *givers; /* in the arena */
	int n, cap;
};

struct all_given {
	struct given *given; /* owned */
	size_t n, cap;
	struct names index;
};

static void add_giver(struct compiler *c, struct all_given *all, struct program *p, int slot)
{
	const char *name = p->slots[slot].name;
	int i = index_find(&all->index, name);
	struct given *given;

	if (i < 0) {
		void *room = all->given;

		sim_grow(&room, &all->cap, all->n + 1, sizeof(*all->given));
		all->given = room;
		i = (int)all->n++;
		all->given[i] = (struct given){ 0 };
		index_add(c, &all->index, name, i);
	}
	given = &all->given[i];
	if (given->n == given->cap) {
		struct giver *more =
		    arena_calloc(&c->w->arena, (size_t)(2 * given->cap + 2), sizeof(*more));

		if (given->n)
			memcpy(more, given->givers, (size_t)given->n * sizeof(*more));
		given->givers = more;
		given->cap = 2 * given->cap + 2;
	}
	given->givers[given->n++] = (struct giver){ p, slot };
}

static bool check_kind(struct compiler *c, const struct ref_use *use, const char *kind)
{
	if (same_kind(use->kind, kind))
		return true;
	diag_error(c->d, use->at, "\"%s\" is a %s; accepted: the name of a %s", use->name,
		   kind_name(kind), kind_name(use->kind));
	return false;
}

static bool find_givers(struct compiler *c, const struct all_given *all, struct ref_use *use)
{
	int i = index_find(&all->index, use->name);

	if (i < 0)
		return false;
	use->from = REF_GLOBAL;
	use->givers = all->given[i].givers;
	use->nr_givers = all->given[i].n;
	for (int k = 0; k < use->nr_givers; k++) {
		const struct giver *giver = &use->givers[k];

		giver->program->slots[giver->slot].is_shared = true;
		if (!check_kind(c, use, giver->program->slots[giver->slot].kind))
			break;
	}
	return true;
}

/* ---- objects that the scenario declares ---- */

static const struct kind_names *names_of(struct compiler *c, const char *kind)
{
	struct kind_names *k = c->kinds;

	while (k && strcmp(k->kind, kind))
		k = k->next;
	if (k)
		return k;
	k = arena_calloc(&c->w->arena, 1, sizeof(*k));
	k->next = c->kinds;
	k->kind = kind;
	k->list = scenario_names(c->sc, kind, &k->n);
	for (size_t i = 0; i < k->n; i++)
		index_add(c, &k->index, k->list[i], (int)i);
	c->kinds = k;
	return k;
}

/* The next object of a program. */
static int add_object(struct compiler *c, struct program *p, const char *kind)
{
	int n = p->nr_objects++;

	if ((n & (n - 1)) == 0) { /* 0, 1, 2, 4, ...: twice the room */
		const char **more =
		    arena_calloc(&c->w->arena, (size_t)max_s64(2 * n, 1), sizeof(*more));

		if (n)
			memcpy(more, p->object_kind, (size_t)n * sizeof(*more));
		p->object_kind = more;
	}
	p->object_kind[n] = kind;
	return n;
}

/* An object is looked up once per task, whichever step comes first. */
static bool find_object(struct compiler *c, struct program *p, struct ref_use *use)
{
	char *both;

	if (!use->kind || index_find(&names_of(c, use->kind)->index, use->name) < 0)
		return false;
	both = str_format("%s %s", use->kind, use->name);
	use->from = REF_OBJECT;
	use->slot = index_find(&p->object_of, both);
	if (use->slot < 0) {
		use->slot = add_object(c, p, use->kind);
		index_add(c, &p->object_of, arena_strndup(&c->w->arena, both, strlen(both)),
			  use->slot);
	}
	sim_free(both);
	return true;
}

/* Which calls give objects of a kind: "mmap: { ... }, as: NAME"; nothing if none does. */
static void print_makers(struct str *out, const struct personality *p, const char *kind)
{
	int n = 0;

	for (int m = 0; kind && p->models[m]; m++) {
		for (int i = 0; i < p->models[m]->nr_ops && n < MAX_MAKERS; i++) {
			const struct op *op = &p->models[m]->ops[i];

			if (op->gives && same_kind(op->gives, kind) &&
			    (!op->takes || strncmp(op->takes, kind, strlen(kind)) != 0))
				str_addf(out, "%s%s", n++ ? ", " : "", op->name);
		}
	}
}

/* The section that is a list of such objects, NULL: none is. */
static const char *section_of_kind(const struct personality *p, const char *kind)
{
	for (int i = 0; kind && i < p->nr_sections; i++)
		if (p->sections[i]->list && strcmp(p->sections[i]->schema->name, kind) == 0)
			return p->sections[i]->name;
	return NULL;
}

/* There is nothing of the kind in the scenario: said, if it is known how to make one. */
static bool say_how(struct compiler *c, const struct ref_use *use)
{
	struct str makers = { 0 };
	const char *section = section_of_kind(c->p, use->kind);
	char *shown = diag_escape(use->name, strlen(use->name), 60);
	bool known;

	print_makers(&makers, c->p, use->kind);
	known = makers.len > 0;
	if (known)
		diag_error(c->d, use->at,
			   "no %s \"%s\"; accepted: a name given by \"as: %s\" beside a call that "
			   "gives one: %s%s%s%s",
			   use->kind, shown, shown, str_get(&makers),
			   section ? "; or one from " : "", section ? section : "",
			   section ? ":" : "");
	sim_free(shown);
	str_free(&makers);
	return known;
}

static void unknown_name(struct compiler *c, const struct all_given *all, const struct ref_use *use)
{
	const struct kind_names *declared = use->kind ? names_of(c, use->kind) : NULL;
	char *what = str_format("no %s", kind_name(use->kind));
	struct words words = { 0 };

	for (size_t i = 0; declared && i < declared->n; i++)
		words_add(&words, declared->list[i]);
	for (size_t i = 0; i < all->n; i++) {
		const struct giver *giver = &all->given[i].givers[0];
		const struct slot_name *slot = &giver->program->slots[giver->slot];

		if (same_kind(slot->kind, use->kind))
			words_add(&words, slot->name);
	}

	/* where the section itself is wrong, its error is the cause of this one */
	bool is_said = !words.n && !c->sc->can_boot && section_of_kind(c->p, use->kind);

	if (!is_said && (words.n || !say_how(c, use)))
		words_unknown(&words, c->d, use->at, what, use->name, "");
	words_free(&words);
	sim_free(what);
}

void resolve_refs(struct compiler *c)
{
	struct all_given all = { 0 };
	const struct all_given none = { 0 };

	for (int i = 0; i < c->w->nr_programs; i++)
		for (size_t k = 0; k < c->w->programs[i].nr_slots; k++)
			add_giver(c, &all, &c->w->programs[i], (int)k);
	for (const struct ref_list_item *item = c->refs; item; item = item->next) {
		struct ref_use *use = item->use;
		int slot = index_find(&item->program->slot_of, use->name);

		if (use->declared_only) {
			if (!find_object(c, item->program, use)) {
				unknown_name(c, &none, use);
				use->slot = -1;
			}
		} else if (slot >= 0) {
			use->from = REF_LOCAL;
			use->slot = slot;
			check_kind(c, use, item->program->slots[slot].kind);
		} else if (!find_givers(c, &all, use) && !find_object(c, item->program, use)) {
			unknown_name(c, &all, use);
			use->slot = -1;
		}
	}
	for (struct kind_names *k = c->kinds; k; k = k->next)
		names_free(&k->index);
	names_free(&all.index);
	sim_free(all.given);
}
