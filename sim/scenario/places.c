/*
 * places.c - where else a key is known: keys of sections and of sections in them, tunables
 *
 *	swap              linux.swap (linux: { swap: ... })
 *	size              files[].size (files: [{ size: ... }])
 *	dirty_ratio       vm.dirty_ratio (sysctl: { vm.dirty_ratio: ... })
 *	read_ahead_kb     queue.<disk>.read_ahead_kb (queue: { <disk>: { read_ahead_kb: ... } })
 */
#include "sim/scenario/places.h"

#include <string.h>

#include "sim/base/mem.h"
#include "sim/scenario/bind.h"
#include "sim/scenario/scenario.h"
#include "sim/table/tunable.h"

#define MAX_PLACES 3
#define MAX_DEPTH  2 /* machine.disks[].latency */

struct search {
	const char *key;
	struct str *out;
	int found;
};

/* A place as a path and as it is written. */
static void found(struct search *s, const char *path, const char *before, const char *behind)
{
	if (s->found++ >= MAX_PLACES)
		return;
	str_addf(s->out, "%s%s", s->found > 1 ? " or " : "", path);
	if (*before)
		str_addf(s->out, " (%s%s: ...%s)", before, s->key, behind);
	else
		str_add(s->out, " at the top");
}

/*
 * The rows of a mapping: path and what is written around it end with it.  Depth: levels that are
 * looked at; what lies deeper is hardly meant.
 */
static void search_schema(struct search *s, const struct key_schema *schema, int depth,
			  const char *path, const char *before, const char *behind)
{
	for (int i = 0; i < schema->nr_keys; i++) {
		const struct key *key = &schema->keys[i];
		bool list = key->type == KEY_LIST;
		char *here = str_format("%s%s%s", path, *path ? "." : "", key->name);

		if (strcmp(key->name, s->key) == 0)
			found(s, here, before, behind);
		if (key->sub && depth > 1 && s->found <= MAX_PLACES) {
			char *below = str_format("%s%s", here, list ? "[]" : "");
			char *open = str_format("%s%s: %s", before, key->name, list ? "[{ " : "{ ");
			char *close = str_format("%s%s", list ? " }]" : " }", behind);

			search_schema(s, key->sub, depth - 1, below, open, close);
			sim_free(below);
			sim_free(open);
			sim_free(close);
		}
		sim_free(here);
	}
}

static void search_section(struct search *s, const struct section *section)
{
	char *path = str_format("%s%s", section->name, section->list ? "[]" : "");
	char *open = str_format("%s: %s", section->name, section->list ? "[{ " : "{ ");

	if (strcmp(section->name, s->key) == 0)
		found(s, section->name, "", "");
	search_schema(s, section->schema, MAX_DEPTH, path, open, section->list ? " }]" : " }");
	sim_free(path);
	sim_free(open);
}

/* By the name alone, or with its prefix. */
static bool is_tunable(const struct tunable_class *class, const struct tunable *row,
		       const char *key)
{
	size_t n = strlen(class->prefix);

	if (!class->objects && strncmp(key, class->prefix, n) == 0 && key[n] == '.')
		key += n + 1;
	return tunable_has_name(row, key);
}

static void search_tunables(struct search *s, const struct tunable_class *class)
{
	for (int i = 0; i < class->nr_rows; i++) {
		const char *name = class->rows[i].name;

		if (!is_tunable(class, &class->rows[i], s->key) || s->found++ >= MAX_PLACES)
			continue;
		if (s->found > 1)
			str_add(s->out, " or ");
		if (class->objects)
			str_addf(s->out, "%s.<%s>.%s (%s: { <%s>: { %s: ... } })", class->prefix,
				 class->objects, name, class->prefix, class->objects, name);
		else
			str_addf(s->out, "%s.%s (sysctl: { %s.%s: ... })", class->prefix, name,
				 class->prefix, name);
	}
}

bool key_places(const struct personality *p, const char *key, struct str *out)
{
	struct search s = { .key = key, .out = out };
	struct tables tables;

	if (strcmp(key, "include") == 0) { /* no key: a word of our YAML */
		str_add(out, "<<: !include FILE");
		return true;
	}
	search_schema(&s, &scenario_schema, MAX_DEPTH, "", "", "");
	for (int i = 0; i < p->nr_sections; i++)
		search_section(&s, p->sections[i]);
	tables_init(&tables, p);
	for (int c = 0; tables.tunables[c]; c++)
		search_tunables(&s, tables.tunables[c]);
	tables_free(&tables);
	return s.found > 0;
}

static bool has_word(const struct key *key, const char *word)
{
	for (const struct key_word *w = key->words; w && w->name; w++)
		if (strcmp(w->name, word) == 0)
			return true;
	return false;
}

static bool section_has(const struct section *section, const char *name, const char *word)
{
	const struct key *key = key_find(section->schema, name, strlen(name));

	return key && (!word || has_word(key, word));
}

const char *other_kernel_with(const struct bind *b, const char *key, const char *word)
{
	if (!b->personality || !b->others || !b->section)
		return NULL;
	for (int i = 0; b->others[i]; i++) {
		const struct personality *p = b->others[i];
		bool own = strcmp(b->section, b->personality->name) == 0;
		const char *section = own ? p->name : b->section;

		for (int k = 0; p != b->personality && k < p->nr_sections; k++)
			if (strcmp(p->sections[k]->name, section) == 0 &&
			    section_has(p->sections[k], key, word))
				return p->name;
	}
	return NULL;
}
