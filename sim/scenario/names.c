/*
 * names.c - a table of names, each with a node: anchors of a file, keys of a map
 */
#include "sim/scenario/names.h"

#include <string.h>

#include "sim/base/mem.h"

static uint64_t hash_name(const char *text, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325ULL; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3ULL;
	return hash ^ hash >> 32;
}

void names_reset(struct names *names, size_t n)
{
	size_t cap = roundup_pow2(2 * (n + 1));

	if (cap > names->cap) {
		sim_free(names->slots);
		names->slots = sim_calloc(cap, sizeof(*names->slots));
	} else {
		memset(names->slots, 0, cap * sizeof(*names->slots));
	}
	names->cap = cap;
	names->used = 0;
}

static struct name *names_slot(const struct names *names, const char *text, size_t len,
			       uint64_t hash)
{
	size_t i = hash & (names->cap - 1);

	while (names->slots[i].text) {
		const struct name *name = &names->slots[i];

		if (name->hash == hash && name->len == len && !memcmp(name->text, text, len))
			break;
		i = (i + 1) & (names->cap - 1);
	}
	return &names->slots[i];
}

const struct yaml_node *names_find(const struct names *names, const char *text, size_t len)
{
	if (!names->cap)
		return NULL;
	return names_slot(names, text, len, hash_name(text, len))->node;
}

struct name *names_add(struct names *names, const char *text, size_t len)
{
	if (2 * (names->used + 1) > names->cap) {
		struct names grown = { 0 };

		names_reset(&grown, 2 * names->used + 8);
		for (size_t i = 0; i < names->cap; i++) {
			struct name *old = &names->slots[i];

			if (old->text)
				*names_slot(&grown, old->text, old->len, old->hash) = *old;
		}
		grown.used = names->used;
		sim_free(names->slots);
		*names = grown;
	}

	uint64_t hash = hash_name(text, len);
	struct name *name = names_slot(names, text, len, hash);

	if (!name->text) {
		*name = (struct name){ text, len, hash, NULL };
		names->used++;
	}
	return name;
}

void names_free(struct names *names)
{
	sim_free(names->slots);
	*names = (struct names){ 0 };
}
