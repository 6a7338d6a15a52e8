/*
 * names.h - a table of names, each with a node: anchors of a file, keys of a map
 */
#ifndef MMSIM_SCENARIO_NAMES_H
#define MMSIM_SCENARIO_NAMES_H

#include "sim/base/types.h"

struct yaml_node;

struct name {
	const char *text; /* borrowed; NULL: free */
	size_t len;
	uint64_t hash;
	const struct yaml_node *node;
};

/* { 0 } is an empty table.  Open addressing; cap is a power of two, at most half of it used. */
struct names {
	struct name *slots; /* owned */
	size_t cap, used;
};

/* Empties the table and makes room for n names. */
void names_reset(struct names *names, size_t n);

/* The node of a name, NULL if there is none. */
const struct yaml_node *names_find(const struct names *names, const char *text, size_t len);

/*
 * The entry of a name, added if it is new: then its node is NULL and the caller sets it.  The text
 * is borrowed.  Good until the next call.
 */
struct name *names_add(struct names *names, const char *text, size_t len);

void names_free(struct names *names);
#endif
